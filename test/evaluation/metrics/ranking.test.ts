import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  meanOf,
  ndcgAtK,
  rankLists,
  rankScored,
  recallAtK,
  relevantSets,
} from "../../../src/evaluation/metrics/ranking.js";

const one = [0, 0, 0, 0, 0];
const every = ["precision", "recall", "averagePrecision", "dcg", "ndcg", "hit", "reciprocalRank"] as const;

describe("scored rows", () => {
  test("NDCG equals the examples of scikit-learn's ndcg_score, ties averaged", () => {
    const gains = [10, 0, 0, 1, 5];
    const printed = (scores: readonly number[], k: number): number =>
      Math.floor(100 * ndcgAtK(gains, scores, one, k)[0]!) / 100;
    expect(printed([0.1, 0.2, 0.3, 4, 70], 5)).toBe(0.69);
    expect(printed([0.05, 1.1, 1, 0.5, 0], 5)).toBe(0.49);
    expect(printed([0.05, 1.1, 1, 0.5, 0], 4)).toBe(0.35);
    expect(ndcgAtK(gains, [1, 0, 0, 0, 1], one, 1)[0]).toBe(0.75);
  });

  test("are worked by hand: the only positive is third", () => {
    const metrics = rankScored([0, 0, 1, 0], [9, 8, 7, 6], [5, 5, 5, 5], 3);
    expect([...metrics.queries]).toEqual([5]);
    expect(metrics.recall[0]).toBe(1);
    expect(metrics.ndcg[0]).toBe(0.5);
    expect(metrics.reciprocalRank[0]).toBeCloseTo(1 / 3, 15);
    expect(rankScored([0, 0, 1, 0], [9, 8, 7, 6], [5, 5, 5, 5], 2).hit[0]).toBe(0);
  });

  test("give a constant score what the mean over all orders gives", () => {
    const labels = [1, 0, 1, 0];
    const permutations = permute([0, 1, 2, 3]);
    const tied = rankScored(labels, [7, 7, 7, 7], [1, 1, 1, 1], 2);
    const each = permutations.map((order) => rankScored(labels, order, [1, 1, 1, 1], 2));
    for (const name of every) {
      expect(tied[name][0]).toBeCloseTo(meanOf(each.map((metrics) => metrics[name][0]!)), 12);
    }
  });

  test("give partly tied scores the mean over the orders of the ties", () => {
    const labels = [0, 1, 0, 0, 1];
    const tied = rankScored(labels, [9, 5, 5, 5, 1], one, 3);
    const each = permute([4, 5, 6]).map(([a, b, c]) => rankScored(labels, [9, a!, b!, c!, 1], one, 3));
    for (const name of every) {
      expect(tied[name][0]).toBeCloseTo(meanOf(each.map((metrics) => metrics[name][0]!)), 12);
    }
  });

  test("leave out queries without a positive, and keep queries in order of id though rows are mixed", () => {
    const metrics = rankScored([1, 0, 0, 1], [1, 5, 2, 3], [20, 10, 20, 30], 1);
    expect([...metrics.queries]).toEqual([10, 20, 30]);
    expect([...metrics.recall]).toEqual([NaN, 0, 1]);
    expect(meanOf(metrics.recall)).toBe(0.5);
  });

  test("stay in [0, 1], grow with k, and are 1 for scores equal to the gains", () => {
    const row = fc.record({
      gain: fc.integer({ min: 0, max: 3 }),
      score: fc.integer({ min: 0, max: 5 }),
      query: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 8 }), (rows, k) => {
        const gains = rows.map((r) => r.gain);
        const scores = rows.map((r) => r.score);
        const queries = rows.map((r) => r.query);
        const here = rankScored(gains, scores, queries, k);
        const next = rankScored(gains, scores, queries, k + 1);
        const perfect = rankScored(gains, gains, queries, k);
        here.queries.forEach((_, q) => {
          if (Number.isNaN(here.ndcg[q])) {
            expect(rows.filter((r) => r.query === here.queries[q]).every((r) => r.gain === 0)).toBe(true);
            return;
          }
          for (const name of every.filter((metric) => metric !== "dcg")) {
            expect(here[name][q]).toBeGreaterThanOrEqual(0);
            expect(here[name][q]).toBeLessThanOrEqual(1 + 1e-12);
          }
          expect(next.recall[q]).toBeGreaterThanOrEqual(here.recall[q]! - 1e-12);
          expect(next.hit[q]).toBeGreaterThanOrEqual(here.hit[q]! - 1e-12);
          expect(perfect.ndcg[q]).toBeCloseTo(1, 12);
        });
      }),
    );
  });

  test("average precision is over what can be reached, or over all relevant", () => {
    const [labels, scores] = [
      [1, 0, 1, 1, 0],
      [5, 4, 3, 2, 1],
    ] as const;
    const at2 = (averageOver?: "relevant"): number =>
      rankScored(labels, scores, one, 2, averageOver && { averageOver }).averagePrecision[0]!;
    expect([at2(), at2("relevant")]).toEqual([1 / 2, 1 / 3]);
    const lists = [undefined, "relevant" as const].map(
      (over) => rankLists(Int32Array.of(5, 4), 2, relevantSets(1, [0, 0, 0], [5, 3, 2]), 2, over).averagePrecision[0],
    );
    expect(lists).toEqual([1 / 2, 1 / 3]);
    expect(rankScored(labels, scores, one, 5).averagePrecision[0]).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 14);
  });

  test("exponential gains are 2^r − 1, alike for labels 0 and 1", () => {
    const grades = [2, 0, 3];
    const dcg = 3 + 7 / 2; // discounts 1, 0.63, 0.5
    const found = rankScored(grades, [3, 2, 1], [1, 1, 1], 3, { gain: "exponential" });
    expect(found.dcg[0]).toBeCloseTo(dcg, 14);
    expect(found.ndcg[0]).toBeCloseTo(dcg / (7 + 3 / Math.log2(3)), 14);
    expect(rankScored([1, 0, 1], [1, 2, 3], [1, 1, 1], 2, { gain: "exponential" })).toEqual(
      rankScored([1, 0, 1], [1, 2, 3], [1, 1, 1], 2),
    );
    expect(() => rankScored([2000], [1], [1], 1, { gain: "exponential" })).toThrow("gains[0] is Infinity");
  });

  test("the relevant set may begin at a grade; grades below it have a gain but are not found", () => {
    const grades = [1, 3, 0, 2];
    for (const gain of ["linear", "exponential"] as const) {
      const found = rankScored(grades, [4, 3, 2, 1], [1, 1, 1, 1], 3, { relevantFrom: 2, gain });
      expect([found.recall[0], found.precision[0], found.reciprocalRank[0]]).toEqual([1 / 2, 1 / 3, 1 / 2]);
      expect(found.ndcg[0]).toBe(rankScored(grades, [4, 3, 2, 1], [1, 1, 1, 1], 3, { gain }).ndcg[0]);
      const none = rankScored(grades, [4, 3, 2, 1], [1, 1, 1, 1], 3, { relevantFrom: 4, gain });
      expect([none.recall[0], none.ndcg[0]]).toEqual([NaN, found.ndcg[0]]);
    }
    expect(rankScored([1, 0], [2, 1], [1, 1], 1, { relevantFrom: 2 }).ndcg[0]).toBe(1);
    expect(() => rankScored(grades, [4, 3, 2, 1], [1, 1, 1, 1], 3, { relevantFrom: 0 })).toThrow(
      "relevantFrom[0] is 0",
    );
  });

  test("equal scores may keep the order of the rows", () => {
    const first = (labels: readonly number[]): number =>
      rankScored(labels, [1, 1, 1], [0, 0, 0], 1, { ties: "rows" }).recall[0]!;
    expect([first([1, 0, 0]), first([0, 1, 0])]).toEqual([1, 0]);
    expect(rankScored([0, 1, 0], [1, 1, 1], [0, 0, 0], 1).recall[0]).toBeCloseTo(1 / 3, 14);
  });

  test("refuse a negative gain, a NaN score and k of 0", () => {
    expect(() => rankScored([-1], [1], [1], 1)).toThrow("labels[0] is -1");
    expect(() => rankScored([1], [NaN], [1], 1)).toThrow("scores[0] is NaN");
    expect(() => rankScored([1], [1], [1], 0)).toThrow("k is 0; it must be a whole number of at least 1");
    expect(() => rankScored([], [], [], 1)).toThrow("labels is empty");
  });
});

describe("ranked lists", () => {
  const relevant = relevantSets(3, [0, 0, 0, 2], [5, 7, 5, 1]);

  test("are worked by hand, repeats of a relevant id counted once, padding skipped", () => {
    const ranked = Int32Array.of(9, 7, 5, 1, 2, 3, -1, -1, 1);
    const metrics = rankLists(ranked, 3, relevant, 3);
    expect([...metrics.recall]).toEqual([1, NaN, 1]);
    expect([...metrics.reciprocalRank]).toEqual([0.5, NaN, 1 / 3]);
    const ideal = 1 + 1 / Math.log2(3);
    expect(metrics.ndcg[0]).toBeCloseTo((1 / Math.log2(3) + 0.5) / ideal, 12);
    expect([...recallAtK(ranked, 3, relevant, 2)]).toEqual([0.5, NaN, 0]);
  });

  test("agree with scored rows when scores fall with the rank", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 3, maxLength: 12 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 }),
        (list, wanted) => {
          fc.pre(wanted.every((id) => list.includes(id)));
          const sets = relevantSets(
            1,
            wanted.map(() => 0),
            wanted,
          );
          const lists = rankLists(Int32Array.from(list), list.length, sets, 3);
          const scored = rankScored(
            list.map((id) => (wanted.includes(id) ? 1 : 0)),
            list.map((_, rank) => -rank),
            list.map(() => 0),
            3,
          );
          for (const name of every) expect(lists[name][0]).toBeCloseTo(scored[name][0]!, 12);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("refuse a repeated id, a k beyond the lists, a wrong shape and an unknown query", () => {
    expect(() => rankLists(Int32Array.of(4, 4), 2, relevantSets(1, [0], [1]), 2)).toThrow("query 0 names id 4 twice");
    expect(() => rankLists(Int32Array.of(4, 5), 2, relevantSets(1, [0], [1]), 3)).toThrow(
      "k is 3; the lists hold 2 ids",
    );
    expect(() => rankLists(Int32Array.of(4, 5), 2, relevant, 1)).toThrow(
      "ranked has 2 ids; 3 queries × width 2 need 6",
    );
    expect(() => relevantSets(2, [2], [1])).toThrow("queries[0] is 2; it must be in [0, 1]");
  });
});

function permute(values: readonly number[]): number[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((value, i) =>
    permute([...values.slice(0, i), ...values.slice(i + 1)]).map((rest) => [value, ...rest]),
  );
}

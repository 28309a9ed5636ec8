import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auc, aucOf, aucRanking } from "../../src/evaluation/metrics/classification.js";
import { argsort, groupBy, runsBy } from "../../src/evaluation/order.js";
import { radixArgsort, sortedValues } from "../../src/evaluation/radix.js";
import { rankScored } from "../../src/evaluation/metrics/ranking.js";
import { keyOf, normal, uniform, uniformInt } from "../../src/random.js";

/** Numbers of every kind: ties, near ties (equal upper words), both zeros, subnormals, infinities. */
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, Infinity, -Infinity),
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 0, max: 99 }).map((i) => 1 + i * Number.EPSILON),
  fc.integer({ min: 0, max: 99 }).map((i) => -1 - i * Number.EPSILON),
);
const column = fc.array(number, { maxLength: 400 });

describe("radix sort", () => {
  it("sorts as the built-in comparator does, stably", () => {
    fc.assert(
      fc.property(column, (values) => {
        const expected = values
          .map((_, i) => i)
          .sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b));
        expect([...radixArgsort(values)]).toEqual(expected);
        expect([...sortedValues(values)]).toEqual(expected.map((i) => values[i]! + 0));
      }),
      { numRuns: 300 },
    );
  });

  it("sorts a hundred thousand rows, among them a thousand in one bucket", () => {
    const key = keyOf(1, "radix");
    const values = Float64Array.from({ length: 100_000 }, (_, i) =>
      i % 100 === 0 ? 1 + uniform(key, i) * 1e-9 : normal(key, i),
    );
    const order = argsort(values);
    const seen = new Uint8Array(values.length);
    order.forEach((row, i) => {
      seen[row] = 1;
      if (i > 0)
        expect(
          values[row]! > values[order[i - 1]!]! || (values[row] === values[order[i - 1]!] && row > order[i - 1]!),
        ).toBe(true);
    });
    expect(seen.every((one) => one === 1)).toBe(true);
  });
});

describe("AUC by two sorted columns", () => {
  it("is the share of pairs in order, ties counting half, and equals the weighted way", () => {
    const rows = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 1 }),
        fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
      ),
      { minLength: 2, maxLength: 60 },
    );
    fc.assert(
      fc.property(
        rows.filter((list) => new Set(list.map(([label]) => label)).size === 2),
        (list) => {
          const labels = list.map(([label]) => label);
          const scores = list.map(([, score]) => score);
          let [pairs, sum] = [0, 0];
          for (const [a, high] of list) {
            for (const [b, low] of list) {
              if (a !== 1 || b !== 0) continue;
              pairs++;
              sum += high > low ? 1 : high === low ? 0.5 : 0;
            }
          }
          expect(auc(labels, scores)).toBeCloseTo(sum / pairs, 12);
          expect(aucOf(aucRanking(labels, scores))).toBeCloseTo(sum / pairs, 12);
        },
      ),
    );
  });
});

describe("grouping", () => {
  it("is the same for ids in order, small whole ids, and any others", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 80 }), (ids) => {
        const dense = groupBy(ids);
        const sparse = groupBy(ids.map((id) => id * 1e6 + 0.5));
        expect([...sparse.ids].map((id) => (id - 0.5) / 1e6)).toEqual([...dense.ids]);
        expect([sparse.rows, sparse.offsets, sparse.group]).toEqual([dense.rows, dense.offsets, dense.group]);
        const sorted = [...ids].sort((a, b) => a - b);
        const runs = runsBy(sorted)!;
        expect([[...runs.ids], [...runs.offsets], runs.count]).toEqual([
          [...dense.ids],
          [...dense.offsets],
          dense.count,
        ]);
        expect(runsBy([...sorted, -1])).toBeUndefined();
      }),
    );
  });
});

describe("ranking of scored rows", () => {
  it("takes the mean over all orders of tied rows, whatever k and wherever the ties stand", () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 7 }), (list, k) => {
        const gains = list.map(([gain]) => gain);
        fc.pre(gains.some((gain) => gain > 0));
        const orders = permutations(list.map((_, i) => i)).filter((order) =>
          order.every((at, i) => i === 0 || list[order[i - 1]!]![1] >= list[at]![1]),
        );
        const dcg = (values: readonly number[]): number =>
          values.slice(0, k).reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0);
        const mean = (of: (order: readonly number[]) => number): number =>
          orders.reduce((sum, order) => sum + of(order), 0) / orders.length;
        const ideal = dcg([...gains].sort((a, b) => b - a));
        const relevant = gains.filter((gain) => gain > 0).length;
        const found = rankScored(
          gains,
          list.map(([, score]) => score),
          list.map(() => 5),
          k,
        );
        expect(found.ndcg[0]).toBeCloseTo(mean((order) => dcg(order.map((i) => gains[i]!))) / ideal, 12);
        expect(found.recall[0]).toBeCloseTo(
          mean((order) => order.slice(0, k).filter((i) => gains[i]! > 0).length) / relevant,
          12,
        );
        expect(found.hit[0]).toBeCloseTo(
          mean((order) => (order.slice(0, k).some((i) => gains[i]! > 0) ? 1 : 0)),
          12,
        );
        expect(found.reciprocalRank[0]).toBeCloseTo(
          mean((order) => {
            const first = order.slice(0, k).findIndex((i) => gains[i]! > 0);
            return first < 0 ? 0 : 1 / (first + 1);
          }),
          12,
        );
      }),
    );
  });

  it("does not depend on the order in which queries and rows come", () => {
    const key = keyOf(2, "order");
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      query: i % 50,
      score: uniformInt(30, key, i),
      label: uniformInt(4, key, i, 1) === 0 ? 1 : 0,
    }));
    const shuffled = rows
      .map((row, i) => ({ row, replication: uniform(key, i, 9) }))
      .sort((a, b) => a.replication - b.replication)
      .map(({ row }) => row);
    const grouped = [...rows].sort((a, b) => a.query - b.query);
    const ndcg = (list: typeof rows): number[] => [
      ...rankScored(
        list.map((r) => r.label),
        list.map((r) => r.score),
        list.map((r) => r.query),
        10,
      ).ndcg,
    ];
    ndcg(rows).forEach((value, q) => {
      expect(ndcg(shuffled)[q]).toBeCloseTo(value, 12);
      expect(ndcg(grouped)[q]).toBeCloseTo(value, 12);
    });
  });
});

function permutations(items: readonly number[]): number[][] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item, i) =>
        permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
      );
}

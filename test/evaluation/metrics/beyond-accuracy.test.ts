import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beyondAccuracy, creatorExposure, serendipity } from "../../../src/evaluation/index.js";

describe("lists beyond accuracy", () => {
  it("equal values worked out by hand", () => {
    // four items that 3, 1, 0, 0 users took: p = 4/8, 2/8, 1/8, 1/8, so 1, 2, 3 and 3 bits; mid-ranks 7/8, 5/8, 2/8, 2/8
    const found = beyondAccuracy(Int32Array.of(0, 1, 0, 2, 3, -1), 2, { taken: [3, 1, 0, 0], topic: [0, 1, 0, 0] });
    expect(Array.from(found.novelty)).toEqual([1.5, 2, 3]);
    expect(Array.from(found.popularity)).toEqual([0.75, 0.5625, 0.25]);
    expect(Array.from(found.diversity)).toEqual([1, 0, NaN]);
    expect(found.coverage).toBe(1);
    expect(found.gini).toBeCloseTo((-3 * 1 + -1 * 1 + 1 * 1 + 3 * 2) / (4 * 5), 15); // shown 2, 1, 1, 1
  });

  it("keep their bounds: Gini is 0 where all are shown alike and (n - 1) / n where one is alone", () => {
    const taken = new Float64Array(10);
    expect(
      beyondAccuracy(
        Int32Array.from({ length: 10 }, (_, i) => i),
        5,
        { taken },
      ).gini,
    ).toBeCloseTo(0, 12);
    expect(beyondAccuracy(new Int32Array(4).fill(3), 1, { taken }).gini).toBeCloseTo(0.9, 12);
    expect(beyondAccuracy(new Int32Array(4).fill(-1), 2, { taken })).toMatchObject({ coverage: 0, gini: NaN });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 7 }), { minLength: 3, maxLength: 60 }),
        fc.array(fc.nat(20), { minLength: 8, maxLength: 8 }),
        (ids, rows) => {
          const top = Int32Array.from(ids.slice(0, ids.length - (ids.length % 3)));
          const found = beyondAccuracy(top, 3, { taken: rows, topic: rows });
          const within = (values: ArrayLike<number>, low: number, high: number): boolean =>
            Array.from(values).every((value) => Number.isNaN(value) || (value >= low - 1e-12 && value <= high + 1e-12));
          expect(within(found.novelty, 0, Math.log2(20 * 8 + 8))).toBe(true);
          for (const values of [found.popularity, found.diversity, [found.coverage, found.gini]])
            expect(within(values, 0, 1)).toBe(true);
        },
      ),
    );
  });

  it("have the diversity of any distance; that of topics is one", () => {
    const [lists, topic] = [Int32Array.of(0, 1, 2, 3, 1, -1), [0, 1, 0, 2]] as const;
    const taken = [1, 1, 1, 1];
    const distance = (a: number, b: number): number => (topic[a] === topic[b] ? 0 : 1);
    const [byDistance, byTopic] = [
      { taken, distance },
      { taken, topic },
    ].map((facts) => beyondAccuracy(lists, 3, facts));
    byTopic!.diversity.forEach((share, list) => expect(byDistance!.diversity[list]).toBeCloseTo(share, 14));
    expect(beyondAccuracy(lists, 3, { taken, distance: (a, b) => Math.abs(a - b) }).diversity).toEqual(
      Float64Array.of(4 / 3, 2),
    );
  });

  it("are serendipitous by what is relevant and was not expected", () => {
    const popular = new Set([0, 1]);
    const found = serendipity(
      Int32Array.of(0, 2, 3, 5, -1, -1, -1, -1, -1),
      3,
      (list, item) => item !== 3 && list === 0,
      (_, item) => popular.has(item),
    );
    expect([...found]).toEqual([1 / 3, 0, NaN]);
  });

  it("divide exposure among creators by places, or by what places are worth", () => {
    const lists = Int32Array.of(0, 1, 2, -1);
    const alike = creatorExposure(lists, 2, [0, 0, 1], 3);
    expect([...alike.share]).toEqual([2 / 3, 1 / 3, 0]);
    expect(alike.reached).toBe(2 / 3);
    expect(alike.gini).toBeCloseTo((-2 * 0 + 0 * 1 + 2 * 2) / (3 * 3), 14);
    const second = 1 / Math.log2(3);
    expect(creatorExposure(lists, 2, [0, 0, 1], 3, true).share[0]).toBeCloseTo((1 + second) / (2 + second), 14);
    expect([...creatorExposure(Int32Array.of(-1), 1, [0], 1).share]).toEqual([NaN]);
    expect(() => creatorExposure(lists, 2, [0, 0, 3], 3)).toThrow("creator[2] is 3; it must be in [0, 2]");
  });

  it("refuse items that are not known", () => {
    expect(() => beyondAccuracy(Int32Array.of(0, 4), 2, { taken: [1, 2, 3, 4] })).toThrow(
      "item 4 in a list; allowed: below 4, or -1 for an empty place",
    );
    expect(() => serendipity(Int32Array.of(0, 1, 2), 2, Boolean, Boolean)).toThrow("lists have 3 places");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topPositions } from "../../../src/serving/retrieve/top.js";

describe("topPositions", () => {
  it("equals sorting everything by score, then id", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -1, max: 50 })), { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (items, n) => {
          const score = Float64Array.from(items, ([value]) => (value === 6 ? -Infinity : value));
          const id = Int32Array.from(items, ([, video]) => video);
          const into = new Int32Array(n);
          const found = topPositions(score, id, 0, items.length, n, into);
          const sorted = items.map((_, at) => at).filter((at) => id[at]! >= 0 && score[at] !== -Infinity);
          sorted.sort((a, b) => score[b]! - score[a]! || id[a]! - id[b]!);
          const key = (at: number): string => `${score[at]}/${id[at]}`;
          expect(Array.from(into.subarray(0, found), key)).toEqual(sorted.slice(0, n).map(key));
        },
      ),
    );
  });

  it("keeps to its range", () => {
    const into = new Int32Array(5);
    expect(topPositions([9, 1, 5, 9], Int32Array.of(0, 1, 2, 3), 1, 3, 5, into)).toBe(2);
    expect(Array.from(into.subarray(0, 2))).toEqual([2, 1]);
  });
});

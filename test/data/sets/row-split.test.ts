import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutDays, splitAtDays } from "../../../src/data/sets/row-split.js";

describe("a split of rows by time", () => {
  const shares = fc.record({
    validation: fc.double({ min: 0, max: 0.45, noNaN: true }),
    test: fc.double({ min: 0, max: 0.45, noNaN: true }),
  });
  const days = fc
    .array(fc.integer({ min: 0, max: 30 }), { minLength: 3, maxLength: 120 })
    .filter((list) => new Set(list).size >= 3);

  it("never lets a later row into an earlier part, keeps days whole and rows of every part", () => {
    fc.assert(
      fc.property(days, shares, (day, wanted) => {
        const { train, validation, test } = splitAtDays(day, cutDays(day, wanted));
        const of = (rows: Int32Array): number[] => Array.from(rows, (row) => day[row]!);
        expect(Math.max(...of(train))).toBeLessThan(Math.min(...of(validation)));
        expect(Math.max(...of(validation))).toBeLessThan(Math.min(...of(test)));
        expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual([...day.keys()]);
      }),
    );
  });

  it("takes as many days as come nearest to the share", () => {
    const day = [0, 0, 0, 0, 1, 1, 1, 2, 3, 4]; // 4, 3, 1, 1, 1 rows
    expect(cutDays(day, { validation: 0.1, test: 0.1 })).toEqual({ validation: 3, test: 4 });
    expect(cutDays(day, { validation: 0.3, test: 0.2 })).toEqual({ validation: 1, test: 3 });
    expect(cutDays([5, 5, 9, 2, 2, 2], { validation: 0.1, test: 0.4 })).toEqual({ validation: 5, test: 9 }); // a day is left for training
  });

  it("refuses rows of fewer than three days and shares that leave nothing", () => {
    expect(() => cutDays([1, 1, 2], { validation: 0.1, test: 0.1 })).toThrow(
      "rows cover 2 days; a split by time needs at least 3",
    );
    expect(() => cutDays([1, 2, 3], { validation: 0.5, test: 0.5 })).toThrow(
      "validation 0.5 and test 0.5 leave nothing for training",
    );
  });
});

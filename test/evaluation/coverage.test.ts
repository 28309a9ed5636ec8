import { describe, expect, it } from "vitest";
import { coverage, shareInterval } from "../../src/evaluation/coverage.js";

describe("coverage", () => {
  it("counts intervals that hold their truth, ends included", () => {
    const cases = [
      { estimate: 1, low: 0, high: 2, truth: 2 },
      { estimate: 1, low: 0, high: 2, truth: 2.5 },
      { estimate: 3, low: 2, high: 4, truth: 3 },
      { estimate: 3, low: -Infinity, high: Infinity, truth: 9 },
    ];
    const result = coverage(cases);
    expect(result).toMatchObject({
      worlds: 4,
      covered: 3,
      share: 0.75,
      meanTruth: 4.125,
      meanError: 2 - 4.125,
      meanWidth: Infinity,
    });
  });

  it("bounds the true coverage by Wilson's interval", () => {
    const { low, high } = shareInterval(95, 100);
    expect(low).toBeCloseTo(0.8882, 4);
    expect(high).toBeCloseTo(0.9785, 4);
  });

  it("refuses no worlds and truths that are not numbers", () => {
    expect(() => coverage([])).toThrow("coverage of 0 worlds");
    expect(() => coverage([{ estimate: 1, low: 0, high: 2, truth: NaN }])).toThrow("for truth NaN");
    expect(() => shareInterval(3, 2)).toThrow("share of 3 in 2");
  });
});

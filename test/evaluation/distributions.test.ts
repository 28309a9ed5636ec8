import { describe, expect, test } from "vitest";
import { chiSquareTail, normalCdf, normalQuantile, twoSidedP } from "../../src/evaluation/distributions.js";
import { sampleRatio } from "../../src/evaluation/experiment/sample-ratio.js";
import { studentCdf, studentQuantile } from "../../src/evaluation/student.js";

describe("distributions", () => {
  test("have the published values of the normal", () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 12);
    expect(normalCdf(-1)).toBeCloseTo(0.15865525393145707, 13);
    expect(normalCdf(0)).toBe(0.5);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 11);
    expect(normalQuantile(0.8)).toBeCloseTo(0.8416212335729143, 11);
    expect(twoSidedP(-2.5758293035489004)).toBeCloseTo(0.01, 12);
    expect(twoSidedP(6) / 1.973175290075e-9).toBeCloseTo(1, 8);
  });

  test("have the published values of the chi-square tail", () => {
    expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(5.991464547107979, 2)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(2, 5)).toBeCloseTo(0.8491450360846096, 12);
    expect(chiSquareTail(0, 3)).toBe(1);
  });

  test("refuse a probability of 1", () => {
    expect(() => normalQuantile(1)).toThrow("probability is 1; it must be in (0, 1)");
  });
});

describe("sample ratio", () => {
  test("equals the example of SciPy's chisquare", () => {
    const result = sampleRatio([16, 18, 16, 14, 12, 12]);
    expect(result.chiSquare).toBeCloseTo(2, 12);
    expect(result.pValue).toBeCloseTo(0.8491450360846096, 12);
    expect(result.mismatch).toBe(false);
  });

  test("finds 821,588 against 815,482 users broken (Kohavi, Tang & Xu, 2020: p = 1.8e-6)", () => {
    const result = sampleRatio([821_588, 815_482]);
    expect(result.pValue).toBeGreaterThan(1.7e-6);
    expect(result.pValue).toBeLessThan(1.9e-6);
    expect(result.mismatch).toBe(true);
  });

  test("takes planned shares in any scale, and refuses one arm, no users and a share of 0", () => {
    expect(sampleRatio([900, 100], [9, 1]).chiSquare).toBe(0);
    expect(() => sampleRatio([5])).toThrow("at least 2 arms; got 1");
    expect(() => sampleRatio([0, 0])).toThrow("counts are all 0");
    expect(() => sampleRatio([1, 2], [1, 0])).toThrow("shares[1] is 0");
    expect(() => sampleRatio([1, 2.5])).toThrow("counts[1] is 2.5");
  });
});

describe("far tails and large degrees", () => {
  test("have all their digits: closed forms of the normal, of t with 1 and 2 degrees, and of an even chi-square", () => {
    expect(normalQuantile(1e-12)).toBeCloseTo(-7.034483825301131, 11);
    expect(normalQuantile(1 - 2 ** -40)).toBeCloseTo(-normalQuantile(2 ** -40), 11);
    for (const p of [1e-300, 1e-12, 1e-5, 0.3, 0.9]) expect(normalCdf(normalQuantile(p)) / p).toBeCloseTo(1, 12);
    for (const p of [1e-10, 1e-4, 0.2, 0.7]) {
      expect(studentQuantile(p, 1) / (-1 / Math.tan(Math.PI * p))).toBeCloseTo(1, 11);
      expect(studentQuantile(p, 2) / ((2 * p - 1) / Math.sqrt(2 * p * (1 - p)))).toBeCloseTo(1, 11);
      for (const degrees of [3, 8, 101, 10_000])
        expect(studentCdf(studentQuantile(p, degrees), degrees) / p).toBeCloseTo(1, 12);
    }
    // an even chi-square's tail is a Poisson sum
    for (const degrees of [10, 400, 5000]) {
      let tail = 0;
      for (let j = 0, ln = -degrees / 2; j < degrees / 2; j++, ln += Math.log(degrees / 2) - Math.log(j))
        tail += Math.exp(ln);
      expect(chiSquareTail(degrees, degrees)).toBeCloseTo(tail, 10);
    }
  });
});

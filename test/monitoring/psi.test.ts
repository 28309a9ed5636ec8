import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normal } from "../../src/random.js";
import {
  countBins,
  psiNoise,
  psiOfCategories,
  psiOfCounts,
  psiOfNumbers,
  psiVerdict,
  quantileBins,
} from "../../src/monitoring/psi.js";

const normals = (n: number, key: number, shift = 0): Float64Array =>
  Float64Array.from({ length: n }, (_, row) => shift + normal(key, row));

describe("the population stability index", () => {
  it("of two bins equals its closed form", () => {
    const psi = psiOfCounts({
      reference: Float64Array.of(800_000, 200_000),
      current: Float64Array.of(500_000, 500_000),
    });
    expect(psi).toBeCloseTo((0.5 - 0.8) * Math.log(0.5 / 0.8) + (0.5 - 0.2) * Math.log(0.5 / 0.2), 5);
  });

  it("is 0 for equal windows, never negative, and the same both ways round", () => {
    const counts = fc
      .array(fc.tuple(fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 8 })
      .filter((bins) => bins.some(([a]) => a > 0) && bins.some(([, b]) => b > 0));
    fc.assert(
      fc.property(counts, (bins) => {
        const [reference, current] = [Float64Array.from(bins, ([a]) => a), Float64Array.from(bins, ([, b]) => b)];
        const psi = psiOfCounts({ reference, current });
        expect(psi).toBeGreaterThanOrEqual(0);
        expect(psi).toBeCloseTo(psiOfCounts({ reference: current, current: reference }), 9);
        expect(psiOfCounts({ reference, current: reference.map((n) => n) })).toBe(0);
      }),
    );
  });

  it("of a normal shifted by δ deviations approaches δ², its Jeffreys divergence", () => {
    const psi = psiOfNumbers(normals(200_000, 1), normals(200_000, 2, 0.5), 50);
    expect(psi).toBeGreaterThan(0.22);
    expect(psi).toBeLessThan(0.26);
  });

  it("without drift is about (bins − 1)(1/n + 1/m)", () => {
    let sum = 0;
    for (let trial = 0; trial < 60; trial++)
      sum += psiOfNumbers(normals(1000, 100 + trial), normals(500, 900 + trial), 10);
    const ratio = sum / 60 / psiNoise(10, 1000, 500);
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.3); // the two outer bins add a little
  });

  it("sees a constant feature move either way", () => {
    const constant = new Float64Array(1000).fill(3);
    expect(psiOfNumbers(constant, constant)).toBe(0);
    for (const value of [2.9, 3.1])
      expect(psiVerdict(psiOfNumbers(constant, new Float64Array(1000).fill(value)))).toBe("major");
  });

  it("of categories counts codes never met before as a shift, and rare ones together", () => {
    const codes = Int32Array.from({ length: 1000 }, (_, row) => row % 4);
    expect(psiOfCategories(codes, codes)).toBe(0);
    expect(
      psiOfCategories(
        codes,
        codes.map((code) => code + 10),
      ),
    ).toBeGreaterThan(5);
    const ids = Int32Array.from({ length: 3000 }, (_, row) => row % 1500);
    expect(
      psiOfCategories(
        ids,
        Int32Array.from({ length: 3000 }, (_, row) => (row * 7) % 1500),
        20,
      ),
    ).toBeLessThan(0.01);
  });

  it("has verdicts at 0.1 and 0.25", () => {
    expect([0.0999, 0.1, 0.2499, 0.25].map(psiVerdict)).toEqual(["stable", "moderate", "moderate", "major"]);
  });

  it("refuses NaN and empty windows", () => {
    expect(() => psiOfNumbers([1, 2, 3], [1, NaN])).toThrow(/value 1 is NaN/);
    expect(() => psiOfNumbers([1, NaN], [1])).toThrow(/not all finite/);
    expect(() => psiOfNumbers([1, 2], [])).toThrow(/0 current rows/);
  });
});

describe("quantile bins", () => {
  it("hold equally many reference values, with outer bins for what was never met", () => {
    const values = Array.from({ length: 100 }, (_, row) => row);
    const bins = quantileBins(values, 4);
    expect(Array.from(bins.edges)).toEqual([24, 49, 74, 99]);
    expect(Array.from(countBins(values, bins))).toEqual([0, 25, 25, 25, 25, 0]);
    expect(Array.from(countBins([-1, 0, 24.5, 99, 100], bins))).toEqual([1, 1, 1, 0, 1, 1]);
  });

  it("of a column of zeros and ones are its values", () => {
    const bins = quantileBins([0, 0, 0, 1, 0, 1, 0, 0], 10);
    expect(Array.from(countBins([0, 1, 1, 2, -1], bins))).toEqual([1, 1, 2, 1]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normal } from "../../../src/random.js";
import { binCodes, countBins, missing, quantileBins } from "../../../src/monitoring/drift/bins.js";
import {
  chiSquare,
  jensenShannon,
  ksOfCounts,
  psiNoise,
  psiOfCategories,
  psiOfCounts,
  psiOfNumbers,
  psiVerdict,
} from "../../../src/monitoring/drift/divergence.js";
import { ksTest, wasserstein } from "../../../src/monitoring/drift/samples.js";

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

  it("counts many float32 as it does few: at edges, zeros, the smallest and largest, with gaps", () => {
    const odd = [NaN, Infinity, -Infinity, 0, -0, 1e-42, -1e-42, 3e38, -3e38, 0.1, 1 / 3, -0.5, 1];
    const values = Float32Array.from({ length: 100_000 }, (_, i) =>
      i % 9 === 0 ? odd[(i / 9) % odd.length]! : normal(7, i),
    );
    const one = [0, 1 / 3, 1].map((edge) => Math.fround(edge));
    for (const bins of [
      quantileBins(Array.from(values.subarray(0, 5000)).filter(Number.isFinite), 100),
      { least: 0, edges: Float64Array.from([0.1, 1 / 3, 1]) },
      { least: -1, edges: Float64Array.from([-0.5, -0, ...one.slice(1), 1e39]) },
    ])
      expect(countBins(values, bins, true)).toEqual(countBins(Array.from(values), bins, true));
  });
});

describe("bins by cell", () => {
  it("are those of a search through all edges, whatever the values and their scale", () => {
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer({ min: -5, max: 5 }),
      fc.constantFrom(0, 1e-320, 1e300),
    );
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1 }),
        fc.array(fc.double()),
        fc.integer({ min: 2, max: 200 }),
        (a, b, n) => {
          const reference = a.filter(Number.isFinite);
          fc.pre(reference.length > 0);
          const bins = quantileBins(reference, n);
          const slow = [...reference, ...b].map((value) => {
            if (!Number.isFinite(value)) return missing;
            if (value < bins.least) return 0;
            const at = bins.edges.findIndex((edge) => edge >= value);
            return at < 0 ? bins.edges.length + 1 : at + 1;
          });
          expect(Array.from(binCodes([...reference, ...b], bins))).toEqual(slow);
        },
      ),
    );
  });
});

describe("every measure", () => {
  const two = fc.tuple(
    fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 30 }),
    fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 30 }),
  );
  it("is 0 between equal windows, not negative, the same both ways round, and within its bounds", () => {
    fc.assert(
      fc.property(two, ([a, b]) => {
        const values = [...new Set([...a, ...b])].sort((x, y) => x - y);
        const count = (window: number[]): Float64Array =>
          Float64Array.from(values, (value) => window.filter((other) => other === value).length);
        const [there, back] = [
          { reference: count(a), current: count(b) },
          { reference: count(b), current: count(a) },
        ];
        for (const measure of [psiOfCounts, jensenShannon, ksOfCounts, (c: typeof there) => chiSquare(c).statistic]) {
          expect(measure(there)).toBeGreaterThanOrEqual(0);
          expect(measure(there)).toBeCloseTo(measure(back), 9);
          expect(measure({ reference: count(a), current: count(a) })).toBeCloseTo(0, 7);
        }
        expect(jensenShannon(there)).toBeLessThanOrEqual(1 + 1e-12);
        expect(ksTest(a, b).statistic).toBeCloseTo(ksOfCounts(there), 12); // bins of single values lose nothing
        expect(wasserstein(a, b)).toBeCloseTo(wasserstein(b, a), 12);
        expect(wasserstein(a, a)).toBe(0);
        const [mean, other] = [a, b].map((window) => window.reduce((sum, value) => sum + value, 0) / window.length);
        expect(wasserstein(a, b)).toBeGreaterThanOrEqual(Math.abs(mean! - other!) - 1e-9);
      }),
    );
  });

  it("Wasserstein of a shifted window is the shift", () => {
    const a = normals(500, 7);
    expect(
      wasserstein(
        a,
        a.map((value) => value + 2.5),
      ),
    ).toBeCloseTo(2.5, 10);
  });

  it("KS refuses empty windows and NaN", () => {
    expect(() => ksTest([], [1])).toThrow(/no values/);
    expect(() => wasserstein([1], [NaN])).toThrow(/not all finite/);
  });
});

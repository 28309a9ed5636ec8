import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { intervalOf } from "../../../src/evaluation/bootstrap.js";
import { brier, calibration, calibrationError } from "../../../src/evaluation/metrics/calibration.js";
import { calibrationReplicates } from "../../../src/evaluation/metrics/calibration-replicates.js";
import { groupBy } from "../../../src/evaluation/order.js";
import { keyOf, permutation, uniform } from "../../../src/random.js";

describe("calibration", () => {
  test("is worked by hand: two bins of two rows", () => {
    const table = calibration([0, 1, 1, 1], [0.1, 0.3, 0.6, 0.8], 2);
    expect(table.bins.map((bin) => [bin.count, bin.low, bin.high, bin.observed])).toEqual([
      [2, 0.1, 0.3, 0.5],
      [2, 0.6, 0.8, 1],
    ]);
    expect(table.bins[0]!.predicted).toBeCloseTo(0.2, 12);
    expect(table.error).toBeCloseTo(0.5 * 0.3 + 0.5 * 0.3, 12);
    expect(table.ratio).toBeCloseTo(1.8 / 3, 12);
  });

  test("keeps equal predictions in one bin, so that the order of rows does not matter", () => {
    const probabilities = [0.2, 0.2, 0.2, 0.2, 0.7, 0.7];
    const one = calibration([1, 0, 0, 0, 1, 1], probabilities, 3);
    const other = calibration([0, 0, 0, 1, 1, 1], probabilities, 3);
    expect(one).toEqual(other);
    expect(one.bins.map((bin) => bin.count)).toEqual([4, 2]);
  });

  test("is near 0 for probabilities that are true and large for ones that are doubled", () => {
    const key = keyOf(1, "calibration");
    const truth = Float64Array.from({ length: 40_000 }, (_, i) => 0.4 * uniform(key, i, 0));
    const labels = truth.map((p, i) => (uniform(key, i, 1) < p ? 1 : 0));
    expect(calibrationError(labels, truth)).toBeLessThan(0.01);
    expect(
      calibrationError(
        labels,
        truth.map((p) => 2 * p),
      ),
    ).toBeGreaterThan(0.18);
    expect(
      calibration(
        labels,
        truth.map((p) => 2 * p),
      ).ratio,
    ).toBeGreaterThan(1.9);
  });

  test("counts every row once and stays in [0, 1], in whatever order rows come", () => {
    const row = fc.record({ label: fc.integer({ min: 0, max: 1 }), p: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 12 }), (rows, bins) => {
        const labels = rows.map((r) => r.label);
        const probabilities = rows.map((r) => r.p / 20);
        const table = calibration(labels, probabilities, bins);
        expect(table.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(rows.length);
        expect(table.error).toBeGreaterThanOrEqual(0);
        expect(table.error).toBeLessThanOrEqual(1);
        const order = permutation(rows.length, 3);
        const moved = calibration(
          [...order].map((i) => labels[i]!),
          [...order].map((i) => probabilities[i]!),
          bins,
        );
        expect(moved.error).toBeCloseTo(table.error, 12);
      }),
    );
  });

  test("has bins of equal width where asked, closed above", () => {
    const table = calibration([0, 1, 1, 0, 1], [0, 0.5, 0.7, 0.7000001, 1], 10, "width");
    expect(table.bins.map(({ count, low }) => [count, low])).toEqual([
      [1, 0],
      [1, 0.5],
      [1, 0.7],
      [1, 0.7000001],
      [1, 1],
    ]);
    expect(calibrationError([0, 1, 1, 0, 1], [0, 0.5, 0.7, 0.7, 1], 10, "width")).toBeCloseTo((0.5 + 0.4) / 5, 12);
  });

  test("has a Brier score of r (1 − r) for the base rate, lowest among constants", () => {
    const at = (p: number): number => brier([1, 0, 0, 0], [p, p, p, p]);
    expect(at(0.25)).toBeCloseTo(0.25 * 0.75, 14);
    expect(at(0.25)).toBeLessThan(Math.min(at(0.24), at(0.26)));
    expect(brier([1, 0], [0.5, 0.2], [3, 1])).toBeCloseTo((3 * 0.25 + 0.04) / 4, 14);
    expect(() => brier([0.5], [0.5])).toThrow("labels[0] is 0.5; labels must be 0 or 1");
    expect(() => brier([1], [1.5])).toThrow("probabilities[0] is 1.5; it must be in [0, 1]");
  });

  test("refuses nothing, NaN and half a bin", () => {
    expect(() => calibration([], [])).toThrow("labels is empty");
    expect(() => calibration([1], [NaN])).toThrow("probabilities[0] is NaN");
    expect(() => calibration([1], [0.5], 1.5)).toThrow("binCount is 1.5; it must be a whole number of at least 1");
  });
});

describe("the calibration error without noise", () => {
  const users = groupBy(Float64Array.from({ length: 2000 }, (_, i) => i % 200));

  /** 100 worlds in which all predictions, or those of the two lowest bins of ten, are off. */
  function worlds(off: number, bins: "all" | "two"): { held: number; above: number; plainAbove: number } {
    const found = { held: 0, above: 0, plainAbove: 0 };
    for (let world = 0; world < 100; world++) {
      const key = keyOf(world, `calibration ${off}`);
      const shares = Float64Array.from(users.group, (_, i) => uniform(key, i, 0));
      const truth = shares.map((share) => 0.25 + 0.4 * share);
      const labels = truth.map((p, i) => (uniform(key, i, 1) < p ? 1 : 0));
      const offs = shares.map((share) => (bins === "all" ? (share > 0.5 ? off : -off) : share < 0.2 ? -5 * off : 0));
      const probabilities = truth.map((p, i) => p + offs[i]! * (bins === "two" ? 0.8 : 1));
      const error = offs.reduce((sum, each) => sum + Math.abs(each) * (bins === "two" ? 0.8 : 1), 0) / offs.length;
      const replicates = calibrationReplicates(labels, probabilities, users, 10, { replicates: 200, seed: world });
      const { low, high, estimate } = intervalOf(replicates, users.count);
      if (low <= error && error <= high) found.held++;
      if (estimate > error) found.above++;
      if (calibrationError(labels, probabilities) > error) found.plainAbove++;
    }
    return found;
  }

  test.each([
    [0, "all"],
    [0.02, "all"],
    [0.06, "all"],
    [0.03, "two"],
  ] as const)("holds a true error of %d in 90 of 100 intervals, off in %s bins", (off, bins) => {
    const { held, above, plainAbove } = worlds(off, bins);
    expect(held).toBeGreaterThanOrEqual(90);
    if (off > 0) expect(above).toBeLessThan(plainAbove);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrate, fitIsotonic, fitPlatt, logitOfProbability } from "../../../src/models/rankers/calibrators.js";
import { keyOf, normal, uniform } from "../../../src/random.js";

const both = (labels: readonly number[]): boolean => labels.includes(0) && labels.includes(1);

describe("Platt scaling", () => {
  const key = keyOf(1, "platt");
  const truth = Float64Array.from({ length: 20_000 }, (_, i) => 1 / (1 + Math.exp(-normal(key, i))));
  const labels = truth.map((p, i) => (uniform(key, i, 1) < p ? 1 : 0));

  it("finds the slope and intercept that spoiled honest probabilities", () => {
    const spoiled = truth.map((p) => 1 / (1 + Math.exp(-(2 * logitOfProbability(p) - 1))));
    const fitted = fitPlatt(spoiled, labels);
    expect(fitted.slope).toBeCloseTo(0.5, 1);
    expect(fitted.intercept).toBeCloseTo(0.5, 1);
    const repaired = calibrate(fitted, spoiled);
    expect(repaired.reduce((a, b) => a + b, 0) / 20_000).toBeCloseTo(labels.reduce((a, b) => a + b, 0) / 20_000, 3);
  });

  it("stands where the gradient is 0", () => {
    const { slope, intercept } = fitPlatt(truth, labels);
    const positives = labels.reduce((a, b) => a + b, 0);
    const high = (positives + 1) / (positives + 2);
    const low = 1 / (20_000 - positives + 2);
    let [ga, gb] = [0, 0];
    truth.forEach((p, i) => {
      const error = 1 / (1 + Math.exp(-(slope * logitOfProbability(p) + intercept))) - (labels[i] === 1 ? high : low);
      ga += error * logitOfProbability(p);
      gb += error;
    });
    expect(Math.abs(ga) / 20_000).toBeLessThan(1e-9);
    expect(Math.abs(gb) / 20_000).toBeLessThan(1e-9);
  });

  it("stays finite where the classes separate and where all scores are equal", () => {
    const apart = fitPlatt([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]);
    expect(Number.isFinite(apart.slope) && apart.slope > 0).toBe(true);
    const equal = calibrate(fitPlatt([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0]), [0.5]);
    expect(equal[0]).toBeCloseTo((2 / 3 + 3 * (1 / 5)) / 4, 6); // the mean of Platt's targets
  });
});

describe("isotonic regression", () => {
  it("is the best non-decreasing step function: the min–max formula", () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 1 })), {
            minLength: 2,
            maxLength: 30,
          })
          .filter((rows) => both(rows.map(([, l]) => l))),
        (rows) => {
          const places = [...new Set(rows.map(([s]) => s))].sort((a, b) => a - b);
          const mean = (from: number, to: number): number => {
            const inside = rows.filter(([s]) => s >= from && s <= to).map(([, l]) => l);
            return inside.reduce((a, b) => a + b, 0) / inside.length;
          };
          const fitted = calibrate(
            fitIsotonic(
              rows.map(([s]) => s),
              rows.map(([, l]) => l),
            ),
            places,
          );
          places.forEach((place, i) => {
            const best = Math.max(
              ...places
                .filter((from) => from <= place)
                .map((from) => Math.min(...places.filter((to) => to >= place).map((to) => mean(from, to)))),
            );
            expect(fitted[i]).toBeCloseTo(best, 12);
          });
        },
      ),
    );
  });

  it("is linear between its points, flat beyond them, and never falls", () => {
    const fitted = fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1]);
    expect([...calibrate(fitted, [-5, 1, 1.5, 2, 2.5, 3, 3.5, 99])]).toEqual([0, 0, 0.25, 0.5, 0.5, 0.5, 0.75, 1]);
  });

  it("refuses what it cannot calibrate on", () => {
    expect(() => fitIsotonic([], [])).toThrow("no rows to calibrate on");
    expect(() => fitPlatt([0.5, 2], [0, 1])).toThrow("score is 2 in row 1; allowed: 0 to 1");
    expect(() => fitIsotonic([1, NaN], [0, 1])).toThrow("score is NaN in row 1; allowed: finite numbers");
    expect(() => fitPlatt([0.1, 0.2], [1, 1])).toThrow("label is 1 in all 2 rows");
    expect(() => fitPlatt([0.1], [1, 0])).toThrow("scores hold 1 values; expected 2, one per label");
  });
});

it("isotonic regression refuses weights of another length, negative ones and none above 0, and leaves out rows of weight 0", () => {
  const [scores, labels] = [
    [0.1, 0.4, 0.6],
    [0, 1, 1],
  ];
  expect(() => fitIsotonic(scores, labels, [1, 1])).toThrow("weights hold 2 values; expected 3");
  expect(() => fitIsotonic(scores, labels, [0, 0, 0])).toThrow("weight is 0 in all rows");
  expect(() => fitIsotonic(scores, labels, [1, -1, 1])).toThrow("weight is -1 in row 1");
  expect(fitIsotonic(scores, labels, [1, 0, 1])).toEqual(fitIsotonic([0.1, 0.6], [0, 1]));
});

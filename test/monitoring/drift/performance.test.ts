import { describe, expect, it } from "vitest";
import {
  estimatedPerformance,
  keptDrift,
  keptOf,
  performanceReference,
  realisedPerformance,
} from "../../../src/monitoring/drift/performance.js";
import { auc } from "../../../src/evaluation/metrics/classification.js";
import { normal, uniform } from "../../../src/random.js";

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

/** A model that knows P(1 | x), scored twice as boldly as it should, on inputs shifted by `shift`; the truth moved by `bias`. */
function window(key: number, shift = 0, bias = 0): { probability: Float64Array; label: Float64Array } {
  const x = Float64Array.from({ length: 20_000 }, (_, row) => normal(key, row) + shift);
  return {
    probability: x.map((value) => logistic(2 * value)),
    label: x.map((value, row) => Number(uniform(key, row, 7) < logistic(value + bias))),
  };
}

describe("performance without labels", () => {
  const calibrator = performanceReference(window(1));
  it.each([0, 0.8, -1])("is near the realised one where inputs shift by %d", (shift) => {
    const current = window(2, shift);
    const [estimated, realised] = [estimatedPerformance(calibrator, current.probability), realisedPerformance(current)];
    for (const metric of ["auc", "accuracy", "precision", "recall", "f1"] as const)
      expect(Math.abs(estimated[metric] - realised[metric])).toBeLessThan(0.02);
  });

  it("does not see that the label's dependence on the inputs moved; promised against kept does", () => {
    const [quiet, moved] = [window(2), window(2, 0, -2)];
    const gap = realisedPerformance(moved).accuracy - estimatedPerformance(calibrator, moved.probability).accuracy;
    expect(gap).toBeLessThan(-0.05);
    expect(keptDrift(window(1), quiet).pValue).toBeGreaterThan(0.01);
    expect(keptDrift(window(1), moved).z).toBeLessThan(-20);
  });

  it("with labels for chances is AUC, ties counted half", () => {
    const probability = Float64Array.from({ length: 300 }, (_, row) => Math.round(10 * uniform(3, row)) / 10);
    const label = Float64Array.from(probability, (p, row) => Number(uniform(4, row) < p));
    expect(realisedPerformance({ probability, label }).auc).toBeCloseTo(auc(label, probability), 12);
    expect(realisedPerformance({ probability: [0.2, 0.4], label: [0, 0] }).auc).toBeNaN();
  });
});

describe("promised against kept", () => {
  it("has the standard error of whole units", () => {
    const alone = keptOf({ probability: [0.5, 0.5, 0.5, 0.5], label: [1, 1, 0, 0] });
    const pairs = keptOf({ probability: [0.5, 0.5, 0.5, 0.5], label: [1, 1, 0, 0], unit: [1, 1, 2, 2] });
    expect(alone).toMatchObject({ promised: 0.5, kept: 0.5, ratio: 1 });
    expect(alone.standardError).toBeCloseTo(Math.sqrt((4 / 3) * 4 * 0.25) / 4, 12);
    expect(pairs.standardError).toBeCloseTo(Math.sqrt(2 * 2) / 4, 12);
    expect(() => keptOf({ probability: [], label: [] })).toThrow(/0 probabilities/);
  });
});

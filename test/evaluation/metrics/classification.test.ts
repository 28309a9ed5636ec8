import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auc, logLoss, logLosses, normalisedEntropy } from "../../../src/evaluation/metrics/classification.js";

const rows = fc
  .array(fc.record({ label: fc.integer({ min: 0, max: 1 }), score: fc.integer({ min: -20, max: 20 }) }), {
    minLength: 2,
    maxLength: 60,
  })
  .filter((all) => all.some((row) => row.label === 1) && all.some((row) => row.label === 0));

function naiveAuc(labels: readonly number[], scores: readonly number[]): number {
  let wins = 0;
  let pairs = 0;
  labels.forEach((a, i) =>
    labels.forEach((b, j) => {
      if (a !== 1 || b !== 0) return;
      pairs++;
      wins += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    }),
  );
  return wins / pairs;
}

describe("auc", () => {
  test("equals the example of scikit-learn's roc_auc_score", () => {
    expect(auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])).toBe(0.75);
  });

  test("counts every pair of a positive and a negative, ties for half", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const labels = all.map((row) => row.label);
        const scores = all.map((row) => row.score);
        expect(auc(labels, scores)).toBeCloseTo(naiveAuc(labels, scores), 12);
      }),
    );
  });

  test("does not change under a monotone transform, and turns to one minus under negation", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const labels = all.map((row) => row.label);
        const scores = all.map((row) => row.score);
        const area = auc(labels, scores);
        expect(
          auc(
            labels,
            scores.map((score) => Math.exp(score / 3)),
          ),
        ).toBe(area);
        expect(
          auc(
            labels,
            scores.map((score) => -score),
          ),
        ).toBeCloseTo(1 - area, 12);
      }),
    );
  });

  test("takes a row of weight 2 as two rows and a row of weight 0 as none", () => {
    expect(auc([0, 1, 0, 1], [3, 2, 1, 9], [2, 1, 1, 0])).toBe(auc([0, 0, 1, 0], [3, 3, 2, 1]));
  });

  test("names the fault when only one class is there, nothing is there, a score is NaN or lengths differ", () => {
    expect(() => auc([1, 1], [0.1, 0.2])).toThrow("all 2 labels are 1; both 0 and 1 are needed");
    expect(() => auc([0], [0.1])).toThrow("all 1 labels are 0; both 0 and 1 are needed");
    expect(() => auc([], [])).toThrow("labels is empty: 0 rows");
    expect(() => auc([0, 1], [0.1, NaN])).toThrow("scores[1] is NaN; it must be a finite number");
    expect(() => auc([0, 1], [0.1])).toThrow("lengths differ: scores has 1 rows, labels has 2");
    expect(() => auc([0, 2], [0.1, 0.2])).toThrow("labels[1] is 2; labels must be 0 or 1");
    expect(() => auc([0, 1], [0.1, 0.2], [1, 0])).toThrow("the weights leave one class only");
    expect(() => auc([0, 1], [0.1, 0.2], [0, 0])).toThrow("all weights are 0");
  });
});

describe("log loss", () => {
  test("equals the example of scikit-learn's log_loss", () => {
    expect(logLoss([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65])).toBeCloseTo(0.21616187468057912, 14);
  });

  test("is the logarithm of two for a coin, and finite for a certain mistake", () => {
    expect(logLoss([0, 1, 1], [0.5, 0.5, 0.5])).toBeCloseTo(Math.LN2, 14);
    expect(logLoss([1], [0])).toBeCloseTo(52 * Math.LN2, 10);
  });

  test("is lowest at the base rate among constant predictions, where normalised entropy is 1", () => {
    const labels = [1, 0, 0, 0];
    const at = (p: number): number => logLoss(labels, [p, p, p, p]);
    expect(at(0.25)).toBeLessThan(at(0.24));
    expect(at(0.25)).toBeLessThan(at(0.26));
    expect(normalisedEntropy(labels, [0.25, 0.25, 0.25, 0.25])).toBeCloseTo(1, 14);
  });

  test("has weighted means and rows that agree with each other", () => {
    const losses = logLosses([1, 0], [0.8, 0.3]);
    expect(logLoss([1, 0], [0.8, 0.3], [3, 1])).toBeCloseTo((3 * losses[0]! + losses[1]!) / 4, 14);
  });

  test("refuses what is not a probability", () => {
    expect(() => logLoss([1], [1.2])).toThrow("probabilities[0] is 1.2; it must be in [0, 1]");
    expect(() => logLoss([1], [NaN])).toThrow("probabilities[0] is NaN");
  });
});

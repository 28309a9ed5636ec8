import { describe, expect, test } from "vitest";
import {
  auc,
  groupedAuc,
  logLoss,
  meanBySlice,
  normalisedEntropy,
  scoreReport,
  userScores,
} from "../../../src/evaluation/index.js";
import { keyOf, uniform, uniformInt } from "../../../src/random.js";

const key = keyOf(2, "score report");
const probabilities = Float64Array.from({ length: 5000 }, (_, i) => 0.6 * uniform(key, i));
const labels = probabilities.map((p, i) => (uniform(key, i, 1) < p ? 1 : 0));
const users = labels.map((_, i) => uniformInt(90, key, i, 2));

describe("a score report", () => {
  const report = scoreReport(labels, probabilities, users);

  test("has the values of the metrics, and curves of few points from corner to corner", () => {
    expect(report).toMatchObject({
      rows: 5000,
      auc: auc(labels, probabilities),
      gauc: groupedAuc(labels, probabilities, users).value,
      normalisedEntropy: normalisedEntropy(labels, probabilities),
    });
    for (const { x, y } of [report.roc, report.gain]) {
      expect([x[0], y[0], x.at(-1), y.at(-1)]).toEqual([0, 0, 1, 1]);
      expect(x.length).toBe(y.length);
      expect(x.every((value, i) => i === 0 || value >= x[i - 1]!)).toBe(true);
    }
    expect(report.roc.x.length).toBe(301);
    expect(report.precisionRecall.y.at(-1)).toBeCloseTo(report.rate, 12);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("has an area under its thinned curve that is still the AUC to a thousandth", () => {
    const { x, y } = report.roc;
    const area = x.reduce((sum, at, i) => (i === 0 ? 0 : sum + ((at - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2), 0);
    expect(Math.abs(area - report.auc)).toBeLessThan(1e-3);
  });
});

test("users' scores add up to those of all rows", () => {
  const { user, rows, logLoss: losses } = userScores(labels, probabilities, users);
  expect([...user]).toEqual(Array.from({ length: 90 }, (_, id) => id));
  const total = losses.reduce((sum, loss, u) => sum + loss * rows[u]!, 0);
  expect(total / 5000).toBeCloseTo(logLoss(labels, probabilities), 12);
});

test("means by slice are of the users of the slice, and undefined where nobody has a value", () => {
  const slices = { by: "half", names: ["even", "odd", "none"], code: (user: number) => user % 2 };
  const [even, odd, none] = meanBySlice([2, 3, 4, 6], [1, 5, 2, NaN], slices);
  expect([even!.estimate, odd!.estimate, none]).toEqual([1.5, 5, undefined]);
  expect(even!.units).toBe(2);
});

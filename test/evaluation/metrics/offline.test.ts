import { describe, expect, test } from "vitest";
import { calibrationError } from "../../../src/evaluation/metrics/calibration.js";
import { auc, logLoss } from "../../../src/evaluation/metrics/classification.js";
import { combine } from "../../../src/evaluation/experiment/ab-test.js";
import { intervalOf } from "../../../src/evaluation/bootstrap.js";
import { offlineMetrics, offlineReplicates } from "../../../src/evaluation/metrics/offline.js";
import { meanOf, rankScored } from "../../../src/evaluation/metrics/ranking.js";
import { keyOf, uniform, uniformInt } from "../../../src/random.js";

function predictions(
  count: number,
  noise: number,
): { labels: Uint8Array; probabilities: Float64Array; users: Int32Array; requests: Float64Array } {
  const key = keyOf(4, "predictions");
  const truth = Float64Array.from({ length: count }, (_, i) => 0.6 * uniform(key, i, 0));
  return {
    labels: Uint8Array.from(truth, (p, i) => (uniform(key, i, 1) < p ? 1 : 0)),
    probabilities: truth.map((p, i) => (1 - noise) * p + noise * 0.6 * uniform(key, i, 2)),
    users: Int32Array.from({ length: count }, (_, i) => uniformInt(60, key, Math.floor(i / 6), 3)),
    requests: Float64Array.from({ length: count }, (_, i) => Math.floor(i / 6)),
  };
}

describe("offline metrics", () => {
  test("estimate what the plain metrics give, within their intervals", () => {
    const rows = predictions(3000, 0.3);
    const metrics = offlineMetrics(rows, { k: 3, replicates: 100 });
    expect(metrics.auc.estimate).toBe(auc(rows.labels, rows.probabilities));
    expect(metrics.logLoss.estimate).toBeCloseTo(logLoss(rows.labels, rows.probabilities), 12);
    const plain = calibrationError(rows.labels, rows.probabilities);
    expect(metrics.calibrationError.estimate).toBeLessThan(plain); // which noise inflates
    expect(metrics.calibrationError.estimate).toBeGreaterThan(plain - 0.02);
    expect(metrics.ndcg.estimate).toBeCloseTo(
      meanOf(rankScored(rows.labels, rows.probabilities, rows.requests, 3).ndcg),
      12,
    );
    expect([metrics.rows, metrics.users]).toEqual([3000, 60]);
    for (const interval of [metrics.auc, metrics.logLoss, metrics.ndcg]) {
      expect(interval.low).toBeLessThan(interval.estimate);
      expect(interval.high).toBeGreaterThan(interval.estimate);
    }
  });

  test(
    "give replicates that two models share by user: equal models differ by exactly 0, and the difference of " +
      "two is surer than either",
    () => {
      const { probabilities, ...rest } = predictions(3000, 0.3);
      const worse = probabilities.map((p, i) => p + 0.3 * uniform(7, i));
      const [one, again, other] = [probabilities, probabilities.slice(), worse].map((p) =>
        offlineReplicates({ ...rest, probabilities: p }, { replicates: 100 }),
      );
      for (const metric of ["auc", "logLoss", "calibrationError", "ndcg"] as const) {
        expect(
          intervalOf(
            combine(one![metric], again![metric], (a, b) => b - a),
            60,
          ),
        ).toMatchObject({ estimate: 0, low: 0, high: 0 });
      }
      const difference = intervalOf(
        combine(one!.auc, other!.auc, (a, b) => b - a),
        60,
      );
      expect(difference.high).toBeLessThan(0);
      expect(difference.high - difference.low).toBeLessThan(
        0.7 *
          (offlineMetrics({ ...rest, probabilities }, { replicates: 100 }).auc.high -
            offlineMetrics({ ...rest, probabilities }, { replicates: 100 }).auc.low),
      );
      expect(intervalOf(one!.auc, 60)).toEqual(offlineMetrics({ ...rest, probabilities }, { replicates: 100 }).auc);
    },
  );

  test("rank a model that knows the truth above one that half guesses, with intervals apart", () => {
    const good = offlineMetrics(predictions(6000, 0), { replicates: 100 });
    const worse = offlineMetrics(predictions(6000, 0.8), { replicates: 100 });
    expect(good.auc.low).toBeGreaterThan(worse.auc.high);
    expect(good.logLoss.high).toBeLessThan(worse.logLoss.low);
    expect(good.ndcg.low).toBeGreaterThan(worse.ndcg.high);
  });
});

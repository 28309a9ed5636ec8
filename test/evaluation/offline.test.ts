import { describe, expect, test } from "vitest";
import { calibrationError } from "../../src/evaluation/calibration.js";
import { auc, logLoss } from "../../src/evaluation/classification.js";
import { offlineMetrics } from "../../src/evaluation/offline.js";
import { meanOf, rankScored } from "../../src/evaluation/ranking.js";
import { keyOf, uniform, uniformInt } from "../../src/random.js";

function predictions(count: number, noise: number): { labels: Uint8Array; probabilities: Float64Array; users: Int32Array; requests: Float64Array } {
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
    expect(metrics.calibrationError.estimate).toBe(calibrationError(rows.labels, rows.probabilities));
    expect(metrics.ndcg.estimate).toBeCloseTo(meanOf(rankScored(rows.labels, rows.probabilities, rows.requests, 3).ndcg), 12);
    expect([metrics.rows, metrics.users]).toEqual([3000, 60]);
    for (const interval of [metrics.auc, metrics.logLoss, metrics.ndcg]) {
      expect(interval.low).toBeLessThan(interval.estimate);
      expect(interval.high).toBeGreaterThan(interval.estimate);
    }
  });

  test("rank a model that knows the truth above one that half guesses, with intervals apart", () => {
    const good = offlineMetrics(predictions(6000, 0), { replicates: 100 });
    const worse = offlineMetrics(predictions(6000, 0.8), { replicates: 100 });
    expect(good.auc.low).toBeGreaterThan(worse.auc.high);
    expect(good.logLoss.high).toBeLessThan(worse.logLoss.low);
    expect(good.ndcg.low).toBeGreaterThan(worse.ndcg.high);
  });
});

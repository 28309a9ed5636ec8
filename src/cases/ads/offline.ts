/** Offline metrics of probabilities on a held-out day, resampled by user; negatives down-sampled; calibration by campaign. */
import { aucOf, aucRanking, calibration, logLosses, replicatesBy, type SeedMetric } from "../../evaluation/index.js";
import { keyOf, uniform } from "../../random.js";
import { takeRows } from "../../data/index.js";
import type { LabelledRows } from "../../models/index.js";
import type { Trial } from "./trial.js";

/** AUC and log loss with replicates by user, and predicted over observed clicks. */
export interface OfflineAds {
  readonly auc: SeedMetric;
  readonly logLoss: SeedMetric;
  readonly ratio: number;
}

/** Judges probabilities of a trial's held-out day. */
export function judge({ log, held, test, market }: Trial, probabilities: ArrayLike<number>): OfflineAds {
  const user = log.user.subarray(held, log.count);
  const ranking = aucRanking(test.label, probabilities);
  const losses = logLosses(test.label, probabilities);
  const rows = new Float64Array(user.length);
  const users = market.users.count;
  const by = (statistic: () => number): SeedMetric => ({
    ...replicatesBy(
      users,
      (weights) => {
        for (let row = 0; row < rows.length; row++) rows[row] = weights[user[row]!]!;
        return statistic();
      },
      { name: "ads", replicates: 200 },
    ),
    users,
  });
  return {
    auc: by(() => aucOf(ranking, rows)),
    logLoss: by(() => {
      let [loss, weight] = [0, 0];
      for (let row = 0; row < rows.length; row++) {
        loss += rows[row]! * losses[row]!;
        weight += rows[row]!;
      }
      return loss / weight;
    }),
    ratio: calibration(test.label, probabilities).ratio,
  };
}

/** All clicks and a share of the others. */
export function downSample({ features, label }: LabelledRows, share: number, seed: number): LabelledRows {
  const key = keyOf(seed, "ads/down-sampling");
  const rows = Int32Array.from({ length: features.count }, (_, row) => row).filter(
    (row) => label[row] === 1 || uniform(key, row) < share,
  );
  return { features: takeRows(features, rows), label: Uint8Array.from(rows, (row) => label[row]!) };
}

/** P(click) of a model whose negatives were down-sampled: p / (p + (1 − p) / share) (He et al., 2014). */
export function recalibrated(p: number, share: number): number {
  return p / (p + (1 - p) / share);
}

/** Clicks over predicted clicks of each campaign, shrunk to 1 as if it had `prior` more: what its predictions are multiplied by. */
export function campaignFactors(
  campaign: ArrayLike<number>,
  label: ArrayLike<number>,
  predicted: ArrayLike<number>,
  campaigns: number,
  prior = 10,
): Float64Array {
  const [clicks, sums] = [new Float64Array(campaigns).fill(prior), new Float64Array(campaigns).fill(prior)];
  for (let row = 0; row < label.length; row++) {
    clicks[campaign[row]!]! += label[row]!;
    sums[campaign[row]!]! += predicted[row]!;
  }
  return clicks.map((count, c) => count / sums[c]!);
}

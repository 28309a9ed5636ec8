/** Offline metrics of probabilities on a held-out day; negatives down-sampled, clicks weighted; calibration by campaign. */
import { auc, calibration, logLoss } from "../../evaluation/index.js";
import { keyOf, uniform } from "../../random.js";
import { takeRows } from "../../data/index.js";
import type { LabelledRows } from "../../models/index.js";

/** What a held-out day says. */
export interface OfflineAds {
  readonly auc: number;
  readonly logLoss: number;
  readonly ratio: number; // predicted over observed clicks
}

/** Judges probabilities of labelled rows. */
export function judge({ label }: LabelledRows, probabilities: ArrayLike<number>): OfflineAds {
  return {
    auc: auc(label, probabilities),
    logLoss: logLoss(label, probabilities),
    ratio: calibration(label, probabilities).ratio,
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

/** P(click) where negatives were down-sampled, or clicks weigh 1 / share: p / (p + (1 − p) / share) (He et al., 2014). */
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

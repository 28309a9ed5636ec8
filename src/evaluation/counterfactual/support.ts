/**
 * The alarm beside every weighted estimate: whether the log can answer at all. Weights have mean 1 where propensities are exact and the
 * logging policy can show all that the target shows; few large ones carry the estimate where policies differ (Kong, 1992):
 *
 *     effective sample size = (Σ w)² / Σ w²,   of the position where it is least
 */
import { groupBy, sumsBy } from "../order.js";
import type { Weighted } from "./weights.js";

/** What weights say of a log and a target. */
export interface WeightCheck {
  readonly rows: number;
  readonly users: number;
  readonly meanWeight: number; // of the position farthest from what is expected
  readonly meanWeightError: number; // its standard error, by user
  readonly effectiveSampleSize: number; // rows
  readonly largestWeight: number;
  /** The target's mass on what the logging policy cannot show: known, or what the mean weight lacks to 1. */
  readonly unsupported: number;
  readonly unsupportedKnown: boolean;
}

/** Up to where a log answers. */
export interface SupportLimits {
  readonly leastEffective?: number; // rows, default 50: the largest weight then has at most 1/√50 = 14 % of the whole
  readonly mostUnsupported?: number; // default .05
  /** How far the mean weight may be from 1 (or from the supported mass): default .05, and 4 standard errors. */
  readonly mostDeviation?: number;
}

/** The numbers. Standard errors count users, since rows of one user are not independent. */
export function checkWeights({ user, slots, weight, unsupported }: Weighted): WeightCheck {
  const rows = user.length;
  const groups = groupBy(user);
  let [effective, largest] = [Infinity, 0];
  let worst = { mean: 1, error: 0, deviation: -1 };
  for (let k = 0; k < slots; k++) {
    let [sum, squares] = [0, 0];
    const column = slots === 1 ? weight : new Float64Array(rows).map((_, row) => weight[row * slots + k]!);
    for (let row = 0; row < rows; row++) {
      const w = column[row]!;
      sum += w;
      squares += w * w;
      if (Math.abs(w) > largest) largest = Math.abs(w);
    }
    effective = Math.min(effective, squares === 0 ? 0 : sum ** 2 / squares);
    const mean = sum / rows;
    const deviation = deviationOf(mean, unsupported ?? 0);
    if (deviation > worst.deviation)
      worst = { mean, error: errorOf(mean, sumsBy(groups, column), groups.offsets), deviation };
  }
  return {
    rows,
    users: groups.count,
    meanWeight: worst.mean,
    meanWeightError: worst.error,
    effectiveSampleSize: effective,
    largestWeight: largest,
    unsupported: unsupported ?? Math.max(0, 1 - worst.mean),
    unsupportedKnown: unsupported !== undefined,
  };
}

/** Why the log cannot answer; undefined where it can. */
export function refusalOf(check: WeightCheck, limits: SupportLimits = {}): string | undefined {
  const { leastEffective = 50, mostUnsupported = 0.05, mostDeviation = 0.05 } = limits;
  const { meanWeight, meanWeightError, effectiveSampleSize, unsupported, unsupportedKnown, rows } = check;
  const short = (value: number): string => value.toPrecision(3);
  if (unsupportedKnown && unsupported > mostUnsupported)
    return (
      `the log has no support: ${short(100 * unsupported)} % of what the target shows is nothing that the logging policy can show ` +
      `(allowed: ${short(100 * mostUnsupported)} %)`
    );
  if (effectiveSampleSize < leastEffective)
    return (
      `the log has almost no support: ${rows} rows are worth ${short(effectiveSampleSize)} (allowed: ${leastEffective} or more), ` +
      `the largest weight is ${short(check.largestWeight)}`
    );
  const deviation = deviationOf(meanWeight, unsupportedKnown ? unsupported : 0);
  if (deviation > mostDeviation && deviation > 4 * meanWeightError)
    return (
      `propensities do not add up: the mean weight is ${short(meanWeight)} ± ${short(meanWeightError)} where 1 is expected; they are ` +
      `not those of this policy, or what the target shows cannot come from it`
    );
  return undefined;
}

/** Distance of a mean weight from what is possible: from the supported mass (a prefix of a page may have more support) to 1. */
function deviationOf(mean: number, unsupported: number): number {
  return Math.max(0, mean - 1, 1 - unsupported - mean);
}

/** Standard error of a mean over rows by users: of the ratio Σ sums / Σ rows, linearised. NaN for one user. */
function errorOf(mean: number, sums: Float64Array, offsets: Int32Array): number {
  const users = sums.length;
  let squares = 0;
  for (let u = 0; u < users; u++) squares += (sums[u]! - mean * (offsets[u + 1]! - offsets[u]!)) ** 2;
  return Math.sqrt((squares * users) / (users - 1)) / offsets[users]!;
}

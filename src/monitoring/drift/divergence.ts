/**
 * How far apart two windows are, from counts in shared bins, with reference shares p and current shares q:
 *
 *     PSI (Jeffreys, 1946)            Σ (q − p) ln(q / p)                 symmetrised Kullback–Leibler divergence
 *     Jensen–Shannon (Lin, 1991)      ½ KL(p, m) + ½ KL(q, m), m = (p + q) / 2; the distance is its root, in [0, 1] to base 2
 *     chi-square (Pearson, 1900)      Σ (observed − expected)² / expected over both windows, bins − 1 degrees of freedom
 *     KS of bins                      max |P − Q| of the cumulated shares: at most the statistic of the values themselves
 *
 * By custom PSI below 0.1 is stable, 0.1 to 0.25 a moderate shift, above 0.25 a major one (Siddiqi, 2006). Without any drift PSI is
 * about (1/n + 1/m) χ² with bins − 1 degrees of freedom (Yurdakul, 2018): small windows alarm by chance (`quiet.ts`).
 */
import { chiSquareTail } from "../../evaluation/index.js";
import { categoryBins, countBins, countValues, quantileBins, type BinCounts } from "./bins.js";

/** Thresholds of a moderate and of a major shift. */
export const psiThresholds = { moderate: 0.1, major: 0.25 } as const;

/** The verdict on a PSI. */
export type PsiVerdict = "stable" | "moderate" | "major";

/** The verdict on a PSI by `psiThresholds`. */
export function psiVerdict(psi: number): PsiVerdict {
  return psi < psiThresholds.moderate ? "stable" : psi < psiThresholds.major ? "moderate" : "major";
}

/** What PSI would be on average without drift, from the windows' sizes alone; rows of one user or day together make it larger. */
export function psiNoise(bins: number, referenceRows: number, currentRows: number): number {
  return (bins - 1) * (1 / referenceRows + 1 / currentRows);
}

/**
 * PSI of counts by bin; bins empty in both do not count. What is done about a bin empty in one window:
 * `half` adds half a row to each bin; `floor` (as evidently does) sets an empty share to 0.0001, or to a millionth of
 * the window's smallest share where that is no larger than 0.0001, and does not rescale the others.
 */
export function psiOfCounts(counts: BinCounts, empty: "half" | "floor" = "half"): number {
  const { reference, current, bins, referenceRows, currentRows } = checked(counts);
  const [floorReference, floorCurrent] = [floorOf(reference, referenceRows), floorOf(current, currentRows)];
  let psi = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const [n, m] = [reference[bin]!, current[bin]!];
    if (n + m === 0) continue;
    const was =
      empty === "half" ? (n + 0.5) / (referenceRows + 0.5 * bins) : n > 0 ? n / referenceRows : floorReference;
    const is = empty === "half" ? (m + 0.5) / (currentRows + 0.5 * bins) : m > 0 ? m / currentRows : floorCurrent;
    psi += (is - was) * Math.log(is / was);
  }
  return psi;
}

function floorOf(counts: Float64Array, rows: number): number {
  const smallest = counts.reduce((least, count) => (count > 0 ? Math.min(least, count) : least), Infinity) / rows;
  return smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
}

/** Jensen–Shannon distance, in [0, 1] to base 2 (NannyML), up to √ln 2 in nats (scipy's and evidently's default). */
export function jensenShannon(counts: BinCounts, base: 2 | "e" = 2): number {
  const { reference, current, referenceRows, currentRows } = checked(counts);
  let divergence = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const [p, q] = [reference[bin]! / referenceRows, current[bin]! / currentRows];
    if (p > 0) divergence += 0.5 * p * Math.log((2 * p) / (p + q));
    if (q > 0) divergence += 0.5 * q * Math.log((2 * q) / (p + q));
  }
  return Math.sqrt(Math.max(0, divergence) / (base === 2 ? Math.LN2 : 1));
}

/** A chi-square statistic with its tail probability; degrees 0: one bin, nothing to test, p 1. */
export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
}

/**
 * Chi-square of the two windows. `homogeneity` treats both as samples (scipy's `chi2_contingency`); `fit` takes the reference's shares as
 * the truth (evidently), which makes the statistic too large by a factor of 1 + m/n, and infinite where the current window has a new value.
 */
export function chiSquare(counts: BinCounts, kind: "homogeneity" | "fit" = "homogeneity"): ChiSquare {
  const { reference, current, bins, referenceRows, currentRows } = checked(counts);
  let statistic = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const [n, m] = [reference[bin]!, current[bin]!];
    if (n + m === 0) continue;
    if (kind === "fit") statistic += (m - (n * currentRows) / referenceRows) ** 2 / ((n * currentRows) / referenceRows);
    else statistic += (n * currentRows - m * referenceRows) ** 2 / ((n + m) * referenceRows * currentRows);
  }
  return { statistic, degrees: bins - 1, pValue: bins > 1 ? chiSquareTail(statistic, bins - 1) : 1 };
}

/** Largest difference of the cumulated shares, for bins in ascending order. */
export function ksOfCounts(counts: BinCounts): number {
  const { reference, current, referenceRows, currentRows } = checked(counts);
  let [gap, most] = [0, 0];
  for (let bin = 0; bin < reference.length; bin++) {
    gap += current[bin]! / currentRows - reference[bin]! / referenceRows;
    most = Math.max(most, Math.abs(gap));
  }
  return most;
}

/** PSI of a number between two windows, in bins of the reference's quantiles: features, scores, predictions. */
export function psiOfNumbers(reference: ArrayLike<number>, current: ArrayLike<number>, bins = 10): number {
  const binned = quantileBins(reference, bins);
  return psiOfCounts({ reference: countBins(reference, binned), current: countBins(current, binned) });
}

/** PSI of a category between two windows, in the bins of `categoryBins`. */
export function psiOfCategories(reference: ArrayLike<number>, current: ArrayLike<number>, keep = 50): number {
  return psiOfCounts(countsOfCodes(reference, current, keep));
}

/** Both windows of a category in shared bins. */
export function countsOfCodes(reference: ArrayLike<number>, current: ArrayLike<number>, keep = 50): BinCounts {
  const bins = categoryBins(countValues(reference), keep);
  const count = (codes: ArrayLike<number>): Float64Array => {
    const binned = new Float64Array(bins.kept.length + 2);
    for (let row = 0; row < codes.length; row++) binned[bins.binOf(codes[row]!)]! += 1;
    return binned;
  };
  return { reference: count(reference), current: count(current) };
}

function checked(counts: BinCounts): BinCounts & Record<"bins" | "referenceRows" | "currentRows", number> {
  const { reference, current } = counts;
  if (reference.length !== current.length)
    throw new Error(`windows have ${reference.length} and ${current.length} bins; allowed: as many`);
  let [bins, referenceRows, currentRows] = [0, 0, 0];
  for (let bin = 0; bin < reference.length; bin++) {
    if (reference[bin]! + current[bin]! > 0) bins++;
    referenceRows += reference[bin]!;
    currentRows += current[bin]!;
  }
  if (referenceRows === 0 || currentRows === 0)
    throw new Error(`no rows to compare: ${referenceRows} reference rows, ${currentRows} current rows`);
  return { reference, current, bins, referenceRows, currentRows };
}

/**
 * Calibration: whether events predicted at 20 % happen in 20 % of cases: the reliability table and its summary, the expected
 * calibration error.
 */
import { binary, notEmpty, sameLength, wholeNumber, within } from "../checks.js";
import { argsort } from "../order.js";
import { rmse } from "./regression.js";

/** One bin of the reliability table. */
export interface ReliabilityBin {
  readonly count: number;
  readonly low: number; // lowest predicted probability in the bin
  readonly high: number; // highest
  readonly predicted: number; // mean predicted probability
  readonly observed: number; // share of positives
}

/** Reliability table with its summaries. */
export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: Σ count/n · |predicted − observed|, in [0, 1]. */
  readonly error: number;
  /** Mean predicted over mean observed; 1 is calibrated on average, above 1 is over-confident. NaN without positives. */
  readonly ratio: number;
}

/** How rows are binned: bins of as many rows each, or of as wide an interval of probabilities each. */
export type Binning = "mass" | "width";

/**
 * Reliability table (Naeini et al., 2015). Bins of equal mass are the default (Nixon et al., 2019): equal predictions are never split
 * between bins, so the table does not depend on the order of rows; with many ties there are fewer bins. Bins of equal width are
 * (l, u], 0 in the first (Guo et al., 2017; scikit-learn, torchmetrics). Empty bins are left out.
 */
export function calibration(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  binCount = 10,
  binning: Binning = "mass",
): Calibration {
  sameLength({ labels, probabilities });
  notEmpty("labels", labels);
  binary("labels", labels);
  within("probabilities", probabilities, 0, 1);
  wholeNumber("binCount", binCount, 1);
  const bin = binning === "mass" ? calibrationBins(probabilities, binCount) : equalWidths(probabilities, binCount);
  const count = new Float64Array(binCount);
  const sum = new Float64Array(binCount);
  const positives = new Float64Array(binCount);
  const low = new Float64Array(binCount).fill(1);
  const high = new Float64Array(binCount);
  for (let i = 0; i < bin.length; i++) {
    const b = bin[i]!;
    const p = probabilities[i]!;
    count[b] = count[b]! + 1;
    sum[b] = sum[b]! + p;
    positives[b] = positives[b]! + labels[i]!;
    low[b] = Math.min(low[b]!, p);
    high[b] = Math.max(high[b]!, p);
  }
  const bins: ReliabilityBin[] = [];
  let error = 0;
  let predictedSum = 0;
  let positiveSum = 0;
  for (let b = 0; b < binCount; b++) {
    const n = count[b]!;
    if (n === 0) continue;
    const predicted = sum[b]! / n;
    const observed = positives[b]! / n;
    bins.push({ count: n, low: low[b]!, high: high[b]!, predicted, observed });
    error += (n / bin.length) * Math.abs(predicted - observed);
    predictedSum += sum[b]!;
    positiveSum += positives[b]!;
  }
  return { bins, error, ratio: positiveSum > 0 ? predictedSum / positiveSum : NaN };
}

/** Expected calibration error, in [0, 1]; noise alone makes it larger than 0. Bins of equal mass unless said otherwise. */
export function calibrationError(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  binCount = 10,
  binning: Binning = "mass",
): number {
  return calibration(labels, probabilities, binCount, binning).error;
}

/** Brier score: (weighted) mean of (probability − label)², in [0, 1] (Brier, 1950); always the base rate r gives r (1 − r). */
export function brier(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  binary("labels", labels);
  within("probabilities", probabilities, 0, 1);
  return rmse(labels, probabilities, weights) ** 2;
}

/** Bin of each row in [0, binCount): the middle of its run of equal predictions decides, so ties share a bin. */
export function calibrationBins(probabilities: ArrayLike<number>, binCount: number): Uint16Array {
  const order = argsort(probabilities);
  const bin = new Uint16Array(order.length);
  let start = 0;
  while (start < order.length) {
    const value = probabilities[order[start]!];
    let end = start + 1;
    while (end < order.length && probabilities[order[end]!] === value) end++;
    const middle = (start + end - 1) / 2;
    const b = Math.min(binCount - 1, Math.floor(((middle + 0.5) / order.length) * binCount));
    for (let i = start; i < end; i++) bin[order[i]!] = b;
    start = end;
  }
  return bin;
}

function equalWidths(probabilities: ArrayLike<number>, binCount: number): Uint16Array {
  return Uint16Array.from(probabilities, (p) => {
    let b = Math.min(binCount - 1, Math.floor(p * binCount));
    while (b > 0 && p <= b / binCount) b--; // closed above; rounding may put p a bin too high
    return b;
  });
}

/**
 * Calibration: whether events predicted at 20 % happen in 20 % of cases: the reliability table and its summary, the expected
 * calibration error.
 */
import { binary, notEmpty, sameLength, wholeNumber, within } from "../checks.js";
import { argsort } from "../order.js";

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

/**
 * Reliability table with bins of equal mass (Naeini et al., 2015; equal mass after Nixon et al., 2019). Equal predictions
 * are never split between bins, so the table does not depend on the order of rows; with many ties there are fewer bins.
 */
export function calibration(labels: ArrayLike<number>, probabilities: ArrayLike<number>, binCount = 10): Calibration {
  sameLength({ labels, probabilities });
  notEmpty("labels", labels);
  binary("labels", labels);
  within("probabilities", probabilities, 0, 1);
  wholeNumber("binCount", binCount, 1);
  const bin = calibrationBins(probabilities, binCount);
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

/** Expected calibration error over bins of equal mass, in [0, 1]. */
export function calibrationError(labels: ArrayLike<number>, probabilities: ArrayLike<number>, binCount = 10): number {
  return calibration(labels, probabilities, binCount).error;
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

/**
 * Errors and order of predicted amounts (watch time, ratings). Takes columns of actual and predicted values, finite, of one length and
 * not empty; gives numbers that do not depend on the order of the rows.
 */
import { finite, notEmpty, sameLength } from "../checks.js";
import { argsort } from "../order.js";
import { checkWeights } from "./classification.js";

/** Root of the (weighted) mean squared error, ≥ 0, in the unit of the values. */
export function rmse(actual: ArrayLike<number>, predicted: ArrayLike<number>, weights?: ArrayLike<number>): number {
  return Math.sqrt(meanLoss(actual, predicted, weights, (error) => error * error));
}

/** Mean (weighted) absolute error, ≥ 0, in the unit of the values. */
export function mae(actual: ArrayLike<number>, predicted: ArrayLike<number>, weights?: ArrayLike<number>): number {
  return meanLoss(actual, predicted, weights, Math.abs);
}

/**
 * XAUC: share of pairs of rows whose predictions are in the order of their actual values, in [0, 1] (Zhan et al., 2022, over all pairs
 * instead of a sample). Two conventions for ties:
 *
 * - `concordance` (the default): pairs whose actual values differ, equal predictions counting half (Harrell's C, 1982); for labels 0 and
 *   1 it is the AUC, for a constant prediction ½. NaN if all actual values are equal.
 * - `agreement` (torchrec): all pairs; a pair counts if both columns order it alike, or both are equal. NaN for one row.
 *
 * O(n log n) by Knight's (1966) counting of inversions; exact to 2⁵³ pairs.
 */
export function xauc(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  convention: "concordance" | "agreement" = "concordance",
): number {
  checkRows(actual, predicted);
  const byPrediction = argsort(predicted);
  const byBoth = argsort(Float64Array.from(byPrediction, (row) => actual[row]!)).map((place) => byPrediction[place]!);
  const inOrder = Float64Array.from(byBoth, (row) => predicted[row]!);
  const tiedActual = pairsOfRuns(byBoth, (a, b) => actual[a] === actual[b]);
  const tiedPredicted = pairsOfRuns(byPrediction, (a, b) => predicted[a] === predicted[b]);
  const tiedBoth = pairsOfRuns(byBoth, (a, b) => actual[a] === actual[b] && predicted[a] === predicted[b]);
  const all = (actual.length * (actual.length - 1)) / 2;
  const concordant = all - tiedActual - tiedPredicted + tiedBoth - inversions(inOrder);
  if (convention === "agreement") return (concordant + tiedBoth) / all;
  return (concordant + (tiedPredicted - tiedBoth) / 2) / (all - tiedActual);
}

function meanLoss(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  loss: (error: number) => number,
): number {
  checkRows(actual, predicted);
  if (weights) checkWeights(actual, weights);
  let [sum, total] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const weight = weights ? weights[i]! : 1;
    sum += weight * loss(predicted[i]! - actual[i]!);
    total += weight;
  }
  return sum / total;
}

function checkRows(actual: ArrayLike<number>, predicted: ArrayLike<number>): void {
  sameLength({ actual, predicted });
  notEmpty("actual", actual);
  finite("actual", actual);
  finite("predicted", predicted);
}

/** Pairs within runs of rows that are the same. */
function pairsOfRuns(rows: Uint32Array, same: (a: number, b: number) => boolean): number {
  let pairs = 0;
  for (let i = 1, run = 1; i < rows.length; i++) {
    run = same(rows[i - 1]!, rows[i]!) ? run + 1 : 1;
    pairs += run - 1;
  }
  return pairs;
}

/** Pairs i < j with values[i] > values[j], by a bottom-up merge sort of the array. */
function inversions(values: Float64Array): number {
  const count = values.length;
  let from: Float64Array = values;
  let to: Float64Array = new Float64Array(count);
  let found = 0;
  for (let width = 1; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      for (let left = start, right = middle, at = start; at < end; at++) {
        if (left < middle && (right === end || from[left]! <= from[right]!)) to[at] = from[left++]!;
        else {
          to[at] = from[right++]!;
          found += middle - left;
        }
      }
    }
    [from, to] = [to, from];
  }
  return found;
}

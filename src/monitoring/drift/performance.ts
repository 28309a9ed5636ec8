/**
 * Performance without labels (confidence-based performance estimation, NannyML, 2021), and promised against kept once labels are there.
 *
 * With probabilities c calibrated on the reference window, a row is a positive with probability c; so the expected confusion matrix
 * is a sum of c and 1 − c, and AUC that of a ranking in which each row is c of a positive and 1 − c of a negative. It sees a drift of
 * inputs (covariate, prior by way of the inputs); a drift of P(label | features) it cannot see: that is what `keptDrift` is for.
 */
import { argsort, twoSidedP } from "../../evaluation/index.js";
import { calibrate, fitIsotonic, type Calibrator } from "../../models/index.js";

/** Metrics at a threshold, and AUC. NaN where undefined. */
export interface Performance {
  readonly rows: number;
  readonly auc: number;
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Predicted probabilities with their labels, and of which user or day each row is. */
export interface Judged {
  readonly probability: ArrayLike<number>;
  readonly label: ArrayLike<number>; // 0 or 1
  readonly unit?: ArrayLike<number>;
}

/** The calibrator of a labelled reference window. @throws Error on one class only, or probabilities outside of [0, 1] */
export function performanceReference({ probability, label }: Judged): Calibrator {
  return fitIsotonic(probability, label);
}

/** Expected performance of rows without labels; `predicted` are classes where they are not the probabilities from ½ on. */
export function estimatedPerformance(
  reference: Calibrator | undefined,
  probability: ArrayLike<number>,
  predicted?: ArrayLike<number>,
): Performance {
  const chance = reference ? calibrate(reference, Float64Array.from(probability)) : probability;
  return performanceOf(probability, chance, predicted);
}

/** Performance of labelled rows, by the same formulas with chances of 0 and 1. */
export function realisedPerformance({ probability, label }: Judged, predicted?: ArrayLike<number>): Performance {
  return performanceOf(probability, label, predicted);
}

function performanceOf(
  score: ArrayLike<number>,
  chance: ArrayLike<number>,
  predicted?: ArrayLike<number>,
): Performance {
  const rows = score.length;
  if (chance.length !== rows || (predicted !== undefined && predicted.length !== rows))
    throw new RangeError(`${rows} scores, ${chance.length} chances; allowed: as many`);
  let [truePositive, falsePositive, falseNegative, trueNegative] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const c = chance[row]!;
    if (!(c >= 0 && c <= 1)) throw new RangeError(`value ${row} is ${c}; allowed: from 0 to 1`);
    if ((predicted?.[row] ?? Number(score[row]! >= 0.5)) === 1) {
      truePositive += c;
      falsePositive += 1 - c;
    } else {
      falseNegative += c;
      trueNegative += 1 - c;
    }
  }
  return {
    rows,
    auc: expectedAuc(score, chance),
    accuracy: (truePositive + trueNegative) / rows,
    precision: truePositive / (truePositive + falsePositive),
    recall: truePositive / (truePositive + falseNegative),
    f1: truePositive / (truePositive + (falsePositive + falseNegative) / 2),
  };
}

/** Area under the expected ROC curve, rows of one score counted half. (NannyML leaves ties in their order.) */
function expectedAuc(score: ArrayLike<number>, chance: ArrayLike<number>): number {
  const order = argsort(score);
  let [positives, negatives, area] = [0, 0, 0];
  for (let from = 0; from < order.length;) {
    let [up, down, to] = [0, 0, from];
    for (; to < order.length && score[order[to]!] === score[order[from]!]; to++) {
      up += chance[order[to]!]!;
      down += 1 - chance[order[to]!]!;
    }
    area += up * (negatives + down / 2);
    positives += up;
    negatives += down;
    from = to;
  }
  return positives > 0 && negatives > 0 ? area / (positives * negatives) : NaN;
}

/** Promised against kept in one window. */
export interface Kept {
  readonly rows: number;
  readonly promised: number; // mean probability
  readonly kept: number; // share of positives
  readonly ratio: number; // kept over promised; NaN where nothing is promised
  readonly standardError: number; // of kept − promised, by unit
}

/** How the ratio of kept to promised changed. */
export interface KeptDrift {
  readonly reference: Kept;
  readonly current: Kept;
  /** Change of kept − promised from window to window, in standard errors of both. */
  readonly z: number;
  readonly pValue: number;
}

/** Promised and kept of a window. Without units each row is its own. @throws RangeError without rows */
export function keptOf({ probability, label, unit }: Judged): Kept {
  const rows = probability.length;
  if (rows === 0 || label.length !== rows)
    throw new RangeError(`${rows} probabilities, ${label.length} labels; allowed: as many, and at least one`);
  let [promised, kept] = [0, 0];
  const byUnit = new Map<number, { sum: number; rows: number }>();
  for (let row = 0; row < rows; row++) {
    promised += probability[row]!;
    kept += label[row]!;
    const of = unit === undefined ? row : unit[row]!;
    const sums = byUnit.get(of) ?? { sum: 0, rows: 0 };
    byUnit.set(of, { sum: sums.sum + label[row]! - probability[row]!, rows: sums.rows + 1 });
  }
  const mean = (kept - promised) / rows;
  let squares = 0;
  for (const sums of byUnit.values()) squares += (sums.sum - sums.rows * mean) ** 2;
  const units = byUnit.size;
  return {
    rows,
    promised: promised / rows,
    kept: kept / rows,
    ratio: promised > 0 ? kept / promised : NaN,
    standardError: Math.sqrt((squares * units) / Math.max(1, units - 1)) / rows,
  };
}

/** Whether a model keeps less (or more) of its promises than in the reference window: calibration drift. */
export function keptDrift(reference: Judged, current: Judged): KeptDrift {
  const [before, after] = [keptOf(reference), keptOf(current)];
  const change = after.kept - after.promised - (before.kept - before.promised);
  const z = change / Math.hypot(before.standardError, after.standardError);
  return { reference: before, current: after, z: change === 0 ? 0 : z, pValue: change === 0 ? 1 : twoSidedP(z) };
}

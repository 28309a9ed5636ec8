/** One model's probabilities of an event beside its labels: what the figures are drawn from, and what each user contributed. */
import type { Interval } from "../bootstrap.js";
import { groupBy, sumsBy } from "../order.js";
import { brier, calibration, type Calibration } from "./calibration.js";
import { auc, logLosses, normalisedEntropy } from "./classification.js";
import { groupedAuc } from "./grouped-auc.js";
import { segmentGaps } from "./segment-gaps.js";
import { averagePrecision, bestF1, gainTable, scoreCurve, type Confusion } from "./thresholds.js";

/** A line of at most `mostPoints` points. */
export interface CurveLine {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Curves and the numbers that stand beside them; plain JSON. */
export interface ScoreReport {
  readonly rows: number;
  readonly rate: number; // share of positives
  readonly auc: number;
  readonly gauc: number; // NaN if no user has both classes
  readonly leftOut: number; // users of one class
  readonly averagePrecision: number;
  readonly brier: number;
  readonly normalisedEntropy: number;
  readonly best: Confusion & { readonly threshold: number }; // largest F1
  readonly roc: CurveLine; // share of negatives called → share of positives found
  readonly precisionRecall: CurveLine; // recall → precision
  readonly gain: CurveLine; // share of rows → share of positives, by decile
  readonly calibration: Calibration;
}

/** Points kept of a curve: more than a figure can show. */
const mostPoints = 300;

/** @throws RangeError as `auc` and `calibration`: one class, probabilities outside [0, 1], lengths that differ */
export function scoreReport(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  users: ArrayLike<number>,
): ScoreReport {
  const curve = scoreCurve(labels, probabilities);
  const { truePositives, falsePositives, positives, negatives } = curve;
  const grouped = groupedAuc(labels, probabilities, users);
  const points = truePositives.length;
  const kept = Array.from({ length: Math.min(points, mostPoints) }, (_, i) =>
    points <= mostPoints ? i : Math.round((i * (points - 1)) / (mostPoints - 1)),
  );
  const falseRate = kept.map((i) => falsePositives[i]! / negatives);
  const recall = kept.map((i) => truePositives[i]! / positives);
  const gains = gainTable(curve);
  return {
    rows: labels.length,
    rate: positives / labels.length,
    auc: auc(labels, probabilities),
    gauc: grouped.value,
    leftOut: grouped.leftOut,
    averagePrecision: averagePrecision(curve),
    brier: brier(labels, probabilities),
    normalisedEntropy: normalisedEntropy(labels, probabilities),
    best: bestF1(curve),
    roc: { x: [0, ...falseRate], y: [0, ...recall] },
    precisionRecall: { x: recall, y: kept.map((i) => truePositives[i]! / (truePositives[i]! + falsePositives[i]!)) },
    gain: { x: [0, ...gains.rows], y: [0, ...gains.positives] },
    calibration: calibration(labels, probabilities),
  };
}

/** Each user's rows, AUC (NaN: one class) and mean log loss; ascending by user. // [users] each */
export function userScores(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  users: ArrayLike<number>,
): {
  readonly user: Float64Array;
  readonly rows: Float64Array;
  readonly auc: Float64Array;
  readonly logLoss: Float64Array;
} {
  const { ids: user, rows, auc: byUser } = groupedAuc(labels, probabilities, users);
  const losses = sumsBy(groupBy(users), logLosses(labels, probabilities));
  return { user, rows, auc: byUser, logLoss: losses.map((sum, g) => sum / rows[g]!) };
}

/** Users by a property of theirs: a code each, −1 for none, and what the codes are called. */
export interface UserSlices {
  readonly by: string;
  readonly names: readonly string[];
  readonly code: (user: number) => number;
}

/** A mean over the users of each slice with its interval; undefined where the slice has nobody with a value. */
export function meanBySlice(
  user: ArrayLike<number>,
  values: ArrayLike<number>,
  { names, code }: UserSlices,
): readonly (Interval | undefined)[] {
  const found = segmentGaps(values, Array.from(user, code), user);
  return names.map((_, at) => found.find(({ segment }) => segment === at)?.mean);
}

/**
 * How well probabilities separate the classes, and how well they are calibrated. Takes columns of labels (0 or 1) and scores, row by
 * row, with optional weights (a row of weight 2 counts as two equal rows); gives numbers that do not depend on the order of the rows.
 */
import { binary, finite, notEmpty, sameLength, within } from "../checks.js";
import { argsort } from "../order.js";
import { sortedValues } from "../radix.js";

/**
 * Area under the ROC curve: P(score of a positive > score of a negative) + ½ P(equal) (Hanley & McNeil, 1982).
 * O(n). Throws if only one class is present, lengths differ, or a score is not finite.
 */
export function auc(labels: ArrayLike<number>, scores: ArrayLike<number>, weights?: ArrayLike<number>): number {
  if (!weights) return plainAuc(labels, scores);
  const ranking = aucRanking(labels, scores);
  checkWeights(labels, weights);
  const area = aucOf(ranking, weights);
  if (Number.isNaN(area))
    throw new RangeError("AUC is undefined: the weights leave one class only; both 0 and 1 are needed");
  return area;
}

/**
 * Both classes sorted apart, then merged: for each positive the negatives below it, and half of those equal. Counts, so exact to 2⁵³
 * pairs.
 */
function plainAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const positives = checkRows(labels, scores);
  const high = new Float64Array(positives);
  const low = new Float64Array(labels.length - positives);
  for (let i = 0, p = 0, n = 0; i < labels.length; i++) {
    if (labels[i] === 1) high[p++] = scores[i]!;
    else low[n++] = scores[i]!;
  }
  const [above, below] = [sortedValues(high), sortedValues(low)];
  let area = 0;
  for (let p = 0, less = 0, upTo = 0; p < above.length; p++) {
    const score = above[p]!;
    while (less < below.length && below[less]! < score) less++;
    if (upTo < less) upTo = less;
    while (upTo < below.length && below[upTo] === score) upTo++;
    area += (less + upTo) / 2;
  }
  return area / (above.length * below.length);
}

/** Number of positives. */
function checkRows(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  sameLength({ labels, scores });
  notEmpty("labels", labels);
  binary("labels", labels);
  finite("scores", scores);
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i]!;
  if (positives === 0 || positives === labels.length) {
    throw new RangeError(
      `AUC is undefined: all ${labels.length} labels are ${positives === 0 ? 0 : 1}; both 0 and 1 are needed`,
    );
  }
  return positives;
}

/** Rows in order of score, ties marked: what AUC needs, made once and used for every bootstrap replicate. */
export interface AucRanking {
  readonly labels: Uint8Array; // [rows] in ascending order of score
  readonly rows: Uint32Array; // [rows] the input row at this place
  readonly tieEnds: Uint8Array; // [rows] 1 at the last row of each run of equal scores
}

/** Sorts once. Throws as `auc` does. */
export function aucRanking(labels: ArrayLike<number>, scores: ArrayLike<number>): AucRanking {
  checkRows(labels, scores);
  const rows = argsort(scores);
  const sorted = new Uint8Array(rows.length);
  const tieEnds = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    sorted[i] = labels[rows[i]!]!;
    tieEnds[i] = i + 1 === rows.length || scores[rows[i]!] !== scores[rows[i + 1]!] ? 1 : 0;
  }
  return { labels: sorted, rows, tieEnds };
}

/** AUC under row weights in one pass, O(n); NaN if the weights leave one class only. */
export function aucOf(ranking: AucRanking, weights?: ArrayLike<number>): number {
  const { labels, rows, tieEnds } = ranking;
  let below = 0; // weight of negatives with a lower score
  let tiedNegatives = 0;
  let tiedPositives = 0;
  let positives = 0;
  let area = 0;
  for (let i = 0; i < labels.length; i++) {
    const weight = weights ? weights[rows[i]!]! : 1;
    if (labels[i] === 1) tiedPositives += weight;
    else tiedNegatives += weight;
    if (tieEnds[i] === 1) {
      area += tiedPositives * (below + tiedNegatives / 2);
      below += tiedNegatives;
      positives += tiedPositives;
      tiedNegatives = 0;
      tiedPositives = 0;
    }
  }
  return area / (positives * below);
}

/**
 * Mean of −ln P(label), natural logarithm. Probabilities are clipped to [ε, 1 − ε], ε = 2⁻⁵², as scikit-learn does for
 * float64.
 */
export function logLoss(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  const losses = logLosses(labels, probabilities);
  if (weights) checkWeights(labels, weights);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < losses.length; i++) {
    const weight = weights ? weights[i]! : 1;
    sum += weight * losses[i]!;
    total += weight;
  }
  return sum / total;
}

/** −ln P(label) of each row: what `meanInterval` turns into a log loss with an interval by user. */
export function logLosses(labels: ArrayLike<number>, probabilities: ArrayLike<number>): Float64Array {
  sameLength({ labels, probabilities });
  notEmpty("labels", labels);
  binary("labels", labels);
  within("probabilities", probabilities, 0, 1);
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < losses.length; i++) {
    const p = Math.min(Math.max(probabilities[i]!, Number.EPSILON), 1 - Number.EPSILON);
    losses[i] = -(labels[i] === 1 ? Math.log(p) : Math.log1p(-p));
  }
  return losses;
}

/**
 * Normalised entropy: log loss over the log loss of always predicting the base rate (He et al., 2014); below 1 is better
 * than knowing nothing. Throws if only one class is present.
 */
export function normalisedEntropy(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  const loss = logLoss(labels, probabilities, weights);
  let [positives, total] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    const weight = weights ? weights[i]! : 1;
    positives += weight * labels[i]!;
    total += weight;
  }
  const rate = positives / total;
  if (rate === 0 || rate === 1)
    throw new RangeError(
      `normalised entropy is undefined: all ${labels.length} labels are ${rate}; both 0 and 1 are needed`,
    );
  return loss / -(rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate));
}

/** Throws unless weights are as many as rows, none below 0, and not all 0. */
export function checkWeights(labels: ArrayLike<number>, weights: ArrayLike<number>): void {
  sameLength({ labels, weights });
  within("weights", weights, 0, Number.MAX_VALUE);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  if (total === 0) throw new RangeError("all weights are 0; at least one must be positive");
}

/**
 * What a score decides at each threshold (a row counts as positive if its score ≥ the threshold), and the summaries over all thresholds.
 * Labels are 0 or 1 and both must occur (under the weights, too); scores are finite; a row of weight 2 counts as two equal rows. Equal
 * scores are decided together, so nothing depends on the order of rows.
 */
import { binary, finite, notEmpty, sameLength } from "../checks.js";
import { aucRanking, checkWeights } from "./classification.js";

/** Rows (or their weights) by label and decision. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly precision: number; // TP / (TP + FP), in [0, 1]; NaN if nothing is called positive (scikit-learn: 0)
  readonly recall: number; // TP / (TP + FN), in [0, 1]; NaN without positives
  readonly f1: number; // 2 TP / (2 TP + FP + FN), in [0, 1] (van Rijsbergen, 1979); NaN without positives, called or true
}

/** The table of decisions at one threshold. @throws RangeError on other labels, scores that are no numbers, lengths that differ */
export function confusion(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  threshold: number,
  weights?: ArrayLike<number>,
): Confusion {
  sameLength({ labels, scores });
  notEmpty("labels", labels);
  binary("labels", labels);
  finite("scores", scores);
  finite("threshold", [threshold]);
  if (weights) checkWeights(labels, weights);
  const cells = new Float64Array(4); // 2 · label + decision
  for (let i = 0; i < labels.length; i++)
    cells[2 * labels[i]! + (scores[i]! >= threshold ? 1 : 0)]! += weights ? weights[i]! : 1;
  const [tn, fp, fn, tp] = cells as unknown as [number, number, number, number];
  return decided(tp, fp, tp + fn, tn + fp);
}

/** Cumulative counts at each distinct score, from the highest: the points of the ROC and of the precision–recall curve. */
export interface ScoreCurve {
  readonly thresholds: Float64Array; // [points] descending
  readonly truePositives: Float64Array; // [points]
  readonly falsePositives: Float64Array; // [points]
  readonly positives: number;
  readonly negatives: number;
}

/** Sorts once, O(n). @throws RangeError as `auc` */
export function scoreCurve(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  weights?: ArrayLike<number>,
): ScoreCurve {
  const ranking = aucRanking(labels, scores);
  if (weights) checkWeights(labels, weights);
  const count = ranking.tieEnds.reduce((sum, end) => sum + end, 0);
  const [thresholds, truePositives, falsePositives] = [0, 1, 2].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const totals = [0, 0]; // negatives, positives
  let point = -1;
  for (let i = labels.length - 1; i >= 0; i--) {
    const row = ranking.rows[i]!;
    if (ranking.tieEnds[i] === 1) thresholds[++point] = scores[row]!;
    totals[ranking.labels[i]!]! += weights ? weights[row]! : 1;
    falsePositives[point] = totals[0]!;
    truePositives[point] = totals[1]!;
  }
  const [negatives, positives] = totals as [number, number];
  if (positives === 0 || negatives === 0)
    throw new RangeError("curves are undefined: the weights leave one class only; both 0 and 1 are needed");
  return { thresholds, truePositives, falsePositives, positives, negatives };
}

/**
 * Average precision Σ (recall_i − recall_{i−1}) · precision_i, in (0, 1]: the step-wise PR-AUC, the default of the field
 * (scikit-learn, torchrec). A random order has the share of positives.
 */
export function averagePrecision({ truePositives, falsePositives, positives }: ScoreCurve): number {
  let area = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const found = truePositives[i]!;
    const gained = found - (i > 0 ? truePositives[i - 1]! : 0);
    if (gained > 0) area += (gained / positives) * (found / (found + falsePositives[i]!));
  }
  return area;
}

/**
 * PR-AUC by trapezoids from the point (recall 0, precision 1), in [0, 1]. Precision is not linear in recall between two points, so the area
 * depends on how many points there are, and with few it is too high (Davis & Goadrich, 2006). Offered for comparison with numbers that
 * were made so; `averagePrecision` is the default.
 */
export function prAucTrapezoid({ truePositives, falsePositives, positives }: ScoreCurve): number {
  let [area, recall, precision] = [0, 0, 1];
  for (let i = 0; i < truePositives.length; i++) {
    const called = truePositives[i]! + falsePositives[i]!;
    const next = truePositives[i]! / positives;
    const here = called === 0 ? precision : truePositives[i]! / called;
    area += ((next - recall) * (precision + here)) / 2;
    [recall, precision] = [next, here];
  }
  return area;
}

/** The largest F1 and its threshold (the highest of equals), with the decisions there. */
export function bestF1(curve: ScoreCurve): Confusion & { readonly threshold: number } {
  const { thresholds, truePositives, falsePositives, positives, negatives } = curve;
  let best = 0;
  const f1 = (i: number): number => (2 * truePositives[i]!) / (truePositives[i]! + falsePositives[i]! + positives);
  for (let i = 1; i < thresholds.length; i++) if (!(f1(i) <= f1(best))) best = i;
  return {
    threshold: thresholds[best]!,
    ...decided(truePositives[best]!, falsePositives[best]!, positives, negatives),
  };
}

/** Gain of the best-scored rows: shares of all positives, by equal shares of the rows. */
export interface GainTable {
  readonly rows: Float64Array; // [bins] share of rows, 1/bins … 1
  readonly positives: Float64Array; // [bins] share of positives among them; a random order has the share of rows
  readonly lift: Float64Array; // [bins] rate of positives within the bin / overall rate
}

/** Gains by decile (or other bins). Where a bin ends within equal scores, their positives are shared in proportion. */
export function gainTable({ truePositives, falsePositives, positives, negatives }: ScoreCurve, bins = 10): GainTable {
  const all = positives + negatives;
  const rows = Float64Array.from({ length: bins }, (_, b) => (b + 1) / bins);
  let point = 0;
  const found = rows.map((share) => {
    const rowAt = (i: number): number => (i < 0 ? 0 : truePositives[i]! + falsePositives[i]!);
    while (point < truePositives.length - 1 && rowAt(point) < share * all) point++;
    const [before, width] = [rowAt(point - 1), rowAt(point) - rowAt(point - 1)];
    const above = point > 0 ? truePositives[point - 1]! : 0;
    const part = width === 0 ? 1 : Math.min(1, (share * all - before) / width);
    return (above + part * (truePositives[point]! - above)) / positives;
  });
  return { rows, positives: found, lift: found.map((share, b) => bins * (share - (b > 0 ? found[b - 1]! : 0))) };
}

function decided(truePositives: number, falsePositives: number, positives: number, negatives: number): Confusion {
  return {
    truePositives,
    falsePositives,
    falseNegatives: positives - truePositives,
    trueNegatives: negatives - falsePositives,
    precision: truePositives / (truePositives + falsePositives),
    recall: truePositives / positives,
    f1: (2 * truePositives) / (truePositives + falsePositives + positives),
  };
}

/**
 * AUC within groups (users, sessions): whether a model orders what one user saw, which the plain AUC mixes with telling users apart.
 */
import { binary, finite, notEmpty, sameLength } from "../checks.js";
import { argsort, groupBy } from "../order.js";

/** AUC by group and its mean. Groups with labels of one class say nothing of order: they are left out and counted. */
export interface GroupedAuc {
  readonly value: number; // in [0, 1]; NaN if no group has both classes
  readonly ids: Float64Array; // [groups] ascending
  readonly auc: Float64Array; // [groups] NaN: one class only
  readonly rows: Float64Array; // [groups]
  readonly leftOut: number; // groups of one class
  readonly leftOutRows: number;
}

/**
 * GAUC, Σ w AUC / Σ w over groups. Three weights are in use: a group's rows (impressions; the default: Zhou et al., 2018), its positives
 * (RecBole), or 1 (torchrec, which also leaves out groups whose scores are all equal). Equal scores count half. One sort and one pass,
 * O(n). @throws RangeError on labels other than 0 and 1, scores that are no numbers, lengths that differ
 */
export function groupedAuc(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  groups: ArrayLike<number>,
  weightBy: "rows" | "positives" | "equal" = "rows",
): GroupedAuc {
  sameLength({ labels, scores, groups });
  notEmpty("labels", labels);
  binary("labels", labels);
  finite("scores", scores);
  const { ids, group, offsets, count } = groupBy(groups);
  const column = (): Float64Array => new Float64Array(count);
  const [below, positives, area, tiedNegatives, tiedPositives] = [column(), column(), column(), column(), column()];
  const last = column().fill(NaN);
  const settle = (g: number): void => {
    area[g]! += tiedPositives[g]! * (below[g]! + tiedNegatives[g]! / 2);
    below[g]! += tiedNegatives[g]!;
    positives[g]! += tiedPositives[g]!;
    tiedNegatives[g] = tiedPositives[g] = 0;
  };
  for (const row of argsort(scores)) {
    const g = group[row]!;
    if (scores[row] !== last[g]) settle(g);
    last[g] = scores[row]!;
    (labels[row] === 1 ? tiedPositives : tiedNegatives)[g]! += 1;
  }
  for (let g = 0; g < count; g++) settle(g);
  const rows = Float64Array.from(ids, (_, g) => offsets[g + 1]! - offsets[g]!);
  const weights = { rows, positives, equal: undefined }[weightBy];
  let [sum, total, leftOut, leftOutRows] = [0, 0, 0, 0];
  const auc = Float64Array.from(ids, (_, g) => {
    const value = area[g]! / (positives[g]! * below[g]!); // 0 / 0: one class
    const weight = weights === undefined ? 1 : weights[g]!;
    if (Number.isNaN(value)) {
      leftOut++;
      leftOutRows += rows[g]!;
    } else {
      sum += weight * value;
      total += weight;
    }
    return value;
  });
  return { value: sum / total, ids, auc, rows, leftOut, leftOutRows };
}

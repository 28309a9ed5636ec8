/** Rows a ranker learns from, checked, and their labels as tensors read them. */
import type { FeatureMatrix } from "../../types.js";
import { checkColumns, needBothKinds } from "../contract/inputs.js";
import type { RankerLabels } from "./dcn/network.js";

/** Rows to learn from: every impression with its outcome. */
export interface RankerRows {
  readonly features: FeatureMatrix;
  readonly click: ArrayLike<number>; // [count] 0 or 1; soft: a chance
  readonly watchMs: ArrayLike<number>; // [count] of a click; read where click is above 0
  readonly weight?: ArrayLike<number>; // [count] of each row's loss, default 1
  readonly soft?: boolean; // labels are a teacher's (distillation); default false
}

/** Share of clicked rows and the mean watch time of a click, in ms. @throws Error on only one kind of click */
export function labelMeans(rows: RankerRows): { clickRate: number; meanWatchMs: number } {
  const { count } = rows.features;
  const clicks = needBothKinds("click", rows.click, count);
  let watchMs = 0;
  for (let row = 0; row < count; row++) if (rows.click[row]) watchMs += rows.click[row]! * rows.watchMs[row]!;
  return { clickRate: clicks / count, meanWatchMs: Math.max(1, watchMs / clicks) };
}

/** @throws Error on no rows, columns of another length, labels out of range */
export function checkRankerRows(rows: RankerRows): void {
  const { count } = rows.features;
  if (count === 0) throw new Error("no rows to fit a ranker on: count is 0; allowed: at least 2");
  const { click, watchMs, weight, soft = false } = rows;
  checkColumns(count, {
    click: [click, soft ? Infinity : 1],
    watchMs: [watchMs, Infinity],
    weight: [weight, Infinity],
  });
}

/**
 * Labels of the rows `order[from … to)`: the loss is the mean over rows of the click's, and `watchScale` times the watch time's (in
 * `unitMs`) where there is a click.
 */
export function labelsOf(
  rows: RankerRows,
  order: Int32Array | undefined,
  from: number,
  to: number,
  unitMs: number,
  watchScale: number,
): RankerLabels {
  const n = to - from;
  const column = (): Float32Array => new Float32Array(n);
  const [clickAmounts, clickTargets, watchAmounts, watchTargets] = [column(), column(), column(), column()];
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? from + i : order[from + i]!;
    const weight = (rows.weight?.[row] ?? 1) / n;
    clickAmounts[i] = weight;
    if (!rows.click[row]) continue;
    clickTargets[i] = weight * rows.click[row]!;
    watchAmounts[i] = weight * watchScale * rows.click[row]!;
    watchTargets[i] = watchAmounts[i]! * (rows.watchMs[row]! / unitMs);
  }
  return { click: [clickAmounts, clickTargets], watch: [watchAmounts, watchTargets] };
}

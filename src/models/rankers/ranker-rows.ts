/** Rows a ranker learns from, checked, and their labels as tensors read them. */
import type { FeatureMatrix } from "../../types.js";
import type { RankerLabels } from "./dcn/network.js";

/** Rows to learn from: every impression with its outcome. */
export interface RankerRows {
  readonly features: FeatureMatrix;
  readonly click: ArrayLike<number>; // [count] 0 or 1
  readonly watchMs: ArrayLike<number>; // [count] read where click is 1
  readonly weight?: ArrayLike<number>; // [count] of each row's loss, default 1
}

/** Share of clicked rows and the mean watch time of a click, in ms. @throws Error on only one kind of click */
export function labelMeans(rows: RankerRows): { clickRate: number; meanWatchMs: number } {
  let clicks = 0;
  let watchMs = 0;
  for (let row = 0; row < rows.features.count; row++) {
    if (!rows.click[row]) continue;
    clicks++;
    watchMs += rows.watchMs[row]!;
  }
  const { count } = rows.features;
  if (clicks === 0 || clicks === count)
    throw new Error(`click is ${clicks === 0 ? 0 : 1} in all ${count} rows; allowed: rows of both kinds`);
  return { clickRate: clicks / count, meanWatchMs: Math.max(1, watchMs / clicks) };
}

/** @throws Error on no rows, columns of another length, labels out of range */
export function checkRankerRows(rows: RankerRows): void {
  const { count } = rows.features;
  if (count === 0) throw new Error("no rows to fit a ranker on: count is 0; allowed: at least 2");
  for (const name of ["click", "watchMs", "weight"] as const) {
    const column = rows[name];
    if (column !== undefined && column.length !== count)
      throw new Error(`${name} holds ${column.length} values; expected ${count}, one per row`);
  }
  for (let row = 0; row < count; row++) {
    const click = rows.click[row]!;
    if (click !== 0 && click !== 1) throw new Error(`click is ${click} in row ${row}; allowed: 0, 1`);
    const watchMs = rows.watchMs[row]!;
    if (!(watchMs >= 0 && watchMs < Infinity))
      throw new Error(`watchMs is ${watchMs} in row ${row}; allowed: finite, 0 or more`);
    const weight = rows.weight?.[row] ?? 1;
    if (!(weight >= 0 && weight < Infinity))
      throw new Error(`weight is ${weight} in row ${row}; allowed: finite, 0 or more`);
  }
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
    clickTargets[i] = weight;
    watchAmounts[i] = weight * watchScale;
    watchTargets[i] = watchAmounts[i]! * (rows.watchMs[row]! / unitMs);
  }
  return { click: [clickAmounts, clickTargets], watch: [watchAmounts, watchTargets] };
}

/** Rows a multi-task ranker learns from, checked, and their labels as the loss reads them. */
import type { FeatureMatrix } from "../../../types.js";
import { checkColumns, needBothKinds } from "../../contract/inputs.js";
import { tasks, type Task, type TaskLabels } from "./network.js";
import { watchTarget, type WatchBasis, type WatchTarget } from "../watch-head.js";

/** Rows to learn from: every impression with all that the user did. */
export interface MultiTaskRows {
  readonly features: FeatureMatrix;
  readonly click: ArrayLike<number>; // [count] 0 or 1
  readonly watchMs: ArrayLike<number>; // [count] read where click is 1
  readonly durationMs: ArrayLike<number>; // [count] of the video
  readonly like: ArrayLike<number>; // [count] 0 or 1
  readonly hide: ArrayLike<number>; // [count] 0 or 1
  readonly conversion: ArrayLike<number>; // [count] above 0: converted
  readonly weight?: ArrayLike<number>; // [count] of each row's loss, default 1
}

/** What counts as a long watch: at least `longWatchMs`, or `longWatchShare` of a shorter video. */
export interface LongWatch {
  readonly longWatchMs: number;
  readonly longWatchShare: number;
}

/** Label of a row, 0 or 1. */
export function labelOf(
  rows: MultiTaskRows,
  task: Exclude<Task, "watch">,
  row: number,
  { longWatchMs, longWatchShare }: LongWatch,
): number {
  if (task === "click") return rows.click[row]!;
  if (task === "like" || task === "hide") return rows[task][row]!;
  if (task === "conversion") return rows.conversion[row]! > 0 ? 1 : 0;
  const watched = rows.click[row] === 1 ? rows.watchMs[row]! : 0;
  return watched > 0 && watched >= Math.min(longWatchMs, longWatchShare * rows.durationMs[row]!) ? 1 : 0;
}

/** Odds each head begins at (a pseudo-count of half a row keeps them finite); the watch head's unit is its mean. */
export function baseOdds(rows: MultiTaskRows, long: LongWatch): readonly number[] {
  const { count } = rows.features;
  return tasks.map((task) => {
    if (task === "watch") return 1;
    let sum = 0;
    for (let row = 0; row < count; row++) sum += labelOf(rows, task, row, long);
    return (sum + 0.5) / (count - sum + 0.5);
  });
}

/** Amounts and targets of `multiTaskLoss` for the rows `order[from … to)`; the loss is the mean over rows. */
export function taskLabels(
  rows: MultiTaskRows,
  order: Int32Array | undefined,
  from: number,
  to: number,
  config: LongWatch & { readonly taskWeights: Readonly<Record<Task, number>>; readonly watchTarget: WatchTarget },
  basis: WatchBasis,
): TaskLabels {
  const n = to - from;
  return tasks.map((task) => {
    const [amounts, targets] = [new Float32Array(n), new Float32Array(n)];
    for (let i = 0; i < n; i++) {
      const row = order === undefined ? from + i : order[from + i]!;
      const weight = ((rows.weight?.[row] ?? 1) * config.taskWeights[task]) / n;
      const label =
        task === "watch"
          ? watchTarget(rows, row, config.watchTarget, basis)
          : { amount: 1, target: labelOf(rows, task, row, config) };
      amounts[i] = weight * label.amount;
      targets[i] = weight * label.target;
    }
    return { amounts, targets };
  });
}

/** @throws Error on no rows, columns of another length, labels out of range, only clicks or none */
export function checkMultiTaskRows(rows: MultiTaskRows): void {
  const { count } = rows.features;
  if (count === 0) throw new Error("no rows to fit a multi-task ranker on: count is 0; allowed: at least 2");
  const { click, like, hide, conversion, watchMs, durationMs, weight } = rows;
  checkColumns(count, {
    click: [click, 1],
    like: [like, 1],
    hide: [hide, 1],
    conversion: [conversion, 255],
    watchMs: [watchMs, Infinity],
    durationMs: [durationMs, Infinity],
    weight: [weight, Infinity],
  });
  needBothKinds("click", click, count);
}

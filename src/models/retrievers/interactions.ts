/**
 * Implicit feedback: who took what. Takes (user, item) pairs; gives the sparse matrix by user and by item, repeats summed.
 * What retrievers that know only ids learn from.
 */
import type { FeatureMatrix } from "../../types.js";
import { checkColumns, checkSettings } from "../contract/inputs.js";

/** Observed pairs, in any order; a pair may be there more than once. */
export interface Interactions {
  readonly userCount: number;
  readonly itemCount: number;
  readonly user: Int32Array; // [pairs], in [0, userCount)
  readonly item: Int32Array; // [pairs], in [0, itemCount)
  readonly weight?: Float32Array; // [pairs] strength above 0, default 1
}

/** A sparse matrix by rows: row `r` holds columns `ids[offsets[r]] … ids[offsets[r + 1] - 1]`, ascending, each once. */
export interface SparseRows {
  readonly offsets: Int32Array; // [rows + 1]
  readonly ids: Int32Array;
  readonly weights: Float32Array; // sums over repeats
}

/** @throws Error on no pairs, columns of another length, ids out of range, weights that are not finite and above 0 */
export function checkInteractions(rows: Interactions): void {
  const { user, item, weight, userCount, itemCount } = rows;
  checkSettings(rows, { userCount: { least: 1, whole: true }, itemCount: { least: 1, whole: true } });
  if (user.length === 0) throw new Error("no interactions to learn from: user is empty; allowed: at least 1");
  const columns = { user: [user, userCount - 1], item: [item, itemCount - 1], weight: [weight, Infinity] } as const;
  checkColumns(user.length, columns, "interaction");
  const nothing = weight?.indexOf(0) ?? -1;
  if (nothing >= 0) throw new Error(`weight is 0 in interaction ${nothing}; allowed: finite, above 0`);
}

/** Ids as the only feature of rows; all of them in order if none are given. */
export function idMatrix(
  name: string,
  cardinality: number,
  ids: Int32Array = Int32Array.from({ length: cardinality }, (_, id) => id),
): FeatureMatrix {
  const schema = { categories: [{ name, cardinality }], numbers: [] };
  return { schema, count: ids.length, categories: ids, numbers: new Float32Array(0) };
}

/** Items of each user. Checks nothing. */
export function byUser(rows: Interactions): SparseRows {
  return sparseRows(rows.userCount, rows.itemCount, rows.user, rows.item, rows.weight);
}

/** Users of each item. Checks nothing. */
export function byItem(rows: Interactions): SparseRows {
  return sparseRows(rows.itemCount, rows.userCount, rows.item, rows.user, rows.weight);
}

/** Whether row `r` holds column `id`; O(log of the row's length). */
export function holds(rows: SparseRows, r: number, id: number): boolean {
  let low = rows.offsets[r]!;
  let high = rows.offsets[r + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = rows.ids[middle]!;
    if (found === id) return true;
    if (found < id) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** Two counting sorts (by column, then by row) and a pass that sums repeats; O(pairs + rows + columns). */
function sparseRows(
  rowCount: number,
  columnCount: number,
  row: Int32Array,
  column: Int32Array,
  weight: Float32Array | undefined,
): SparseRows {
  const order = countingSort(row, rowCount, countingSort(column, columnCount, undefined));
  const offsets = new Int32Array(rowCount + 1);
  const ids = new Int32Array(order.length);
  const weights = new Float32Array(order.length);
  let kept = 0;
  let lastRow = -1;
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!;
    const w = weight === undefined ? 1 : weight[at]!;
    if (row[at] === lastRow && ids[kept - 1] === column[at]) {
      weights[kept - 1]! += w;
      continue;
    }
    lastRow = row[at]!;
    ids[kept] = column[at]!;
    weights[kept++] = w;
    offsets[lastRow + 1] = kept;
  }
  for (let r = 0; r < rowCount; r++) if (offsets[r + 1] === 0) offsets[r + 1] = offsets[r]!;
  return { offsets, ids: ids.slice(0, kept), weights: weights.slice(0, kept) };
}

/** Stable order of `values` in [0, count), of all positions or of `order`'s. */
function countingSort(values: Int32Array, count: number, order: Int32Array | undefined): Int32Array {
  const next = new Int32Array(count + 1);
  for (let i = 0; i < values.length; i++) next[values[i]! + 1]!++;
  for (let v = 0; v < count; v++) next[v + 1]! += next[v]!;
  const sorted = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const at = order === undefined ? i : order[i]!;
    sorted[next[values[at]!]!++] = at;
  }
  return sorted;
}

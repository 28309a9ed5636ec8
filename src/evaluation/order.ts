/** Sorting and grouping of columns: index arrays, no row objects. */
import { radixArgsort } from "./radix.js";

/** Indices that sort `values` ascending; ties keep the order of the rows. O(n) for many rows. */
export function argsort(values: ArrayLike<number>): Uint32Array {
  if (values.length > 4096) return radixArgsort(values);
  const order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => values[a]! - values[b]! || a - b);
}

/** Rows gathered by id. Group `g` holds rows `rows[offsets[g]] … rows[offsets[g + 1] - 1]`, in row order. */
export interface Groups {
  readonly count: number;
  /** [groups] ids, ascending. */
  readonly ids: Float64Array;
  /** [rows] group of each row. */
  readonly group: Int32Array;
  readonly offsets: Int32Array; // [groups + 1]
  readonly rows: Uint32Array; // [rows]
}

/**
 * Groups rows by id in O(rows), or O(rows + groups log groups) where ids are not small whole numbers; groups are in the order of the
 * ids, for any order of the rows.
 */
export function groupBy(ids: ArrayLike<number>): Groups {
  const { sorted, group } = densely(ids) ?? sparsely(ids);
  const offsets = new Int32Array(sorted.length + 1);
  for (let i = 0; i < group.length; i++) offsets[group[i]! + 1]!++;
  for (let g = 0; g < sorted.length; g++) offsets[g + 1] = offsets[g + 1]! + offsets[g]!;
  const next = offsets.slice(0, sorted.length);
  const rows = new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const g = group[i]!;
    const at = next[g]!;
    rows[at] = i;
    next[g] = at + 1;
  }
  return { count: sorted.length, ids: sorted, group, offsets, rows };
}

/** Sum of a column in each group, row after row. */
export function sumsBy({ count, group }: Groups, column: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < group.length; i++) sums[group[i]!]! += column[i]!;
  return sums;
}

interface Placed {
  readonly sorted: Float64Array;
  readonly group: Int32Array;
}

/** Groups of rows that are already in the order of their ids: no rows are moved. Undefined for other orders. */
export function runsBy(ids: ArrayLike<number>): Pick<Groups, "count" | "ids" | "offsets"> | undefined {
  let count = 0;
  for (let i = 0, last = -Infinity; i < ids.length; i++) {
    const id = ids[i]!;
    if (!(id >= last)) return undefined;
    if (id !== last || i === 0) count++;
    last = id;
  }
  const sorted = new Float64Array(count);
  const offsets = new Int32Array(count + 1);
  for (let i = 0, g = 0; i < ids.length; i++) {
    if (i > 0 && ids[i] === ids[i - 1]) continue;
    offsets[g] = i;
    sorted[g++] = ids[i]!;
  }
  offsets[count] = ids.length;
  return { count, ids: sorted, offsets };
}

/** By a table over ids, where all are whole numbers of a range not much wider than there are rows. */
function densely(ids: ArrayLike<number>): Placed | undefined {
  const most = 2 * ids.length + 1024;
  let high = -1;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!(id >= 0 && id < most) || id !== Math.floor(id)) return undefined;
    if (id > high) high = id;
  }
  const place = new Int32Array(high + 1);
  for (let i = 0; i < ids.length; i++) place[ids[i]!] = 1;
  let count = 0;
  for (let id = 0; id <= high; id++) if (place[id] === 1) place[id] = ++count;
  const sorted = new Float64Array(count);
  for (let id = 0; id <= high; id++) if (place[id] !== 0) sorted[place[id]! - 1] = id;
  const group = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) group[i] = place[ids[i]!]! - 1;
  return { sorted, group };
}

/** By a map, for any ids. */
function sparsely(ids: ArrayLike<number>): Placed {
  const seen = new Set<number>();
  for (let i = 0; i < ids.length; i++) seen.add(ids[i]!);
  const sorted = Float64Array.from(seen).sort();
  const place = new Map<number, number>();
  for (let g = 0; g < sorted.length; g++) place.set(sorted[g]!, g);
  const group = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) group[i] = place.get(ids[i]!) as number;
  return { sorted, group };
}

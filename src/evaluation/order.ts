/** Sorting and grouping of columns: index arrays, no row objects. */

/** Indices that sort `values` ascending; ties keep the order of the rows. O(n log n). */
export function argsort(values: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
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

/** Groups rows by id in O(rows + groups log groups); group order is that of the ids, whatever the order of the rows. */
export function groupBy(ids: ArrayLike<number>): Groups {
  const seen = new Set<number>();
  for (let i = 0; i < ids.length; i++) seen.add(ids[i] as number);
  const sorted = Float64Array.from(seen).sort();
  const place = new Map<number, number>();
  for (let g = 0; g < sorted.length; g++) place.set(sorted[g] as number, g);
  const group = new Int32Array(ids.length);
  const offsets = new Int32Array(sorted.length + 1);
  for (let i = 0; i < ids.length; i++) {
    const g = place.get(ids[i] as number) as number;
    group[i] = g;
    offsets[g + 1] = (offsets[g + 1] as number) + 1;
  }
  for (let g = 0; g < sorted.length; g++) offsets[g + 1] = (offsets[g + 1] as number) + (offsets[g] as number);
  const next = offsets.slice(0, sorted.length);
  const rows = new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const g = group[i] as number;
    const at = next[g] as number;
    rows[at] = i;
    next[g] = at + 1;
  }
  return { count: sorted.length, ids: sorted, group, offsets, rows };
}

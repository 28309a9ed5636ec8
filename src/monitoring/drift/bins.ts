/** Columns of two windows in shared bins: quantiles of the reference for numbers, its most frequent values for categories. */

/** Bins of a number, learned from the reference window. */
export interface NumberBins {
  readonly least: number; // the reference's smallest value: below it is a bin of its own
  readonly edges: Float64Array; // strictly rising; a bin reaches from above one edge up to and with the next
}

/** Counts of both windows by bin. */
export interface BinCounts {
  readonly reference: Float64Array; // [bins]
  readonly current: Float64Array; // [bins]
}

/** The code of a value that is missing (NaN, infinite). */
export const missing = 0xffff;

/**
 * Bins with about equally many reference values, one more below its smallest value and one above its largest. Discrete
 * columns have fewer: equal quantiles make one edge. Throws on no values and on NaN or infinite ones.
 */
export function quantileBins(reference: ArrayLike<number>, bins = 10): NumberBins {
  if (!Number.isInteger(bins) || bins < 2 || bins > 60_000)
    throw new RangeError(`bins: ${bins}; allowed: an integer of at least 2`);
  return binsOfSorted(Float64Array.from(reference).sort(), bins);
}

/** The same of values that are in ascending order. */
export function binsOfSorted(sorted: ArrayLike<number>, bins: number): NumberBins {
  const last = sorted.length - 1;
  if (last < 0) throw new Error("no reference values to make bins of");
  if (!Number.isFinite(sorted[0]!) || !Number.isFinite(sorted[last]!))
    throw new Error("reference values are not all finite; allowed: finite numbers");
  const edges: number[] = [];
  for (let bin = 1; bin <= bins; bin++) {
    const edge = sorted[Math.min(last, Math.ceil((bin * sorted.length) / bins) - 1)]!;
    if (edges.length === 0 || edge > edges[edges.length - 1]!) edges.push(edge);
  }
  return { least: sorted[0]!, edges: Float64Array.from(edges) };
}

/** Cells of the table that gives each search its start. */
const cells = 8192;

/** The bin of a value, 0 being below the least and `edges.length + 1` above the last edge; `missing` where it is not finite. */
function locator({ least, edges }: NumberBins): (value: number) => number {
  const last = edges.length - 1;
  const most = edges[last]!;
  const perCell = cells / (most - least);
  const scale = perCell > 0 && perCell < Infinity ? perCell : 0; // 0: no cells, search all edges
  // of a value in cell c the edge is from starts[c] to starts[c + 3]: one cell more on each side, for rounding
  const starts = new Uint16Array(cells + 4).fill(last);
  for (let cell = 0, edge = 0; cell < cells + 2; cell++) {
    while (edge < last && (edges[edge]! - least) * scale < cell - 1) edge++;
    starts[cell] = edge;
  }
  if (scale === 0) starts.fill(last).fill(0, 0, 1);
  return (value) => {
    if (value >= least && value <= most) {
      const cell = scale === 0 ? 0 : Math.trunc((value - least) * scale);
      let low = starts[cell]!;
      let high = starts[cell + 3]!;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (edges[middle]! < value) low = middle + 1;
        else high = middle;
      }
      return low + 1;
    }
    if (!(value - value === 0)) return missing; // NaN, infinite
    return value < least ? 0 : last + 2;
  };
}

/** The bin of each value; `missing` where it is not finite. */
export function binCodes(values: ArrayLike<number>, bins: NumberBins): Uint16Array {
  const binOf = locator(bins);
  const codes = new Uint16Array(values.length);
  for (let row = 0; row < values.length; row++) codes[row] = binOf(values[row]!);
  return codes;
}

/** Counts values by bin: [below least, …, above the last edge]. Throws on values that are not finite, unless `gaps` are expected. */
export function countBins(values: ArrayLike<number>, bins: NumberBins, gaps = false): Float64Array {
  const binOf = locator(bins);
  const counts = new Float64Array(bins.edges.length + 2);
  const floats = values instanceof Float32Array && values.length >= manyFloats;
  const table = floats ? floatTable(bins) : undefined;
  const bits = floats ? new Uint32Array(values.buffer, values.byteOffset, values.length) : undefined;
  for (let row = 0; row < values.length; row++) {
    let code = table ? table[bits![row]! >>> dropped]! : severalBins;
    if (code === severalBins) code = binOf(values[row]!);
    if (code !== missing) counts[code]! += 1;
    else if (!gaps) throw new Error(`value ${row} is ${values[row]}; allowed: finite numbers`);
  }
  return counts;
}

/** Values from which a table pays, bits of a float32 that it leaves out, and its mark for values that are not all of one bin. */
const [manyFloats, dropped, severalBins] = [100_000, 13, 0xfffe];

/**
 * Bins by sign, exponent and the first ten bits of the mantissa: most values are found without a search, in half the time and with the
 * same result. Cells in order of value are 0, 1, … upwards and −1, −2, … downwards; those of a border and beside it are searched.
 */
function floatTable({ least, edges }: NumberBins): Uint16Array {
  const half = 1 << (31 - dropped);
  const table = new Uint16Array(2 * half).fill(missing);
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  const beyond = 255 << (23 - dropped); // the first cell without finite values
  let from = -beyond;
  const fillTo = (to: number, code: number): void => {
    if (from < Math.min(to, 0)) table.fill(code, half - Math.min(to, 0), half - from);
    if (to > Math.max(from, 0)) table.fill(code, Math.max(from, 0), to);
    from = Math.max(from, to);
  };
  for (const [bin, border] of [least, ...edges].entries()) {
    value[0] = border;
    const key = bits[0]! >>> dropped;
    const cell = key < half ? key : half - 1 - key;
    fillTo(Math.min(cell - 1, beyond), bin);
    fillTo(Math.min(cell + 2, beyond), severalBins);
  }
  fillTo(beyond, edges.length + 1);
  return table;
}

/** The coarser bin of each finer one: `coarse`'s edges are among `fine`'s. */
export function coarser(fine: NumberBins, coarse: NumberBins): Uint16Array {
  const inner = binCodes(fine.edges, coarse);
  return Uint16Array.from([0, ...inner, coarse.edges.length + 1]);
}

/** Bins of a category by value: the `keep` most frequent of the reference (ties to the smaller) one each, its others together. */
export interface CategoryBins<T> {
  readonly kept: readonly T[];
  readonly others: number; // values of the reference without a bin of their own
  binOf(value: T): number; // kept.length: others; kept.length + 1: values that the reference never had
}

/** With thousands of ids, one bin per id would measure nothing but sampling; so few are kept. */
export function categoryBins<T extends number | string>(counts: ReadonlyMap<T, number>, keep = 50): CategoryBins<T> {
  const order = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
  const kept = order.slice(0, keep);
  const bins = new Map(order.map((value, at) => [value, Math.min(at, kept.length)]));
  return { kept, others: order.length - kept.length, binOf: (value) => bins.get(value) ?? kept.length + 1 };
}

/** How often each value is there. */
export function countValues(values: ArrayLike<number>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let row = 0; row < values.length; row++) counts.set(values[row]!, (counts.get(values[row]!) ?? 0) + 1);
  return counts;
}

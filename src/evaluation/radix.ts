/**
 * Sorting of columns of numbers without comparators: three passes of a least-significant-digit radix sort over the upper 32 bits of the
 * float64 (sign, exponent, 20 bits of mantissa; Knuth, vol. 3, 5.2.5), then the few that are equal there are put in order by insertion
 * (or by the built-in sort, where they are many). Stable; −0 counts as 0. About ten times as fast as a comparator at 10 M rows.
 */

const lowFirst = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const highWord = lowFirst ? 1 : 0;
const buckets = 2048;
/** Runs longer than this are not sorted by insertion. */
const longRun = 32;

/** Values in ascending order, as a new array. */
export function sortedValues(values: ArrayLike<number>): Float64Array {
  const keys = new Float64Array(values.length);
  for (let i = 0; i < keys.length; i++) keys[i] = values[i]! + 0;
  return radix(keys, undefined).keys;
}

/** Indices that sort `values` ascending; equal values keep the order of the rows. */
export function radixArgsort(values: ArrayLike<number>): Uint32Array {
  const keys = new Float64Array(values.length);
  const rows = new Uint32Array(values.length);
  for (let i = 0; i < keys.length; i++) {
    keys[i] = values[i]! + 0;
    rows[i] = i;
  }
  return radix(keys, rows).rows as Uint32Array;
}

function radix(
  first: Float64Array,
  firstRows: Uint32Array | undefined,
): { readonly keys: Float64Array; readonly rows: Uint32Array | undefined } {
  const count = first.length;
  const counts = histograms(first);
  let keys = first;
  let rows = firstRows;
  let other: Float64Array = new Float64Array(count);
  let otherRows: Uint32Array | undefined = rows && new Uint32Array(count);
  for (let pass = 0; pass < 3; pass++) {
    const next = counts.subarray(pass * buckets, (pass + 1) * buckets);
    if (next.includes(count)) continue; // all in one bucket
    for (let b = 0, sum = 0; b < buckets; b++) {
      const here = next[b]!;
      next[b] = sum;
      sum += here;
    }
    if (rows && otherRows) scatterRows(keys, rows, other, otherRows, next, 11 * pass);
    else scatter(keys, other, next, 11 * pass);
    [keys, other] = [other, keys];
    [rows, otherRows] = [otherRows, rows];
  }
  finish(keys, rows);
  return { keys, rows };
}

/** Counts of the three digits (11, 11 and 10 bits) of the upper words, made ascending: negative numbers are flipped. */
function histograms(keys: Float64Array): Uint32Array {
  const words = new Int32Array(keys.buffer, keys.byteOffset, 2 * keys.length);
  const counts = new Uint32Array(3 * buckets);
  for (let at = highWord; at < words.length; at += 2) {
    const word = words[at]!;
    const key = word ^ ((word >> 31) | 0x80000000);
    counts[key & 2047]!++;
    counts[2048 + ((key >>> 11) & 2047)]!++;
    counts[4096 + (key >>> 22)]!++;
  }
  return counts;
}

function scatter(from: Float64Array, to: Float64Array, next: Uint32Array, shift: number): void {
  const words = new Int32Array(from.buffer, from.byteOffset, 2 * from.length);
  for (let i = 0; i < from.length; i++) {
    const word = words[2 * i + highWord]!;
    const digit = ((word ^ ((word >> 31) | 0x80000000)) >>> shift) & 2047;
    const at = next[digit]!;
    next[digit] = at + 1;
    to[at] = from[i]!;
  }
}

function scatterRows(
  from: Float64Array,
  rows: Uint32Array,
  to: Float64Array,
  toRows: Uint32Array,
  next: Uint32Array,
  shift: number,
): void {
  const words = new Int32Array(from.buffer, from.byteOffset, 2 * from.length);
  for (let i = 0; i < from.length; i++) {
    const word = words[2 * i + highWord]!;
    const digit = ((word ^ ((word >> 31) | 0x80000000)) >>> shift) & 2047;
    const at = next[digit]!;
    next[digit] = at + 1;
    to[at] = from[i]!;
    toRows[at] = rows[i]!;
  }
}

/** Puts runs of equal upper words in order. */
function finish(keys: Float64Array, rows: Uint32Array | undefined): void {
  const words = new Int32Array(keys.buffer, keys.byteOffset, 2 * keys.length);
  for (let start = 0; start < keys.length;) {
    const word = words[2 * start + highWord]!;
    let end = start + 1;
    let sorted = true;
    for (; end < keys.length && words[2 * end + highWord] === word; end++)
      if (keys[end]! < keys[end - 1]!) sorted = false;
    if (!sorted) {
      if (end - start > longRun) sortRun(keys, rows, start, end);
      else insertRun(keys, rows, start, end);
    }
    start = end;
  }
}

function insertRun(keys: Float64Array, rows: Uint32Array | undefined, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const key = keys[i]!;
    const row = rows ? rows[i]! : 0;
    let at = i;
    for (; at > start && keys[at - 1]! > key; at--) {
      keys[at] = keys[at - 1]!;
      if (rows) rows[at] = rows[at - 1]!;
    }
    keys[at] = key;
    if (rows) rows[at] = row;
  }
}

function sortRun(keys: Float64Array, rows: Uint32Array | undefined, start: number, end: number): void {
  const run = keys.slice(start, end);
  if (rows) {
    const runRows = rows.slice(start, end);
    const order = Uint32Array.from(run, (_, i) => i).sort((a, b) => run[a]! - run[b]! || a - b);
    order.forEach((from, i) => (rows[start + i] = runRows[from]!));
  }
  keys.set(run.sort(), start);
}

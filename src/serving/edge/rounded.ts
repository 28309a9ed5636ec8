/** Tables of numbers with fewer bits: 16 a number of features, 8 a number of embeddings. */

/** Row-major numbers, each column in 16 bits between its least and largest value. */
export interface RoundedTable {
  readonly width: number;
  readonly low: Float32Array; // [width]
  readonly step: Float32Array; // [width]
  readonly values: Uint16Array; // [rows, width]
}

/** x ≈ low + step × q: wrong by at most half a step, 1/131,070 of the column's range. */
export function roundTable(width: number, values: Float32Array): RoundedTable {
  const low = new Float32Array(width).fill(Infinity);
  const high = new Float32Array(width).fill(-Infinity);
  for (let at = 0; at < values.length; at++) {
    const column = at % width;
    if (values[at]! < low[column]!) low[column] = values[at]!;
    if (values[at]! > high[column]!) high[column] = values[at]!;
  }
  const step = high.map((most, column) => Math.max(0, most - low[column]!) / 65_535 || 0);
  const rounded = new Uint16Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const column = at % width;
    rounded[at] = step[column] === 0 ? 0 : Math.min(65_535, Math.round((values[at]! - low[column]!) / step[column]!));
  }
  return { width, low: low.map((least) => (least === Infinity ? 0 : least)), step, values: rounded };
}

/** The numbers again. // [rows, width] */
export function tableOf({ width, low, step, values }: RoundedTable): Float32Array {
  const out = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) out[at] = low[at % width]! + step[at % width]! * values[at]!;
  return out;
}

/** Vectors in 8 bits with a scale each. */
export interface RoundedVectors {
  readonly dims: number;
  readonly scales: Float32Array; // [rows]
  readonly values: Int8Array; // [rows, dims]
}

/** v ≈ scale × q with scale = max |v| / 127, for each vector. */
export function roundVectors(dims: number, vectors: Float32Array): RoundedVectors {
  const rows = vectors.length / dims;
  const scales = new Float32Array(rows);
  const values = new Int8Array(vectors.length);
  for (let row = 0; row < rows; row++) {
    const vector = vectors.subarray(row * dims, (row + 1) * dims);
    const scale = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    scales[row] = scale;
    if (scale > 0) for (let d = 0; d < dims; d++) values[row * dims + d] = Math.round(vector[d]! / scale);
  }
  return { dims, scales, values };
}

/** Copies the vectors of `rows` into `out`. // [rows.length, dims] */
export function readVectors({ dims, scales, values }: RoundedVectors, rows: Int32Array, out: Float32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const [from, scale] = [rows[i]! * dims, scales[rows[i]!]!];
    for (let d = 0; d < dims; d++) out[i * dims + d] = scale * values[from + d]!;
  }
}

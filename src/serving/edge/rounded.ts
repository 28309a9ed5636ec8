/** Tables of numbers with fewer bits: 12 a number of features (in 16, of which gzip leaves 12), 8 a number of embeddings. */

/** Steps between the least and the largest value. */
const levels = 4_095;

/** Numbers, each column in 12 bits between its least and largest value. */
export interface RoundedTable {
  readonly width: number;
  readonly low: Float32Array; // [width]
  readonly step: Float32Array; // [width]
  readonly values: Uint16Array; // [width, rows]: numbers of one column are alike, which gzip makes use of
}

/** Of row-major numbers: x ≈ low + step × q: wrong by at most half a step, 1/8,190 of the column's range. */
export function roundTable(width: number, values: Float32Array): RoundedTable {
  const low = new Float32Array(width).fill(Infinity);
  const high = new Float32Array(width).fill(-Infinity);
  for (let at = 0; at < values.length; at++) {
    const column = at % width;
    if (values[at]! < low[column]!) low[column] = values[at]!;
    if (values[at]! > high[column]!) high[column] = values[at]!;
  }
  const step = high.map((most, column) => Math.max(0, most - low[column]!) / levels || 0);
  const rounded = new Uint16Array(values.length);
  const rows = values.length / Math.max(1, width);
  for (let column = 0, to = 0; column < width; column++)
    for (let row = 0; row < rows; row++, to++) {
      const above = values[row * width + column]! - low[column]!;
      rounded[to] = step[column] === 0 ? 0 : Math.min(levels, Math.round(above / step[column]!));
    }
  return { width, low: low.map((least) => (least === Infinity ? 0 : least)), step, values: rounded };
}

/** The numbers again, row-major. // [rows, width] */
export function tableOf({ width, low, step, values }: RoundedTable): Float32Array {
  const out = new Float32Array(values.length);
  const rows = values.length / Math.max(1, width);
  for (let column = 0, from = 0; column < width; column++)
    for (let row = 0; row < rows; row++) out[row * width + column] = low[column]! + step[column]! * values[from++]!;
  return out;
}

/** Vectors in 8 bits with a scale each. */
export interface RoundedVectors {
  readonly dims: number;
  readonly scales: RoundedTable; // [rows, 1]
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
  return { dims, scales: roundTable(1, scales), values };
}

/** Copies the vectors of `rows` into `out`. // [rows.length, dims] */
export function readVectors({ dims, scales, values }: RoundedVectors, rows: Int32Array, out: Float32Array): void {
  const [low, step] = [scales.low[0]!, scales.step[0]!];
  for (let i = 0; i < rows.length; i++) {
    const [from, scale] = [rows[i]! * dims, low + step * scales.values[rows[i]!]!];
    for (let d = 0; d < dims; d++) out[i * dims + d] = scale * values[from + d]!;
  }
}

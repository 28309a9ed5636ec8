/**
 * Sparse embedding tables in Float32Array. Rows are gathered in JavaScript, laid side by side with the numbers, and given to
 * the network as one input [batch, width]; the gradient of that input is scattered back and only touched rows are updated
 * (lazy Adam). So a step costs what the batch costs, whatever the size of the tables.
 */
import { keyOf, normal, uniform } from "../../../random.js";
import { adamDefaults, biasCorrections } from "../training/adam.js";
import { tableSizes, type EncodedRows, type Encoding } from "../encoding.js";

/** One category's embeddings; row 0 is out-of-vocabulary (OOV). */
export interface EmbeddingTable {
  readonly name: string;
  readonly rows: number;
  readonly dims: number;
  readonly values: Float32Array; // [rows, dims]
}

/** How categories become embeddings. */
export interface EmbeddingConfig {
  /** Dimensions of ordinary categories (at most as many as rows - 1). */
  readonly dims: number;
  /** Dimensions of ids. */
  readonly idDims: number;
  /** A category with at least this many table rows is an id: few examples per row, so it is regularised. */
  readonly idRows: number;
  /** Share of ids replaced by OOV while training, so that the OOV row learns to stand for newcomers and new videos. */
  readonly idDropout: number;
  /** λ of λ/2 × mean over the batch of |e|² for id embeddings. */
  readonly idL2: number;
}

/** Defaults of the embedding tables. */
export const embeddingDefaults: EmbeddingConfig = { dims: 8, idDims: 16, idRows: 100, idDropout: 0.1, idL2: 0 };

/** The tables of a model and where their columns stand in its input. */
export interface InputBlock {
  readonly tables: readonly EmbeddingTable[];
  readonly numbers: number;
  /** Columns of the input: all embeddings in order of the schema, then the numbers. */
  readonly width: number;
}

/** New tables for an encoding: normal with deviation 1 / √dims, ids 0.05 (an id says little until it has learned something). */
export function makeInputBlock(encoding: Encoding, config: EmbeddingConfig, seed: number, name: string): InputBlock {
  const tables = tableSizes(encoding).map((rows, c): EmbeddingTable => {
    const category = encoding.schema.categories[c]!.name;
    const id = rows >= config.idRows;
    const dims = Math.max(1, Math.min(id ? config.idDims : config.dims, rows - 1));
    const key = keyOf(seed, `${name}/${category}`);
    const deviation = id ? 0.05 : 1 / Math.sqrt(dims);
    const values = new Float32Array(rows * dims);
    for (let i = 0; i < values.length; i++) values[i] = deviation * normal(key, i);
    return { name: category, rows, dims, values };
  });
  return inputBlock(tables, encoding.means.length);
}

/** An input block of given tables. */
export function inputBlock(tables: readonly EmbeddingTable[], numbers: number): InputBlock {
  return { tables, numbers, width: tables.reduce((sum, table) => sum + table.dims, numbers) };
}

/** Copies of an earlier model's tables, grown to an extended encoding: new rows begin as the OOV row. */
export function growInputBlock(block: InputBlock, encoding: Encoding): InputBlock {
  const tables = tableSizes(encoding).map((rows, c): EmbeddingTable => {
    const { name, dims, rows: before, values: old } = block.tables[c]!;
    const values = new Float32Array(rows * dims);
    values.set(old);
    for (let row = before; row < rows; row++) values.copyWithin(row * dims, 0, dims);
    return { name, rows, dims, values };
  });
  return inputBlock(tables, block.numbers);
}

/**
 * Lays embeddings and numbers side by side: `out` [count, width], row-major. An `out` that is used again saves as much time as the
 * copying takes.
 */
export function gatherInput(
  block: InputBlock,
  rows: EncodedRows,
  out: Float32Array = new Float32Array(rows.count * block.width),
): Float32Array {
  const { tables, numbers, width } = block;
  let column = 0;
  for (let c = 0; c < tables.length; c++) {
    const { dims, values } = tables[c]!;
    for (let i = 0, at = column; i < rows.count; i++, at += width) {
      const from = rows.categories[i * tables.length + c]! * dims;
      for (let d = 0; d < dims; d++) out[at + d] = values[from + d]!;
    }
    column += dims;
  }
  for (let i = 0, from = 0; i < rows.count; i++) {
    for (let d = 0, at = i * width + column; d < numbers; d++) out[at + d] = rows.numbers[from++]!;
  }
  return out;
}

/**
 * Replaces a share of ids by OOV in place; the draw of a cell is a hash of (key, step, row, category). @param numbers that name the rows in
 * draws, below 0: not dropped; default: their places
 */
export function dropIds(
  block: InputBlock,
  rows: EncodedRows,
  config: EmbeddingConfig,
  key: number,
  step: number,
  numbers?: Int32Array,
): void {
  if (config.idDropout <= 0) return;
  const wide = block.tables.length;
  for (let c = 0; c < wide; c++) {
    if (block.tables[c]!.rows < config.idRows) continue;
    for (let i = 0; i < rows.count; i++) {
      const number = numbers === undefined ? i : numbers[i]!;
      if (number >= 0 && uniform(key, step, number, c) < config.idDropout) rows.categories[i * wide + c] = 0;
    }
  }
}

/** Moments of the tables and room for one batch's rows. */
export interface LazyAdamState {
  readonly tables: readonly {
    readonly first: Float32Array; // [rows, dims]
    readonly second: Float32Array; // [rows, dims]
    readonly steps: Int32Array; // [rows] updates of each row
    readonly slot: Int32Array; // [rows] 1 + place in `touched`, 0: not in this batch
  }[];
  touched: Int32Array; // [batch] table rows of this batch
  where: Int32Array; // [batch] where the gradient of each stands
}

/** Fresh moments. */
export function lazyAdamState(block: InputBlock): LazyAdamState {
  const tables = block.tables.map(({ rows, dims }) => ({
    first: new Float32Array(rows * dims),
    second: new Float32Array(rows * dims),
    steps: new Int32Array(rows),
    slot: new Int32Array(rows),
  }));
  return { tables, touched: new Int32Array(0), where: new Int32Array(0) };
}

/**
 * One update of the touched rows from the gradient of the gathered input. Moments of untouched rows stand still and each
 * row counts its own steps, so a rare id's first step is as long as a frequent one's.
 * @param gradient [count, width]; columns beyond the embeddings are not read. It is used up: a row's gradients are added where its
 *   first one stands.
 */
export function stepEmbeddings(
  block: InputBlock,
  rows: EncodedRows,
  gradient: Float32Array,
  state: LazyAdamState,
  rate: number,
  config: EmbeddingConfig,
): void {
  let column = 0;
  for (let c = 0; c < block.tables.length; c++) {
    const table = block.tables[c]!;
    const n = addByRow(block, c, column, rows, gradient, state);
    const l2 = table.rows >= config.idRows ? config.idL2 / rows.count : 0;
    updateTouched(table, state, c, n, gradient, rate, l2, rows);
    column += table.dims;
  }
}

/** Adds up the batch's gradients by table row; gives the number of rows touched. */
function addByRow(
  block: InputBlock,
  c: number,
  column: number,
  rows: EncodedRows,
  gradient: Float32Array,
  state: LazyAdamState,
): number {
  const wide = block.tables.length;
  const { dims } = block.tables[c]!;
  if (state.touched.length < rows.count) {
    state.touched = new Int32Array(rows.count);
    state.where = new Int32Array(rows.count);
  }
  const { touched, where } = state;
  const { slot } = state.tables[c]!;
  let n = 0;
  for (let i = 0, from = column; i < rows.count; i++, from += block.width) {
    const row = rows.categories[i * wide + c]!;
    const at = slot[row]!;
    if (at > 0) {
      for (let d = 0, to = where[at - 1]!; d < dims; d++) gradient[to + d]! += gradient[from + d]!;
    } else {
      touched[n] = row;
      where[n] = from;
      slot[row] = ++n;
    }
  }
  return n;
}

function updateTouched(
  table: EmbeddingTable,
  state: LazyAdamState,
  c: number,
  n: number,
  gradient: Float32Array,
  rate: number,
  l2: number,
  rows: EncodedRows,
): void {
  const { dims, values } = table;
  const { first, second, steps, slot } = state.tables[c]!;
  const { touched, where } = state;
  const { beta1, beta2, epsilon } = adamDefaults;
  const corrections = biasCorrections();
  const last = corrections.first.length - 1;
  const seen = l2 > 0 ? countTouched(state, c, n, rows) : undefined;
  for (let s = 0; s < n; s++) {
    const row = touched[s]!;
    slot[row] = 0;
    const step = Math.min(++steps[row]!, last);
    const scale = rate * corrections.first[step]!;
    const correction = corrections.second[step]!;
    const pull = seen === undefined ? 0 : l2 * seen[s]!;
    for (let d = 0, at = row * dims, from = where[s]!; d < dims; d++, at++, from++) {
      const g = gradient[from]! + pull * values[at]!;
      const m = (first[at] = beta1 * first[at]! + (1 - beta1) * g);
      const v = (second[at] = beta2 * second[at]! + (1 - beta2) * g * g);
      values[at]! -= (scale * m) / (Math.sqrt(v * correction) + epsilon);
    }
  }
}

function countTouched(state: LazyAdamState, c: number, n: number, rows: EncodedRows): Int32Array {
  const seen = new Int32Array(n);
  const wide = state.tables.length;
  for (let i = 0; i < rows.count; i++) seen[state.tables[c]!.slot[rows.categories[i * wide + c]!]! - 1]!++;
  return seen;
}

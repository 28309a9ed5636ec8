/**
 * Structured pruning of DCN-v2: whole neurons of the deep part and whole embedding columns go, so that the matrices are narrower and every
 * product has fewer operations (zeros in a matrix of the same size save nothing). What is left is an ordinary ranker, to be fine-tuned
 * from (`fitDcn` with `initial`).
 *
 *     neuron j of a layer:    |W_j| × |W'_j|, what comes in times what goes out
 *     column j of the input:  its deviation over the table's rows × |W_j| summed over the matrices that read it
 *
 * after the magnitudes of Li et al. (2017), with the deviation because an embedding's columns differ in scale.
 */
import type { DenseParameter } from "../../network/training/adam.js";
import { inputBlock } from "../../network/layers/embedding.js";
import type { Dcn } from "./dcn.js";

/** Shares that are kept. */
export interface PruneShares {
  readonly neurons: number; // of each layer of the deep part
  readonly columns: number; // of all embedding columns together; each table keeps one
}

/** A narrower ranker. @throws Error for low-rank cross layers, RangeError for shares outside (0, 1] */
export function pruneDcn(ranker: Dcn, { neurons, columns }: PruneShares): Dcn {
  for (const [name, share] of Object.entries({ neurons, columns }))
    if (!(share > 0 && share <= 1)) throw new RangeError(`${name}: ${share}; allowed: above 0 to 1`);
  const { config, input, dense } = ranker;
  if ((config.crossRank ?? 0) > 0)
    throw new Error(`crossRank is ${config.crossRank}; allowed in pruning: 0, full matrices`);
  const crosses = 2 * config.crossLayers;
  const matrices = dense.filter(({ shape }) => shape.length === 2);
  const [cross, deep] = [matrices.slice(0, config.crossLayers), matrices.slice(config.crossLayers)];

  const readers = [...cross, ...(config.deep.length > 0 ? deep.slice(0, 1) : deep)];
  const places = input.tables.flatMap(({ dims }, table) => Array.from({ length: dims }, (_, d) => ({ table, d })));
  const worth = places.map(({ table, d }, column) => {
    const { rows, dims, values } = input.tables[table]!;
    const own = Float64Array.from({ length: rows }, (_, row) => values[row * dims + d]!);
    return deviation(own) * readers.reduce((sum, matrix) => sum + sizeOfRow(matrix, column), 0);
  });
  const kept = best(
    worth,
    columns,
    places.map(({ table }) => table),
  );
  const width = [...kept, ...Array.from({ length: input.numbers }, (_, at) => places.length + at)];

  const tables = input.tables.map(({ name, rows, dims, values }, table) => {
    const own = kept.filter((column) => places[column]!.table === table).map((column) => places[column]!.d);
    const taken = take({ name, shape: [rows, dims], values }, undefined, own);
    return { name, rows, dims: own.length, values: taken.values };
  });
  const layers = config.deep.map((_, layer) => {
    const heads = layer + 1 < config.deep.length ? deep.slice(layer + 1, layer + 2) : deep.slice(layer + 1);
    const each = Array.from({ length: config.deep[layer]! }, (_, neuron) => {
      const out = heads.reduce((sum, matrix) => sum + sizeOfRow(matrix, neuron), 0);
      return sizeOfColumn(deep[layer]!, neuron) * out;
    });
    return best(each, neurons);
  });
  const pruned = dense.map((parameter, at) => {
    if (at < crosses) return take(parameter, width, width);
    const layer = (at - crosses) >> 1; // weight and bias in turn, the heads last
    return take(parameter, layer === 0 ? width : layers[Math.min(layer, layers.length) - 1]!, layers[layer]);
  });
  const narrower = { ...config, deep: layers.map(({ length }) => length) };
  return { ...ranker, config: narrower, input: inputBlock(tables, input.numbers), dense: pruned };
}

/** The places of the largest values, ascending: a share of all, and the largest of each group. */
function best(values: readonly number[], share: number, groups: readonly number[] = []): readonly number[] {
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const count = Math.max(1, Math.round(share * values.length));
  const firsts = [...new Set(groups)].map((group) => order.find((at) => groups[at] === group)!);
  return [...new Set([...order.slice(0, count), ...firsts])].sort((a, b) => a - b);
}

/** Some rows and columns of a matrix, or columns of a vector; undefined: all. */
function take(
  { name, shape, values }: DenseParameter,
  rows?: readonly number[],
  columns?: readonly number[],
): DenseParameter {
  const wide = shape.at(-1)!;
  const down = shape.length === 1 ? [0] : (rows ?? Array.from({ length: shape[0]! }, (_, row) => row));
  const across = columns ?? Array.from({ length: wide }, (_, column) => column);
  const taken = Float32Array.from(down.flatMap((row) => across.map((column) => values[row * wide + column]!)));
  return { name, shape: shape.length === 1 ? [across.length] : [down.length, across.length], values: taken };
}

function sizeOfRow({ shape, values }: DenseParameter, row: number): number {
  return Math.hypot(...values.subarray(row * shape[1]!, (row + 1) * shape[1]!));
}

function sizeOfColumn({ shape, values }: DenseParameter, column: number): number {
  return Math.hypot(...values.filter((_, at) => at % shape[1]! === column));
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

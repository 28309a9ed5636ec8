/**
 * Embedding tables in a graph: gathered, and updated by lazy Adam. The same mathematics as `stepEmbeddings`, in float32 throughout.
 *
 * Neighbouring tables of one width are one variable each of weights and of moments (one of all three side by side costs twice as much:
 * taking it apart and together again). The moments are kept as M = m / (1 - β1) and V = v / (1 - β2), which saves two passes over them:
 *
 *     M ← β1 M + g      V ← β2 V + g²      w ← w - rate × a_t M / (√V + b_t)
 *
 * a_t, b_t: the bias corrections of the row's own step, from a list.
 */
import { adamDefaults, biasCorrections } from "../training/adam.js";
import type { EmbeddingTable, InputBlock, LazyAdamState } from "../layers/embedding.js";
import type { EncodedRows } from "../encoding.js";
import { float32, int32, typed, whole, type Feed, type Graph, type Output, type Variable } from "./graph.js";

const { beta1, beta2, epsilon } = adamDefaults;
const ofFloat = typed("T", float32);
const ofInt = typed("T", int32);

/** Neighbouring tables of one width. */
export interface Stack {
  readonly tables: readonly EmbeddingTable[];
  readonly moments: LazyAdamState["tables"];
  readonly from: number; // the first table's place in its block
  readonly dims: number;
  /** w, M and V. */
  readonly values: readonly [Variable, Variable, Variable]; // [rows, dims]
  readonly steps: Variable; // [rows]
}

/** The touched rows of a batch. */
export interface Gathered {
  readonly stack: Stack;
  readonly count: number;
  readonly keys: Feed; // [count × tables]
  readonly rows: Output; // [touched]
  readonly where: Output; // [count × tables] each key's place among the touched
  readonly weights: Output; // [touched, dims]
  readonly embedded: Output; // [count, tables × dims]
}

/** The tables of a block as variables. */
export function stacksOf(graph: Graph, { tables }: InputBlock, { tables: moments }: LazyAdamState): Stack[] {
  const stacks: Stack[] = [];
  for (let from = 0, to = 0; from < tables.length; from = to) {
    const { dims } = tables[from]!;
    while (to < tables.length && tables[to]!.dims === dims) to++;
    const some = tables.slice(from, to);
    const rows = some.reduce((sum, table) => sum + table.rows, 0);
    const values = [0, 1, 2].map(() => graph.variable(float32, [rows, dims])) as unknown as Stack["values"];
    stacks.push({
      tables: some,
      moments: moments.slice(from, to),
      from,
      dims,
      values,
      steps: graph.variable(int32, [rows]),
    });
  }
  return stacks;
}

/** What M and V are multiples of. */
const units = [1, 1 - beta1, 1 - beta2] as const;

/** The variables' values from the arrays. */
export function pack({ tables, moments, dims, values, steps }: Stack): [Variable, Float32Array | Int32Array][] {
  const counts = new Int32Array(steps.shape[0]!);
  const held = values.map(() => new Float32Array(counts.length * dims));
  let row = 0;
  tables.forEach((table, t) => {
    const { first, second, steps: done } = moments[t]!;
    counts.set(done, row);
    [table.values, first, second].forEach((array, i) => {
      const [out, unit] = [held[i]!, units[i]!];
      for (let d = 0, at = row * dims; d < array.length; d++) out[at++] = array[d]! / unit;
    });
    row += table.rows;
  });
  return [...values.map((variable, i): [Variable, Float32Array] => [variable, held[i]!]), [steps, counts]];
}

/** Writes the variables' values into the arrays. @param held in the order of `pack` */
export function unpack({ tables, moments, dims }: Stack, held: readonly (Float32Array | Int32Array)[]): void {
  let row = 0;
  tables.forEach((table, t) => {
    const { first, second, steps: done } = moments[t]!;
    done.set(held[3]!.subarray(row, row + table.rows));
    [table.values, first, second].forEach((array, i) => {
      const [from, unit] = [held[i]!, units[i]!];
      for (let d = 0, at = row * dims; d < array.length; d++) array[d] = from[at++]! * unit;
    });
    row += table.rows;
  });
}

/** Adds the gathering of `count` rows to the graph. */
export function gather(graph: Graph, stack: Stack, count: number): Gathered {
  const { tables, dims, values } = stack;
  const keys = graph.feed(int32, [count * tables.length]);
  const [rows, where] = graph.ops("Unique", [keys.output], [ofInt, typed("out_idx", int32)], 2) as [Output, Output];
  const weights = rowsOf(graph, values[0], rows, float32);
  const embedded = reshape(graph, pick(graph, weights, where), count, tables.length * dims);
  return { stack, count, keys, rows, where, weights, embedded };
}

/** Writes a batch's rows to its keys. */
export function fillKeys({ stack, count, keys }: Gathered, { categories }: EncodedRows): void {
  const { tables, from, steps } = stack;
  const out = keys.room([count * tables.length]);
  const wide = count > 0 ? categories.length / count : 0;
  let offset = 0;
  for (let t = 0; t < tables.length; offset += tables[t++]!.rows)
    for (let to = t, at = from + t; to < out.length; to += tables.length, at += wide)
      out[to] = categories[at]! + offset;
  if (offset !== steps.shape[0]) throw new Error(`tables hold ${offset} rows; expected ${steps.shape[0]}`);
}

/** a_t and b_t by step. */
export function lazyCorrections(graph: Graph): readonly [Output, Output] {
  const { first, second } = biasCorrections();
  const root = Float64Array.from(second, (correction) => Math.sqrt((1 - beta2) * correction));
  return [
    graph.constant(
      Float32Array.from(root, (r, step) => ((1 - beta1) * first[step]!) / r),
      [root.length],
    ),
    graph.constant(
      Float32Array.from(root, (r) => epsilon / r),
      [root.length],
    ),
  ];
}

/** Adds the update of the touched rows to the graph. @param gradient of the embedded rows, [count, tables × dims] @param rate a scalar */
export function stepRows(
  graph: Graph,
  { stack, count, rows, where, weights }: Gathered,
  gradient: Output,
  rate: Output,
  corrections: readonly [Output, Output],
): Output[] {
  const { tables, dims, values, steps } = stack;
  const two = (type: string, a: Output, b: Output): Output => graph.op(type, [a, b], [ofFloat]);
  const touched = graph.op("Size", [rows], [ofInt, typed("out_type", int32)]);
  const flat = reshape(graph, gradient, count * tables.length, dims);
  const indexed = [typed("Tindices", int32)];
  const g = graph.op("UnsortedSegmentSum", [flat, where, touched], [ofFloat, ...indexed, typed("Tnumsegments", int32)]);
  const decayed = (i: 1 | 2, beta: number): Output =>
    two("Mul", rowsOf(graph, values[i], rows, float32), graph.real(beta));
  const first = two("AddV2", decayed(1, beta1), g);
  const second = two("AddV2", decayed(2, beta2), graph.op("Square", [g], [ofFloat]));
  const done = rowsOf(graph, steps, rows, int32);
  const step = graph.op("AddV2", [done, graph.number(1)], [ofInt]);
  const last = graph.number(biasCorrections().first.length - 1);
  const [a, b] = corrections.map((list) => {
    const picked = pick(graph, list, graph.op("Minimum", [step, last], [ofInt]));
    return graph.op("ExpandDims", [picked, graph.number(1)], [ofFloat, typed("Tdim", int32)]);
  }) as [Output, Output];
  const root = two("AddV2", graph.op("Sqrt", [second], [ofFloat]), b);
  const moved = two("Sub", weights, two("RealDiv", two("Mul", first, two("Mul", a, rate)), root));
  const scatter = (variable: Variable, updated: Output, dtype = float32): Output =>
    graph.op("ResourceScatterUpdate", [variable.handle, rows, updated], [typed("dtype", dtype), ...indexed]);
  return [...[moved, first, second].map((updated, i) => scatter(values[i]!, updated)), scatter(steps, step, int32)];
}

/** Matrices side by side. */
export function beside(graph: Graph, parts: readonly Output[]): Output {
  if (parts.length === 1) return parts[0]!;
  const attributes = [ofFloat, whole("N", parts.length), typed("Tidx", int32)];
  return graph.op("ConcatV2", [parts, graph.number(1)], attributes);
}

function reshape(graph: Graph, x: Output, rows: number, columns: number): Output {
  const shape = graph.constant(Int32Array.of(rows, columns), [2]);
  return graph.op("Reshape", [x, shape], [ofFloat, typed("Tshape", int32)]);
}

function rowsOf(graph: Graph, { handle }: Variable, rows: Output, dtype: number): Output {
  return graph.op("ResourceGather", [handle, rows], [typed("dtype", dtype), typed("Tindices", int32)]);
}

function pick(graph: Graph, values: Output, rows: Output): Output {
  const attributes = [typed("Tparams", float32), typed("Tindices", int32), typed("Taxis", int32)];
  return graph.op("GatherV2", [values, rows, graph.number(0)], attributes);
}

/**
 * Embedding tables in a graph: gathered, and updated by lazy Adam. The same mathematics as `stepEmbeddings`, in float32 throughout.
 *
 * Neighbouring tables of one width are one variable, [rows, 3 × dims]: a row's weights beside its moments, so that a step reads and
 * writes a touched row once. The moments are kept as M = m / (1 - β1) and V = v / (1 - β2), which saves two passes over them:
 *
 *     M ← β1 M + g      V ← β2 V + g²      w ← w - rate × a_t M / (√V + b_t)
 *
 * a_t, b_t: the bias corrections of the row's own step, from a list.
 */
import { adamDefaults, biasCorrections } from "./adam.js";
import type { EmbeddingTable, InputBlock, LazyAdamState } from "./embedding.js";
import type { EncodedRows } from "./encoding.js";
import { float32, int32, typed, whole, type Feed, type Graph, type Output, type Variable } from "./graph.js";

const { beta1, beta2, epsilon } = adamDefaults;
const ofFloat = typed("T", float32);
const ofInt = typed("T", int32);

/** Neighbouring tables of one width, in one variable. */
export interface Stack {
  readonly tables: readonly EmbeddingTable[];
  readonly moments: LazyAdamState["tables"];
  readonly from: number; // the first table's place in its block
  readonly dims: number;
  readonly packed: Variable; // [rows, 3 × dims]
  readonly steps: Variable; // [rows]
}

/** The touched rows of a batch. */
export interface Gathered {
  readonly stack: Stack;
  readonly count: number;
  readonly keys: Feed; // [count × tables]
  readonly rows: Output; // [touched]
  readonly where: Output; // [count × tables] each key's place among the touched
  readonly held: readonly [Output, Output, Output]; // [touched, dims] w, M, V
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
    const [packed, steps] = [graph.variable(float32, [rows, 3 * dims]), graph.variable(int32, [rows])];
    stacks.push({ tables: some, moments: moments.slice(from, to), from, dims, packed, steps });
  }
  return stacks;
}

/** The variables' values from the arrays. */
export function pack({ tables, moments, dims, packed, steps }: Stack): [Variable, Float32Array | Int32Array][] {
  const counts = new Int32Array(steps.shape[0]!);
  const held = new Float32Array(counts.length * 3 * dims);
  let at = 0;
  let row = 0;
  tables.forEach(({ values, rows }, t) => {
    const { first, second, steps: done } = moments[t]!;
    counts.set(done, row);
    row += rows;
    for (let to = 0; to < rows * dims; to += dims) {
      for (let d = to; d < to + dims; d++) held[at++] = values[d]!;
      for (let d = to; d < to + dims; d++) held[at++] = first[d]! / (1 - beta1);
      for (let d = to; d < to + dims; d++) held[at++] = second[d]! / (1 - beta2);
    }
  });
  return [
    [packed, held],
    [steps, counts],
  ];
}

/** Writes the variables' values into the arrays. */
export function unpack({ tables, moments, dims }: Stack, held: Float32Array, counts: Int32Array): void {
  let at = 0;
  let row = 0;
  tables.forEach(({ values, rows }, t) => {
    const { first, second, steps: done } = moments[t]!;
    done.set(counts.subarray(row, (row += rows)));
    for (let to = 0; to < rows * dims; to += dims) {
      for (let d = to; d < to + dims; d++) values[d] = held[at++]!;
      for (let d = to; d < to + dims; d++) first[d] = held[at++]! * (1 - beta1);
      for (let d = to; d < to + dims; d++) second[d] = held[at++]! * (1 - beta2);
    }
  });
}

/** Adds the gathering of `count` rows to the graph. */
export function gather(graph: Graph, stack: Stack, count: number): Gathered {
  const { tables, dims, packed } = stack;
  const keys = graph.feed(int32, [count * tables.length]);
  const [rows, where] = graph.ops("Unique", [keys.output], [ofInt, typed("out_idx", int32)], 2) as [Output, Output];
  const all = graph.op("ResourceGather", [packed.handle, rows], [typed("dtype", float32), typed("Tindices", int32)]);
  const held = graph.ops("Split", [graph.number(1), all], [ofFloat, whole("num_split", 3)], 3);
  const embedded = reshape(graph, pick(graph, held[0]!, where), count, tables.length * dims);
  return { stack, count, keys, rows, where, held: held as [Output, Output, Output], embedded };
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
  { stack, count, rows, where, held: [w, m, v] }: Gathered,
  gradient: Output,
  rate: Output,
  corrections: readonly [Output, Output],
): Output[] {
  const { tables, dims, packed, steps } = stack;
  const two = (type: string, a: Output, b: Output): Output => graph.op(type, [a, b], [ofFloat]);
  const touched = graph.op("Size", [rows], [ofInt, typed("out_type", int32)]);
  const flat = reshape(graph, gradient, count * tables.length, dims);
  const indexed = [typed("Tindices", int32)];
  const g = graph.op("UnsortedSegmentSum", [flat, where, touched], [ofFloat, ...indexed, typed("Tnumsegments", int32)]);
  const first = two("AddV2", two("Mul", m, graph.real(beta1)), g);
  const second = two("AddV2", two("Mul", v, graph.real(beta2)), graph.op("Square", [g], [ofFloat]));
  const done = graph.op("ResourceGather", [steps.handle, rows], [typed("dtype", int32), ...indexed]);
  const step = graph.op("AddV2", [done, graph.number(1)], [ofInt]);
  const last = graph.number(biasCorrections().first.length - 1);
  const [a, b] = corrections.map((list) => {
    const picked = pick(graph, list, graph.op("Minimum", [step, last], [ofInt]));
    return graph.op("ExpandDims", [picked, graph.number(1)], [ofFloat, typed("Tdim", int32)]);
  }) as [Output, Output];
  const root = two("AddV2", graph.op("Sqrt", [second], [ofFloat]), b);
  const weights = two("Sub", w, two("RealDiv", two("Mul", first, two("Mul", a, rate)), root));
  const scatter = (variable: Variable, values: Output, dtype: number): Output =>
    graph.op("ResourceScatterUpdate", [variable.handle, rows, values], [typed("dtype", dtype), ...indexed]);
  return [scatter(packed, beside(graph, [weights, first, second]), float32), scatter(steps, step, int32)];
}

/** Matrices side by side. */
export function beside(graph: Graph, parts: readonly Output[]): Output {
  if (parts.length === 1) return parts[0]!;
  const attributes = [ofFloat, whole("N", parts.length), typed("Tidx", int32)];
  return graph.op("ConcatV2", [...parts, graph.number(1)], attributes, parts.length);
}

function reshape(graph: Graph, x: Output, rows: number, columns: number): Output {
  const shape = graph.constant(Int32Array.of(rows, columns), [2]);
  return graph.op("Reshape", [x, shape], [ofFloat, typed("Tshape", int32)]);
}

function pick(graph: Graph, values: Output, rows: Output): Output {
  const attributes = [typed("Tparams", float32), typed("Tindices", int32), typed("Taxis", int32)];
  return graph.op("GatherV2", [values, rows, graph.number(0)], attributes);
}

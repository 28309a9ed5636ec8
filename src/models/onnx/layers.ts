/**
 * The models' layers as ONNX operators. Graphs read rows that are ALREADY encoded (encoding.ts): `categories` int32
 * [n, categories] are table rows, `numbers` float32 [n, numbers] are standardised.
 */
import type { DenseParameter } from "../network/training/adam.js";
import type { InputBlock } from "../network/layers/embedding.js";
import type { OnnxGraph } from "./graph.js";

/** Embeddings and numbers side by side: [n, width]. */
export function onnxInput(graph: OnnxGraph, block: InputBlock): string {
  const parts: string[] = [];
  if (block.tables.length > 0) graph.input("categories", "int32", block.tables.length);
  block.tables.forEach(({ name, rows, dims, values }, c) => {
    const table = graph.constant(`table/${name}`, [rows, dims], values);
    const column = graph.constant(`column/${name}`, [], Int32Array.of(c));
    const ids = graph.op("Gather", ["categories", column], { axis: 1 });
    parts.push(graph.op("Gather", [table, ids], { axis: 0 }));
  });
  if (block.numbers > 0) parts.push(graph.input("numbers", "float32", block.numbers));
  return parts.length === 1 ? parts[0]! : graph.op("Concat", parts, { axis: 1 });
}

/** x W + b for the two parameters at `dense[at]`. */
export function onnxLinear(graph: OnnxGraph, x: string, dense: readonly DenseParameter[], at: number): string {
  const [weight, bias] = [dense[at]!, dense[at + 1]!].map(({ name, shape, values }) =>
    graph.constant(name, shape, values),
  );
  return graph.op("Gemm", [x, weight!, bias!]);
}

/** x0 ⊙ (x W + b) + x. */
export function onnxCross(
  graph: OnnxGraph,
  x0: string,
  x: string,
  dense: readonly DenseParameter[],
  at: number,
): string {
  return graph.op("Add", [graph.op("Mul", [x0, onnxLinear(graph, x, dense, at)]), x]);
}

/** Rows divided by their length. */
export function onnxUnitRows(graph: OnnxGraph, x: string): string {
  const axes = graph.whole("axes", 1);
  const epsilon = graph.scalar("epsilon", 1e-12);
  const squares = graph.op("ReduceSum", [graph.op("Mul", [x, x]), axes], { keepdims: 1 });
  return graph.op("Div", [x, graph.op("Sqrt", [graph.op("Add", [squares, epsilon])])]);
}

/** [n, 1] → [n]. */
export function onnxColumn(graph: OnnxGraph, x: string, name: string): string {
  return graph.op("Squeeze", [x, graph.whole(`${name}/axes`, 1)]);
}

/**
 * Writes a function of TensorFlow.js tensors, gradients included, into a graph: while it is traced, the native backend's operations are
 * added to the graph instead of being executed. What a network is stands in one place, for the eager way and for the graph.
 */
import { flag, strings, typed, whole, type Graph, type OpAttribute, type Output } from "./graph.js";
import type { Tensor, TensorInfo } from "../tensor-types.js";
import { tensorflow } from "../tensor.js";

/** An input of a traced function. */
export interface TracedInput {
  readonly output: Output;
  readonly dtype: number;
  readonly shape: readonly number[];
}

interface Metadata {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: Float32Array): number;
  executeOp(name: string, attributes: readonly OpAttribute[], ids: readonly number[], outputs: number): Metadata[];
  deleteTensor(id: number): void;
  tensorDataSync(id: number): never;
}

interface NativeBackend {
  binding: Binding;
  createOutputTensor(metadata: Metadata): Tensor & TensorInfo;
  readonly tensorMap: { get(dataId: object): { id: number } };
  getInputTensorIds(tensors: readonly Tensor[]): number[];
}

/** Ids that no eager tensor has: one that strays into a graph, or out of it, is found at once. */
const firstId = 2 ** 30;

/** Adds `f` to the graph; gives its outputs. `f` may depend on shapes, not on values. */
export function trace(
  graph: Graph,
  inputs: readonly TracedInput[],
  f: (...tensors: Tensor[]) => readonly Tensor[],
): readonly Output[] {
  const tf = tensorflow();
  const backend = tf.backend() as unknown as NativeBackend;
  const eager = backend.binding;
  const outputs: Output[] = [];
  const made: Output[] = [];
  const known: Known = { constants: new Map(), layers: new Map() };
  const keep = (output: Output): number => firstId + made.push(output) - 1;
  const at = (id: number): Output => {
    const output = made[id - firstId];
    if (output === undefined)
      throw new Error("a traced function uses a tensor from outside; allowed: its inputs and constants");
    return output;
  };
  const recorder: Binding = {
    createTensor(shape: readonly number[], dtype: number, values: Float32Array): number {
      const output = graph.constant(values, shape, dtype);
      if (values.length === 1) known.constants.set(output, values[0]!);
      return keep(output);
    },
    executeOp(name: string, attributes: readonly OpAttribute[], ids: readonly number[], count: number): Metadata[] {
      const { output: first, layer } = record(graph, name, attributes, ids.map(at), known);
      return Array.from({ length: count }, (_, index) => {
        const output = { oper: first.oper, index };
        if (layer !== undefined) known.layers.set(output, layer);
        return { id: keep(output), ...graph.describe(output) };
      });
    },
    deleteTensor: () => {},
    tensorDataSync: () => {
      throw new Error("a traced function reads values; allowed: shapes");
    },
  };
  backend.binding = Object.create(eager as object, Object.getOwnPropertyDescriptors(recorder)) as Binding;
  try {
    tf.tidy(() => {
      const tensors = inputs.map(({ output, dtype, shape }) =>
        backend.createOutputTensor({ id: keep(output), shape, dtype }),
      );
      outputs.push(...backend.getInputTensorIds(f(...tensors)).map(at));
    });
  } finally {
    backend.binding = eager;
  }
  return outputs;
}

/** What is known of outputs: values of one number, and products that a bias and an activation may join. */
interface Known {
  readonly constants: Map<Output, number>;
  readonly layers: Map<Output, Layer>;
}

/** x W, or x W + b. */
interface Layer {
  readonly inputs: readonly Output[];
  readonly attributes: readonly OpAttribute[];
  readonly bias?: Output;
}

/** One operation; those that TensorFlow has a faster form of are written in that. */
function record(
  graph: Graph,
  name: string,
  attributes: readonly OpAttribute[],
  inputs: readonly Output[],
  { constants, layers }: Known,
): { readonly output: Output; readonly layer?: Layer } {
  const value = (attribute: string): unknown => attributes.find((one) => one.name === attribute)?.value;
  const rank = (i: number): number => graph.describe(inputs[i]!).shape.length;
  const held = layers.get(inputs[0]!);
  if (name === "BatchMatMulV2" && rank(0) === 2 && rank(1) === 2) {
    const layer = {
      inputs,
      attributes: [
        typed("T", value("T") as number),
        flag("transpose_a", value("adj_x") as boolean),
        flag("transpose_b", value("adj_y") as boolean),
      ],
    };
    return { output: graph.op("MatMul", inputs, layer.attributes), layer };
  }
  if (name === "Add" && rank(0) === 2 && rank(1) === 1) {
    if (held === undefined || held.bias !== undefined) return { output: graph.op("BiasAdd", inputs, attributes) };
    const layer = { ...held, bias: inputs[1]! };
    return { output: fused(graph, layer, ["BiasAdd"]), layer };
  }
  if (name === "Relu" && held?.bias !== undefined) return { output: fused(graph, held, ["BiasAdd", "Relu"]) };
  if (name === "Add") return { output: graph.op("AddV2", inputs, attributes) };
  if (name === "Sum" && rank(0) === 2 && value("keep_dims") === false && constants.get(inputs[1]!) === 0)
    return { output: graph.op("BiasAddGrad", inputs.slice(0, 1), [typed("T", value("T") as number)]) };
  const list = Number(value("N") ?? 0);
  const known =
    name === "Fill"
      ? [typed("T", value("T") as number), typed("index_type", value("index_type") as number)]
      : attributes;
  return { output: graph.op(name, list > 0 ? [inputs.slice(0, list), ...inputs.slice(list)] : inputs, known) };
}

/** A layer in one operation; the product it was made of stays in the graph, unread. */
function fused(graph: Graph, { inputs, attributes, bias }: Layer, parts: readonly string[]): Output {
  const also = [whole("num_args", 1), strings("fused_ops", parts)];
  return graph.op("_FusedMatMul", [...inputs, [bias!]], [...attributes, ...also]);
}

/**
 * DCN-v2's cheaper cross layer: a mixture of low-rank experts (Wang et al., 2021, equation for DCN-Mix), K experts of rank r gated by
 * the input:
 *
 *     x ← Σ_i softmax(x G)_i x0 ⊙ (U_i tanh(C_i tanh(V_iᵀ x)) + b) + x
 *
 * The gates sum to 1 and x0 and b are common to the experts, so the sum is x0 ⊙ (U [gate_i c_i] + b) + x with all U_i in one matrix:
 * three products and one batched one, 2 K r width + K r² weights in place of width².
 */
import { keyOf } from "../../../random.js";
import { glorot, zeros, type DenseParameter } from "../../network/training/adam.js";
import type { OnnxGraph } from "../../onnx/graph.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../network/tensor-types.js";

/** Sizes of the mixture. */
export interface LowRankShape {
  readonly rank: number;
  readonly experts: number;
}

/** Parameters of one layer: V, C, U, b, G. */
export const lowRankParameters = 5;

/**
 * One layer. @param x0 [n, width] the input @param x [n, width] @param parameters V [width, K r], C [K, r, r], U [K r, width], b
 * [width], G [width, K]
 */
export function lowRankCrossLayer(
  x0: Tensor2D,
  x: Tensor2D,
  parameters: readonly Tensor[],
  { rank, experts }: LowRankShape,
): Tensor2D {
  const [v, c, u, b, g] = parameters as readonly [Tensor2D, Tensor, Tensor2D, Tensor1D, Tensor2D];
  const [n] = x.shape;
  const gates = x.matMul(g).softmax() as Tensor2D;
  const inner = x
    .matMul(v)
    .tanh()
    .reshape([n, experts, rank])
    .transpose([1, 0, 2])
    .matMul(c)
    .tanh()
    .transpose([1, 0, 2]);
  const mixed = inner.mul(gates.reshape([n, experts, 1])).reshape([n, experts * rank]) as Tensor2D;
  return x0.mul(mixed.matMul(u).add(b)).add(x) as Tensor2D;
}

/** Fresh parameters of one layer. */
export function makeLowRank(
  name: string,
  width: number,
  { rank, experts }: LowRankShape,
  seed: number,
): DenseParameter[] {
  const made = (part: string, inputs: number, outputs: number): DenseParameter =>
    glorot(`${name}/${part}`, inputs, outputs, keyOf(seed, `ranker/${name}/${part}`));
  const cores = new Float32Array(experts * rank * rank);
  for (let e = 0; e < experts; e++) cores.set(made(`core${e}`, rank, rank).values, e * rank * rank);
  return [
    made("down", width, experts * rank),
    { name: `${name}/core`, shape: [experts, rank, rank], values: cores },
    made("up", experts * rank, width),
    zeros(`${name}/bias`, width),
    made("gate", width, experts),
  ];
}

/** The layer in ONNX. */
export function onnxLowRank(
  graph: OnnxGraph,
  x0: string,
  x: string,
  dense: readonly DenseParameter[],
  at: number,
  { rank, experts }: LowRankShape,
): string {
  const [v, c, u, b, g] = dense
    .slice(at, at + lowRankParameters)
    .map(({ name, shape, values }) => graph.constant(name, shape, values)) as [string, string, string, string, string];
  const whole = (part: string, ...values: number[]): string => graph.whole(`${dense[at]!.name}/${part}`, ...values);
  const turn = (y: string): string => graph.op("Transpose", [y], { perm: [1, 0, 2] });
  const gates = graph.op("Unsqueeze", [graph.op("Softmax", [graph.op("MatMul", [x, g])]), whole("axes", 2)]);
  const apart = graph.op("Reshape", [graph.op("Tanh", [graph.op("MatMul", [x, v])]), whole("apart", 0, experts, rank)]);
  const inner = turn(graph.op("Tanh", [graph.op("MatMul", [turn(apart), c])]));
  const mixed = graph.op("Reshape", [graph.op("Mul", [inner, gates]), whole("together", 0, experts * rank)]);
  return graph.op("Add", [graph.op("Mul", [x0, graph.op("Add", [graph.op("MatMul", [mixed, u]), b])]), x]);
}

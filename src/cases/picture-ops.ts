/** Operations of networks over square pictures, once as tensors of TensorFlow and once as nodes of an ONNX graph. */
import { layerNorm, normEpsilon } from "../models/network/layers/attention.js";
import { linear, relu, unitRows } from "../models/network/layers/layers.js";
import { tensorflow } from "../models/network/tensor.js";
import type { Tensor, Tensor1D, Tensor2D } from "../models/network/tensor-types.js";
import type { OnnxGraph } from "../models/onnx/graph.js";
import { onnxUnitRows } from "../models/onnx/layers.js";

/** `V` is a tensor or the name of a value. An image is in the backend's own order of axes; rows are [n × tokens, dim]. */
export interface Ops<V> {
  /** [n, pixels] in 0 … 1 → an image around 0. */
  image(x: V): V;
  /** "Same" convolution. @param filters [outputs, inputs × size × size] @param widths inputs and outputs */
  conv(x: V, filters: V, bias: V, widths: readonly [number, number], size: number, stride: number): V;
  /** An image of `width` × `width` × `channels` → [n, …]. */
  flat(x: V, width: number, channels: number): V;
  /** An image → rows, with what is learned of each place. @param place [tokens, dim] */
  rows(x: V, place: V, tokens: number, dim: number): V;
  /** Attention of each picture's rows to each other. @param qkv [n × tokens, 3 dim] */
  attend(qkv: V, tokens: number, dim: number, heads: number): V;
  /** [n × tokens, dim] → [n, dim]. */
  mean(x: V, tokens: number, dim: number): V;
  linear(x: V, weight: V, bias: V): V;
  norm(x: V, gain: V, shift: V): V;
  relu(x: V): V;
  add(x: V, y: V): V;
  unit(x: V): V;
}

/** For training. @param side of the pictures */
export function tensorOps(side: number): Ops<Tensor> {
  const tf = tensorflow();
  const split = (qkv: Tensor, tokens: number, dim: number, heads: number): Tensor[] =>
    tf.split(qkv.reshape([-1, tokens, 3 * dim]), 3, 2).map((part) =>
      part
        .reshape([-1, tokens, heads, dim / heads])
        .transpose([0, 2, 1, 3])
        .reshape([-1, tokens, dim / heads]),
    );
  return {
    image: (x) => x.sub(0.5).mul(4).reshape([-1, side, side, 3]),
    conv(x, filters, bias, [inputs], size, stride) {
      const kernel = filters.reshape([-1, inputs, size, size]).transpose([2, 3, 1, 0]);
      return (tf.conv2d(x as never, kernel as never, stride, "same") as Tensor).add(bias);
    },
    flat: (x, width, channels) => x.reshape([-1, width * width * channels]),
    rows: (x, place, tokens, dim) => x.reshape([-1, tokens, dim]).add(place).reshape([-1, dim]),
    attend(qkv, tokens, dim, heads) {
      const [q, k, v] = split(qkv, tokens, dim, heads) as [Tensor, Tensor, Tensor];
      const weights = q
        .mul(1 / Math.sqrt(dim / heads))
        .matMul(k, false, true)
        .softmax();
      return weights
        .matMul(v)
        .reshape([-1, heads, tokens, dim / heads])
        .transpose([0, 2, 1, 3])
        .reshape([-1, dim]);
    },
    mean: (x, tokens, dim) => x.reshape([-1, tokens, dim]).mean(1),
    linear: (x, weight, bias) => linear(x as Tensor2D, weight as Tensor2D, bias as Tensor1D),
    norm: (x, gain, shift) => layerNorm(x as Tensor2D, gain as Tensor1D, shift as Tensor1D),
    relu,
    add: (x, y) => x.add(y),
    unit: (x) => unitRows(x as Tensor2D),
  };
}

/** For serving: images are [n, channels, height, width]. @param side of the pictures */
export function onnxOps(graph: OnnxGraph, side: number): Ops<string> {
  const { op } = graph;
  let made = 0;
  const whole = (...values: number[]): string => graph.whole(`whole${made++}`, ...values);
  const scalar = (value: number): string => graph.scalar(`scalar${made++}`, value);
  const reshape = (x: string, ...shape: number[]): string => op("Reshape", [x, whole(...shape)]);
  const swap = (x: string, ...perm: number[]): string => op("Transpose", [x], { perm });
  return {
    image: (x) => swap(reshape(op("Mul", [op("Sub", [x, scalar(0.5)]), scalar(4)]), -1, side, side, 3), 0, 3, 1, 2),
    conv(x, filters, bias, [inputs, outputs], size, stride) {
      const all = graph.constant(
        `filters${made++}`,
        [outputs],
        Int32Array.from({ length: outputs }, (_, i) => i),
      );
      // taken like the rows of a table, which is what int8 rounds row by row; the runtime folds it when it opens the graph
      const kernel = reshape(op("Gather", [filters, all], { axis: 0 }), -1, inputs, size, size);
      // "same" as TensorFlow pads: where it is odd, one more below and to the right
      const [before, after] = [Math.floor((size - stride) / 2), Math.ceil((size - stride) / 2)].map((n) =>
        Math.max(0, n),
      );
      const pads = [before!, before!, after!, after!];
      return op("Conv", [x, kernel, bias], { kernel_shape: [size, size], strides: [stride, stride], pads });
    },
    flat: (x, width, channels) => reshape(swap(x, 0, 2, 3, 1), -1, width * width * channels),
    rows(x, place, tokens, dim) {
      const rows = swap(reshape(x, 0, dim, tokens), 0, 2, 1);
      return reshape(op("Add", [rows, place]), -1, dim);
    },
    attend(qkv, tokens, dim, heads) {
      const size = dim / heads;
      const apart = swap(reshape(qkv, -1, tokens, 3, heads, size), 2, 0, 3, 1, 4); // [3, n, heads, tokens, size]
      const [q, k, v] = [0, 1, 2].map((part) =>
        op("Gather", [apart, graph.constant(`part${made++}`, [], Int32Array.of(part))]),
      );
      const scaled = op("Mul", [q!, scalar(1 / Math.sqrt(size))]);
      const weights = op("Softmax", [op("MatMul", [scaled, swap(k!, 0, 1, 3, 2)])], { axis: -1 });
      return reshape(swap(op("MatMul", [weights, v!]), 0, 2, 1, 3), -1, dim);
    },
    mean: (x, tokens, dim) => op("ReduceMean", [reshape(x, -1, tokens, dim)], { axes: [1], keepdims: 0 }),
    linear: (x, weight, bias) => op("Gemm", [x, weight, bias]),
    norm(x, gain, shift) {
      const centred = op("Sub", [x, op("ReduceMean", [x], { axes: [1], keepdims: 1 })]);
      const variance = op("ReduceMean", [op("Mul", [centred, centred])], { axes: [1], keepdims: 1 });
      const unit = op("Div", [centred, op("Sqrt", [op("Add", [variance, scalar(normEpsilon)])])]);
      return op("Add", [op("Mul", [unit, gain]), shift]);
    },
    relu: (x) => op("Relu", [x]),
    add: (x, y) => op("Add", [x, y]),
    unit: (x) => onnxUnitRows(graph, x),
  };
}

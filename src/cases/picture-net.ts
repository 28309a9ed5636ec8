/** A network over square pictures, written once over `Ops`: TensorFlow runs it for training, ONNX writes it down for serving. */
import { glorot, type DenseParameter } from "../models/network/training/adam.js";
import { evaluateTensors } from "../models/network/layers/layers.js";
import type { Tensor } from "../models/network/tensor-types.js";
import { quantise } from "../models/index.js";
import { onnxGraph } from "../models/onnx/graph.js";
import { onnxRuntime } from "../serving/rank/onnx-runtime.js";
import { onnxOps, tensorOps, type Ops } from "./picture-ops.js";

/** A network and its weights. In: pictures [n, side × side × 3], 0 … 1; out: [n, width]. */
export interface PictureNet {
  readonly name: string;
  readonly side: number;
  readonly width: number;
  readonly weights: readonly DenseParameter[];
  readonly forward: <V>(ops: Ops<V>, x: V, weights: readonly V[]) => V;
}

/** Filters [outputs, inputs × size × size], so that they round like a table (see quantise.ts). */
export function filter(name: string, inputs: number, outputs: number, size: number, key: number): DenseParameter {
  const { values } = glorot(name, inputs * size * size, outputs, key);
  return { name, shape: [outputs, inputs * size * size], values };
}

/** Outputs of pictures, a few hundred at a time. [n, width] */
export function outputsOf({ forward, weights, side, width }: PictureNet, pictures: Float32Array): Float32Array {
  const pixels = side * side * 3;
  const n = pictures.length / pixels;
  const out = new Float32Array(n * width);
  for (let from = 0; from < n; from += 256) {
    const part = pictures.subarray(from * pixels, Math.min(n, from + 256) * pixels);
    const inputs = [{ shape: [part.length / pixels, pixels], values: part }, ...weights];
    const run = (x: Tensor, ...w: Tensor[]): Tensor[] => [forward(tensorOps(side), x, w)];
    out.set(evaluateTensors(inputs, (x, ...w) => run(x!, ...w))[0]!, from * width);
  }
  return out;
}

/** The graph as a file: `numbers` [n, pixels] → `outputs` [n, width]. */
export function exportNet({ name, forward, weights, side, width }: PictureNet): Uint8Array {
  const graph = onnxGraph(name);
  const x = graph.input("numbers", "float32", side * side * 3);
  const held = weights.map((w) => graph.constant(w.name, w.shape, w.values));
  graph.output("outputs", forward(onnxOps(graph, side), x, held), width);
  return graph.encode();
}

/** Both forms in which a network is served. */
export function formsOf(net: PictureNet): Readonly<Record<"float32" | "int8", Uint8Array>> {
  const float32 = exportNet(net);
  return { float32, int8: quantise(float32) };
}

/** A graph as it is served: on one thread, one picture after another. */
export interface ServedNet {
  readonly run: (pictures: Float32Array) => Promise<Float32Array>; // [n, pixels] → [n, width]
  close(): Promise<void>;
}

/** Opens a graph of `side` and `width`. */
export async function openGraph(
  graph: Uint8Array,
  { side, width }: Pick<PictureNet, "side" | "width">,
): Promise<ServedNet> {
  const { InferenceSession, Tensor } = await onnxRuntime();
  const session = await InferenceSession.create(graph, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const pixels = side * side * 3;
  return {
    async run(pictures) {
      const n = pictures.length / pixels;
      const out = new Float32Array(n * width);
      // one by one: the steps of int8 follow a call's values, so that a picture's outputs would depend on those beside it
      for (let i = 0; i < n; i++) {
        const numbers = new Tensor("float32", pictures.slice(i * pixels, (i + 1) * pixels), [1, pixels]);
        out.set((await session.run({ numbers }))["outputs"]!.data as Float32Array, i * width);
      }
      return out;
    },
    close: () => session.release(),
  };
}

/** Median and 99th percentile, the first twenty left out as warm-up. */
export function tails(ms: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = ms.slice(20).sort((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)]!, p99: sorted[Math.floor(0.99 * sorted.length)]! };
}

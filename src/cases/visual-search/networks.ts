/**
 * A small convolutional network and a small vision transformer (Dosovitskiy et al., 2021), each written once over `Ops`: TensorFlow runs
 * it for training, ONNX writes it down for serving. In: pictures [n, pixels]; out: vectors [n, dims] of length 1.
 */
import { keyOf } from "../../random.js";
import { glorot, zeros, type DenseParameter } from "../../models/network/adam.js";
import { onnxGraph } from "../../models/onnx/graph.js";
import { onnxOps, tensorOps, type Ops } from "./ops.js";
import { pixels, side } from "./pictures.js";
import { evaluateTensors } from "../../models/network/layers.js";
import type { Tensor } from "../../models/network/tensor-types.js";

/** Dimensions of a picture's vector. */
export const dims = 64;

/** A network and its weights. */
export interface PictureNet {
  readonly name: string;
  readonly weights: readonly DenseParameter[];
  readonly forward: <V>(ops: Ops<V>, x: V, weights: readonly V[]) => V;
}

/** Three convolutions of stride 2, then a matrix: 16, 32 and 64 channels. Untrained it is a baseline of its own. */
export function convNet(seed: number): PictureNet {
  const key = (layer: number): number => keyOf(seed, `visual search/cnn ${layer}`);
  const widths = [3, 16, 32, 64];
  const weights = [1, 2, 3].flatMap((layer) => [
    filter(`conv${layer}`, widths[layer - 1]!, widths[layer]!, 3, key(layer)),
    zeros(`conv${layer}/bias`, widths[layer]!),
  ]);
  return {
    name: "CNN",
    weights: [...weights, glorot("out", 16 * 64, dims, key(4)), zeros("out/bias", dims)],
    forward(ops, x, w) {
      let h = ops.image(x);
      for (let layer = 0; layer < 3; layer++)
        h = ops.relu(ops.conv(h, w[2 * layer]!, w[2 * layer + 1]!, [widths[layer]!, widths[layer + 1]!], 3, 2));
      return ops.unit(ops.linear(ops.flat(h, 4, 64), w[6]!, w[7]!));
    },
  };
}

/** Patches of 8 × 8, two blocks of attention (four heads) and a mean. */
export function visionTransformer(seed: number, dim = 64, blocks = 2, patch = 8): PictureNet {
  const key = (name: string): number => keyOf(seed, `visual search/vit ${name}`);
  const [tokens, heads] = [(side / patch) ** 2, 4];
  const matrix = (name: string, from: number, to: number): DenseParameter[] => [
    glorot(name, from, to, key(name)),
    zeros(`${name}/bias`, to),
  ];
  const norm = (name: string): DenseParameter[] => [
    { name, shape: [dim], values: new Float32Array(dim).fill(1) },
    zeros(`${name}/shift`, dim),
  ];
  const weights = [
    filter("patch", 3, dim, patch, key("patch")),
    zeros("patch/bias", dim),
    { ...glorot("place", tokens, dim, key("place")) },
    ...Array.from({ length: blocks }, (_, b) => [
      ...norm(`norm${b}a`),
      ...matrix(`qkv${b}`, dim, 3 * dim),
      ...matrix(`mix${b}`, dim, dim),
      ...norm(`norm${b}b`),
      ...matrix(`wide${b}`, dim, 2 * dim),
      ...matrix(`back${b}`, 2 * dim, dim),
    ]).flat(),
    ...norm("last"),
    ...matrix("out", dim, dims),
  ];
  return {
    name: "ViT",
    weights,
    forward(ops, x, w) {
      let h = ops.rows(ops.conv(ops.image(x), w[0]!, w[1]!, [3, dim], patch, patch), w[2]!, tokens, dim);
      let at = 3;
      const take = (): (typeof w)[number] => w[at++]!;
      for (let b = 0; b < blocks; b++) {
        const qkv = ops.linear(ops.norm(h, take(), take()), take(), take());
        h = ops.add(h, ops.linear(ops.attend(qkv, tokens, dim, heads), take(), take()));
        const wide = ops.relu(ops.linear(ops.norm(h, take(), take()), take(), take()));
        h = ops.add(h, ops.linear(wide, take(), take()));
      }
      return ops.unit(ops.linear(ops.mean(ops.norm(h, take(), take()), tokens, dim), take(), take()));
    },
  };
}

/** Filters [outputs, inputs × size × size], so that they round like a table (see quantise.ts). */
function filter(name: string, inputs: number, outputs: number, size: number, key: number): DenseParameter {
  const { values } = glorot(name, inputs * size * size, outputs, key);
  return { name, shape: [outputs, inputs * size * size], values };
}

/** Vectors of pictures, a few hundred at a time. [n, dims] */
export function vectorsOf({ forward, weights }: PictureNet, pictures: Float32Array): Float32Array {
  const n = pictures.length / pixels;
  const out = new Float32Array(n * dims);
  for (let from = 0; from < n; from += 256) {
    const part = pictures.subarray(from * pixels, Math.min(n, from + 256) * pixels);
    const inputs = [{ shape: [part.length / pixels, pixels], values: part }, ...weights];
    const run = (x: Tensor, ...w: Tensor[]): Tensor[] => [forward(tensorOps(), x, w)];
    out.set(evaluateTensors(inputs, (x, ...w) => run(x!, ...w))[0]!, from * dims);
  }
  return out;
}

/** The graph as a file: `numbers` [n, pixels] → `embedding` [n, dims]. */
export function exportNet({ name, forward, weights }: PictureNet): Uint8Array {
  const graph = onnxGraph(name);
  const x = graph.input("numbers", "float32", pixels);
  const held = weights.map((w) => graph.constant(w.name, w.shape, w.values));
  graph.output("embedding", forward(onnxOps(graph), x, held), dims);
  return graph.encode();
}

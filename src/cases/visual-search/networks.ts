/**
 * A small convolutional network and a small vision transformer (Dosovitskiy et al., 2021), each written once over `Ops`: TensorFlow runs
 * it for training, ONNX writes it down for serving. In: pictures [n, pixels]; out: vectors [n, dims] of length 1.
 */
import { keyOf } from "../../random.js";
import { glorot, zeros, type DenseParameter } from "../../models/network/training/adam.js";
import { filter, type PictureNet } from "../picture-net.js";
import { side } from "./pictures.js";

/** Dimensions of a picture's vector. */
export const dims = 64;

/** Three convolutions of stride 2, then a matrix: 16, 32 and 64 channels. Untrained it is a baseline of its own. */
export function convNet(seed: number): PictureNet {
  const key = (layer: number): number => keyOf(seed, `visual search/cnn ${layer}`);
  const widths = [3, 16, 32, 64];
  const weights = [1, 2, 3].flatMap((layer) => [
    filter(`conv${layer}`, widths[layer - 1]!, widths[layer]!, 3, key(layer)),
    zeros(`conv${layer}/bias`, widths[layer]!),
  ]);
  return {
    ...{ name: "CNN", side, width: dims },
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
    ...{ name: "ViT", side, width: dims },
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

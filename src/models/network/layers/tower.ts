/**
 * One tower: features → input block → hidden layers (relu) → linear layer → unit vector. Both towers of a two-tower model are
 * made of this, with their own encodings and weights.
 */
import type { Tensor, Tensor1D, Tensor2D } from "../tensor-types.js";
import { keyOf } from "../../../random.js";
import type { FeatureMatrix } from "../../../types.js";
import { glorot, zeros, type DenseParameter } from "../training/adam.js";
import { makeInputBlock, type EmbeddingConfig, type InputBlock } from "./embedding.js";
import type { Encoding } from "../encoding.js";
import { embedRows } from "../training/feature-learner.js";
import { linear, relu, unitRows } from "./layers.js";

/** A tower and what it reads. */
export interface Tower {
  readonly encoding: Encoding;
  readonly input: InputBlock;
  /** `layer0/weight`, `layer0/bias`, …; the last layer gives the embedding before it is normalised. */
  readonly dense: readonly DenseParameter[];
}

/** Sizes of a tower. */
export interface TowerConfig extends EmbeddingConfig {
  readonly seed: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Dimensions of the embedding. */
  readonly dim: number;
}

/** A fresh tower; `name` makes its draws its own. */
export function makeTower(encoding: Encoding, config: TowerConfig, name: string): Tower {
  const input = makeInputBlock(encoding, config, config.seed, name);
  const widths = [input.width, ...config.hidden, config.dim];
  const dense: DenseParameter[] = [];
  for (let layer = 0; layer + 1 < widths.length; layer++) {
    const key = keyOf(config.seed, `${name}/layer${layer}`);
    dense.push(
      glorot(`layer${layer}/weight`, widths[layer]!, widths[layer + 1]!, key),
      zeros(`layer${layer}/bias`, widths[layer + 1]!),
    );
  }
  return { encoding, input, dense };
}

/** The tower's network. @param x [n, width] @param parameters in the order of `Tower.dense` @returns [n, dim] of length 1 */
export function towerForward(x: Tensor2D, parameters: readonly Tensor[]): Tensor2D {
  let h = x;
  for (let p = 0; p < parameters.length; p += 2) {
    h = linear(h, parameters[p] as Tensor2D, parameters[p + 1] as Tensor1D);
    if (p + 2 < parameters.length) h = relu(h);
  }
  return unitRows(h);
}

/** Embeds rows, a few thousand at a time: [count, dim], of length 1. @throws Error on NaN (naming the feature) or another schema */
export function embed(tower: Tower, matrix: FeatureMatrix): Float32Array {
  return embedRows(tower, matrix, tower.dense.at(-1)!.values.length, towerForward);
}

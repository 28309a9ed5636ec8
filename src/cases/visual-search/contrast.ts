/**
 * Contrastive training: two views of a print should be nearer to each other than to the views of other prints in the batch (InfoNCE, van
 * den Oord et al., 2018; SimCLR, Chen et al., 2020). Views crop, shift colours and add noise; they never cover.
 */
import { adamState, stepAdam } from "../../models/network/training/adam.js";
import { fit, type FitConfig } from "../../models/network/training/fit.js";
import { lossAndGradients } from "../../models/network/layers/layers.js";
import { tensorflow } from "../../models/network/tensor.js";
import type { Tensor } from "../../models/network/tensor-types.js";
import type { RunControl } from "../../types.js";
import type { PictureNet } from "../picture-net.js";
import { tensorOps } from "../picture-ops.js";
import { pixels, rehearsed, views, type Shop } from "./pictures.js";

/** Settings of a training; a pair is two views of an item. */
export interface ContrastConfig {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly temperature: number;
}
export const contrastDefaults: ContrastConfig = { epochs: 40, batchSize: 128, learningRate: 5e-3, temperature: 0.07 };

/** Trains a network's weights in place on the prints of some items. */
export async function contrast(
  net: PictureNet,
  shop: Shop,
  items: Int32Array,
  given: Partial<ContrastConfig> = {},
  control: RunControl = {},
): Promise<PictureNet> {
  const { temperature, ...config } = { ...contrastDefaults, ...given };
  const states = net.weights.map(({ values }) => adamState(values));
  const whole: FitConfig = {
    ...config,
    seed: shop.seed,
    minBatches: 1,
    finalRate: 0.05,
    pointsPerEpoch: 1,
    patience: 1e6,
  };
  const learner = {
    ...{ name: net.name, examples: items.length, weights: net.weights.map(({ values }) => values) },
    step(batch: Int32Array, rate: number, step: number): number {
      const some = Int32Array.from(batch, (i) => items[i]!);
      const [one, other] = [0, 1].map((half) => views(shop, some, rehearsed, 2 * step + half));
      const both = new Float32Array(2 * one!.length);
      both.set(one!);
      both.set(other!, one!.length);
      const { loss, gradients } = lossAndGradients(net.weights, (...weights) =>
        infoNce(
          net.forward(tensorOps(net.side), tensorflow().tensor2d(both, [2 * some.length, pixels]), weights),
          temperature,
        ),
      );
      net.weights.forEach(({ values }, i) => stepAdam(values, gradients[i]!, states[i]!, rate));
      return loss;
    },
  };
  await fit(learner, whole, control);
  return net;
}

/** Cross-entropy of finding the other view, both ways. @param vectors [2 n, dims], the first views above the second */
function infoNce(vectors: Tensor, temperature: number): Tensor {
  const [one, other] = tensorflow().split(vectors, 2, 0) as [Tensor, Tensor];
  const logits = one.matMul(other, false, true).div(temperature);
  const own = one.mul(other).sum(1).div(temperature);
  return logits.logSumExp(1).add(logits.logSumExp(0)).mul(0.5).sub(own).mean();
}

/** The ranker's network as functions of tensors, and its fresh parameters. The formulas are in dcn.ts. */
import type { Tensor, Tensor1D, Tensor2D } from "../../network/tensor-types.js";
import { keyOf } from "../../../random.js";
import { glorot, zeros, type DenseParameter } from "../../network/training/adam.js";
import { crossLayers } from "./cross-layers.js";
import { linear, relu } from "../../network/layers/layers.js";
import { lowRankCrossLayer, lowRankParameters, makeLowRank, type LowRankShape } from "./low-rank-cross.js";
import { logisticLoss, poissonLoss } from "../../network/layers/losses.js";

/** Sizes of the network. */
export interface DcnShape {
  readonly crossLayers: number;
  readonly deep: readonly number[];
  /** Rank of each expert of a low-rank cross layer; 0 or absent: full matrices. */
  readonly crossRank?: number;
  /** Experts of a low-rank cross layer, default 4. */
  readonly crossExperts?: number;
}

/** The cross layers' mixture, or undefined where they are full matrices. */
export function lowRankOf({ crossRank = 0, crossExperts = 4 }: DcnShape): LowRankShape | undefined {
  return crossRank > 0 ? { rank: crossRank, experts: crossExperts } : undefined;
}

/** Log mean watch is kept within ±this, in units of the mean: exp cannot overflow on rows unlike any seen. */
export const logWatchLimit = 6;

/**
 * The network: click logit and log mean watch (not yet kept within its limits) of each row, side by side: [n, 2].
 * @param x [n, width] @param parameters in the order of `Ranker.dense`
 */
export function rankerLogits(x: Tensor2D, parameters: readonly Tensor[], shape: DcnShape): Tensor2D {
  const mixture = lowRankOf(shape);
  let next = 0;
  const weight = (): Tensor2D => parameters[next++] as Tensor2D;
  const bias = (): Tensor1D => parameters[next++] as Tensor1D;
  let h = x;
  if (mixture === undefined) h = crossLayers(x, parameters.slice(0, (next = 2 * shape.crossLayers)));
  else
    for (let layer = 0; layer < shape.crossLayers; layer++)
      h = lowRankCrossLayer(x, h, parameters.slice(next, (next += lowRankParameters)), mixture);
  for (let layer = 0; layer < shape.deep.length; layer++) h = relu(linear(h, weight(), bias()));
  const [click, clickBias, watch, watchBias] = parameters.slice(next) as [Tensor2D, Tensor1D, Tensor2D, Tensor1D];
  return linear(h, click.concat(watch, 1), clickBias.concat(watchBias));
}

/** Fresh parameters in the order in which `forward` reads them; the click head begins at the base rate. */
export function makeDense(
  width: number,
  config: DcnShape & { readonly seed: number },
  clickRate: number,
): DenseParameter[] {
  const key = (name: string): number => keyOf(config.seed, `ranker/${name}`);
  const dense: DenseParameter[] = [];
  const add = (name: string, inputs: number, outputs: number): void => {
    dense.push(glorot(`${name}/weight`, inputs, outputs, key(name)), zeros(`${name}/bias`, outputs));
  };
  const mixture = lowRankOf(config);
  for (let layer = 0; layer < config.crossLayers; layer++) {
    if (mixture === undefined) add(`cross${layer}`, width, width);
    else dense.push(...makeLowRank(`cross${layer}`, width, mixture, config.seed));
  }
  config.deep.forEach((outputs, layer) => add(`deep${layer}`, layer === 0 ? width : config.deep[layer - 1]!, outputs));
  const last = config.deep.at(-1) ?? width;
  add("click", last, 1);
  dense.at(-1)!.values[0] = Math.log(clickRate / (1 - clickRate)); // begins at the base rate
  add("watch", last, 1);
  return dense;
}

/** Amounts and targets of both heads' losses for a batch. */
export interface RankerLabels {
  readonly click: readonly [Float32Array, Float32Array]; // logisticLoss
  readonly watch: readonly [Float32Array, Float32Array]; // poissonLoss
}

/** Loss of a batch's logits; writes their gradient. @param logits [n, 2] */
export function rankerLoss(logits: Float32Array, { click, watch }: RankerLabels, gradient: Float32Array): number {
  return (
    logisticLoss({ logits, gradient, from: 0, by: 2 }, ...click) +
    poissonLoss({ logits, gradient, from: 1, by: 2 }, ...watch, logWatchLimit)
  );
}

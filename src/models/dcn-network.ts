/** The ranker's network as functions of tensors, and its fresh parameters. The formulas are in dcn.ts. */
import type { Tensor, Tensor1D, Tensor2D } from "./tensor-types.js";
import { keyOf } from "../random.js";
import { glorot, zeros, type DenseParameter } from "./adam.js";
import { crossLayer, linear, type ArrayInput } from "./layers.js";
import { lowRankCrossLayer, lowRankParameters, makeLowRank, type LowRankShape } from "./low-rank-cross.js";
import { poissonLoss, sigmoidCrossEntropy } from "./losses.js";
import { tensorflow } from "./tensor.js";

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

/** The network. @param x [n, width] @param parameters in the order of `Ranker.dense` */
export function forward(
  x: Tensor2D,
  parameters: readonly Tensor[],
  shape: DcnShape,
): { clickLogit: Tensor1D; logWatch: Tensor1D } {
  const { crossLayers, deep } = shape;
  const mixture = lowRankOf(shape);
  let next = 0;
  const weight = (): Tensor2D => parameters[next++] as Tensor2D;
  const bias = (): Tensor1D => parameters[next++] as Tensor1D;
  let h = x;
  for (let layer = 0; layer < crossLayers; layer++) {
    h = mixture === undefined ? crossLayer(x, h, weight(), bias()) : lowRankCrossLayer(x, h, parameters.slice(next, (next += lowRankParameters)), mixture);
  }
  for (let layer = 0; layer < deep.length; layer++) h = linear(h, weight(), bias()).relu() as Tensor2D;
  const clickLogit = linear(h, weight(), bias()).squeeze([1]) as Tensor1D;
  const logWatch = linear(h, weight(), bias()).squeeze([1]).clipByValue(-logWatchLimit, logWatchLimit) as Tensor1D;
  return { clickLogit, logWatch };
}

/** Fresh parameters in the order in which `forward` reads them; the click head begins at the base rate. */
export function makeDense(width: number, config: DcnShape & { readonly seed: number }, clickRate: number): DenseParameter[] {
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

/** The loss of a batch. @param block [n, width] @param labels click, watch, click weight, watch weight, [n] each */
export function lossOf(block: Tensor, parameters: readonly Tensor[], labels: readonly ArrayInput[], shape: DcnShape): Tensor {
  const { clickLogit, logWatch } = forward(block as Tensor2D, parameters, shape);
  const [click, watch, clickWeight, watchWeight] = labels.map(({ values }) => tensorflow().tensor1d(values)) as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
  return sigmoidCrossEntropy(clickLogit, click, clickWeight).add(poissonLoss(logWatch, watch, watchWeight));
}

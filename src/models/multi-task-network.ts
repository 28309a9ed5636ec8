/**
 * The multi-task ranker's network as functions of tensors, and its fresh parameters. The formulas are in multi-task.ts.
 * Parameters stand in this order: `bottom/weight`, `bottom/bias`, (MMoE: `gate/weight`, `gate/bias`), `tower/weight`, `tower/bias`, `head/weight`, `head/bias`;
 * all tasks' towers are one array, so that a step costs a handful of products whatever the number of tasks.
 */
import { keyOf } from "../random.js";
import { glorot, zeros, type DenseParameter } from "./adam.js";
import { linear } from "./layers.js";
import type { Tensor, Tensor1D, Tensor2D } from "./tensor-types.js";

/** What is predicted of an impression, in order of the network's outputs. */
export const tasks = ["click", "longWatch", "watch", "like", "hide", "conversion"] as const;
export type Task = (typeof tasks)[number];

/** How tasks share: one bottom for all, or experts mixed by a gate a task. */
export const sharings = ["shared-bottom", "mmoe"] as const;
export type Sharing = (typeof sharings)[number];

/** Sizes of the network. */
export interface MultiTaskShape {
  readonly sharing: Sharing;
  /** Experts of MMoE; a shared bottom is one expert without gates. */
  readonly experts: number;
  /** Width of an expert. */
  readonly expertWidth: number;
  /** Width of each task's tower. */
  readonly towerWidth: number;
}

/** How many experts the network has. */
export function expertsOf({ sharing, experts }: MultiTaskShape): number {
  return sharing === "mmoe" ? experts : 1;
}

/** Logits of all tasks. @param x [n, width] @param parameters in the order of `makeMultiTaskDense` @returns [tasks, n] */
export function taskLogits(x: Tensor2D, parameters: readonly Tensor[], shape: MultiTaskShape): Tensor2D {
  const [n] = x.shape;
  const experts = expertsOf(shape);
  const [bottom, bottomBias, ...rest] = parameters as readonly [Tensor2D, Tensor1D, ...Tensor[]];
  const hidden = linear(x, bottom, bottomBias).relu();
  let at = 0;
  let mixed: Tensor; // [tasks or 1, n, expertWidth]
  if (shape.sharing === "mmoe") {
    const gates = linear(x, rest[at++] as Tensor2D, rest[at++] as Tensor1D).reshape([n, tasks.length, experts]).softmax();
    mixed = gates.matMul(hidden.reshape([n, experts, shape.expertWidth])).transpose([1, 0, 2]);
  } else {
    mixed = hidden.reshape([1, n, shape.expertWidth]).tile([tasks.length, 1, 1]);
  }
  const tower = mixed.matMul(rest[at]!).add(rest[at + 1]!).relu();
  return tower.matMul(rest[at + 2]!).add(rest[at + 3]!).squeeze([2]);
}

/**
 * Σ over tasks and rows of a ⊙ softplus(z) - y ⊙ z: with a = weight and y = weight × label it is sigmoid cross-entropy; with a = weight × (T + 1) and
 * y = weight × T it is weighted logistic regression whose odds are the mean of T.
 * @param logits [tasks, n] @param amounts a, [tasks, n] @param targets y, [tasks, n]
 */
export function multiTaskLoss(logits: Tensor2D, amounts: Tensor2D, targets: Tensor2D): Tensor {
  return logits.softplus().mul(amounts).sub(logits.mul(targets)).sum();
}

/** Fresh parameters in the order in which the network reads them; each head begins at its base rate. @param odds of each task */
export function makeMultiTaskDense(width: number, shape: MultiTaskShape & { readonly seed: number }, odds: readonly number[]): DenseParameter[] {
  const { expertWidth, towerWidth, seed } = shape;
  const experts = expertsOf(shape);
  const key = (name: string): number => keyOf(seed, `multi-task/${name}`);
  /** One matrix a part, side by side: Glorot's limits are those of one part. */
  const beside = (name: string, inputs: number, outputs: number, parts: number): DenseParameter => {
    const values = new Float32Array(inputs * outputs * parts);
    for (let part = 0; part < parts; part++) {
      const one = glorot("", inputs, outputs, key(`${name}${part}`)).values;
      for (let i = 0; i < inputs; i++) values.set(one.subarray(i * outputs, (i + 1) * outputs), (i * parts + part) * outputs);
    }
    return { name: `${name}/weight`, shape: [inputs, outputs * parts], values };
  };
  const above = (name: string, inputs: number, outputs: number): DenseParameter => {
    const values = new Float32Array(tasks.length * inputs * outputs);
    tasks.forEach((task, k) => values.set(glorot("", inputs, outputs, key(`${name}/${task}`)).values, k * inputs * outputs));
    return { name: `${name}/weight`, shape: [tasks.length, inputs, outputs], values };
  };
  return [
    beside("bottom", width, expertWidth, experts),
    zeros("bottom/bias", experts * expertWidth),
    ...(shape.sharing === "mmoe" ? [beside("gate", width, experts, tasks.length), zeros("gate/bias", tasks.length * experts)] : []),
    above("tower", expertWidth, towerWidth),
    { name: "tower/bias", shape: [tasks.length, 1, towerWidth], values: new Float32Array(tasks.length * towerWidth) },
    above("head", towerWidth, 1),
    { name: "head/bias", shape: [tasks.length, 1, 1], values: Float32Array.from(odds, Math.log) },
  ];
}

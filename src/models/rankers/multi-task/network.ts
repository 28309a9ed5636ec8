/**
 * The multi-task ranker's network as functions of tensors, and its fresh parameters. The formulas are in multi-task.ts.
 * Parameters are in this order: `bottom/weight`, `bottom/bias`, (MMoE: `gate/weight`, `gate/bias`), `tower/weight`, `tower/bias`,
 * `head/weight`, `head/bias`; all tasks' towers are one array, so that a step costs a handful of products whatever the number of tasks.
 */
import { keyOf } from "../../../random.js";
import { glorot, zeros, type DenseParameter } from "../../network/training/adam.js";
import { linear, relu } from "../../network/layers/layers.js";
import { logisticLoss } from "../../network/layers/losses.js";
import { watchLoss, type WatchTarget } from "../watch-head.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../network/tensor-types.js";

/** What is predicted of an impression, in order of the network's outputs. */
export const tasks = ["click", "longWatch", "watch", "like", "hide", "conversion"] as const;
export type Task = (typeof tasks)[number];

/** How tasks share: one bottom for all, or experts mixed by a gate per task. */
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
  const hidden = relu(linear(x, bottom, bottomBias));
  let at = 0;
  let mixed: Tensor; // [tasks or 1, n, expertWidth]
  if (shape.sharing === "mmoe") {
    const gates = linear(x, rest[at++] as Tensor2D, rest[at++] as Tensor1D)
      .reshape([n, tasks.length, experts])
      .softmax();
    mixed = gates.matMul(hidden.reshape([n, experts, shape.expertWidth])).transpose([1, 0, 2]);
  } else {
    mixed = hidden.reshape([1, n, shape.expertWidth]).tile([tasks.length, 1, 1]);
  }
  const tower = relu(mixed.matMul(rest[at]!).add(rest[at + 1]!));
  return tower
    .matMul(rest[at + 2]!)
    .add(rest[at + 3]!)
    .squeeze([2]);
}

/** Amounts and targets of each task's loss for a batch, in the order of `tasks`: [n] each. */
export type TaskLabels = readonly { readonly amounts: Float32Array; readonly targets: Float32Array }[];

/** Sum of all tasks' losses; writes the logits' gradient. @param logits [tasks, n] */
export function multiTaskLoss(
  logits: Float32Array,
  labels: TaskLabels,
  gradient: Float32Array,
  watchTarget: WatchTarget,
): number {
  return labels.reduce((sum, { amounts, targets }, k) => {
    const head = { logits, gradient, from: k * amounts.length, by: 1 };
    return (
      sum +
      (tasks[k] === "watch" ? watchLoss(head, amounts, targets, watchTarget) : logisticLoss(head, amounts, targets))
    );
  }, 0);
}

/** Fresh parameters in the order in which the network reads them; each head begins at its base rate. @param odds of each task */
export function makeMultiTaskDense(
  width: number,
  shape: MultiTaskShape & { readonly seed: number },
  odds: readonly number[],
): DenseParameter[] {
  const { expertWidth, towerWidth, seed } = shape;
  const experts = expertsOf(shape);
  const key = (name: string): number => keyOf(seed, `multi-task/${name}`);
  /** One matrix per part, side by side: Glorot's limits are those of one part. */
  const beside = (name: string, inputs: number, outputs: number, parts: number): DenseParameter => {
    const values = new Float32Array(inputs * outputs * parts);
    for (let part = 0; part < parts; part++) {
      const one = glorot("", inputs, outputs, key(`${name}${part}`)).values;
      for (let i = 0; i < inputs; i++)
        values.set(one.subarray(i * outputs, (i + 1) * outputs), (i * parts + part) * outputs);
    }
    return { name: `${name}/weight`, shape: [inputs, outputs * parts], values };
  };
  const above = (name: string, inputs: number, outputs: number): DenseParameter => {
    const values = new Float32Array(tasks.length * inputs * outputs);
    tasks.forEach((task, k) =>
      values.set(glorot("", inputs, outputs, key(`${name}/${task}`)).values, k * inputs * outputs),
    );
    return { name: `${name}/weight`, shape: [tasks.length, inputs, outputs], values };
  };
  return [
    beside("bottom", width, expertWidth, experts),
    zeros("bottom/bias", experts * expertWidth),
    ...(shape.sharing === "mmoe"
      ? [beside("gate", width, experts, tasks.length), zeros("gate/bias", tasks.length * experts)]
      : []),
    above("tower", expertWidth, towerWidth),
    { name: "tower/bias", shape: [tasks.length, 1, towerWidth], values: new Float32Array(tasks.length * towerWidth) },
    above("head", towerWidth, 1),
    { name: "head/bias", shape: [tasks.length, 1, 1], values: Float32Array.from(odds, Math.log) },
  ];
}

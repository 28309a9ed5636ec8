/**
 * Layers as functions of tensors, and one training step: inputs and parameters go in as Float32Arrays, the loss and the
 * gradients come out as Float32Arrays, and no tensor is left behind.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "../tensor-types.js";
import type { DenseParameter } from "../training/adam.js";
import { reluGradient } from "./relu-gradient.js";
import { tensorflow } from "../tensor.js";

/** A float32 array and its shape, on the way into TensorFlow. */
export interface ArrayInput {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A loss and its gradient for each input, in order. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: readonly Float32Array[];
}

/** x W + b. @param x [n, inputs] @param weight [inputs, outputs] @param bias [outputs] */
export function linear(x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D {
  return x.matMul(weight).add(bias) as Tensor2D;
}

/** max(x, 0), with a gradient of one operation. */
export function relu<T extends Tensor>(x: T): T {
  const tf = tensorflow();
  const forward = tf.customGrad((...inputs) => {
    const [input, save] = inputs as unknown as [Tensor, (saved: Tensor[]) => void];
    const y = input.relu();
    save([y]);
    return { value: y, gradFunc: (dy: Tensor, saved: Tensor[]) => reluGradient(tf, dy, saved[0]!) };
  });
  return forward(x) as T;
}

/** Rows divided by their length: x / √(Σ x² + 1e-12). @param x [n, dims] */
export function unitRows(x: Tensor2D): Tensor2D {
  return x.div(x.square().sum(1, true).add(1e-12).sqrt()) as Tensor2D;
}

/** Value and gradients of `lossOf(...inputs)`, a scalar. All tensors are disposed. */
export function lossAndGradients(
  inputs: readonly ArrayInput[],
  lossOf: (...tensors: Tensor[]) => Tensor,
): LossAndGradients {
  const tf = tensorflow();
  let loss = 0;
  const gradients: Float32Array[] = [];
  tf.tidy(() => {
    const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape as number[], "float32"));
    const { value, grads } = tf.valueAndGrads((...xs: Tensor[]) => lossOf(...xs) as Scalar)(tensors);
    loss = value.dataSync()[0]!;
    for (const grad of grads) gradients.push(grad.dataSync() as Float32Array);
  }); // nothing is returned: tidy would look for tensors in each element of a returned array
  return { loss, gradients };
}

/** Runs `outputsOf(...inputs)` and gives the outputs' values. All tensors are disposed. */
export function evaluateTensors(
  inputs: readonly ArrayInput[],
  outputsOf: (...tensors: Tensor[]) => readonly Tensor[],
): Float32Array[] {
  const tf = tensorflow();
  const values: Float32Array[] = [];
  tf.tidy(() => {
    const tensors = inputs.map(({ values: held, shape }) => tf.tensor(held, shape as number[], "float32"));
    for (const output of outputsOf(...tensors)) values.push(output.dataSync() as Float32Array);
  });
  return values;
}

/** An array under the name of its model's part. */
export function named(prefix: string, { name, shape, values }: DenseParameter): DenseParameter {
  return { name: `${prefix}/${name}`, shape, values };
}

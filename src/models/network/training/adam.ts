/**
 * Dense parameters and Adam (Kingma and Ba, 2015). Parameters live in Float32Arrays outside TensorFlow: an update is one
 * plain loop in place of a dozen small tensor operations, and saving, copying and restoring are copies of arrays.
 */
import { uniform } from "../../../random.js";

/** A matrix, vector or scalar that is learned whole. */
export interface DenseParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array; // row-major
}

/** Settings of Adam, dense and lazy. */
export interface AdamConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The paper's defaults, with an epsilon that keeps tiny gradients of float32 losses tiny. */
export const adamDefaults: AdamConfig = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Moments of one parameter. `steps` is written by `stepAdam`. */
export interface AdamState {
  readonly first: Float32Array;
  readonly second: Float32Array;
  steps: number;
}

/** A weight matrix [inputs, outputs], uniform in ±√(6 / (inputs + outputs)) (Glorot and Bengio, 2010). */
export function glorot(name: string, inputs: number, outputs: number, key: number): DenseParameter {
  const limit = Math.sqrt(6 / (inputs + outputs));
  const values = new Float32Array(inputs * outputs);
  for (let i = 0; i < values.length; i++) values[i] = limit * (2 * uniform(key, i) - 1);
  return { name, shape: [inputs, outputs], values };
}

/** A vector of zeros (a bias). */
export function zeros(name: string, length: number): DenseParameter {
  return { name, shape: [length], values: new Float32Array(length) };
}

/** Fresh moments for an array of parameters. */
export function adamState(values: Float32Array): AdamState {
  return { first: new Float32Array(values.length), second: new Float32Array(values.length), steps: 0 };
}

/** One update of `values` in place: value -= rate × m̂ / (√v̂ + ε). */
export function stepAdam(
  values: Float32Array,
  gradient: ArrayLike<number>,
  state: AdamState,
  rate: number,
  config: AdamConfig = adamDefaults,
): void {
  if (gradient.length !== values.length)
    throw new Error(`gradient holds ${gradient.length} values; expected ${values.length}`);
  const { beta1, beta2, epsilon } = config;
  const { first, second } = state;
  state.steps++;
  const scale = rate / (1 - beta1 ** state.steps);
  const correction = 1 / (1 - beta2 ** state.steps);
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]!;
    const m = (first[i] = beta1 * first[i]! + (1 - beta1) * g);
    const v = (second[i] = beta2 * second[i]! + (1 - beta2) * g * g);
    values[i]! -= (scale * m) / (Math.sqrt(v * correction) + epsilon);
  }
}

/** 1 / (1 - β^step) of both moments by step; the last stands for all later ones, where they are 1 to within float32's rounding. */
export interface BiasCorrections {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

let corrections: BiasCorrections | undefined;

/**
 * Adam's bias corrections with the default β, made once: a lazy update needs them for each row, and powers cost more than the update
 * itself.
 */
export function biasCorrections(): BiasCorrections {
  const upTo = (beta: number): Float64Array =>
    Float64Array.from({ length: 32_769 }, (_, step) => 1 / (1 - beta ** step));
  return (corrections ??= { first: upTo(adamDefaults.beta1), second: upTo(adamDefaults.beta2) });
}

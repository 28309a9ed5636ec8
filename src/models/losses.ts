/**
 * Losses as small functions. Softmax over sampled candidates: each trick goes from logits to logits, the last gives the
 * loss. All give one tensor scalar and are differentiable; weights default to 1 and the mean is over the batch.
 */
import type { Tensor, Tensor1D, Tensor2D } from "./tensor-types.js";
import { tensorflow } from "./tensor.js";

/** Logit taken from a column that must not compete. */
const removed = -1e9;

/**
 * logQ correction (Bengio and Senécal, 2008; Yi et al., 2019): logits - log q. A candidate that is sampled often is pushed
 * down often; subtracting the log of its sampling rate makes the softmax over the sample estimate the softmax over all.
 * @param logits [batch, candidates] @param logQ [candidates]; a common constant does not matter
 */
export function correctSamplingBias(logits: Tensor2D, logQ: Tensor1D): Tensor2D {
  return logits.sub(logQ) as Tensor2D;
}

/**
 * Takes accidental hits out: columns that hold the row's own positive again, which would be taught to be negative.
 * Row i's positive is column i.
 * @param logits [batch, candidates] @param candidates id of each column; the first `batch` are the positives
 */
export function removeAccidentalHits(logits: Tensor2D, candidates: Int32Array): Tensor2D {
  const [batch, columns] = logits.shape;
  const places = new Map<number, number[]>();
  let hits = 0;
  for (let column = 0; column < columns; column++) {
    const held = places.get(candidates[column]!);
    if (held === undefined) places.set(candidates[column]!, [column]);
    else {
      held.push(column);
      hits++;
    }
  }
  if (hits === 0) return logits;
  const mask = new Float32Array(batch * columns);
  for (let row = 0; row < batch; row++) {
    const same = places.get(candidates[row]!)!;
    for (const column of same) if (column !== row) mask[row * columns + column] = removed;
  }
  return logits.add(tensorflow().tensor2d(mask, [batch, columns]));
}

/**
 * In-batch sampled softmax: weighted mean over rows of log Σ_j exp(logit_ij) - logit_ii, the positive of row i being column i.
 * Computed in one pass of plain loops: faster than the native library's six operations on the logits, many times faster than
 * the portable backend's, and the same on both.
 * @param logits [batch, candidates], candidates ≥ batch @param weights [batch]
 */
export function inBatchSoftmax(logits: Tensor2D, weights?: Float32Array): Tensor {
  const tf = tensorflow();
  const [batch, columns] = logits.shape;
  if (columns < batch) throw new Error(`logits are [${batch}, ${columns}]; allowed: at least as many candidates as rows`);
  const loss = tf.customGrad((x, save) => {
    const values = (x as Tensor2D).dataSync() as Float32Array;
    const { mean, gradient } = softmaxRows(values, batch, columns, weights);
    (save as (saved: Tensor[]) => void)([tf.tensor2d(gradient, [batch, columns])]);
    return { value: tf.scalar(mean), gradFunc: (dy: Tensor, saved: Tensor[]) => [dy.mul(saved[0]!)] };
  });
  return loss(logits);
}

/** Sigmoid cross-entropy: softplus(z) - z × y, stable for any z. @param logits [batch] @param labels [batch] in [0, 1] */
export function sigmoidCrossEntropy(logits: Tensor1D, labels: Tensor1D, weights?: Tensor1D): Tensor {
  return weightedMean(logits.softplus().sub(logits.mul(labels)), weights);
}

/**
 * Poisson loss of a positive mean exp(h) for amounts y ≥ 0: exp(h) - y × h. Least when exp(h) = E[y | x] whatever the
 * distribution of y (Gourieroux, Monfort and Trognon, 1984), and on the training rows the predictions sum to the amounts.
 * @param logMeans [batch] h @param amounts [batch] in units of about their mean
 */
export function poissonLoss(logMeans: Tensor1D, amounts: Tensor1D, weights?: Tensor1D): Tensor {
  return weightedMean(logMeans.exp().sub(amounts.mul(logMeans)), weights);
}

/** 2^-(i + 1). */
const halves: Float64Array = Float64Array.from({ length: 42 }, (_, i) => 2 ** -(i + 1));

function weightedMean(losses: Tensor, weights?: Tensor1D): Tensor {
  return weights === undefined ? losses.mean() : losses.mul(weights).sum().div(losses.size);
}

/** Loss and its gradient by row: (softmax - one-hot) × weight / batch. */
function softmaxRows(logits: Float32Array, batch: number, columns: number, weights?: Float32Array): { mean: number; gradient: Float32Array } {
  const gradient = new Float32Array(logits.length);
  let total = 0;
  for (let row = 0; row < batch; row++) {
    const from = row * columns;
    const to = from + columns;
    let highest = -Infinity;
    for (let at = from; at < to; at++) if (logits[at]! > highest) highest = logits[at]!;
    let sum = 0;
    for (let at = from; at < to; at++) {
      // exp by halves: 2^-u = 2^-(whole + 1) × polynomial(whole + 1 - u), to 1e-7, several times as fast as Math.exp
      const u = (highest - logits[at]!) * Math.LOG2E;
      if (u > 40) continue; // far less than a float32's rounding of the sum
      const whole = u | 0;
      const f = whole + 1 - u;
      const power = 0.99999989835 + f * (0.69315448966 + f * (0.2401418182 + f * (0.05586033708 + f * (0.00894959042 + f * 0.00189375406))));
      sum += gradient[at] = power * halves[whole]!;
    }
    const weight = (weights === undefined ? 1 : weights[row]!) / batch;
    const scale = weight / sum;
    for (let at = from; at < to; at++) gradient[at]! *= scale;
    gradient[from + row]! -= weight;
    total += weight * (highest + Math.log(sum) - logits[from + row]!);
  }
  return { mean: total, gradient };
}

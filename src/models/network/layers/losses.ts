/**
 * Losses as small functions. Softmax over sampled candidates: each trick goes from logits to logits, the last gives the
 * loss. Losses of single rows are plain loops over a head's logits.
 */
import type { Tensor, Tensor1D, Tensor2D } from "../tensor-types.js";
import { tensorflow } from "../tensor.js";

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
  const [batch, columns] = logits.shape;
  if (columns < batch)
    throw new Error(`logits are [${batch}, ${columns}]; allowed: at least as many candidates as rows`);
  return loopLoss(logits, (values) => softmaxRows(values, batch, columns, weights));
}

/** The loss of some logits and its gradient, as plain loops compute them. */
export interface LoopLoss {
  readonly value: number;
  readonly gradient: Float32Array; // as long as the logits
}

/**
 * A loss in plain loops over a network's last few numbers a row: differentiable in the logits, one operation in place of the dozens that
 * small tensor functions would be, and the same on both backends.
 */
export function loopLoss(logits: Tensor, lossOf: (logits: Float32Array) => LoopLoss): Tensor {
  const tf = tensorflow();
  const loss = tf.customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [Tensor, (saved: Tensor[]) => void];
    const { value, gradient } = lossOf(x.dataSync() as Float32Array);
    save([tf.tensor(gradient, x.shape)]);
    return { value: tf.scalar(value), gradFunc: (dy: Tensor, saved: Tensor[]) => dy.mul(saved[0]!) };
  });
  return loss(logits);
}

/** One head among others: the logit of row i stands at `from + i × by`, its gradient goes to the same place. */
export interface Head {
  readonly logits: Float32Array;
  readonly gradient: Float32Array;
  readonly from: number;
  readonly by: number;
}

/**
 * Σ a softplus(z) - y z, with gradient a sigmoid(z) - y, stable for any z. With a = weight and y = weight × label it is sigmoid
 * cross-entropy; with a = weight × (T + 1) and y = weight × T weighted logistic regression, whose odds are the mean of T.
 * @param amounts a, [rows] @param targets y, [rows]
 */
export function logisticLoss(
  { logits, gradient, from, by }: Head,
  amounts: Float32Array,
  targets: Float32Array,
): number {
  let sum = 0;
  for (let i = 0, at = from; i < amounts.length; i++, at += by) {
    const z = logits[at]!;
    const tail = Math.exp(-Math.abs(z));
    sum += amounts[i]! * (Math.max(z, 0) + Math.log1p(tail)) - targets[i]! * z;
    gradient[at] = amounts[i]! * ((z < 0 ? tail : 1) / (1 + tail)) - targets[i]!;
  }
  return sum;
}

/**
 * Σ a exp(z) - y z, with gradient a exp(z) - y. With a = weight and y = weight × T it is the Poisson loss of amounts T ≥ 0: least when
 * exp(z) = E[T | x] whatever the distribution of T (Gourieroux, Monfort and Trognon, 1984), and on the training rows the predictions sum
 * to the amounts. With a an exposure and y a count of events exp(z) is a rate. z is kept within ±limit and gets no gradient beyond.
 * @param amounts a, [rows] @param targets y, [rows]
 */
export function poissonLoss(
  { logits, gradient, from, by }: Head,
  amounts: Float32Array,
  targets: Float32Array,
  limit: number,
): number {
  let sum = 0;
  for (let i = 0, at = from; i < amounts.length; i++, at += by) {
    const z = Math.min(Math.max(logits[at]!, -limit), limit);
    const mean = amounts[i]! * Math.exp(z);
    sum += mean - targets[i]! * z;
    gradient[at] = z === logits[at] ? mean - targets[i]! : 0;
  }
  return sum;
}

/**
 * The same losses as functions of tensors, for steps in a graph: Σ over heads and rows. @param logits, amounts and targets [heads, rows]
 * @param limits of each head: undefined logistic, else Poisson within ±limit
 */
export function headsLoss(
  logits: Tensor2D,
  amounts: Tensor2D,
  targets: Tensor2D,
  limits: readonly (number | undefined)[],
): Tensor {
  const rows = logits.shape[1];
  const losses = limits.map((limit, k) => {
    const [z, a, y] = [logits, amounts, targets].map((x) => x.slice([k, 0], [1, rows])) as [Tensor, Tensor, Tensor];
    if (limit === undefined) return a.mul(z.softplus()).sub(y.mul(z)).sum();
    const within = z.clipByValue(-limit, limit);
    return a.mul(within.exp()).sub(y.mul(within)).sum();
  });
  return tensorflow().addN(losses);
}

/** 2^-(i + 1). */
const halves: Float64Array = Float64Array.from({ length: 42 }, (_, i) => 2 ** -(i + 1));

/** Loss and its gradient by row: (softmax - one-hot) × weight / batch. */
function softmaxRows(logits: Float32Array, batch: number, columns: number, weights?: Float32Array): LoopLoss {
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
      const power =
        0.99999989835 +
        f * (0.69315448966 + f * (0.2401418182 + f * (0.05586033708 + f * (0.00894959042 + f * 0.00189375406))));
      sum += gradient[at] = power * halves[whole]!;
    }
    const weight = (weights === undefined ? 1 : weights[row]!) / batch;
    const scale = weight / sum;
    for (let at = from; at < to; at++) gradient[at]! *= scale;
    gradient[from + row]! -= weight;
    total += weight * (highest + Math.log(sum) - logits[from + row]!);
  }
  return { value: total, gradient };
}

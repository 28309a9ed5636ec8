/**
 * The two towers' loss, all tricks in one: softmax over sampled candidates with logQ correction and without accidental hits. The same
 * number as `inBatchSoftmax(removeAccidentalHits(correctSamplingBias(logits)))`, in half a dozen operations on the [batch, candidates]
 * matrix:
 *
 *   P_ij = exp(q_i · c_j / T), 0 for accidental hits        w_j = exp(-logQ_j)        s_i = Σ_j P_ij w_j
 *   loss = mean_i v_i [log s_i - (q_i · c_i / T - logQ_i)]
 *   ∂/∂q_i = v_i (Σ_j P_ij w_j c_j / s_i - c_i) / (B T)     ∂/∂c_j = (w_j Σ_i P_ij v_i q_i / s_i - [j < B] v_j q_j) / (B T)
 *
 * The correction is a weight on the candidates' side and the softmax is never written out, so both gradients are one matrix product.
 */
import type { Tensor, Tensor1D, Tensor2D } from "../tensor-types.js";
import { correctSamplingBias, inBatchSoftmax, removeAccidentalHits } from "./losses.js";
import { inputTensors, type StepInput } from "../graph/step.js";
import { tensorflow } from "../tensor.js";

/** What the loss needs beside the towers' outputs. */
export interface SampledBatch {
  readonly videos: Int32Array; // [candidates] id of each; the first `batch` are the positives
  readonly logQ?: Float32Array | undefined; // [candidates] log sampling rates, a common constant does not matter; undefined: no correction
  readonly weights?: Float32Array | undefined; // [batch] of each positive's loss; undefined: all 1
}

/** Widest spread of logits that float32 sums without taking each row's maximum off first: e^±80 is far from its ends. */
const widest = 80;

/**
 * Weighted mean of -log softmax of each query's own candidate; differentiable in both sides.
 * @param queries [batch, dim] of length at most 1 @param candidates [candidates, dim] of length at most 1; candidate i is query i's
 * positive
 */
export function sampledSoftmax(
  queries: Tensor2D,
  candidates: Tensor2D,
  temperature: number,
  batch: SampledBatch,
): Tensor {
  const tf = tensorflow();
  const inputs = sampledInputs(temperature, batch, queries.shape[0]);
  if (inputs !== undefined) return softmaxOf(queries, candidates, temperature, inputTensors(inputs));
  let logits = queries.div(temperature).matMul(candidates, false, true) as Tensor2D;
  if (batch.logQ !== undefined) logits = correctSamplingBias(logits, tf.tensor1d(batch.logQ) as Tensor1D);
  return inBatchSoftmax(removeAccidentalHits(logits, batch.videos), batch.weights);
}

/** Weight of a candidate that fills up: nothing beside any other, and its logarithm is finite. */
const fillWeight = 2 ** -126;

/**
 * What `softmaxOf` reads: w, v, accidental hits and a 0 for each; undefined where the logits spread too widely for it.
 * @param rows of the queries, of which the first `count` are meant; as many candidates are added. The rest fill up and change nothing.
 */
export function sampledInputs(
  temperature: number,
  batch: SampledBatch,
  count: number,
  rows: number = count,
): StepInput[] | undefined {
  const { values, spread } = candidateWeights(batch.logQ, batch.videos.length);
  if (1 / temperature + spread > widest) return undefined;
  const hits = accidentalHits(batch.videos, count);
  const w = new Float32Array(values.length + rows - count).fill(fillWeight);
  w.set(values);
  const v = new Float32Array(rows);
  for (let row = 0; row < count; row++) v[row] = ((batch.weights?.[row] ?? 1) * rows) / count; // the mean is over `count`
  return [
    { values: w, shape: [w.length, 1] },
    { values: v, shape: [rows, 1] },
    { values: hits, shape: [hits.length / 2, 2], free: true },
    { values: new Float32Array(hits.length / 2), shape: [hits.length / 2], free: true },
  ];
}

/** How many inputs `softmaxOf` reads. */
export const softmaxInputs = 4;

/** The loss with all that depends on values given. @param inputs in the order of `sampledInputs` */
export function softmaxOf(
  queries: Tensor2D,
  candidates: Tensor2D,
  temperature: number,
  inputs: readonly Tensor[],
): Tensor {
  const tf = tensorflow();
  const [w, v, hits, nothing] = inputs as [Tensor2D, Tensor2D, Tensor2D, Tensor1D];
  const [count, columns] = [queries.shape[0], w.shape[0]];
  const loss = tf.customGrad((...sides) => {
    const [q, c, save] = sides as unknown as [Tensor2D, Tensor2D, (saved: Tensor[]) => void];
    let p = q.div(temperature).matMul(c, false, true).exp() as Tensor2D;
    if (hits.shape[0] > 0) p = tf.tensorScatterUpdate(p, hits, nothing) as Tensor2D;
    const sums = p.matMul(tf.concat([c.mul(w), w], 1)); // [batch, dim + 1]
    const s = sums.slice([0, q.shape[1]], [count, 1]);
    const positives = c.slice([0, 0], [count, q.shape[1]]);
    const own = q
      .mul(positives)
      .sum(1, true)
      .div(temperature)
      .add(w.slice([0, 0], [count, 1]).log());
    const dq = sums
      .slice([0, 0], q.shape)
      .div(s)
      .sub(positives)
      .mul(v)
      .div(count * temperature);
    save([q.mul(v.div(s)), q.mul(v), p, w, dq]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [shares, pulls, exponents, correction, queryGradient] = saved as [
        Tensor2D,
        Tensor2D,
        Tensor2D,
        Tensor2D,
        Tensor2D,
      ];
      const pushed = exponents.matMul(shares, true, false).mul(correction);
      const pulled = pulls.pad([
        [0, columns - count],
        [0, 0],
      ]);
      return [
        queryGradient.mul(dy),
        pushed
          .sub(pulled)
          .div(count * temperature)
          .mul(dy),
      ];
    };
    return { value: s.log().sub(own).mul(v).sum().div(count), gradFunc };
  });
  return loss(queries, candidates);
}

/** w = exp(-logQ), the largest of them 1, and the width of the logs. */
function candidateWeights(logQ: Float32Array | undefined, count: number): { values: Float32Array; spread: number } {
  if (logQ === undefined) return { values: new Float32Array(count).fill(1), spread: 0 };
  let low = Infinity,
    high = -Infinity;
  for (const x of logQ) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return { values: logQ.map((x) => Math.exp(low - x)), spread: high - low };
}

/** [row, column, …] of candidates that are the row's own positive again. */
function accidentalHits(videos: Int32Array, count: number): Int32Array {
  const first = new Map<number, number>(); // id -> last row that has it as positive; `before` leads to the earlier ones
  const before = new Int32Array(count).fill(-1);
  for (let row = 0; row < count; row++) {
    before[row] = first.get(videos[row]!) ?? -1;
    first.set(videos[row]!, row);
  }
  const pairs: number[] = [];
  for (let column = 0; column < videos.length; column++) {
    for (let row = first.get(videos[column]!) ?? -1; row >= 0; row = before[row]!)
      if (row !== column) pairs.push(row, column);
  }
  return Int32Array.from(pairs);
}

/**
 * The parts of a transformer that reads a sequence from left to right (Vaswani et al., 2017), as functions of tensors.
 *
 *     layer norm        (x - mean) / √(variance + 1e-5) ⊙ gain + shift, by row                       (Ba et al., 2016)
 *     causal attention  softmax(Q Kᵀ / √d + mask) V for each head, the mask -1e9 where the key is later than the query
 *
 * Sequences are on the left of their rows and are padded on the right: the causal mask alone keeps padding out of every place that is read.
 */
import { hash32 } from "../../random.js";
import type { Tensor, Tensor1D, Tensor2D } from "./tensor-types.js";
import { linear } from "./layers.js";
import { tensorflow } from "./tensor.js";

/** Added to a row's variance; ONNX's default. */
export const normEpsilon = 1e-5;

/** A logit that leaves nothing of a key: exp gives exactly 0. */
export const maskedLogit = -1e9;

/**
 * Layer normalisation by row, its gradient in closed form (half the operations of the derived one). @param x [n, dim] @param gain [dim]
 * @param shift [dim]
 */
export function layerNorm(x: Tensor2D, gain: Tensor1D, shift: Tensor1D): Tensor2D {
  const tf = tensorflow();
  const norm = tf.customGrad((...inputs) => {
    const [rows, scale, bias, save] = inputs as unknown as [Tensor2D, Tensor1D, Tensor1D, (saved: Tensor[]) => void];
    const centred = rows.sub(rows.mean(1, true));
    const inverse = centred.square().mean(1, true).add(normEpsilon).rsqrt();
    const unit = centred.mul(inverse);
    save([unit, inverse, scale]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [normal, factor, weights] = saved as [Tensor2D, Tensor2D, Tensor1D];
      const pulled = dy.mul(weights);
      const dx = pulled
        .sub(pulled.mean(1, true))
        .sub(normal.mul(pulled.mul(normal).mean(1, true)))
        .mul(factor);
      return [dx, dy.mul(normal).sum(0), dy.sum(0)];
    };
    return { value: unit.mul(scale).add(bias), gradFunc };
  });
  return norm(x, gain, shift) as Tensor2D;
}

/** Sizes of `causalAttention`. */
export interface AttentionShape {
  readonly heads: number; // divides dim
  readonly length: number; // places a sequence
}

/**
 * Multi-head self-attention in which no place sees a later one.
 * @param x [sequences × length, dim] what queries are made of @param weights query, key, value and output: a matrix [dim, dim] and a
 *   bias [dim] each
 * @returns [sequences × length, dim]
 */
export function causalAttention(x: Tensor2D, weights: readonly Tensor[], { heads, length }: AttentionShape): Tensor2D {
  const [rows, dim] = x.shape;
  const sequences = rows / length;
  const size = dim / heads;
  const part = (at: number): Tensor2D => linear(x, weights[at] as Tensor2D, weights[at + 1] as Tensor1D);
  const split = (y: Tensor2D): Tensor =>
    heads === 1
      ? y.reshape([sequences, length, dim])
      : y
          .reshape([sequences, length, heads, size])
          .transpose([0, 2, 1, 3])
          .reshape([sequences * heads, length, size]);
  const logits = split(part(0).mul(1 / Math.sqrt(size)))
    .matMul(split(part(2)), false, true)
    .add(causalMask(length));
  const mixed = logits.softmax().matMul(split(part(4)));
  const joined = heads === 1 ? mixed : mixed.reshape([sequences, heads, length, size]).transpose([0, 2, 1, 3]);
  return linear(joined.reshape([rows, dim]), weights[6] as Tensor2D, weights[7] as Tensor1D);
}

/** 0 where the key (column) is not later than the query (row), else -1e9. // [length, length] */
function causalMask(length: number): Tensor2D {
  return tensorflow().tensor2d(causalMaskValues(length), [length, length]);
}

/** The values of the causal mask, row-major. // [length, length] */
export function causalMaskValues(length: number): Float32Array {
  const values = new Float32Array(length * length);
  for (let query = 0; query < length; query++)
    for (let key = query + 1; key < length; key++) values[query * length + key] = maskedLogit;
  return values;
}

/**
 * Inverted dropout's factors: 0 with chance `rate` (to 1/256), else 1 / (1 - rate) of what was kept. One hash decides four values, so a
 * mask costs a few nanoseconds a value and is the same on any backend.
 * @param site tells the places in the network apart
 */
export function dropoutMask(count: number, rate: number, key: number, step: number, site: number): Float32Array {
  const mask = new Float32Array(count);
  const limit = Math.round(256 * rate);
  const kept = 256 / (256 - limit);
  for (let i = 0; i < count; i += 4) {
    const bits = hash32(key, step, site, i);
    const end = Math.min(count, i + 4);
    for (let j = i, shift = 0; j < end; j++, shift += 8) mask[j] = ((bits >>> shift) & 255) < limit ? 0 : kept;
  }
  return mask;
}

/**
 * Rows `places` (each at most once) of a matrix; the gradient is scattered back, without the loops of the general case. @param x [n,
 * dim]
 */
export function gatherRows(x: Tensor2D, places: Int32Array): Tensor2D {
  const tf = tensorflow();
  const [rows, dim] = x.shape;
  const take = tf.customGrad((...inputs) => {
    const value = tf.gather(inputs[0] as Tensor2D, tf.tensor1d(places, "int32"));
    const gradFunc = (dy: Tensor): Tensor =>
      tf.scatterND(tf.tensor2d(places, [places.length, 1], "int32"), dy, [rows, dim]);
    return { value, gradFunc };
  });
  return take(x) as Tensor2D;
}

/**
 * The parts of a transformer that reads a sequence from left to right (Vaswani et al., 2017), as functions of tensors.
 *
 *     layer norm        (x - mean) / √(variance + 1e-5) ⊙ gain + shift, by row                       (Ba et al., 2016)
 *     causal attention  softmax(Q Kᵀ / √d + mask) V for each head, the mask -1e9 where the key is later than the query
 *
 * Everything but attention works on rows, one per watch. Attention puts them into a grid, a sequence per line, from the left: the causal
 * mask alone keeps free cells out of every row.
 */
import { hash32 } from "../../../random.js";
import type { Tensor, Tensor1D, Tensor2D } from "../tensor-types.js";
import { linear } from "./layers.js";
import { tensorflow } from "../tensor.js";

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

/**
 * The grid in which attention sees rows: [sequences, places], a cell per place. `cells`: each row's cell, each once. `rows`: each cell's
 * row; a free cell has any row's number, and stands to the right of its sequence, where no row sees it.
 */
export interface Grid {
  readonly sequences: number;
  readonly cells: Tensor2D; // int32 [rows, 1]
  readonly rows: Tensor2D; // int32 [sequences × places, 1]
}

/**
 * Multi-head self-attention in which no place sees a later one.
 * @param x [rows, dim] what queries are made of @param weights query, key, value and output: a matrix [dim, dim] and a bias [dim] each
 * @param heads divides dim
 * @returns [rows, dim]
 */
export function causalAttention(x: Tensor2D, weights: readonly Tensor[], heads: number, grid: Grid): Tensor2D {
  const tf = tensorflow();
  const dim = x.shape[1];
  const { sequences } = grid;
  const length = grid.rows.shape[0] / sequences;
  const size = dim / heads;
  const beside = (at: number): Tensor =>
    tf.concat(
      [0, 2, 4].map((part) => weights[at + part]!),
      -1,
    );
  const inGrid = toGrid(linear(x, beside(0) as Tensor2D, beside(1) as Tensor1D), grid);
  const [queries, keys, values] = tf.split(inGrid.reshape([sequences, length, 3 * dim]), 3, 2).map((y) =>
    heads === 1
      ? y
      : y
          .reshape([sequences, length, heads, size])
          .transpose([0, 2, 1, 3])
          .reshape([sequences * heads, length, size]),
  ) as [Tensor, Tensor, Tensor];
  const logits = queries
    .mul(1 / Math.sqrt(size))
    .matMul(keys, false, true)
    .add(causalMask(length));
  const mixed = logits.softmax().matMul(values);
  const joined = heads === 1 ? mixed : mixed.reshape([sequences, heads, length, size]).transpose([0, 2, 1, 3]);
  const taken = toRows(joined.reshape([sequences * length, dim]) as Tensor2D, grid);
  return linear(taken, weights[6] as Tensor2D, weights[7] as Tensor1D);
}

/** Rows in their cells. The gradient is that of the rows' own cells: nothing comes back from a free one. */
function toGrid(x: Tensor2D, { cells, rows }: Grid): Tensor2D {
  const { customGrad, gatherND } = tensorflow();
  const put = customGrad((...inputs) => {
    const [held, save] = inputs as unknown as [Tensor2D, (saved: Tensor[]) => void];
    save([cells]);
    return {
      value: gatherND(held, rows),
      gradFunc: (dy: Tensor, [own]: Tensor[]) => gatherND(dy, own as Tensor2D),
    };
  });
  return put(x) as Tensor2D;
}

/** The rows' cells of a grid; the gradient goes back to them alone. @param x [sequences × places, dim] */
function toRows(x: Tensor2D, { cells }: Grid): Tensor2D {
  const { customGrad, gatherND, scatterND } = tensorflow();
  const take = customGrad((...inputs) => {
    const [held, save] = inputs as unknown as [Tensor2D, (saved: Tensor[]) => void];
    save([cells]);
    return {
      value: gatherND(held, cells),
      gradFunc: (dy: Tensor, [own]: Tensor[]) => scatterND(own as Tensor2D, dy, x.shape),
    };
  });
  return take(x) as Tensor2D;
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
 * @param numbers of the first rows: a row's draws are those of its number; the others are all 0 @param site tells the places in the
 * network apart
 * @returns [rows, dim]
 */
export function dropoutMask(
  numbers: Int32Array,
  dim: number,
  { rate, key, step }: DropoutDraw,
  site: number,
  rows: number = numbers.length,
): Float32Array {
  const mask = new Float32Array(rows * dim);
  const limit = Math.round(256 * rate);
  const kept = 256 / (256 - limit);
  let at = 0;
  for (const number of numbers) {
    let bits = 0;
    for (let i = number * dim, end = i + dim; i < end; i++) {
      if ((i & 3) === 0 || i === number * dim) bits = hash32(key, step, site, i & ~3);
      mask[at++] = ((bits >>> (8 * (i & 3))) & 255) < limit ? 0 : kept;
    }
  }
  return mask;
}

/** Dropout of one step. */
export interface DropoutDraw {
  readonly rate: number;
  readonly key: number;
  readonly step: number;
}

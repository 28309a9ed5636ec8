/**
 * The sequence model's network as functions of tensors, and its fresh parameters. The formulas are in sasrec.ts.
 * Parameters are in this order: `item/weight`, `item/bias`, `mark/weight`, then for each block `norm1`, `query`, `key`, `value`,
 * `output`, `norm2`, `inner`, `outer` (a weight or gain and a bias or shift each), then `norm`.
 */
import { keyOf } from "../../../random.js";
import { glorot, zeros, type DenseParameter } from "../../network/adam.js";
import { causalAttention, dropoutMask, layerNorm, gatherRows } from "../../network/attention.js";
import { linear, unitRows } from "../../network/layers.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../network/tensor-types.js";
import { tensorflow } from "../../network/tensor.js";

/** Sizes of the network. */
export interface SasrecShape {
  readonly dim: number;
  readonly blocks: number;
  readonly heads: number; // divides dim
  readonly length: number; // positions: a sequence's places at most
}

/** Dropout of one step. */
export interface DropoutDraw {
  readonly rate: number;
  readonly key: number;
  readonly step: number;
}

/** Where the sequences of a batch stand. */
export interface SequenceMarks {
  /** Places a sequence in this batch, at most `length`. */
  readonly places: number;
  /**
   * A row a place: 1 in the column of its position (the newest is `length - 1`), and its dwell in the last column. // [sequences ×
   * places, length + 1]
   */
  readonly marks: Float32Array;
  /** Places (rows of `marks`) that are read, each once. */
  readonly read: Int32Array;
}

/** Parameters before the blocks, and of each block. */
export const parametersBefore = 3;
export const parametersOfBlock = 16;

/**
 * Embeddings of items, of length 1: what the query is compared with. @param x [n, width] @param parameters in the order of
 * `makeSasrecDense`
 */
export function itemEmbeddings(x: Tensor2D, parameters: readonly Tensor[]): Tensor2D {
  return unitRows(linear(x, parameters[0] as Tensor2D, parameters[1] as Tensor1D));
}

/**
 * Embeddings of the users at the places that are read, of length 1.
 * @param x [sequences × places, width] items of the sequences @returns [read, dim]
 */
export function sequenceEmbeddings(
  x: Tensor2D,
  { places, marks, read }: SequenceMarks,
  parameters: readonly Tensor[],
  shape: SasrecShape,
  dropout?: DropoutDraw,
): Tensor2D {
  const { dim, blocks, heads, length } = shape;
  const rows = x.shape[0];
  const drop = (h: Tensor2D, site: number): Tensor2D => {
    if (dropout === undefined || dropout.rate <= 0) return h;
    return h.mul(
      tensorflow().tensor2d(dropoutMask(rows * dim, dropout.rate, dropout.key, dropout.step, site), [rows, dim]),
    );
  };
  const marked = tensorflow()
    .tensor2d(marks, [rows, length + 1])
    .matMul(parameters[2] as Tensor2D);
  let h = drop(itemEmbeddings(x, parameters).mul(Math.sqrt(dim)).add(marked) as Tensor2D, 0);
  for (let block = 0, at = parametersBefore; block < blocks; block++, at += parametersOfBlock) {
    const p = parameters.slice(at, at + parametersOfBlock);
    const normed = layerNorm(h, p[0] as Tensor1D, p[1] as Tensor1D);
    h = h.add(drop(causalAttention(normed, p.slice(2, 10), { heads, length: places }), 1 + 2 * block)) as Tensor2D;
    const inner = linear(
      layerNorm(h, p[10] as Tensor1D, p[11] as Tensor1D),
      p[12] as Tensor2D,
      p[13] as Tensor1D,
    ).relu() as Tensor2D;
    h = h.add(drop(linear(inner, p[14] as Tensor2D, p[15] as Tensor1D), 2 + 2 * block)) as Tensor2D;
  }
  const [gain, shift] = parameters.slice(parametersBefore + blocks * parametersOfBlock) as [Tensor1D, Tensor1D];
  return unitRows(layerNorm(gatherRows(h, read), gain, shift));
}

/** Fresh parameters in the order in which the network reads them. @param width of the items' input */
export function makeSasrecDense(width: number, { dim, blocks, length }: SasrecShape, seed: number): DenseParameter[] {
  const dense: DenseParameter[] = [];
  const add = (name: string, inputs: number, outputs: number): void => {
    dense.push(
      glorot(`${name}/weight`, inputs, outputs, keyOf(seed, `sasrec/${name}`)),
      zeros(`${name}/bias`, outputs),
    );
  };
  const norm = (name: string): void => {
    dense.push(
      { name: `${name}/gain`, shape: [dim], values: new Float32Array(dim).fill(1) },
      zeros(`${name}/shift`, dim),
    );
  };
  add("item", width, dim);
  dense.push(glorot("mark/weight", length + 1, dim, keyOf(seed, "sasrec/mark")));
  for (let block = 0; block < blocks; block++) {
    norm(`block${block}/norm1`);
    for (const part of ["query", "key", "value", "output"]) add(`block${block}/${part}`, dim, dim);
    norm(`block${block}/norm2`);
    for (const part of ["inner", "outer"]) add(`block${block}/${part}`, dim, dim);
  }
  norm("norm");
  return dense;
}

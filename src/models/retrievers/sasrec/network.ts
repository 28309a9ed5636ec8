/**
 * The sequence model's network as functions of tensors, and its fresh parameters. The formulas are in sasrec.ts.
 * Parameters are in this order: `item/weight`, `item/bias`, `mark/weight`, then for each block `norm1`, `query`, `key`, `value`,
 * `output`, `norm2`, `inner`, `outer` (a weight or gain and a bias or shift each), then `norm`.
 */
import { keyOf } from "../../../random.js";
import { glorot, zeros, type DenseParameter } from "../../network/training/adam.js";
import { causalAttention, layerNorm, type Grid } from "../../network/layers/attention.js";
import { linear, relu, unitRows } from "../../network/layers/layers.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../network/tensor-types.js";

/** Sizes of the network. */
export interface SasrecShape {
  readonly dim: number;
  readonly blocks: number;
  readonly heads: number; // divides dim
  readonly length: number; // positions: a sequence's places at most
}

/** What the network reads of a batch's sequences beside their items, as tensors; rows.ts has it as arrays. */
export interface SequenceTensors {
  readonly marks: Tensor2D; // [rows, length + 1] position and dwell
  readonly grid: Grid;
  /** Factors of each place in the network where values are dropped, [rows, dim]; none: nothing is dropped. */
  readonly dropout: readonly Tensor2D[];
}

/** The layout's inputs (rows.ts), then factors of dropout, as the network reads them. @param sequences of the grid */
export function sequenceTensors(inputs: readonly Tensor[], sequences: number): SequenceTensors {
  const [marks, cells, rows, ...dropout] = inputs as readonly Tensor2D[];
  return { marks: marks!, grid: { sequences, cells: cells!, rows: rows! }, dropout };
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

/** How many factors of dropout a step has. */
export const dropoutSites = (blocks: number): number => 1 + 2 * blocks;

/**
 * Embeddings of the users after each watch, of length 1. @param items `itemEmbeddings` of the sequences' items, [rows, dim]
 * @returns [rows, dim]
 */
export function sequenceEmbeddings(
  items: Tensor2D,
  { marks, grid, dropout }: SequenceTensors,
  parameters: readonly Tensor[],
  { dim, blocks, heads }: SasrecShape,
): Tensor2D {
  const drop = (h: Tensor2D, site: number): Tensor2D => (dropout.length === 0 ? h : h.mul(dropout[site]!));
  let h = drop(items.mul(Math.sqrt(dim)).add(marks.matMul(parameters[2] as Tensor2D)) as Tensor2D, 0);
  for (let block = 0, at = parametersBefore; block < blocks; block++, at += parametersOfBlock) {
    const p = parameters.slice(at, at + parametersOfBlock);
    const normed = layerNorm(h, p[0] as Tensor1D, p[1] as Tensor1D);
    h = h.add(drop(causalAttention(normed, p.slice(2, 10), heads, grid), 1 + 2 * block)) as Tensor2D;
    const inner = relu(
      linear(layerNorm(h, p[10] as Tensor1D, p[11] as Tensor1D), p[12] as Tensor2D, p[13] as Tensor1D),
    );
    h = h.add(drop(linear(inner, p[14] as Tensor2D, p[15] as Tensor1D), 2 + 2 * block)) as Tensor2D;
  }
  const [gain, shift] = parameters.slice(parametersBefore + blocks * parametersOfBlock) as [Tensor1D, Tensor1D];
  return unitRows(layerNorm(h, gain, shift));
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

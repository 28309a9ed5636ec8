/** Held-out rows by a hash of their number: the same rows whatever else changes. */
import { keyOf, uniform } from "../../../random.js";

/** Row numbers of the two parts, ascending. */
export interface HeldOut {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** Validation rows beyond this many say nothing new about when to stop. */
const most = 20_000;

/** Splits 0 … count-1: about `share` of the rows (at most 20,000) are for validation. */
export function splitRows(count: number, share: number, seed: number, name: string): HeldOut {
  if (!(share >= 0 && share < 1)) throw new Error(`validationShare is ${share}; allowed: from 0 to below 1`);
  const key = keyOf(seed, `${name}/validation`);
  const part = Math.min(share, most / count);
  const validation: number[] = [];
  const train: number[] = [];
  for (let row = 0; row < count; row++) (uniform(key, row) < part ? validation : train).push(row);
  return { train: Int32Array.from(train), validation: Int32Array.from(validation) };
}

/** Mean loss of rows by parts of about `size`, equally large where the loss depends on that. @param lossOf of a part, by its number */
export function meanOverParts(
  rows: Int32Array,
  size: number,
  lossOf: (part: Int32Array, number: number) => number,
): number {
  const parts = Math.max(1, Math.round(rows.length / size));
  let sum = 0;
  for (let p = 0; p < parts; p++) {
    const part = rows.subarray(Math.floor((p * rows.length) / parts), Math.floor(((p + 1) * rows.length) / parts));
    sum += lossOf(part, p) * part.length;
  }
  return sum / rows.length;
}

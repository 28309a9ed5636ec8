/** Mini-batches in an order set by a key and the epoch: same seed, same batches, independent of other random draws. */
import { hash32, permutation } from "../../random.js";

/** Rows 0 … count-1 in the epoch's shuffled order. // [count] */
export function batchOrder(count: number, key: number, epoch: number): Int32Array {
  return permutation(count, hash32(key, epoch));
}

/** Row indexes of each mini-batch of an epoch; the last may be smaller. Batches share one array: copy what you keep after the epoch. */
export function* batches(count: number, size: number, key: number, epoch: number): Generator<Int32Array, void> {
  if (!Number.isInteger(size) || size < 1) throw new Error(`batch size is ${size}; allowed: whole numbers from 1`);
  const order = batchOrder(count, key, epoch);
  for (let from = 0; from < count; from += size) yield order.subarray(from, Math.min(count, from + size));
}

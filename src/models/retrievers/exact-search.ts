/** Exact nearest neighbours by plain loops: the oracle of the approximate index, and enough for small catalogues. */

/** The k best for each query, best first, ties to the smaller id; rows that have fewer end in id -1 and score -Infinity. */
export interface SearchResult {
  readonly count: number; // queries
  readonly k: number;
  readonly ids: Int32Array; // [count, k]
  readonly scores: Float32Array; // [count, k] inner products
}

/**
 * The k largest inner products of each query among all vectors.
 * @param vectors [n, dims] @param queries [count, dims]
 * @param ids id of each vector; its row number by default
 * @throws Error on shapes that do not fit or a bad k
 */
export function exactSearch(
  vectors: Float32Array,
  dims: number,
  queries: Float32Array,
  k: number,
  ids?: Int32Array,
): SearchResult {
  const n = rows(vectors, dims, "vectors");
  const count = rowCount(queries, dims, "queries");
  checkK(k);
  const result = emptyResult(count, k);
  const last = (n - 1) * dims;
  for (let q = 0; q < count; q++) {
    for (let row = 0; row < n; row += 4) {
      // Four vectors at once: their sums do not wait for each other. Each is summed in the same order, whatever is beside it.
      const v0 = row * dims,
        v1 = Math.min(v0 + dims, last),
        v2 = Math.min(v1 + dims, last),
        v3 = Math.min(v2 + dims, last);
      let s0 = 0,
        s1 = 0,
        s2 = 0,
        s3 = 0;
      for (let d = 0, at = q * dims; d < dims; d++) {
        const value = queries[at++]!;
        s0 += vectors[v0 + d]! * value;
        s1 += vectors[v1 + d]! * value;
        s2 += vectors[v2 + d]! * value;
        s3 += vectors[v3 + d]! * value;
      }
      const sum = s0 + s1 + s2 + s3;
      if (sum - sum !== 0) rowCount(vectors, dims, "vectors"); // names the value that is not finite
      insert(result, q, ids === undefined ? row : ids[row]!, Math.fround(s0));
      if (row + 1 < n) insert(result, q, ids === undefined ? row + 1 : ids[row + 1]!, Math.fround(s1));
      if (row + 2 < n) insert(result, q, ids === undefined ? row + 2 : ids[row + 2]!, Math.fround(s2));
      if (row + 3 < n) insert(result, q, ids === undefined ? row + 3 : ids[row + 3]!, Math.fround(s3));
    }
  }
  return result;
}

/** A result full of padding. */
export function emptyResult(count: number, k: number): SearchResult {
  return { count, k, ids: new Int32Array(count * k).fill(-1), scores: new Float32Array(count * k).fill(-Infinity) };
}

/** Puts (id, score) at its place among query `q`'s best, dropping the last. Order: higher score, then smaller id. */
export function insert(result: SearchResult, q: number, id: number, score: number): void {
  const last = q * result.k + result.k - 1;
  if (isBefore(id, score, result.ids[last]!, result.scores[last]!)) append(result, last, q * result.k, id, score);
}

/** Writes (id, score) at cell `at` and moves it up to its place; cheap when what comes is sorted already. */
export function append(result: SearchResult, at: number, first: number, id: number, score: number): void {
  const { ids, scores } = result;
  while (at > first && isBefore(id, score, ids[at - 1]!, scores[at - 1]!)) {
    ids[at] = ids[at - 1]!;
    scores[at] = scores[at - 1]!;
    at--;
  }
  ids[at] = id;
  scores[at] = score;
}

/** Rows of a row-major matrix. @throws Error when its length is no multiple of `dims` or a value is not finite. */
export function rowCount(matrix: Float32Array, dims: number, name: string): number {
  const count = rows(matrix, dims, name);
  for (let i = 0; i < matrix.length; i++) {
    const value = matrix[i]!;
    if (value - value !== 0)
      throw new Error(`${name} hold ${value} in row ${Math.floor(i / dims)}; allowed: finite numbers`);
  }
  return count;
}

function rows(matrix: Float32Array, dims: number, name: string): number {
  if (!(matrix instanceof Float32Array))
    throw new Error(`${name} are not a Float32Array; allowed: Float32Array [n, ${dims}]`);
  if (!Number.isInteger(dims) || dims < 1) throw new Error(`dims is ${dims}; allowed: whole numbers from 1`);
  if (matrix.length % dims !== 0)
    throw new Error(`${name} hold ${matrix.length} values; allowed: a multiple of ${dims} dims`);
  return matrix.length / dims;
}

/** @throws Error when k is not a whole number from 1. NaN kills the native library, so it must not get there. */
export function checkK(k: number): void {
  if (!Number.isInteger(k) || k < 1 || k > 1_000_000)
    throw new Error(`k is ${k}; allowed: whole numbers from 1 to 1000000`);
}

function isBefore(id: number, score: number, otherId: number, otherScore: number): boolean {
  return score > otherScore || (score === otherScore && (otherId < 0 || id < otherId));
}

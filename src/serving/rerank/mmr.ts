/**
 * Maximal marginal relevance (Carbonell and Goldstein, 1998): picks greedily the candidate with the largest
 *
 *     gain(i) = λ · relevance(i) − (1 − λ) · max_{j picked} similarity(i, j)
 *
 * The largest similarity only grows as more is picked, so gains of successive picks never rise: as scores they keep the
 * order of picking, and exploration can draw from them.
 */
import type { Cap, OnCapped } from "./caps.js";
import { pickGreedily } from "./greedy.js";

/** What two videos have in common. Weights are at least 0; similarity is their weighted sum. */
export interface SimilarityWeights {
  readonly topic: number; // added when topics are equal
  readonly creator: number; // added when creators are equal
  readonly embedding: number; // times the cosine of the candidate embeddings, where there are any
}

/** Columns by video id that similarity looks up. */
export interface SimilarityColumns {
  readonly topic: Uint8Array; // [videos]
  readonly creator: Int32Array; // [videos]
  /** Candidate embeddings of length 1, row-major by video id; ids beyond them have similarity 0. */
  readonly embeddings?: { readonly vectors: Float32Array; readonly dims: number } | undefined;
}

/** How a pool is picked. */
export interface MmrOptions {
  readonly lambda: number; // in [0, 1]; 1: relevance alone
  readonly weights: SimilarityWeights;
  /** What the pool may hold of one group. Any page drawn from the pool then keeps the caps. */
  readonly caps: readonly Cap[];
  /** Videos that stand on the page already: they count in the caps. */
  readonly held?: readonly number[];
}

/**
 * Picks up to `size` of the n candidates.
 * @param video [n] distinct ids @param relevance [n] finite
 * @param picked filled with indices into `video`, in order of picking @param gain filled with their gains
 * @returns how many were picked: fewer than `size` where candidates end or caps are full
 */
export function pickMmr(
  video: Int32Array,
  relevance: Float64Array,
  n: number,
  size: number,
  columns: SimilarityColumns,
  options: MmrOptions,
  picked: Int32Array,
  gain: Float64Array,
  onCapped?: OnCapped,
): number {
  const { lambda, weights } = options;
  const nearest = scratch(n); // the largest similarity of each candidate to what is picked
  return pickGreedily(
    { video, n, size, picked, gain, onCapped },
    options,
    (item) => lambda * relevance[item]! - (1 - lambda) * nearest[item]!,
    (best, _, open) => {
      for (let item = 0; item < n; item++) {
        if (open[item] === 1 && lambda < 1)
          nearest[item] = Math.max(nearest[item]!, similarity(video[item]!, video[best]!, columns, weights));
      }
    },
  );
}

/** Similarity of two videos: weighted sum of same topic, same creator, and cosine of embeddings. */
export function similarity(a: number, b: number, columns: SimilarityColumns, weights: SimilarityWeights): number {
  let sum = 0;
  if (columns.topic[a] === columns.topic[b]) sum += weights.topic;
  if (columns.creator[a] === columns.creator[b]) sum += weights.creator;
  if (weights.embedding > 0 && columns.embeddings) {
    const { vectors, dims } = columns.embeddings;
    let from = a * dims;
    let to = b * dims;
    if (from + dims <= vectors.length && to + dims <= vectors.length) {
      let dot = 0;
      for (let d = 0; d < dims; d++) dot += vectors[from++]! * vectors[to++]!;
      sum += weights.embedding * dot;
    }
  }
  return sum;
}

// Scratch that lives between calls (one thread runs one page at a time), so that a page allocates nothing.
let nearestScratch = new Float64Array(256);

function scratch(n: number): Float64Array {
  if (nearestScratch.length < n) nearestScratch = new Float64Array(n);
  return nearestScratch.fill(0, 0, n);
}

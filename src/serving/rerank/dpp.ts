/**
 * Determinantal point process: of all sets of videos, one whose kernel has a large determinant, relevant and unlike each other; greedy
 * MAP with incremental Cholesky rows (Chen, Zhang and Zhou, 2018). With S the similarity (1 on the diagonal) of what is picked, each step
 * takes the candidate with the largest
 *
 *     gain(i) = λ · relevance(i) + (1 − λ) · log( det S(picked ∪ i) / det S(picked) )
 *
 * which is the greedy step for the kernel L = diag(q) S diag(q), log q² = λ / (1 − λ) · relevance. The ratio of determinants is what
 * is left of i outside the span of what is picked, in (0, 1], and only falls: gains of successive picks never rise.
 */
import type { OnCapped } from "./caps.js";
import { pickGreedily } from "./greedy.js";
import { similarity, type MmrOptions, type SimilarityColumns } from "./mmr.js";

/** Share of S that is not the identity: two equal videos keep a determinant above 0. */
const shared = 0.99;

/**
 * Picks up to `size` of the n candidates; arguments and result as of `pickMmr`.
 * Cost: n × size² / 2 products and n × size similarities.
 */
export function pickDpp(
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
  const total = weights.topic + weights.creator + weights.embedding;
  const left = new Float64Array(n).fill(1); // outside the span of what is picked, squared
  const rows = new Float64Array(n * size); // of the Cholesky factor, one row a candidate
  return pickGreedily(
    { video, n, size, picked, gain, onCapped },
    options,
    (item) => lambda * relevance[item]! + (lambda < 1 ? (1 - lambda) * Math.log(left[item]!) : 0),
    (best, count, open) => {
      if (lambda === 1 || total === 0) return;
      const length = Math.sqrt(left[best]!);
      for (let item = 0; item < n; item++) {
        if (open[item] === 0) continue;
        let along = (shared * similarity(video[item]!, video[best]!, columns, weights)) / total;
        for (let k = 0; k < count; k++) along -= rows[best * size + k]! * rows[item * size + k]!;
        along /= length;
        rows[item * size + count] = along;
        left[item] = Math.max(left[item]! - along * along, 1e-12);
      }
    },
  );
}

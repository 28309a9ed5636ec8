/**
 * Exploration, the last step of re-ranking: a page is drawn from a pool by sequential Plackett–Luce (Plackett, 1975;
 * Luce, 1959) with weights exp(score / temperature). Drawn by Gumbel noise: sorting by score / temperature + Gumbel is
 * the same distribution (Yellott, 1977). Nothing deterministic may come after it, or the propensities would be wrong.
 *
 *     P(v_k | v_1 … v_{k-1}) = exp(s(v_k) / τ) / Σ_{v in pool, not yet drawn} exp(s(v) / τ)
 *
 * Videos outside the pool have propensity 0: off-policy estimates cannot go beyond the pool.
 */
import { gumbel, keyOf } from "../../random.js";
import type { SlateBatch } from "../../types.js";
import { requestHigh, requestLow } from "../slates.js";

/** The candidates of one page; arrays may be longer than `size` (they are re-used from page to page). */
export interface Pool {
  size: number;
  readonly video: Int32Array; // [≥ size] distinct
  readonly source: Uint8Array; // [≥ size]
  readonly score: Float64Array; // [≥ size] finite, any scale: `temperature` is in its unit
}

/** Fills the empty slots of page `row` of `slates` for request id `request`; slots beyond the pool stay empty. */
export type Explore = (pool: Pool, request: number, slates: SlateBatch, row: number) => void;

/** An empty pool for at most `capacity` videos. */
export function newPool(capacity: number): Pool {
  return {
    size: 0,
    video: new Int32Array(capacity),
    source: new Uint8Array(capacity),
    score: new Float64Array(capacity),
  };
}

/**
 * Plackett–Luce exploration. `temperature` is in the unit of the pool's scores; 0 shows the best in order of score (ties
 * to the smaller id), every propensity 1. The noise belongs to (request, video), so arms that share a seed share it.
 */
export function createExplore(options: { readonly seed: number; readonly temperature: number }): Explore {
  const { seed, temperature } = options;
  if (!Number.isFinite(temperature) || temperature < 0)
    throw new RangeError(`temperature: ${temperature}; allowed: a number of at least 0`);
  const key = keyOf(seed, "explore");
  let noisy = new Float64Array(64);
  let taken = new Uint8Array(64);

  return (pool: Pool, request: number, slates: SlateBatch, row: number): void => {
    const { size, video, source, score } = pool;
    if (noisy.length < size) {
      noisy = new Float64Array(size);
      taken = new Uint8Array(size);
    }
    const low = requestLow(request);
    const high = requestHigh(request);
    for (let item = 0; item < size; item++) {
      const value = score[item]!;
      if (!Number.isFinite(value)) throw new Error(`score of video ${video[item]} is ${value}; allowed: finite scores`);
      noisy[item] = temperature > 0 ? value / temperature + gumbel(key, low, high, video[item]!) : value;
      taken[item] = 0;
    }
    const first = row * slates.slots;
    let left = size;
    for (let position = 0; position < slates.slots && left > 0; position++) {
      if (slates.video[first + position]! >= 0) continue; // pinned
      left--;
      const drawn = best(noisy, video, taken, size);
      slates.video[first + position] = video[drawn]!;
      slates.source[first + position] = source[drawn]!;
      slates.propensity[first + position] = temperature > 0 ? softmaxOf(drawn, score, taken, size, temperature) : 1;
      taken[drawn] = 1;
    }
  };
}

/** The untaken item with the largest value, ties to the smaller video id. */
function best(values: Float64Array, video: Int32Array, taken: Uint8Array, size: number): number {
  let at = -1;
  for (let item = 0; item < size; item++) {
    if (taken[item] === 1) continue;
    if (at < 0 || values[item]! > values[at]! || (values[item]! === values[at]! && video[item]! < video[at]!))
      at = item;
  }
  return at;
}

/** exp(s_drawn / τ) / Σ over untaken, each relative to the largest untaken score so that nothing overflows. */
function softmaxOf(drawn: number, score: Float64Array, taken: Uint8Array, size: number, temperature: number): number {
  let top = -Infinity;
  for (let item = 0; item < size; item++) if (taken[item] === 0 && score[item]! > top) top = score[item]!;
  let sum = 0;
  for (let item = 0; item < size; item++) if (taken[item] === 0) sum += Math.exp((score[item]! - top) / temperature);
  return Math.exp((score[drawn]! - top) / temperature) / sum;
}

/**
 * What a logged pool says of any page: the probability of the whole page (joint), of a video given those before it (conditional, what an
 * impression holds), and of a video at a position whatever comes before it (marginal).
 *
 * A page is drawn by one part of a mixture; within a part, without replacement with P ∝ w = exp(logit) (Plackett, 1975; Luce, 1959).
 *
 *     joint:        Σ_c share_c · Π_k w_c(v_k) / (Σ_pool w_c − Σ_{j<k} w_c(v_j))
 *     conditional:  joint of the first k + 1 videos / joint of the first k
 *     marginal:     Σ_c share_c · P_c(v has rank k)
 *
 * The marginal is computed without drawing: give every video an arrival time T_v ~ Exp(w_v); the order of arrival is this distribution, so
 *
 *     P(v has rank k) = ∫ w_v e^{−w_v t} · P(exactly k others have arrived by t) dt
 *
 * with a Poisson-binomial count of the others, built up by adding videos one at a time (only sums of positive numbers, so nothing cancels),
 * and the trapezoidal rule over log t, which converges exponentially here: a relative error below 1e-8 at a step of .4.
 */
import type { Pools } from "../../types.js";

/** What one page was drawn from: parts of a mixture, each over its own videos. */
export type PagePool = readonly PoolPart[];

/** One part of a pool. */
export interface PoolPart {
  readonly share: number; // in (0, 1]; shares of a pool sum to 1
  readonly video: Int32Array; // distinct
  readonly logit: Float64Array; // finite
}

/**
 * The pool of each request, in the order of the table.
 * @throws Error where the shares of a request do not sum to 1 or a part holds a video twice
 */
export function poolsByRequest(pools: Pools): ReadonlyMap<number, PagePool> {
  const found = new Map<number, PoolPart[]>();
  const { count, request, component, share } = pools;
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && request[to] === request[from] && component[to] === component[from]) to++;
    const part = {
      share: share[from]!,
      video: pools.video.subarray(from, to),
      logit: pools.logit.subarray(from, to),
    };
    if (new Set(part.video).size < part.video.length)
      throw new Error(`pool of request ${request[from]} holds a video twice; allowed: each once`);
    const parts = found.get(request[from]!);
    if (parts) parts.push(part);
    else found.set(request[from]!, [part]);
  }
  for (const [id, parts] of found) {
    const sum = parts.reduce((total, part) => total + part.share, 0);
    if (!(Math.abs(sum - 1) < 1e-9))
      throw new Error(`shares of the pool of request ${id} sum to ${sum}; allowed: 1 (parts are missing or doubled)`);
  }
  return found;
}

/** P(page): the product over positions, averaged over the mixture. 0 where a video of the page (distinct, in order) is not in the pool. */
export function pagePropensity(pool: PagePool, page: ArrayLike<number>): number {
  return conditionalPropensities(pool, page).reduce((product, p) => product * p, 1);
}

/** P(video k | the videos before it), for each position: what the log holds. Positions after one outside the pool are 0. */
export function conditionalPropensities(pool: PagePool, page: ArrayLike<number>): Float64Array {
  const slots = page.length;
  const joint = new Float64Array(slots); // of the first k + 1 videos
  for (const part of pool) {
    const weight = weightsOf(part);
    const places = placesIn(part, page);
    const onPage = new Uint8Array(weight.length);
    let probability = part.share;
    for (let k = 0; k < slots; k++) {
      const place = places[k]!;
      if (place < 0) break;
      let left = 0; // summed anew: subtracting what was drawn would lose digits
      for (let item = 0; item < weight.length; item++) if (onPage[item] === 0) left += weight[item]!;
      probability *= weight[place]! / left;
      onPage[place] = 1;
      joint[k]! += probability;
    }
  }
  return joint.map((value, k) => (value === 0 ? 0 : Math.min(1, value / (k === 0 ? 1 : joint[k - 1]!))));
}

/** P(the video of position k is at position k), whatever comes before it, for each position of a page. 0 outside the pool. */
export function positionPropensities(pool: PagePool, page: ArrayLike<number>): Float64Array {
  const slots = page.length;
  const marginal = new Float64Array(slots);
  for (const part of pool) {
    const places = placesIn(part, page);
    const known = [...places.keys()].filter((k) => places[k]! >= 0);
    const ranks = rankProbabilities(
      weightsOf(part),
      known.map((k) => places[k]!),
      slots,
    );
    for (const [i, k] of known.entries()) marginal[k]! += part.share * ranks[i * slots + k]!;
  }
  return marginal.map((value) => Math.min(1, value));
}

/** P(each video of the pool at each position), row-major [videos, slots]; `video` lists them ascending. */
export function positionTable(
  pool: PagePool,
  slots: number,
): { readonly video: Int32Array; readonly probability: Float64Array } {
  const video = Int32Array.from(new Set(pool.flatMap((part) => [...part.video]))).sort();
  const row = new Map([...video].map((id, i) => [id, i]));
  const probability = new Float64Array(video.length * slots);
  for (const part of pool) {
    const ranks = rankProbabilities(weightsOf(part), [...part.video.keys()], slots);
    part.video.forEach((id, item) => {
      for (let k = 0; k < slots; k++) probability[row.get(id)! * slots + k]! += part.share * ranks[item * slots + k]!;
    });
  }
  return { video, probability };
}

/** exp(logit), the largest of them 1. */
function weightsOf({ logit }: PoolPart): Float64Array {
  let top = -Infinity;
  for (const value of logit) if (value > top) top = value;
  return logit.map((value) => Math.exp(value - top));
}

/** Where each video of a page is in a part; −1: it is not. */
function placesIn({ video }: PoolPart, page: ArrayLike<number>): Int32Array {
  const place = new Map<number, number>();
  for (let item = 0; item < video.length; item++) place.set(video[item]!, item);
  return Int32Array.from(page, (id) => place.get(id) ?? -1);
}

/** Step of log t. */
const step = 0.4;

/**
 * P(item has rank k) for the asked items and ranks 0 … ranks − 1, row-major [items, ranks].
 * Cost: nodes × (weights × ranks + items × ranks²), with 50 to 100 nodes.
 */
function rankProbabilities(weight: Float64Array, items: readonly number[], ranks: number): Float64Array {
  const out = new Float64Array(items.length * ranks);
  if (weight.every((w) => w === weight[0])) {
    for (let i = 0; i < out.length; i++) if (i % ranks < weight.length) out[i] = 1 / weight.length;
    return out;
  }
  const asked = new Uint8Array(weight.length);
  for (const item of items) asked[item] = 1;
  let total = 0;
  let least = Infinity; // of the asked
  for (const [item, w] of weight.entries()) {
    total += w;
    if (asked[item] === 1 && w < least) least = w;
  }
  const rest = new Float64Array(ranks); // P(exactly k of those not asked have arrived)
  const before = new Float64Array((items.length + 1) * ranks); // and of the asked before item i
  const after = new Float64Array(ranks); // of the asked after item i
  for (let y = Math.log(1e-9 / total); ; y += step) {
    const t = Math.exp(y);
    rest.fill(0);
    rest[0] = 1;
    let most = 1; // counts from here on are still 0: early on, few have arrived
    for (let item = 0; item < weight.length; item++) {
      if (asked[item] === 1) continue;
      const p = -Math.expm1(-weight[item]! * t);
      if (most < ranks && rest[most - 1]! * p > 1e-18) most++;
      addArrival(rest, 0, most, p);
    }
    before.set(rest);
    for (const [i, item] of items.entries()) {
      before.copyWithin((i + 1) * ranks, i * ranks, (i + 1) * ranks);
      addArrival(before, (i + 1) * ranks, ranks, -Math.expm1(-weight[item]! * t));
    }
    let open = 0; // P(fewer than `ranks` have arrived): some rank is still to be taken
    for (let k = 0; k < ranks; k++) open += before[items.length * ranks + k]!;
    if (open < 1e-15 || t * least > 40) break;
    after.fill(0);
    after[0] = 1;
    for (let i = items.length - 1; i >= 0; i--) {
      const w = weight[items[i]!]!;
      const density = step * w * t * Math.exp(-w * t);
      for (let k = 0; k < ranks; k++) {
        let exactly = 0;
        for (let j = 0; j <= k; j++) exactly += before[i * ranks + j]! * after[k - j]!;
        out[i * ranks + k]! += density * exactly;
      }
      addArrival(after, 0, ranks, -Math.expm1(-w * t));
    }
  }
  return out;
}

/** One more video, which has arrived with probability p, in a distribution of counts [ranks] at `from`; more are cut off. */
function addArrival(counts: Float64Array, from: number, ranks: number, p: number): void {
  for (let k = from + ranks - 1; k > from; k--) counts[k] = counts[k]! * (1 - p) + counts[k - 1]! * p;
  counts[from]! *= 1 - p;
}

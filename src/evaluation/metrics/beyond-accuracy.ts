/**
 * What lists are like beside how right they are: how unknown, how popular and how varied their items, and how evenly items are shown.
 * A place without an item is −1 and counts for nothing; a list without items is NaN.
 */
import { sameLength, wholeNumber, within } from "../checks.js";

/** What is known of the items. // [items] each */
export interface ItemFacts {
  /** Users who took each item before the test; a user counts once, however often. */
  readonly taken: ArrayLike<number>;
  /** A code for each item (topic; of several genres the first); without it and `distance`, diversity is NaN. */
  readonly topic?: ArrayLike<number>;
  /** Distance of two items, ≥ 0, symmetric: 1 − cosine of their vectors, say. By default 0 for the same topic, 1 for others. */
  readonly distance?: (a: number, b: number) => number;
}

/** One value per list, in the order of `top`, and two of all lists together. */
export interface BeyondAccuracy {
  /** Mean self-information −log2 p of the items in bits, p = (users + 1) / (pairs of user and item + items) (Zhou et al., 2010). */
  readonly novelty: Float64Array;
  /** Mean share of all items that fewer users took (ties half), in [0, 1]: 0.5 is what random lists have. */
  readonly popularity: Float64Array;
  /**
   * Intra-list diversity: mean distance of a list's pairs of items (Ziegler et al., 2005, WWW), by topics the share of pairs that differ,
   * in [0, 1]; NaN below two items.
   */
  readonly diversity: Float64Array;
  /** Share of all items that are in at least one list, in [0, 1]. */
  readonly coverage: number;
  /** Gini coefficient of how often each item is in a list: 0 all alike, (n − 1) / n one item alone; NaN without any item. */
  readonly gini: number;
}

/** @throws RangeError on a list length that is none, or an item that is not among those known */
export function beyondAccuracy(top: Int32Array, k: number, { taken, topic, distance }: ItemFacts): BeyondAccuracy {
  const items = taken.length;
  if (topic !== undefined) sameLength({ taken, topic });
  checkLists(top, k, items);
  const total = Array.from(taken).reduce((sum, users) => sum + users, 0);
  const bits = Float64Array.from(taken, (users) => -Math.log2((users + 1) / (total + items)));
  const rank = midRanks(taken);
  const shown = new Float64Array(items);
  const lists = Math.floor(top.length / k);
  const [novelty, popularity, diversity] = [0, 1, 2].map(() => new Float64Array(lists).fill(NaN)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let list = 0; list < lists; list++) {
    const of = top.subarray(list * k, (list + 1) * k).filter((item) => item >= 0);
    for (const item of of) shown[item]! += 1;
    novelty[list] = meanBy(of, bits);
    popularity[list] = meanBy(of, rank);
    if (distance !== undefined) diversity[list] = meanOfPairs(of, distance);
    else if (topic !== undefined) diversity[list] = differingPairs(Array.from(of, (item) => topic[item]!));
  }
  return { novelty, popularity, diversity, coverage: shown.filter((n) => n > 0).length / items, gini: gini(shown) };
}

/**
 * Serendipity: share of a list's items that are relevant though a primitive recommender (the most popular items, say) would not have
 * named them, in [0, 1]; NaN for a list without items (Murakami et al., 2007; Ge et al., 2010). `expected` and `relevant` are asked by
 * list and item. @throws RangeError on a list length that is none
 */
export function serendipity(
  top: Int32Array,
  k: number,
  relevant: (list: number, item: number) => boolean,
  expected: (list: number, item: number) => boolean,
): Float64Array {
  checkLists(top, k, Infinity);
  return Float64Array.from({ length: Math.floor(top.length / k) }, (_, list) => {
    const items = top.subarray(list * k, (list + 1) * k).filter((item) => item >= 0);
    return items.filter((item) => relevant(list, item) && !expected(list, item)).length / items.length;
  });
}

/** How exposure is divided among creators. */
export interface CreatorExposure {
  readonly share: Float64Array; // [creators] of all exposure; sums to 1, all NaN where nothing was shown
  readonly gini: number; // over all creators, 0 all alike; NaN where nothing was shown
  readonly reached: number; // share of creators with any exposure, in [0, 1]
}

/**
 * Exposure of creators: each place of a list counts 1, or with `discount` 1 / log2(rank + 1), what its position is worth in NDCG (Singh &
 * Joachims, 2018). `creator` is each item's creator, 0 … `creators` − 1. @throws as `beyondAccuracy`, and on an unknown creator
 */
export function creatorExposure(
  top: Int32Array,
  k: number,
  creator: ArrayLike<number>,
  creators: number,
  discount = false,
): CreatorExposure {
  checkLists(top, k, creator.length);
  wholeNumber("creators", creators, 1);
  within("creator", creator, 0, creators - 1);
  const exposure = new Float64Array(creators);
  top.forEach((item, place) => {
    if (item >= 0) exposure[creator[item]!]! += discount ? 1 / Math.log2((place % k) + 2) : 1;
  });
  const total = exposure.reduce((sum, value) => sum + value, 0);
  return {
    share: exposure.map((value) => value / total),
    gini: gini(exposure),
    reached: exposure.filter((value) => value > 0).length / creators,
  };
}

function checkLists(top: Int32Array, k: number, items: number): void {
  wholeNumber("k", k, 1);
  if (top.length % k !== 0) throw new RangeError(`lists have ${top.length} places; allowed: a multiple of k = ${k}`);
  const odd = top.find((item) => item >= items);
  if (odd !== undefined)
    throw new RangeError(`item ${odd} in a list; allowed: below ${items}, or -1 for an empty place`);
}

function meanOfPairs(items: Int32Array, distance: (a: number, b: number) => number): number {
  let [sum, pairs] = [0, 0];
  for (let i = 1; i < items.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += distance(items[i]!, items[j]!);
      pairs++;
    }
  }
  return sum / pairs;
}

function meanBy(items: Int32Array, values: Float64Array): number {
  return items.length === 0 ? NaN : items.reduce((sum, item) => sum + values[item]!, 0) / items.length;
}

/** Share of values that are smaller, plus half of those that are equal (itself among them). */
function midRanks(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const below = new Map<number, number>();
  const equal = new Map<number, number>();
  sorted.forEach((value, i) => {
    if (!below.has(value)) below.set(value, i);
    equal.set(value, (equal.get(value) ?? 0) + 1);
  });
  return Float64Array.from(values, (value) => (below.get(value)! + equal.get(value)! / 2) / sorted.length);
}

function differingPairs(codes: readonly number[]): number {
  const n = codes.length;
  if (n < 2) return NaN;
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return 1 - [...counts.values()].reduce((same, c) => same + c * (c - 1), 0) / (n * (n - 1));
}

/** Gini coefficient Σ (2 i − n − 1) x_i / (n Σ x) over ascending x ≥ 0, i from 1 (Gini, 1912): 0 all alike; NaN where all are 0. */
export function gini(values: Float64Array): number {
  const sorted = values.slice().sort();
  const n = sorted.length;
  const sum = sorted.reduce((a, b) => a + b, 0);
  return sorted.reduce((weighted, x, i) => weighted + (2 * (i + 1) - n - 1) * x, 0) / (n * sum);
}

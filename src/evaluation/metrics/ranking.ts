/**
 * How well a list is ordered, query by query (a query is a request or a user). Two kinds of input: scored rows with labels,
 * grouped by query; or ranked ids against each query's relevant ids. Each metric gives one value per query; give them to
 * `meanInterval` with the queries' users. A query without relevant items is NaN: it says nothing about the order.
 *
 * Equal scores share their places unless `ties` says otherwise: the metric is the expectation over all orders of the tied rows
 * (McSherry & Najork, 2008), so a constant score has the value of a random order, for any position of the positives in the input.
 */
import { finite, notEmpty, sameLength, wholeNumber, within } from "../checks.js";
import { groupBy, runsBy, type Groups } from "../order.js";
import { ScoredList } from "./scored-list.js";

/** One value per query, in the order of `queries`; NaN where the query has no relevant item. */
export interface RankingMetrics {
  readonly k: number;
  readonly queries: Float64Array; // [queries] ids, ascending
  readonly precision: Float64Array; // relevant in the first k / k, in [0, 1], also where a list is shorter than k
  readonly recall: Float64Array; // relevant in the first k / relevant, in [0, 1]
  readonly averagePrecision: Float64Array; // Σ precision at each relevant rank ≤ k / min(k, relevant), in [0, 1]; its mean is MAP@k
  readonly dcg: Float64Array; // Σ gain / log2(rank + 1) over ranks ≤ k, ≥ 0; NaN if all gains are 0
  readonly ndcg: Float64Array; // DCG / DCG of the best order, in [0, 1]; NaN if all gains are 0
  readonly hit: Float64Array; // P(some relevant in the first k), in [0, 1]
  readonly reciprocalRank: Float64Array; // 1 / rank of the first relevant; 0 beyond k
}

/** Conventions of the field where it has two; the first of each is the default. */
export interface RankingOptions {
  /** Gain of a grade r: r itself (Järvelin & Kekäläinen, 2002; scikit-learn) or 2^r − 1 (Burges et al., 2005). Alike for 0 and 1. */
  readonly gain?: "linear" | "exponential";
  /** Equal scores: the mean over their orders (scikit-learn's NDCG), or the order of the rows, as a stable sort leaves them. */
  readonly ties?: "expected" | "rows";
  /** Lowest label that is relevant to recall, precision, MAP, hit and reciprocal rank; by default every label above 0. */
  readonly relevantFrom?: number;
  /** What average precision is divided by: min(k, relevant), so that 1 can be reached (RecBole), or all relevant (ranx, trec_eval). */
  readonly averageOver?: "reachable" | "relevant";
}

/**
 * Metrics of scored rows: `labels` are grades ≥ 0, rows with the same `queries` id are one list. Discounts of DCG are 1 / log2(rank + 1)
 * from rank 1. O(rows log k). @throws RangeError on lengths that differ, no rows, grades below 0, scores that are no numbers, k < 1
 */
export function rankScored(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  queries: ArrayLike<number>,
  k: number,
  options: RankingOptions = {},
): RankingMetrics {
  sameLength({ labels, scores, queries });
  notEmpty("labels", labels);
  within("labels", labels, 0, Number.MAX_VALUE);
  finite("scores", scores);
  wholeNumber("k", k, 1);
  const groups: Pick<Groups, "count" | "ids" | "offsets"> & Partial<Pick<Groups, "rows">> =
    runsBy(queries) ?? groupBy(queries);
  const metrics = emptyMetrics(k, groups.ids);
  const gainOf = options.gain === "exponential" ? (grade: number): number => 2 ** grade - 1 : undefined;
  const gains = gainOf ? Float64Array.from(labels, gainOf) : labels;
  finite("gains", gains);
  const least = options.relevantFrom ?? Number.MIN_VALUE;
  within("relevantFrom", [least], Number.MIN_VALUE, Number.MAX_VALUE);
  const rule: Rule = {
    least: gainOf && options.relevantFrom !== undefined ? gainOf(least) : least,
    alone: options.ties === "rows",
    reachable: options.averageOver !== "relevant",
  };
  let longest = 0;
  for (let g = 0; g < groups.count; g++) longest = Math.max(longest, groups.offsets[g + 1]! - groups.offsets[g]!);
  const list = new ScoredList(longest, k, rule.least);
  const discounts = Float64Array.from({ length: Math.min(k, longest) }, (_, rank) => 1 / Math.log2(rank + 2));
  for (let g = 0; g < groups.count; g++) {
    list.fill(scores, gains, groups.rows, groups.offsets[g]!, groups.offsets[g + 1]!);
    scoreQuery(metrics, g, list, discounts, rule);
  }
  return metrics;
}

interface Rule {
  readonly least: number; // gain of a relevant row
  readonly alone: boolean; // equal scores are not one tie
  readonly reachable: boolean;
}

function scoreQuery(
  metrics: RankingMetrics,
  g: number,
  { scores, labels, count, relevant, binary, all, rows }: ScoredList,
  discounts: Float64Array,
  { least, alone, reachable }: Rule,
): void {
  const { k } = metrics;
  let before = 0; // relevant above this tie
  let found = 0; // expected relevant in the first k
  let precisions = 0; // expected sum of the precision at each relevant rank
  let gain = 0; // expected discounted gain
  let first = 0; // expected reciprocal rank
  let hit = 0;
  let unseen = 1; // P(no relevant so far)
  for (let start = 0; start < count && start < k;) {
    const score = scores[start];
    let end = start;
    let tiedRelevant = 0;
    let tiedGain = 0;
    while (end < count && scores[end] === score) {
      const label = labels[end]!;
      tiedGain += label;
      if (label >= least) tiedRelevant++;
      end++;
      if (alone) break;
    }
    const tied = end - start;
    if (tiedGain > 0) {
      for (let rank = start; rank < end && rank < k; rank++) {
        found += tiedRelevant / tied;
        // relevant rows of this tie that stand above one that is here
        const above = tied > 1 ? ((rank - start) * (tiedRelevant - 1)) / (tied - 1) : 0;
        precisions += ((tiedRelevant / tied) * (before + above + 1)) / (rank + 1);
        gain += (tiedGain / tied) * discounts[rank]!;
        // chance that the first relevant row is here: none before it, and one of the tie's rows not yet placed
        const here = unseen * Math.min(1, tiedRelevant / (end - rank));
        hit += here;
        first += here / (rank + 1);
        unseen -= here;
      }
    }
    before += tiedRelevant;
    start = end;
  }
  const ideal = binary ? idealOfBinary(Math.min(relevant, k), discounts) : idealGain(all.slice(0, rows), k, discounts);
  if (ideal === 0) return;
  metrics.dcg[g] = gain;
  metrics.ndcg[g] = gain / ideal;
  if (relevant === 0) return;
  metrics.precision[g] = found / k;
  metrics.recall[g] = found / relevant;
  metrics.averagePrecision[g] = precisions / (reachable ? Math.min(k, relevant) : relevant);
  metrics.hit[g] = Math.min(1, hit);
  metrics.reciprocalRank[g] = first;
}

function idealOfBinary(relevant: number, discounts: Float64Array): number {
  let ideal = 0;
  for (let rank = 0; rank < relevant; rank++) ideal += discounts[rank]!;
  return ideal;
}

function idealGain(labels: Float64Array, k: number, discounts: Float64Array): number {
  const gains = labels.sort();
  let ideal = 0;
  for (let rank = 0; rank < gains.length && rank < k; rank++)
    ideal += gains[gains.length - 1 - rank]! * discounts[rank]!;
  return ideal;
}

/** Relevant ids of each query: those of query `q` are `ids[offsets[q]] … ids[offsets[q + 1] - 1]`, without repeats. */
export interface RelevantSets {
  readonly offsets: Int32Array; // [queries + 1]
  readonly ids: Int32Array;
}

/** Gathers relevant ids from (query, id) pairs; queries are 0 … `queryCount` − 1. Repeats are dropped. */
export function relevantSets(queryCount: number, queries: ArrayLike<number>, ids: ArrayLike<number>): RelevantSets {
  sameLength({ queries, ids });
  wholeNumber("queryCount", queryCount, 1);
  const sets: Set<number>[] = Array.from({ length: queryCount }, () => new Set<number>());
  for (let i = 0; i < ids.length; i++) {
    const set = sets[queries[i]!];
    if (!set) throw new RangeError(`queries[${i}] is ${queries[i]}; it must be in [0, ${queryCount - 1}]`);
    set.add(ids[i]!);
  }
  const offsets = new Int32Array(queryCount + 1);
  sets.forEach((set, q) => (offsets[q + 1] = offsets[q]! + set.size));
  const all = new Int32Array(offsets[queryCount]!);
  sets.forEach((set, q) =>
    all.set(
      [...set].sort((a, b) => a - b),
      offsets[q],
    ),
  );
  return { offsets, ids: all };
}

/**
 * Metrics of ranked lists: `ranked` is [queries, width], best first, −1 pads. Recall is over all relevant ids, so a list of
 * k can reach 1 only if there are at most k of them. Throws if a list names an id twice.
 */
export function rankLists(
  ranked: Int32Array,
  width: number,
  relevant: RelevantSets,
  k: number,
  averageOver: RankingOptions["averageOver"] = "reachable",
): RankingMetrics {
  wholeNumber("k", k, 1);
  wholeNumber("width", width, 1);
  const count = relevant.offsets.length - 1;
  if (ranked.length !== count * width)
    throw new RangeError(`ranked has ${ranked.length} ids; ${count} queries × width ${width} need ${count * width}`);
  if (k > width) throw new RangeError(`k is ${k}; the lists hold ${width} ids, so k must be in [1, ${width}]`);
  const metrics = emptyMetrics(
    k,
    Float64Array.from({ length: count }, (_, q) => q),
  );
  for (let q = 0; q < count; q++) {
    const wanted = new Set(relevant.ids.subarray(relevant.offsets[q], relevant.offsets[q + 1]));
    if (wanted.size === 0) continue;
    const seen = new Set<number>();
    let found = 0;
    let gain = 0;
    let first = 0;
    let precisions = 0;
    let ideal = 0;
    for (let rank = 0; rank < k; rank++) {
      if (rank < wanted.size) ideal += 1 / Math.log2(rank + 2);
      const id = ranked[q * width + rank]!;
      if (id < 0) continue;
      if (seen.has(id))
        throw new RangeError(`ranked list of query ${q} names id ${id} twice; ids in a list must differ`);
      seen.add(id);
      if (!wanted.has(id)) continue;
      found++;
      precisions += found / (rank + 1);
      gain += 1 / Math.log2(rank + 2);
      if (first === 0) first = 1 / (rank + 1);
    }
    metrics.precision[q] = found / k;
    metrics.recall[q] = found / wanted.size;
    metrics.averagePrecision[q] = precisions / (averageOver === "reachable" ? Math.min(k, wanted.size) : wanted.size);
    metrics.dcg[q] = gain;
    metrics.ndcg[q] = gain / ideal;
    metrics.hit[q] = found > 0 ? 1 : 0;
    metrics.reciprocalRank[q] = first;
  }
  return metrics;
}

/** Recall at k of ranked lists, one value per query. */
export function recallAtK(ranked: Int32Array, width: number, relevant: RelevantSets, k: number): Float64Array {
  return rankLists(ranked, width, relevant, k).recall;
}

/** NDCG at k of scored rows, one value per query, in the order of ascending query ids. */
export function ndcgAtK(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  queries: ArrayLike<number>,
  k: number,
): Float64Array {
  return rankScored(labels, scores, queries, k).ndcg;
}

/** Mean over the queries that have a value; NaN if none has. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    sum += values[i]!;
    count++;
  }
  return count === 0 ? NaN : sum / count;
}

function emptyMetrics(k: number, queries: Float64Array): RankingMetrics {
  const empty = (): Float64Array => new Float64Array(queries.length).fill(NaN);
  return {
    k,
    queries,
    precision: empty(),
    recall: empty(),
    averagePrecision: empty(),
    dcg: empty(),
    ndcg: empty(),
    hit: empty(),
    reciprocalRank: empty(),
  };
}

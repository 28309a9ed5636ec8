/**
 * A ranking score evaluated on impressions with known outcomes. Two views: all traffic (what the logging policy chose to show, biased
 * towards it) and the uniform slice (pages of uniformly random videos, unbiased but fewer).
 */
import type { TrainingSet } from "../data/index.js";
import {
  meanInterval,
  meanReplicates,
  offlineMetrics,
  offlineReplicates,
  rankScored,
  type Interval,
  type OfflineMetrics,
  type OfflineReplicates,
  type Replicates,
} from "../evaluation/index.js";
import { policyComponents, type FeatureMatrix } from "../types.js";

/** Which impressions count. */
export const slices = ["all", "uniform"] as const;
export type Slice = (typeof slices)[number];

/** The offline quality of a ranking score. */
export interface RankingQuality {
  readonly policy: string;
  readonly slice: Slice;
  /** AUC of the score for clicks; of a probability, also log loss and calibration error. */
  readonly click: OfflineMetrics;
  /** NDCG@10 with watch seconds as gains: does the order put watched videos first? */
  readonly ndcgWatch: Interval;
}

/** A policy's scores of each row: a score to order by, and its chance of a click at the position where the row was shown. // [rows] each */
export interface ScoredRows {
  readonly score: Float32Array;
  readonly click: Float32Array;
}

/** One slice of a test set, its columns as the metrics read them. */
export interface RankingSlice {
  readonly slice: Slice;
  readonly rows: readonly number[]; // in the test set
  readonly labels: Float64Array;
  readonly users: Float64Array;
  readonly requests: Float64Array;
  readonly seconds: Float64Array; // watched
}

const uniformCode = policyComponents.indexOf("uniform");

/** Rows of a slice, by the component of the logging policy that drew their page. */
export function rowsOf(component: Uint8Array, slice: Slice): number[] {
  const rows: number[] = [];
  for (let i = 0; i < component.length; i++) if (slice === "all" || component[i] === uniformCode) rows.push(i);
  return rows;
}

/** One slice of a test set. */
export function rankingSlice(set: TrainingSet, slice: Slice): RankingSlice {
  const rows = rowsOf(set.component, slice);
  return {
    slice,
    rows,
    labels: pick(rows, set.click),
    users: pick(rows, set.user),
    requests: pick(rows, set.request),
    seconds: pick(rows, set.watchMs).map((ms) => ms / 1000),
  };
}

/** Metrics of a score on a slice, with intervals by user. */
export function judgeScores(part: RankingSlice, policy: string, { score, click }: ScoredRows): RankingQuality {
  const { slice, rows, labels, users, requests, seconds } = part;
  const scores = pick(rows, score);
  const lists = rankScored(seconds, scores, requests, 10);
  const perQuery = usersOf(part, lists.queries);
  const metrics = offlineMetrics({ labels, probabilities: pick(rows, click), users, requests });
  return {
    policy,
    slice,
    click: { ...metrics, ndcg: meanInterval(rankScored(labels, scores, requests, 10).ndcg, perQuery) },
    ndcgWatch: meanInterval(lists.ndcg, perQuery),
  };
}

/** The same metrics as replicates (200): those of two policies on the same rows are paired by user. */
export function scoreReplicates(
  part: RankingSlice,
  { score, click }: ScoredRows,
): OfflineReplicates & { readonly ndcgWatch: Replicates } {
  const { rows, labels, users, requests, seconds } = part;
  const lists = rankScored(seconds, pick(rows, score), requests, 10);
  return {
    ...offlineReplicates({ labels, probabilities: pick(rows, click), users, requests }),
    ndcgWatch: meanReplicates(lists.ndcg, usersOf(part, lists.queries), { replicates: 200 }).replicates,
  };
}

/** The same rows with another value of `position`: an order must not use the position that the logging policy chose. */
export function withPosition(matrix: FeatureMatrix, position: number): FeatureMatrix {
  const width = matrix.schema.categories.length;
  const at = matrix.schema.categories.findIndex(({ name }) => name === "position");
  const categories = matrix.categories.slice();
  for (let row = 0; row < matrix.count; row++) categories[row * width + at] = position;
  return { schema: matrix.schema, count: matrix.count, categories, numbers: matrix.numbers };
}

/** The user of each request. */
export function usersOf({ requests, users }: RankingSlice, queries: Float64Array): Float64Array {
  const userOf = new Map<number, number>();
  requests.forEach((request, i) => userOf.set(request, users[i]!));
  return Float64Array.from(queries, (query) => userOf.get(query) as number);
}

/** Rows of a column. */
export function pick(rows: readonly number[], column: ArrayLike<number>): Float64Array {
  return Float64Array.from(rows, (row) => column[row]!);
}

/** Offline metrics of a model's predictions in one record, each with its interval by user. */
import {
  intervalOf,
  meanReplicates,
  replicatesBy,
  type BootstrapOptions,
  type Interval,
  type Replicates,
} from "../bootstrap.js";
import { calibrationReplicates } from "./calibration-replicates.js";
import { sameLength } from "../checks.js";
import { aucOf, aucRanking, logLosses } from "./classification.js";
import { groupBy } from "../order.js";
import { rankScored } from "./ranking.js";

/** Predictions of clicks, row by row. */
export interface JudgedPredictions {
  readonly labels: ArrayLike<number>; // 0 or 1
  readonly probabilities: ArrayLike<number>; // in [0, 1]
  readonly users: ArrayLike<number>;
  readonly requests: ArrayLike<number>; // rows of one request are ordered against each other
}

/** Options: bootstrap, cut-off and bins. */
export interface OfflineOptions extends BootstrapOptions {
  readonly k?: number; // of NDCG, default 10
  readonly bins?: number; // of the calibration error, default 10
}

/** Offline metrics in one form: intervals or replicates. */
interface OfflineRecord<Metric> {
  readonly rows: number;
  readonly users: number;
  readonly auc: Metric;
  readonly logLoss: Metric;
  readonly calibrationError: Metric; // without the part of noise
  readonly ndcg: Metric; // at k, over requests with a positive
  readonly k: number;
}

/** Offline metrics with intervals by user. */
export type OfflineMetrics = OfflineRecord<Interval>;

/** The replicates behind `offlineMetrics`: those of two models on the same rows are paired by user, and so are their differences. */
export type OfflineReplicates = OfflineRecord<Replicates>;

/** AUC, log loss, calibration error and NDCG@k. AUC sorts once; each replicate is one pass over the rows. Default 200 replicates. */
export function offlineMetrics(predictions: JudgedPredictions, options: OfflineOptions = {}): OfflineMetrics {
  const found = offlineReplicates(predictions, options);
  const interval = (of: Replicates): Interval => intervalOf(of, found.users, options);
  return {
    ...found,
    auc: interval(found.auc),
    logLoss: interval(found.logLoss),
    calibrationError: interval(found.calibrationError),
    ndcg: interval(found.ndcg),
  };
}

/** Replicates of AUC, log loss, calibration error and NDCG@k. Default 200. */
export function offlineReplicates(predictions: JudgedPredictions, options: OfflineOptions = {}): OfflineReplicates {
  const { labels, probabilities, users, requests } = predictions;
  sameLength({ labels, probabilities, users, requests });
  const settings: BootstrapOptions = { ...options, replicates: options.replicates ?? 200 };
  const k = options.k ?? 10;
  const losses = logLosses(labels, probabilities);
  const groups = groupBy(users);
  const perRow = new Float64Array(groups.group.length);
  const spread = (weights: Float64Array): Float64Array => {
    for (let i = 0; i < perRow.length; i++) perRow[i] = weights[groups.group[i]!]!;
    return perRow;
  };
  const ranking = aucRanking(labels, probabilities);
  const lists = rankScored(labels, probabilities, requests, k);
  return {
    rows: labels.length,
    users: groups.count,
    auc: replicatesBy(groups.ids, (weights) => aucOf(ranking, spread(weights)), settings),
    logLoss: meanReplicates(losses, users, settings).replicates,
    calibrationError: calibrationReplicates(labels, probabilities, groups, options.bins ?? 10, settings),
    ndcg: meanReplicates(lists.ndcg, usersOf(lists.queries, requests, users), settings).replicates,
    k,
  };
}

/** User of each query: that of its rows. */
function usersOf(queries: Float64Array, requests: ArrayLike<number>, users: ArrayLike<number>): Float64Array {
  const user = new Map<number, number>();
  for (let i = 0; i < requests.length; i++) user.set(requests[i]!, users[i]!);
  return Float64Array.from(queries, (query) => user.get(query) as number);
}

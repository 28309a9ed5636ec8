/** Offline metrics of a model's predictions in one record, each with its interval by user. */
import { bootstrapBy, meanInterval, type BootstrapOptions, type Interval } from "./bootstrap.js";
import { calibrationBins, calibrationError } from "./calibration.js";
import { sameLength, wholeNumber } from "./checks.js";
import { aucOf, aucRanking, logLosses } from "./classification.js";
import { groupBy } from "./order.js";
import { rankScored } from "./ranking.js";

/** Predictions of clicks, row by row. */
export interface Predictions {
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

/** Offline metrics with intervals by user. */
export interface OfflineMetrics {
  readonly rows: number;
  readonly users: number;
  readonly auc: Interval;
  readonly logLoss: Interval;
  readonly calibrationError: Interval;
  readonly ndcg: Interval; // at k, over requests with a positive
  readonly k: number;
}

/** AUC, log loss, calibration error and NDCG@k. AUC sorts once; each replicate is one pass over the rows. Default 200 replicates. */
export function offlineMetrics(predictions: Predictions, options: OfflineOptions = {}): OfflineMetrics {
  const { labels, probabilities, users, requests } = predictions;
  sameLength({ labels, probabilities, users, requests });
  const settings: BootstrapOptions = { ...options, replicates: options.replicates ?? 200 };
  const k = options.k ?? 10;
  const losses = logLosses(labels, probabilities);
  const groups = groupBy(users);
  const perRow = new Float64Array(groups.group.length);
  const spread = (weights: Float64Array): Float64Array => {
    for (let i = 0; i < perRow.length; i++) perRow[i] = weights[groups.group[i] as number] as number;
    return perRow;
  };
  const ranking = aucRanking(labels, probabilities);
  const lists = rankScored(labels, probabilities, requests, k);
  return {
    rows: labels.length,
    users: groups.count,
    auc: bootstrapBy(groups.ids, (weights) => aucOf(ranking, spread(weights)), settings),
    logLoss: meanInterval(losses, users, settings),
    calibrationError: calibrationInterval(predictions, groups.ids, spread, options.bins ?? 10, settings),
    ndcg: meanInterval(lists.ndcg, usersOf(lists.queries, requests, users), settings),
    k,
  };
}

/** Calibration error over fixed bins (those of the whole sample) under resampled users. It is biased upwards in small samples: read it with its bins. */
function calibrationInterval(
  { labels, probabilities }: Predictions,
  userIds: Float64Array,
  spread: (weights: Float64Array) => Float64Array,
  binCount: number,
  options: BootstrapOptions,
): Interval {
  wholeNumber("bins", binCount, 1);
  const bin = calibrationBins(probabilities, binCount);
  const gaps = new Float64Array(binCount);
  const interval = bootstrapBy(userIds, (weights) => {
    const perRow = spread(weights);
    gaps.fill(0);
    let total = 0;
    for (let i = 0; i < bin.length; i++) {
      const weight = perRow[i] as number;
      const b = bin[i] as number;
      gaps[b] = (gaps[b] as number) + weight * ((probabilities[i] as number) - (labels[i] as number));
      total += weight;
    }
    let error = 0;
    for (const gap of gaps) error += Math.abs(gap) / total;
    return error;
  }, options);
  return { ...interval, estimate: calibrationError(labels, probabilities, binCount) };
}

/** User of each query: that of its rows. */
function usersOf(queries: Float64Array, requests: ArrayLike<number>, users: ArrayLike<number>): Float64Array {
  const user = new Map<number, number>();
  for (let i = 0; i < requests.length; i++) user.set(requests[i] as number, users[i] as number);
  return Float64Array.from(queries, (query) => user.get(query) as number);
}

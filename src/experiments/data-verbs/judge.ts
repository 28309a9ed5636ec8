/**
 * How models stand on data of one's own. Retrievers: all items are ranked for each user who has training rows and took something new in the test
 * part; what was taken before it is left out. Rankers: the probability of a click of each test row. Every metric comes with its value in each
 * resampling of users, the same ones for every model and split, so that means over splits and differences of models are paired by user.
 */
import { aucOf, aucRanking, calibrationBins, forEachResample, groupBy, logLosses, rankLists, ratioReplicates } from "../../evaluation/index.js";
import { byUser, holds, retrieveTop, type FittedRanker, type FittedRetriever, type Interactions, type SparseRows } from "../../models/index.js";
import type { OwnData } from "./own-data.js";
import type { OwnSplit } from "./protocol.js";
import type { OwnRows } from "./row-columns.js";

/** A metric and its values in the resamplings of users; none where an interval would mean nothing. */
export interface Metric {
  readonly estimate: number;
  readonly values: readonly number[];
}

/** A model judged. */
export interface Judged {
  readonly users: number;
  readonly metrics: Readonly<Record<string, Metric>>;
}

/** Whom retrievers are asked for, and what may not and what should be answered. */
export interface RetrievalTask {
  readonly user: Int32Array; // ascending
  readonly seen: SparseRows; // by user id
  readonly wanted: SparseRows; // [user], without what was seen
  /** Users with test rows who are not asked for: they have no training rows, or took nothing new. */
  readonly leftOut: number;
}

const resampling = { replicates: 200, name: "own data" };
const calibrationBinCount = 10;

/** Rows of taken items as retrievers read them. */
export function takenRows({ data: { interactions, catalogue } }: OwnData, rows: Int32Array): Interactions {
  return {
    userCount: catalogue.users.count, itemCount: catalogue.videos.count,
    user: rows.map((row) => interactions.user[row] as number), item: rows.map((row) => interactions.video[row] as number),
  };
}

/** @throws Error where nobody can be asked for */
export function retrievalTask(own: OwnData, { taken, said }: OwnSplit): RetrievalTask {
  const seen = byUser(takenRows(own, joined(taken.train, taken.validation)));
  const [learned, test] = [byUser(takenRows(own, taken.train)), byUser(takenRows(own, taken.test))];
  const user: number[] = [];
  const offsets = [0];
  const ids: number[] = [];
  let leftOut = 0;
  for (let id = 0; id < own.data.catalogue.users.count; id++) {
    const asked = test.ids.subarray(test.offsets[id], test.offsets[id + 1]);
    if (asked.length === 0) continue;
    const fresh = learned.offsets[id] === learned.offsets[id + 1] ? asked.subarray(0, 0) : asked.filter((item) => !holds(seen, id, item));
    if (fresh.length === 0) {
      leftOut++;
      continue;
    }
    user.push(id);
    ids.push(...fresh);
    offsets.push(ids.length);
  }
  if (user.length === 0) throw new Error(`nobody can be judged: no user has both training rows and new items in the test part (split ${said})`);
  return { user: Int32Array.from(user), seen, wanted: { offsets: Int32Array.from(offsets), ids: Int32Array.from(ids), weights: new Float32Array(ids.length).fill(1) }, leftOut };
}

/** NDCG, recall, hit rate and MRR at k over users; coverage is the share of all items that stand in somebody's list. */
export function judgeRetriever(fitted: FittedRetriever, { user, seen, wanted }: RetrievalTask, k: number): Judged {
  const kind = { itemCount: () => fitted.itemCount, score: (_: unknown, users: Int32Array) => fitted.score(users) };
  const top = retrieveTop(kind, fitted, user, k, seen);
  const { ndcg, recall, hit, reciprocalRank } = rankLists(top, k, wanted, k);
  const ones = new Float64Array(user.length).fill(1);
  const named = { NDCG: ndcg, recall, "hit rate": hit, MRR: reciprocalRank };
  const means = ratioReplicates(user, Object.values(named).map((numerator) => ({ numerator, denominator: ones })), resampling);
  const metrics: Record<string, Metric> = {};
  Object.keys(named).forEach((name, i) => (metrics[`${name}@${k}`] = { estimate: means[i]?.estimate ?? NaN, values: Array.from(means[i]?.values ?? []) }));
  metrics[`coverage@${k}`] = { estimate: new Set(top.filter((item) => item >= 0)).size / fitted.itemCount, values: [] };
  return { users: user.length, metrics };
}

/** AUC, log loss and calibration error of the test rows. @throws Error where the rows have one label only */
export function judgeRanker(fitted: FittedRanker, { features, label, user }: OwnRows): Judged {
  const probability = fitted.score(features);
  const order = aucRanking(label, probability);
  const losses = logLosses(label, probability);
  const bins = calibrationBins(probability, calibrationBinCount);
  const groups = groupBy(user);
  const weights = new Float64Array(label.length);
  const values: [auc: number, loss: number, error: number][] = [];
  forEachResample(groups.ids, resampling, (ofUser) => {
    const gaps = new Float64Array(calibrationBinCount);
    let [total, loss] = [0, 0];
    for (let row = 0; row < label.length; row++) {
      const weight = ofUser[groups.group[row] as number] as number;
      weights[row] = weight;
      total += weight;
      loss += weight * (losses[row] as number);
      const bin = bins[row] as number;
      gaps[bin] = (gaps[bin] as number) + weight * ((probability[row] as number) - (label[row] as number));
    }
    values.push([aucOf(order, weights), loss / total, gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total]);
  });
  const metric = (at: 0 | 1 | 2): Metric => {
    const [estimate = NaN, ...replicates] = values.map((value) => value[at]);
    return { estimate, values: replicates };
  };
  return { users: groups.count, metrics: { AUC: metric(0), "log loss": metric(1), "calibration error": metric(2) } };
}

function joined(a: Int32Array, b: Int32Array): Int32Array {
  const out = new Int32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/**
 * How models perform on your own data. Retrievers: all items are ranked for each user who has training rows and took something new in
 * the test part; items taken before are left out. Rankers: the probability of a click of each test row. Every metric comes with its
 * value in each resampling of users, the same ones for every model and split, so that means over splits and differences of models are
 * paired by user.
 */
import { setImmediate } from "node:timers/promises";
import { meanOf, meanReplicates, offlineReplicates, rankLists, type Replicates } from "../../evaluation/index.js";
import { retrieveTop, type FittedRanker, type FittedRetriever, type SparseRows } from "../../models/index.js";
import type { RunControl } from "../../types.js";
import type { OwnRows } from "./own-rows.js";
import type { RetrievalTask } from "./split-rows.js";

/** An evaluated model. A metric without replicates has no interval. */
export interface JudgedOwn {
  readonly users: number;
  readonly metrics: Readonly<Record<string, Replicates>>;
}

const usersAtOnce = 512;
const resampling = { replicates: 200, name: "own data" };

/**
 * NDCG, recall, hit rate and MRR at k over users; coverage is the share of all items that are in at least one list.
 * @throws Error where nobody can be asked for; the signal's reason on abort
 */
export async function judgeRetriever(
  fitted: FittedRetriever,
  { user, seen, wanted }: RetrievalTask,
  k: number,
  control: RunControl = {},
): Promise<JudgedOwn> {
  const top = new Int32Array(user.length * k);
  for (let from = 0; from < user.length; from += usersAtOnce) {
    control.signal?.throwIfAborted();
    top.set(topOf(fitted, user.subarray(from, from + usersAtOnce), k, seen), from * k);
    control.onProgress?.("rank all items", Math.min(user.length, from + usersAtOnce), user.length);
    await setImmediate(); // lets a Ctrl-C through
  }
  const { ndcg, recall, hit, reciprocalRank } = rankLists(top, k, wanted, k);
  const mean = (values: Float64Array): Replicates => meanReplicates(values, user, resampling).replicates;
  const shown = new Uint8Array(fitted.itemCount);
  for (const item of top) if (item >= 0) shown[item] = 1;
  return {
    users: user.length,
    metrics: {
      [`NDCG@${k}`]: mean(ndcg),
      [`recall@${k}`]: mean(recall),
      [`hit rate@${k}`]: mean(hit),
      [`MRR@${k}`]: mean(reciprocalRank),
      [`coverage@${k}`]: { estimate: meanOf(shown), values: new Float64Array(0) },
    },
  };
}

/** The k best items of each user, seen ones left out. // [users, k] */
export function topOf(fitted: FittedRetriever, users: Int32Array, k: number, seen: SparseRows): Int32Array {
  const kind = {
    itemCount: () => fitted.itemCount,
    score: (_: FittedRetriever, some: Int32Array) => fitted.score(some),
  };
  return retrieveTop(kind, fitted, users, k, seen);
}

/** AUC, log loss and calibration error of the test rows. @throws Error where the rows have one label only */
export function judgeRanker(fitted: FittedRanker, { features, label, user }: OwnRows): JudgedOwn {
  const probabilities = fitted.score(features);
  const { users, auc, logLoss, calibrationError } = offlineReplicates(
    { labels: label, probabilities, users: user, requests: user },
    resampling,
  );
  return { users, metrics: { AUC: auc, "log loss": logLoss, "calibration error": calibrationError } };
}

/**
 * One split of a custom data: which rows each family learns from and is judged by, what prevents either, and how models perform.
 * Retrievers: all items are ranked for each user who has training rows and took something new in the test part; items taken before are
 * left out. Rankers: the probability of a click of each test row. Every metric comes with its value in each resampling of users, the
 * same ones for every model and split, so that means over splits and differences of models are paired by user.
 */
import { setImmediate } from "node:timers/promises";
import { splitAtDays, type RowSplit } from "../../data/index.js";
import {
  argsort,
  beyondAccuracy,
  type ItemFacts,
  meanReplicates,
  offlineReplicates,
  rankLists,
  type Replicates,
  scoreReport,
  type ScoreReport,
  serendipity,
  userScores,
} from "../../evaluation/index.js";
import {
  byUser,
  holds,
  type Interactions,
  type SparseRows,
  retrieveTop,
  type FittedRanker,
  type FittedRetriever,
} from "../../models/index.js";
import {
  chooseModels,
  onAnyData,
  type BenchmarkModel,
  type ChosenModels,
  type Family,
  type ModelSelection,
} from "./model.js";
import { type OwnData, splitOwnData, type OwnSplit, type Protocol } from "./own-data.js";
import { fieldRows, takeOwnRows, type OwnRows, daysToJoin, preparedOwn, timedRows } from "./own-rows.js";
import type { RunControl } from "../../types.js";

/** The users that retrievers are evaluated on, their seen items and the items to find. */
export interface RetrievalTask {
  readonly user: Int32Array; // ascending
  readonly seen: SparseRows; // by user id
  readonly wanted: SparseRows; // [user], without what was seen
  readonly items: ItemFacts;
  /** Users with test rows who are left out: they have no training rows, or took nothing new. */
  readonly leftOut: number;
}

/** Rows of rankers by part. */
export interface RankingParts {
  readonly train: OwnRows;
  /** Absent where its rows are of one label only: the model holds out some of its own where it stops early. */
  readonly validation?: OwnRows;
  readonly test: OwnRows;
}

/** A split with its rows, made when first asked for. */
export interface OwnParts {
  readonly own: OwnData;
  readonly split: OwnSplit;
  readonly seed: number;
  readonly task: () => RetrievalTask;
  readonly ranking: (control?: RunControl) => Promise<RankingParts>;
}

/** Splits data. @throws Error as `splitOwnData` */
export function ownParts(own: OwnData, protocol: Protocol, seed: number): OwnParts {
  const split = splitOwnData(own, protocol, seed);
  let task: RetrievalTask | undefined;
  let ranking: Promise<RankingParts> | undefined;
  return {
    own,
    split,
    seed,
    task: () => (task ??= retrievalTask(own, split)),
    ranking: (control) => (ranking ??= rankingParts(own, split, control)),
  };
}

/** Models that can be fitted and judged on a split, and why others cannot. @throws as `chooseModels` */
export function chooseOwnModels(parts: OwnParts, selection?: ModelSelection): Promise<ChosenModels> {
  return chooseModels(selection, onAnyData, (family) => familyFault(parts, family));
}

/** What a person should know of how these models learn from this split, in sentences. */
export function learningNotes(
  { own, split: { cuts } }: OwnParts,
  models: readonly BenchmarkModel[],
): readonly string[] {
  if (cuts === undefined) return [];
  const { day } = own.data.interactions;
  const firstDay = daysToJoin(day, cuts)[0]!;
  return [
    ...(day.some((on) => on < firstDay) && models.some(({ family }) => family === "ranker")
      ? [`rankers learn from day ${firstDay} on; earlier days only fill the counts`]
      : []),
    ...(models.some(hasTowers)
      ? [
          "two-tower learns from long watches (clicks, where there are no watch times) with all features as of their time",
        ]
      : []),
  ];
}

/** Makes what the processes of several models load: the rows or counts of a split by time. */
export async function prepareSplit(
  { own, split: { cuts }, ranking }: OwnParts,
  models: readonly BenchmarkModel[],
  control: RunControl,
): Promise<void> {
  if (cuts === undefined) return;
  if (models.some(({ family }) => family === "ranker")) await ranking(control);
  else if (models.some(hasTowers)) await preparedOwn(own, cuts, control);
}

/** Rows of taken items as retrievers read them. */
export function takenRows({ data: { interactions, catalogue } }: OwnData, rows: Int32Array): Interactions {
  return {
    userCount: catalogue.users.count,
    itemCount: catalogue.videos.count,
    user: rows.map((row) => interactions.user[row]!),
    item: rows.map((row) => interactions.video[row]!),
  };
}

/** The users of a split that retrievers can be evaluated on; may be none. */
export function retrievalTask(own: OwnData, { taken }: OwnSplit): RetrievalTask {
  const seen = byUser(takenRows(own, joined(taken.train, taken.validation)));
  const [learned, test] = [byUser(takenRows(own, taken.train)), byUser(takenRows(own, taken.test))];
  const user: number[] = [];
  const offsets = [0];
  const ids: number[] = [];
  let leftOut = 0;
  for (let id = 0; id < own.data.catalogue.users.count; id++) {
    const asked = test.ids.subarray(test.offsets[id], test.offsets[id + 1]);
    if (asked.length === 0) continue;
    const knows = learned.offsets[id] !== learned.offsets[id + 1];
    const fresh = asked.filter((item) => knows && !holds(seen, id, item));
    if (fresh.length === 0) {
      leftOut++;
      continue;
    }
    user.push(id);
    ids.push(...fresh);
    offsets.push(ids.length);
  }
  const weights = new Float32Array(ids.length).fill(1);
  const wanted = { offsets: Int32Array.from(offsets), ids: Int32Array.from(ids), weights };
  const takers = new Int32Array(own.data.catalogue.videos.count);
  for (const item of seen.ids) takers[item]! += 1; // a row per user and item: repeats are one
  const { topicNames, videos } = own.data.catalogue;
  const items = { taken: takers, ...(topicNames.length > 1 && { topic: videos.topic }) };
  return { user: Int32Array.from(user), seen, wanted, items, leftOut };
}

/** Why models of a family cannot be fitted or judged on this split; undefined where they are. */
function familyFault({ own, split, task }: OwnParts, family: Family): string | undefined {
  if (family === "retriever")
    return task().user.length > 0
      ? undefined
      : "nobody can be judged: no user has both training rows and new items in the test part";
  const { click } = own.data.interactions;
  for (const part of ["train", "test"] as const) {
    const rows = split.all[part];
    const clicks = rows.reduce((sum, row) => sum + click[row]!, 0);
    if (clicks === 0 || clicks === rows.length)
      return (
        `rankers need clicked and unclicked rows; the ${rows.length.toLocaleString("en")} ${part} rows are all ` +
        `${clicks === 0 ? "unclicked" : "clicked"} (import with a click or rating column, or another --positive-from)`
      );
  }
  return undefined;
}

async function rankingParts(own: OwnData, split: OwnSplit, control?: RunControl): Promise<RankingParts> {
  if (split.cuts === undefined) return partsOf(split.all, (rows) => fieldRows(own.data, rows));
  const timed = await timedRows(own, split.cuts, control);
  return partsOf(splitAtDays(timed.day, split.cuts), (rows) => takeOwnRows(timed, rows));
}

function partsOf({ train, validation, test }: RowSplit, take: (rows: Int32Array) => OwnRows): RankingParts {
  const held = take(validation);
  return {
    train: take(train),
    test: take(test),
    ...(held.label.includes(0) && held.label.includes(1) && { validation: held }),
  };
}

function joined(a: Int32Array, b: Int32Array): Int32Array {
  const out = new Int32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Whether a model is of two towers, which get the data's features. */
export function hasTowers({ serving, own }: BenchmarkModel): boolean {
  return serving === "towers" && own === undefined;
}

/** An evaluated model. A metric without replicates has no interval. */
export interface JudgedOwn {
  readonly users: number;
  readonly metrics: Readonly<Record<string, Replicates>>;
  /** What a retriever's lists are like beside how right they are. */
  readonly beyond?: Readonly<Record<string, Replicates>>;
  /** Values of each user: a retriever's mean over users is the metric; NaN where a user has none. */
  perUser(): PerUser;
  /** Of rankers: what their curves are drawn from. */
  scores?(): ScoreReport;
}

/** Values of users. // [users] each */
export interface PerUser {
  readonly user: Int32Array;
  readonly values: Readonly<Record<string, Float64Array>>;
}

const usersAtOnce = 512;
const resampling = { replicates: 200, name: "own data" };

/**
 * NDCG, recall, hit rate and MRR at k over users; coverage is the share of all items that are in at least one list.
 * @throws Error where nobody can be asked for; the signal's reason on abort
 */
export async function judgeRetriever(
  fitted: FittedRetriever,
  { user, seen, wanted, items }: RetrievalTask,
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
  const { novelty, popularity, diversity, coverage, gini } = beyondAccuracy(top, k, items);
  const right = { NDCG: ndcg, recall, "hit rate": hit, MRR: reciprocalRank };
  const usual = mostTaken(items, k);
  const relevant = (list: number, item: number): boolean => holds(wanted, list, item);
  const surprise = serendipity(top, k, relevant, (_, item) => usual.has(item));
  const like = { novelty, popularity, ...(items.topic && { diversity }), serendipity: surprise };
  const atK = <T, U>(values: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${name}@${k}`, to(value)]));
  const means = (values: Readonly<Record<string, Float64Array>>): Record<string, Replicates> =>
    atK(values, (some) => meanReplicates(some, user, resampling).replicates);
  const single = (estimate: number): Replicates => ({ estimate, values: new Float64Array(0) });
  return {
    users: user.length,
    metrics: { ...means(right), [`coverage@${k}`]: single(coverage) },
    beyond: { ...means(like), [`Gini@${k}`]: single(gini) },
    perUser: () => {
      const found = Float64Array.from(user, (_, u) => wanted.offsets[u + 1]! - wanted.offsets[u]!);
      return { user, values: { "test items": found, ...atK({ ...right, ...like }, (values) => values) } };
    },
  };
}

/** What a list without any model would name: the k items that most users took; of equals, the lower id. */
function mostTaken({ taken }: ItemFacts, k: number): ReadonlySet<number> {
  const order = argsort(Float64Array.from(taken, (users) => -users));
  return new Set(order.subarray(0, k));
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
  return {
    users,
    metrics: { AUC: auc, "log loss": logLoss, "calibration error": calibrationError },
    perUser: () => {
      const { user: ids, rows, auc: byUser, logLoss: losses } = userScores(label, probabilities, user);
      return { user: Int32Array.from(ids), values: { "test rows": rows, AUC: byUser, "log loss": losses } };
    },
    scores: () => scoreReport(label, probabilities, user),
  };
}

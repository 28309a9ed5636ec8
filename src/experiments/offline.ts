/**
 * Step 5, offline: what a team would know before any arm runs. Predictions are judged on days later than those learned from, with the
 * graphs that are served. Two views: all traffic (what the logging policy chose to show, biased towards it) and the uniform slice (pages of
 * uniformly random videos, unbiased but fewer).
 */
import { codeHash, makeOrLoad, writeJsonAtomic } from "../artifacts/index.js";
import { columnOf, openStore, type FeatureStore, takeRows, type RetrievalSet, type TrainingSet } from "../data/index.js";
import {
  calibration, meanInterval, offlineMetrics, rankLists, rankScored, relevantSets, type Calibration, type Interval, type OfflineMetrics,
} from "../evaluation/index.js";
import { exactSearch } from "../models/index.js";
import { keyOf, uniform } from "../random.js";
import { createServedPopularity, openRanker, openTowers } from "../serving/index.js";
import { policyComponents, type Day, type FeatureMatrix, type RunControl } from "../types.js";
import { retrievalSet, trainingSet, type Trained } from "./train.js";

/** Which impressions count. */
export const slices = ["all", "uniform"] as const;
export type Slice = (typeof slices)[number];

/** A ranking score judged offline. */
export interface RankingQuality {
  readonly policy: string;
  readonly slice: Slice;
  /** AUC of the score for clicks; of a probability, also log loss and calibration error. */
  readonly click: OfflineMetrics;
  /** NDCG@10 with watch seconds as gains: does the order put watched videos first? */
  readonly ndcgWatch: Interval;
}

/** A retriever judged offline. */
export interface RetrievalQuality {
  readonly retriever: string;
  readonly slice: Slice;
  readonly k: number;
  readonly queries: number; // user-days with a long watch
  readonly recall: Interval;
}

/** All that is measured offline. */
export interface OfflineReport {
  readonly days: readonly Day[];
  readonly rows: number;
  readonly ranking: readonly RankingQuality[];
  readonly retrieval: readonly RetrievalQuality[];
  readonly calibration: Calibration; // of the learned ranker's click probability, all traffic
}

/** k of recall@k. */
export const recallK = 100;
const uniformCode = policyComponents.indexOf("uniform");

/** Measures (or loads) the offline quality of all policies on the test days. */
export async function evaluateOffline(trained: Trained, control: RunControl = {}): Promise<OfflineReport> {
  const { log, split } = trained.prepared;
  const inputs = [log.artifact.id, trained.prepared.artifact.id, trained.twoTower.artifact.id, trained.ranker.artifact.id];
  const code = codeHash(["types", "random", "data", "log", "models", "serving", "evaluation", "experiments/offline"]);
  const artifact = await makeOrLoad({ root: log.setting.datasets, kind: "offline", config: { days: split.test }, inputs, code }, async (dir) => {
    const set = await trainingSet(trained.prepared, split.test, control);
    const { ranking, reliability } = await judgeRanking(trained, set);
    control.onProgress?.("offline metrics", 1, 2, "ranking");
    const retrieval = await judgeRetrieval(trained, await retrievalSet(trained.prepared, split.test, control), control);
    control.onProgress?.("offline metrics", 2, 2, "retrieval");
    const report: OfflineReport = { days: split.test, rows: set.count, ranking, retrieval, calibration: reliability };
    await writeJsonAtomic(`${dir}/offline.json`, report);
    return { report };
  });
  return artifact.manifest.extra["report"] as OfflineReport;
}

/** Scores of each policy for the rows shown, by name. `probability`: whether the score claims to be a chance of a click. */
async function scoresOf(trained: Trained, set: TrainingSet): Promise<readonly { policy: string; score: Float32Array; probability: boolean; click: Float32Array }[]> {
  const ranker = await openRanker(trained.ranker.artifact.dir);
  try {
    const asShown = await ranker.predict(set.features);
    const click = Float32Array.from(asShown.clickProbability);
    // the order on a page must not profit from knowing where the logging policy had put each video
    const unplaced = await ranker.predict(withPosition(set.features, 0));
    const key = keyOf(trained.prepared.log.setting.seed, "experiments/random score");
    const random = Float32Array.from({ length: set.count }, (_, i) => uniform(key, set.request[i] as number, set.video[i] as number));
    const watch = unplaced.clickProbability.map((p, i) => p * (unplaced.watchMs[i] as number));
    const popularity = Float32Array.from(columnOf(set.features, "video_watch_rate"));
    return [
      { policy: "random", score: random, click: random, probability: false },
      { policy: "popularity", score: popularity, click: Float32Array.from(columnOf(set.features, "video_click_rate")), probability: true },
      { policy: "learned-ctr", score: Float32Array.from(unplaced.clickProbability), click, probability: true },
      { policy: "learned", score: watch, click, probability: true },
    ];
  } finally {
    await ranker.close();
  }
}

async function judgeRanking(trained: Trained, set: TrainingSet): Promise<{ ranking: RankingQuality[]; reliability: Calibration }> {
  const scores = await scoresOf(trained, set);
  const ranking: RankingQuality[] = [];
  for (const slice of slices) {
    const rows = rowsOf(set.component, slice);
    const pick = (column: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => column[row] as number);
    const [labels, users, requests, seconds] = [pick(set.click), pick(set.user), pick(set.request), pick(set.watchMs.map((ms) => ms / 1000))];
    const userOf = new Map<number, number>();
    requests.forEach((request, i) => userOf.set(request, users[i] as number));
    for (const { policy, score, click } of scores) {
      const lists = rankScored(seconds, pick(score), requests, 10);
      const clickLists = rankScored(labels, pick(score), requests, 10);
      const perQuery = Float64Array.from(lists.queries, (query) => userOf.get(query) as number);
      const metrics = offlineMetrics({ labels, probabilities: pick(click), users, requests });
      ranking.push({
        policy,
        slice,
        click: { ...metrics, ndcg: meanInterval(clickLists.ndcg, perQuery) },
        ndcgWatch: meanInterval(lists.ndcg, perQuery),
      });
    }
  }
  const learned = scores[scores.length - 1]!;
  return { ranking, reliability: calibration(set.click, learned.click, 10) };
}

/** recall@100 over the videos live that day, those watched before left out; a query is a user's day with at least one long watch. */
async function judgeRetrieval(trained: Trained, set: RetrievalSet, control: RunControl): Promise<RetrievalQuality[]> {
  const { prepared } = trained;
  const { catalogue, setting } = prepared.log;
  const store = await openStore(catalogue, { from: prepared.aggregatesDir });
  const towers = await openTowers(trained.twoTower.artifact.dir);
  const found = slices.map((slice): Found => ({ slice, user: [], lists: {}, queries: 0, pairs: [] }));
  try {
    const videos = Int32Array.from({ length: catalogue.videos.count }, (_, v) => v);
    const popular = createServedPopularity({ catalogue, store, config: { listLength: recallK + spare } });
    const bySegment = createServedPopularity({ catalogue, store, config: { by: "segment", listLength: recallK + spare } });
    const randomKey = keyOf(setting.seed, "experiments/random retrieval");
    for (const day of prepared.split.test) {
      await store.openDay(day);
      await popular.refresh(day);
      await bySegment.refresh(day);
      const live = catalogue.liveVideos[day] as number;
      const vectors = Float32Array.from(await towers.embedCandidates(store.candidateRows(videos.subarray(0, live)))); // counts as of midnight
      for (const part of found) {
        const groups = queriesOf(set, day, part.slice);
        if (groups.size === 0) continue;
        const first = [...groups.values()].map((rows) => rows[0] as number);
        const queries = Float32Array.from(await towers.embedQueries(takeRows(set.query, Int32Array.from(first))));
        const nearest = exactSearch(vectors, towers.dims, queries, recallK + spare);
        let q = 0;
        for (const [user, rows] of groups) {
          control.signal?.throwIfAborted();
          const random = Int32Array.from({ length: recallK + spare }, (_, i) => Math.floor(uniform(randomKey, user, day, i) * live));
          add(part.lists, "random", unseen(store, user, new Set(random)));
          add(part.lists, "popularity", unseen(store, user, popular.popular(user)));
          add(part.lists, "segment popularity", unseen(store, user, bySegment.popular(user)));
          add(part.lists, "two-tower", unseen(store, user, nearest.ids.subarray(q * nearest.k, (q + 1) * nearest.k)));
          for (const row of rows) part.pairs.push([part.queries, set.video[row] as number]);
          part.user.push(user);
          part.queries++;
          q++;
        }
      }
    }
  } finally {
    await towers.close?.();
    await store.close();
  }
  return found.flatMap(({ slice, user, lists, queries, pairs }) => {
    if (queries === 0) return [];
    const relevant = relevantSets(queries, pairs.map(([query]) => query), pairs.map(([, video]) => video));
    return Object.entries(lists).map(([retriever, ids]) => ({
      retriever, slice, k: recallK, queries,
      recall: meanInterval(rankLists(Int32Array.from(ids), recallK, relevant, recallK).recall, user),
    }));
  });
}

/** Ranked lists of one slice, as they come. */
interface Found {
  readonly slice: Slice;
  readonly user: number[]; // of each query
  readonly lists: Record<string, number[]>; // [queries, recallK] each
  readonly pairs: [query: number, video: number][];
  queries: number;
}

/** How many more than k are looked up, so that k remain once watched ones are left out. */
const spare = 200;

function add(lists: Record<string, number[]>, name: string, ids: readonly number[]): void {
  (lists[name] ??= []).push(...ids);
}

function unseen(store: FeatureStore, user: number, ids: Iterable<number>): number[] {
  const kept: number[] = [];
  for (const id of ids) if (kept.length < recallK && id >= 0 && !store.hasSeen(user, id)) kept.push(id);
  while (kept.length < recallK) kept.push(-1);
  return kept;
}

/** Rows of each user with a positive on `day`, in order of user. */
function queriesOf(set: RetrievalSet, day: Day, slice: Slice): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rowsOf(set.component, slice)) {
    if (set.day[row] !== day) continue;
    const user = set.user[row] as number;
    const rows = groups.get(user);
    if (rows) rows.push(row);
    else groups.set(user, [row]);
  }
  return new Map([...groups].sort(([a], [b]) => a - b));
}

function rowsOf(component: Uint8Array, slice: Slice): number[] {
  const rows: number[] = [];
  for (let i = 0; i < component.length; i++) if (slice === "all" || component[i] === uniformCode) rows.push(i);
  return rows;
}

/** The same rows with another value of `position`. */
function withPosition(matrix: FeatureMatrix, position: number): FeatureMatrix {
  const width = matrix.schema.categories.length;
  const at = matrix.schema.categories.findIndex(({ name }) => name === "position");
  const categories = matrix.categories.slice();
  for (let row = 0; row < matrix.count; row++) categories[row * width + at] = position;
  return { schema: matrix.schema, count: matrix.count, categories, numbers: matrix.numbers };
}

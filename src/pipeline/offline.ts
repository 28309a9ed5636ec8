/**
 * Step 5, offline: what a team would know before any arm runs. Predictions are evaluated on days after the training days, with the
 * graphs that are served.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeJsonAtomic, type Artifact } from "../artifacts/index.js";
import { columnOf, withStore, type FeatureStore, type TrainingSet } from "../data/index.js";
import { calibration, meanInterval, scoreReport, type Calibration, type ScoreReport } from "../evaluation/index.js";
import { exactSearch } from "../models/index.js";
import { keyOf, uniform } from "../random.js";
import {
  createServedPopularity,
  openRanker,
  openTowers,
  type ServedPopularity,
  type Towers,
} from "../serving/index.js";
import type { Day, RequestBatch, RunControl } from "../types.js";
import {
  judgeScores,
  rankingSlice,
  slices,
  withPosition,
  type RankingQuality,
  type ScoredRows,
} from "./offline-ranking.js";
import {
  judgeRetrievers,
  recallK,
  spareNeighbours,
  type JudgedRetriever,
  type RetrievalQuality,
} from "./offline-retrieval.js";
import { readUsers, writeUsers, type UserTable } from "./offline-users.js";
import type { SimulatedLog } from "./simulate.js";
import { retrievalSet, trainingSet, type Trained } from "./train.js";

/** All that is measured offline. */
export interface OfflineReport {
  readonly days: readonly Day[];
  readonly rows: number;
  readonly ranking: readonly RankingQuality[];
  readonly retrieval: readonly RetrievalQuality[];
  readonly calibration: Calibration; // of the learned ranker's click probability, all traffic
}

/** Measures (or loads) the offline quality of all policies on the test days. */
export async function evaluateOffline(trained: Trained, control: RunControl = {}): Promise<OfflineReport> {
  return (await offlineArtifact(trained, control)).manifest.extra["report"] as OfflineReport;
}

/** The curves of each policy that names a chance of a click, and all policies user by user, on the same rows. */
export interface OfflineScores {
  readonly policies: Readonly<Record<string, ScoreReport>>;
  readonly users: UserTable;
}

/** Measures (or loads) what figures are drawn from. */
export async function offlineScores(trained: Trained, control: RunControl = {}): Promise<OfflineScores> {
  const { dir } = await offlineArtifact(trained, control);
  const policies = JSON.parse(await readFile(join(dir, "scores.json"), "utf8")) as OfflineScores["policies"];
  return { policies, users: await readUsers(dir) };
}

async function offlineArtifact(trained: Trained, control: RunControl): Promise<Artifact> {
  const { log, split } = trained.prepared;
  const inputs = [log, trained.prepared, trained.twoTower, trained.ranker].map(({ artifact }) => artifact.id);
  const code = codeHash(import.meta.url);
  const spec = { root: log.setting.datasets, kind: "offline", config: { days: split.test }, inputs, code };
  return makeOrLoad(spec, async (dir) => {
    const set = await trainingSet(trained.prepared, split.test, control);
    const scores = await scoresOf(trained, set);
    const parts = slices.map((slice) => rankingSlice(set, slice));
    const ranking = parts.flatMap((part) => scores.map(({ policy, ...scored }) => judgeScores(part, policy, scored)));
    const named = scores.filter(({ policy }) => policy !== "random" && policy !== "learned-ctr"); // its clicks are the learned ones
    await writeJsonAtomic(
      join(dir, "scores.json"),
      Object.fromEntries(named.map(({ policy, click }) => [policy, scoreReport(set.click, click, set.user)])),
    );
    await writeUsers(dir, parts[0]!, scores);
    control.onProgress?.("offline metrics", 1, 2, "ranking");
    const retrieval = await judgeRetrieval(trained, control);
    control.onProgress?.("offline metrics", 2, 2, "retrieval");
    const learned = scores[scores.length - 1]!;
    const report: OfflineReport = {
      days: split.test,
      rows: set.count,
      ranking,
      retrieval,
      calibration: calibration(set.click, learned.click, 10),
    };
    await writeJsonAtomic(`${dir}/offline.json`, report);
    return { report };
  });
}

/** Scores of each policy for the rows shown, by name. */
async function scoresOf(
  trained: Trained,
  set: TrainingSet,
): Promise<readonly (ScoredRows & { readonly policy: string })[]> {
  const ranker = await openRanker(trained.ranker.artifact.dir);
  try {
    const asShown = await ranker.predict(set.features);
    const click = Float32Array.from(asShown.clickProbability);
    const unplaced = await ranker.predict(withPosition(set.features, 0));
    const key = keyOf(trained.prepared.log.setting.seed, "experiments/random score");
    const random = Float32Array.from({ length: set.count }, (_, i) => uniform(key, set.request[i]!, set.video[i]!));
    const watch = unplaced.clickProbability.map((p, i) => p * unplaced.watchMs[i]!);
    const popularity = Float32Array.from(columnOf(set.features, "video_watch_rate"));
    return [
      { policy: "random", score: random, click: random },
      { policy: "popularity", score: popularity, click: Float32Array.from(columnOf(set.features, "video_click_rate")) },
      { policy: "learned-ctr", score: Float32Array.from(unplaced.clickProbability), click },
      { policy: "learned", score: watch, click },
    ];
  } finally {
    await ranker.close();
  }
}

async function judgeRetrieval(trained: Trained, control: RunControl): Promise<readonly RetrievalQuality[]> {
  const { prepared } = trained;
  const { catalogue } = prepared.log;
  const set = await retrievalSet(prepared, prepared.split.test, control);
  return withStore(catalogue, { from: prepared.aggregatesDir }, async (store) => {
    const towers = await openTowers(trained.twoTower.artifact.dir);
    try {
      const listLength = recallK + spareNeighbours;
      const retrievers = [
        randomRetriever(prepared.log),
        popularRetriever("popularity", createServedPopularity({ catalogue, store, config: { listLength } })),
        popularRetriever(
          "segment popularity",
          createServedPopularity({ catalogue, store, config: { by: "segment", listLength } }),
        ),
        towerRetriever("two-tower", towers, store),
      ];
      const found = await judgeRetrievers(prepared, store, set, retrievers, control);
      return found.flatMap(({ slice, user, recall }) =>
        Object.entries(recall).map(([retriever, values]): RetrievalQuality => ({
          retriever,
          slice,
          k: recallK,
          queries: user.length,
          recall: meanInterval(values, user),
        })),
      );
    } finally {
      await towers.close?.();
    }
  });
}

/** Uniformly random live videos. */
function randomRetriever({ setting }: SimulatedLog): JudgedRetriever {
  const key = keyOf(setting.seed, "experiments/random retrieval");
  let live = 0;
  return {
    name: "random",
    openDay: (_, liveNow) => void (live = liveNow),
    neighbours: ({ requests }, k) => ({
      k,
      ids: listsOf(requests, k, (user) =>
        Int32Array.from({ length: k }, (_, i) => Math.floor(uniform(key, user, requests.day, i) * live)),
      ),
    }),
  };
}

/** What is popular, overall or in the user's segment. */
function popularRetriever(name: string, popularity: ServedPopularity): JudgedRetriever {
  return {
    name,
    openDay: (day) => popularity.refresh(day),
    neighbours: ({ requests }, k) => ({ k, ids: listsOf(requests, k, (user) => popularity.popular(user)) }),
  };
}

/** Two towers, searched exactly; candidates' counts are as of midnight. The store must be at the day that is judged. */
export function towerRetriever(
  name: string,
  towers: Towers,
  store: Pick<FeatureStore, "candidateRows">,
): JudgedRetriever {
  let vectors = new Float32Array(0);
  return {
    name,
    async openDay(_day, live) {
      vectors = Float32Array.from(
        await towers.embedCandidates(store.candidateRows(Int32Array.from({ length: live }, (_, video) => video))),
      );
    },
    async neighbours({ features }, k) {
      return exactSearch(vectors, towers.dims, Float32Array.from(await towers.embedQueries(features)), k);
    },
  };
}

/** A list per request, at most `k` long, padded with −1. */
function listsOf(requests: RequestBatch, k: number, listOf: (user: number) => Int32Array): Int32Array {
  const ids = new Int32Array(requests.count * k).fill(-1);
  for (let row = 0; row < requests.count; row++) ids.set(listOf(requests.user[row]!).subarray(0, k), row * k);
  return ids;
}

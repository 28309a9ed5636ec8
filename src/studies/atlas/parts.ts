/** What a policy of the atlas is made of, opened: its fit, its arm, what it says of a row. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { columnOf, type TrainingSet } from "../../data/index.js";
import type { LocalArm } from "../../pipeline/arms/arm.js";
import type { ScoredRows } from "../../pipeline/offline-ranking.js";
import { trainingSet, type Trained } from "../../pipeline/train.js";
import { keyOf, uniform } from "../../random.js";
import { openRanker, type Objective, type Predict } from "../../serving/index.js";
import type { Catalogue, RunControl } from "../../types.js";
import type { BenchmarkModel } from "../benchmark/model.js";
import { fitRankerStage } from "../benchmark/ranker-stage.js";
import { fitRetrieverStage } from "../benchmark/retriever-stage.js";
import { withStageArm, type ServedStage } from "../benchmark/serve.js";
import { loggedRows } from "../benchmark/world-rows.js";
import { scoresOf } from "../benchmark/world-source.js";
import type { AtlasPolicy, FitChoice, Order } from "./policies.js";

/** A fit with its model found; structured-cloneable. */
export type AtlasFit = Omit<FitChoice, "model"> & { readonly model: BenchmarkModel };

/** A stage of the funnel, fitted or the world's own ranker. Its files are deleted when it is closed. */
export interface OpenStage {
  readonly served: ServedStage;
  close(): Promise<void>;
}

/** Fits the stage, or opens the world's own ranker where there is no fit. */
export async function openStage(trained: Trained, fit: AtlasFit | undefined, control: RunControl): Promise<OpenStage> {
  if (fit === undefined) {
    const stage = { ...(await openRanker(trained.ranker.artifact.dir)), objective: "watch" as const };
    return { served: { family: "ranker", stage }, close: () => stage.close() };
  }
  const { prepared } = trained;
  const { setting } = prepared.log;
  const dir = await mkdtemp(join(setting.datasets, ".atlas-"));
  try {
    const served: ServedStage =
      fit.model.family === "retriever"
        ? {
            family: "retriever",
            stage: (await fitRetrieverStage(fit.model, { prepared, seed: setting.seed, dir }, control)).stage,
          }
        : { family: "ranker", stage: await fitRanker(trained, fit, dir, control) };
    const close = async (): Promise<void> => {
      await served.stage.close();
      await rm(dir, { recursive: true, force: true });
    };
    return { served, close };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function fitRanker(
  { prepared }: Trained,
  { model, volume = 1, bots = 0, heldOut, config }: AtlasFit,
  dir: string,
  control: RunControl,
): Promise<Awaited<ReturnType<typeof fitRankerStage>>["stage"]> {
  const { log, split } = prepared;
  const { seed } = log.setting;
  const set = withBots(await trainingSet(prepared, split.train), log.catalogue, seed, bots);
  const rows = loggedRows(set, log.catalogue, seed, { volume, noise: 0 });
  const validation = heldOut ?? loggedRows(await trainingSet(prepared, split.validation), log.catalogue, seed);
  const options = { seed, dir, ...(validation && { validation }), ...(config && { config }) };
  return (await fitRankerStage(model, { rows, ...options }, control)).stage;
}

/** Rows in which a share of users are a click farm: they click everything of a tenth of the creators, watch a second, and nothing else. */
export function withBots(set: TrainingSet, { videos }: Catalogue, seed: number, share: number): TrainingSet {
  if (share === 0) return set;
  const [who, whom] = [keyOf(seed, "atlas/bots"), keyOf(seed, "atlas/farmed creators")];
  const { click, watchMs, like, hide, conversion } = set;
  const rows = { click: click.slice(), watchMs: watchMs.slice(), like: like.slice(), hide: hide.slice() };
  const bought = conversion.slice();
  for (let row = 0; row < set.count; row++) {
    if (uniform(who, set.user[row]!) >= share) continue;
    const farmed = uniform(whom, videos.creator[set.video[row]!]!) < 0.1;
    rows.click[row] = Number(farmed);
    rows.watchMs[row] = farmed ? 1000 : 0;
    rows.like[row] = rows.hide[row] = bought[row] = 0;
  }
  return { ...set, ...rows, conversion: bought };
}

/** The policy as an arm, while `use` runs; `pools`: it says what each page was drawn from, where it can. */
export async function withArm<T>(
  trained: Trained,
  policy: AtlasPolicy,
  stage: OpenStage | undefined,
  pools: boolean,
  use: (arm: LocalArm) => Promise<T>,
): Promise<T> {
  const { name, arm, order, config = {} } = policy;
  if (arm !== undefined || stage === undefined) return use({ name, policy: logsPools(arm!, pools) });
  const { candidates } = trained.prepared.log.setting.sizes.online;
  const changes = {
    ...config,
    ...(config.candidates !== undefined && { candidates: Math.min(candidates, config.candidates) }),
    rerank: { ...config.rerank, poolShare: pools ? 1 : 0 },
  };
  return withStageArm(trained, name, ordered(stage.served, order), changes, use);
}

/** A page of the popularity funnel is drawn from one pool, unless some of its pages are random. */
function logsPools(policy: NonNullable<AtlasPolicy["arm"]>, pools: boolean): NonNullable<AtlasPolicy["arm"]> {
  if (!pools || "module" in policy || policy.kind !== "popularity" || policy.uniformPages) return policy;
  return { ...policy, rerank: { ...policy.rerank, poolShare: 1 } };
}

/** The same predictions in another order. */
function ordered(served: ServedStage, order: Order | undefined): ServedStage {
  if (served.family === "retriever" || order === undefined) return served;
  const { stage } = served;
  const objective: Objective = order === "clickbait" ? "watch" : order;
  return {
    family: "ranker",
    stage: { ...stage, objective, predict: order === "clickbait" ? chasing(stage) : stage.predict },
  };
}

/** P(click) × (1 / minutes watched of a click): attractive, then disappointing. */
function chasing({ predict }: { readonly predict: Predict }): Predict {
  return async (features) => {
    const predicted = await predict(features);
    return { ...predicted, watchMs: predicted.watchMs.map((ms) => 60_000 / Math.max(1_000, ms)) };
  };
}

/** What the policy says of rows that were shown; undefined where it says nothing of single rows. */
export async function rowScores(
  trained: Trained,
  { scores, order, arm }: AtlasPolicy,
  stage: OpenStage | undefined,
  set: TrainingSet,
): Promise<ScoredRows | undefined> {
  if (scores === "popularity") {
    const column = (name: string): Float32Array => Float32Array.from(columnOf(set.features, name));
    return { score: column("video_watch_rate"), click: column("video_click_rate") };
  }
  if (scores === "random") {
    const key = keyOf(trained.prepared.log.setting.seed, "experiments/random score");
    const drawn = Float32Array.from({ length: set.count }, (_, i) => uniform(key, set.request[i]!, set.video[i]!));
    return { score: drawn, click: drawn };
  }
  if (arm !== undefined || stage === undefined) return undefined;
  if (stage.served.family === "ranker") {
    const { served } = { served: ordered(stage.served, order) };
    return scoresOf(served.stage as Parameters<typeof scoresOf>[0], set);
  }
  const own = await openStage(trained, undefined, {});
  try {
    return await scoresOf(own.served.stage as Parameters<typeof scoresOf>[0], set);
  } finally {
    await own.close();
  }
}

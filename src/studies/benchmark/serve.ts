/**
 * The funnel around one model, on a copy of the world at the log's end and one request at a time. The other stage is the same for every
 * model of a family.
 */
import { openStore, withStore, type FeatureStore } from "../../data/index.js";
import { createLearnedFunnel, openRanker, openTowers, type Retriever, type Towers } from "../../serving/index.js";
import type { LearnedFunnelConfig } from "../../serving/learned-config.js";
import type { RequestBatch, RunControl, UserDays } from "../../types.js";
import { firstPages } from "../../pipeline/latency.js";
import { openWorldAfter } from "../../pipeline/simulate.js";
import type { Trained } from "../../pipeline/train.js";
import type { LocalArm, OpenPolicy } from "../../pipeline/arms/arm.js";
import { pastOf } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { costOfAnswers, type AnswerCost } from "./cost.js";
import type { RankerStage } from "./ranker-stage.js";
import type { RetrieverStage } from "./retriever-stage.js";

/** One stage of the funnel exchanged; the other is what `train` fits. */
export type ServedStage =
  | { readonly family: "ranker"; readonly stage: RankerStage }
  | { readonly family: "retriever"; readonly stage: RetrieverStage };

/** Plays the funnel with this stage from the log's end: the same users, bots left out, and common random numbers for every model. */
export async function playStage(
  trained: Trained,
  name: string,
  served: ServedStage,
  control: RunControl = {},
): Promise<UserDays> {
  const { log } = trained.prepared;
  const { users, days } = log.setting.sizes.online;
  return withStageArm(trained, name, served, {}, async (arm) => {
    const { userDays } = await play(pastOf(log), arm, { users, days, replication: 0 }, control);
    return userDays;
  });
}

/** The funnel with this stage as an arm, while `use` runs. `changes`: to its settings. */
export async function withStageArm<T>(
  trained: Trained,
  name: string,
  { family, stage }: ServedStage,
  changes: Partial<LearnedFunnelConfig>,
  use: (arm: LocalArm) => Promise<T>,
): Promise<T> {
  const { log, aggregatesDir } = trained.prepared;
  const { candidates } = log.setting.sizes.online;
  const sharedRanker = family === "retriever" ? await openRanker(trained.ranker.artifact.dir) : undefined;
  const ranker = family === "ranker" ? stage : { predict: sharedRanker!.predict, objective: "watch" as const };
  const sharedTowers =
    family === "retriever" && stage.towers !== undefined ? undefined : await openTowers(trained.twoTower.artifact.dir);
  const towers = sharedTowers ?? ((stage as RetrieverStage).towers as Towers);
  const open: OpenPolicy = async ({ world, seed }) => {
    const store = await openStore(world.catalogue, {
      from: aggregatesDir,
      sequences: family === "retriever" && stage.sequences,
    });
    const retriever: Retriever | undefined =
      family === "retriever" && stage.towers === undefined ? stage.source(store) : undefined;
    const policy = createLearnedFunnel({
      catalogue: world.catalogue,
      store,
      seed,
      name,
      towers,
      predict: ranker.predict,
      ...(retriever && { retriever }),
      config: { candidates, objective: ranker.objective, ...changes },
    });
    return { policy, close: () => store.close() };
  };
  try {
    return await use({ name, policy: { open } });
  } finally {
    await sharedTowers?.close?.();
    await sharedRanker?.close();
  }
}

/** Cost of the stage's part of an answer on the day after the log: ranking that many candidates, or retrieving them. */
export async function costOfStage(
  trained: Trained,
  { family, stage }: ServedStage,
  size: { readonly requests: number; readonly candidates: number },
): Promise<AnswerCost> {
  const { log, aggregatesDir } = trained.prepared;
  const world = await openWorldAfter(log);
  const day = log.setting.world.days;
  const requests = firstPages(world, day, size.requests);
  const live = world.catalogue.liveVideos[day]!;
  const options = { from: aggregatesDir, sequences: family === "retriever" && stage.sequences };
  return withStore(world.catalogue, options, async (store) => {
    await store.openDay(day);
    if (family === "retriever") {
      const source = stage.source(store);
      await source.openDay(day, live);
      return await costOfAnswers(requests, size.requests, size.candidates, (request) =>
        source.neighbours(request, size.candidates),
      );
    }
    const video = Int32Array.from({ length: size.candidates }, (_, i) => Math.floor((i * live) / size.candidates));
    const candidates = { count: 1, width: size.candidates, video, source: new Uint8Array(size.candidates) };
    let rows: ReturnType<FeatureStore["rankRows"]> | undefined;
    return await costOfAnswers(requests, size.requests, size.candidates, (request: RequestBatch) => {
      rows = store.rankRows(request, candidates, rows);
      return stage.predict(rows);
    });
  });
}

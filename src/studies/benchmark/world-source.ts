/** A simulated world as data of a benchmark: models learn from its log, are judged on its later days, and may be played on. */
import { mkdir } from "node:fs/promises";
import { withStore, type TrainingSet } from "../../data/index.js";
import { armSums, meanReplicates, replicatesOf, type Replicates } from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import {
  rankingSlice,
  scoreReplicates,
  slices,
  withPosition,
  type ScoredRows,
} from "../../pipeline/offline-ranking.js";
import { judgeRetrievers } from "../../pipeline/offline-retrieval.js";
import { prepareFeatures } from "../../pipeline/prepare.js";
import type { Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { retrievalSet, trainingSet, trainModels, type Trained } from "../../pipeline/train.js";
import { bytesBelow } from "./cost.js";
import type { BenchmarkModel } from "./model.js";
import { fitRankerStage, type RankerStage } from "./ranker-stage.js";
import {
  onlineNames,
  type metricLabels,
  type Measured,
  type Metrics,
  type FittedOnSource,
  type FittedStage,
  type Source,
  type SourceIdentity,
} from "./record.js";
import { fitRetrieverStage, type RetrieverStage } from "./retriever-stage.js";
import { costOfStage, playStage, type ServedStage } from "./serve.js";
import { loggedRows, type DataQuality } from "./world-rows.js";

/** A world, and how good its training rows are; structured-cloneable. */
export interface WorldSpec {
  readonly kind: "world";
  readonly setting: Setting;
  readonly seed: number; // of the fits; the world's own, unless they are repeated in it
  readonly quality: DataQuality;
  /** Whether models are played online, too. */
  readonly online: boolean;
  /** Ids of the world's log, features and shared models, as `prepareWorld` gives them. */
  readonly inputs: readonly string[];
}

/**
 * Makes or loads what all models of a world share: log, features, and the funnel's two models. A job of a process: gives their ids.
 * @public called by its name, as a job
 */
export async function prepareWorld(setting: Setting, control: RunControl = {}): Promise<readonly string[]> {
  const { prepared, twoTower, ranker } = await openTrained(setting, control);
  return [prepared.log.artifact.id, prepared.artifact.id, twoTower.artifact.id, ranker.artifact.id];
}

/** A world's log, features and models, made or loaded. */
export async function openTrained(setting: Setting, control: RunControl): Promise<Trained> {
  return trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control);
}

/** What a record in this world depends on beside the model. */
export function worldIdentity({ setting, quality, online, inputs }: WorldSpec): SourceIdentity {
  const { online: trial, latency } = setting.sizes;
  return { root: setting.datasets, inputs, config: { quality, trial: online ? trial : null, latency } };
}

/** Opens what `prepareWorld` made. */
export async function openWorldSource({ setting, seed, quality }: WorldSpec): Promise<Source> {
  const trained = await openTrained(setting, {});
  return {
    async fit(model, folder, control) {
      await mkdir(folder, { recursive: true });
      return model.family === "ranker"
        ? fittedOn(trained, model, folder, await fitRanker(trained, model, { quality, seed, dir: folder }, control))
        : fittedOn(trained, model, folder, await fitRetriever(trained, model, { seed, dir: folder }, control));
    },
  };
}

interface FitJob {
  readonly seed: number;
  readonly dir: string;
}

interface FittedFamily {
  readonly fitted: FittedStage<{ close(): Promise<void> }>;
  readonly stage: ServedStage;
  judge(): Promise<Metrics>;
}

async function fittedOn(
  trained: Trained,
  { name }: BenchmarkModel,
  folder: string,
  { fitted: { cost, saved, stage: opened }, stage, judge }: FittedFamily,
): Promise<FittedOnSource> {
  return {
    cost,
    modelBytes: saved ? await bytesBelow(folder) : NaN,
    judge,
    answer: () => costOfStage(trained, stage, trained.prepared.log.setting.sizes.latency),
    async play(control) {
      const sums = armSums(await playStage(trained, name, stage, control));
      const replicates = replicatesOf(sums, { replicates: 200 });
      return Object.fromEntries(onlineNames.map((of) => [of, { ...replicates[of], users: sums.users.length }]));
    },
    close: () => opened.close(),
  };
}

async function fitRanker(
  { prepared }: Trained,
  model: BenchmarkModel,
  { quality, seed, dir }: FitJob & Pick<WorldSpec, "quality">,
  control: RunControl,
): Promise<FittedFamily> {
  const { log, split } = prepared;
  const world = log.setting.seed;
  const rows = loggedRows(await trainingSet(prepared, split.train), log.catalogue, world, quality);
  const validation = loggedRows(await trainingSet(prepared, split.validation), log.catalogue, world);
  const fitted = await fitRankerStage(model, { rows, validation, seed, dir }, control);
  const { stage } = fitted;
  return {
    fitted,
    stage: { family: "ranker", stage },
    judge: async () => judgeRanker(stage, await trainingSet(prepared, split.test)),
  };
}

async function judgeRanker(stage: RankerStage, set: TrainingSet): Promise<Metrics> {
  const scored = await scoresOf(stage, set);
  const metrics: Partial<Record<keyof typeof metricLabels, Measured>> = {};
  for (const slice of slices) {
    const part = rankingSlice(set, slice);
    if (part.rows.length === 0) continue;
    const { users, auc, logLoss, calibrationError, ndcgWatch } = scoreReplicates(part, scored);
    const kept = (of: Replicates): Measured => ({ ...of, users });
    const [byAuc, byLoss, byOrder] = [kept(auc), kept(logLoss), kept(ndcgWatch)];
    Object.assign(
      metrics,
      slice === "all"
        ? { auc: byAuc, logLoss: byLoss, calibrationError: kept(calibrationError), ndcgWatch: byOrder }
        : { uniformAuc: byAuc, uniformLogLoss: byLoss, uniformNdcgWatch: byOrder },
    );
  }
  return metrics as Metrics;
}

/** The order is of the watch objective (or the ranker's own) at position 0, the chance of a click as shown. */
export async function scoresOf(
  { predict, objective }: Pick<RankerStage, "predict" | "objective">,
  set: TrainingSet,
): Promise<ScoredRows> {
  const click = Float32Array.from((await predict(set.features)).clickProbability);
  const { value, clickProbability, watchMs } = await predict(withPosition(set.features, 0));
  if (objective === "value") return { click, score: Float32Array.from(value as Float32Array) };
  if (objective === "click") return { click, score: Float32Array.from(clickProbability) };
  return { click, score: clickProbability.map((p, row) => p * watchMs[row]!) };
}

async function fitRetriever(
  { prepared }: Trained,
  model: BenchmarkModel,
  { seed, dir }: FitJob,
  control: RunControl,
): Promise<FittedFamily> {
  const fitted = await fitRetrieverStage(model, { prepared, seed, dir }, control);
  const { stage } = fitted;
  return { fitted, stage: { family: "retriever", stage }, judge: () => judgeRetriever(stage, prepared) };
}

/** Recall of a retriever on the test days, over all pages and over those of random videos. */
export async function judgeRetriever(stage: RetrieverStage, prepared: Trained["prepared"]): Promise<Metrics> {
  const set = await retrievalSet(prepared, prepared.split.test);
  const options = { from: prepared.aggregatesDir, sequences: stage.sequences };
  return withStore(prepared.log.catalogue, options, async (store) => {
    const judged = await judgeRetrievers(prepared, store, set, [stage.judged(store)]);
    return Object.fromEntries(
      judged.map(({ slice, user, recall }) => {
        const { replicates, units } = meanReplicates(Object.values(recall)[0]!, user, { replicates: 200 });
        return [slice === "all" ? "recall" : "uniformRecall", { ...replicates, users: units }];
      }),
    );
  });
}

/**
 * The job of one process: fit one model on one world's log, judge it offline, play it online, and say what it cost. What is measured is kept as an
 * artifact, so that a table that was stopped goes on with what is left.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  artifactId,
  type ArtifactSpec,
  codeHash,
  machine,
  makeOrLoad,
  readManifest,
  writeFileAtomic,
} from "../../artifacts/index.js";
import { openStore, type TrainingSet } from "../../data/index.js";
import { armSums, meanReplicates, replicatesOf, type Replicates } from "../../evaluation/index.js";
import type { RunControl, UserDays } from "../../types.js";
import {
  scoreReplicates,
  rankingSlice,
  slices,
  withPosition,
  type ScoredRows,
} from "../../pipeline/offline-ranking.js";
import { judgeRetrievers } from "../../pipeline/offline-retrieval.js";
import { prepareFeatures } from "../../pipeline/prepare.js";
import type { Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { retrievalSet, trainingSet, trainModels, type Trained } from "../../pipeline/train.js";
import { bytesBelow, type ModelCost } from "./cost.js";
import { onlineNames, type TradeOffMetric } from "./metrics.js";
import type { TradeOffModel } from "./model.js";
import { fitRankerStage, type RankerStage } from "./ranker-stage.js";
import { writeRecord, type Measured, type ModelRecord } from "./record.js";
import { fitRetrieverStage } from "./retriever-stage.js";
import { loggedRows, type DataQuality } from "./rows.js";
import { costOfStage, playStage, type ServedStage } from "./serve.js";

/** One model in one world; structured-cloneable. */
export interface MeasureJob {
  readonly setting: Setting;
  readonly model: TradeOffModel;
  readonly quality: DataQuality;
  /** Whether it is played online, too. */
  readonly online: boolean;
  /** Ids of the world's log, features and shared models, as `prepareWorld` gives them. */
  readonly inputs: readonly string[];
}

/** Kind of the artifact. */
export const recordKind = "trade-off";

/** Makes or loads what all models of a world share: log, features, and the funnel's two models. A job of a process: gives their ids. */
export async function prepareWorld(setting: Setting, control: RunControl = {}): Promise<readonly string[]> {
  const { prepared, twoTower, ranker } = await openTrained(setting, control);
  return [prepared.log.artifact.id, prepared.artifact.id, twoTower.artifact.id, ranker.artifact.id];
}

async function openTrained(setting: Setting, control: RunControl): Promise<Trained> {
  return trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control);
}

/** The record's identity: the model, an own one by what stands in its file, the world and the code. */
export function recordSpec({ setting, model, quality, online, inputs }: MeasureJob): ArtifactSpec {
  const { name, family, own } = model;
  const { online: trial, latency } = setting.sizes;
  const config = {
    model: name,
    family,
    own: own?.sha256 ?? null,
    quality,
    trial: online ? trial : null,
    latency,
    seed: setting.seed,
  };
  return { root: setting.datasets, kind: recordKind, config, inputs, code: codeHash(import.meta.url) };
}

/** Folder of the record if it was made before. */
export async function findRecord(job: MeasureJob): Promise<string | undefined> {
  const spec = recordSpec(job);
  const dir = join(spec.root, spec.kind, artifactId(spec));
  return (await readManifest(dir)) === undefined ? undefined : dir;
}

/** Measures one model. A job of a process: gives the record's folder, and whether it was made now. */
export async function measureModel(
  job: MeasureJob,
  control: RunControl = {},
): Promise<{ readonly dir: string; readonly made: boolean }> {
  const { dir, made } = await makeOrLoad(recordSpec(job), async (folder) => {
    const trained = await openTrained(job.setting, {});
    const record = await (job.model.family === "ranker"
      ? measureRanker(job, trained, folder, control)
      : measureRetriever(job, trained, folder, control));
    await writeRecord(folder, record);
    await writeFileAtomic(join(folder, "CARD.md"), cardOf(record));
    return { model: record.model, seed: record.seed };
  });
  control.onProgress?.("measure", 1, 1);
  return { dir, made };
}

async function measureRanker(
  job: MeasureJob,
  trained: Trained,
  folder: string,
  control: RunControl,
): Promise<ModelRecord> {
  const { setting, model, quality } = job;
  const { prepared } = trained;
  const { catalogue } = prepared.log;
  const dir = await modelFolder(folder);
  const rows = loggedRows(await trainingSet(prepared, prepared.split.train), catalogue, setting.seed, quality);
  const validation = loggedRows(await trainingSet(prepared, prepared.split.validation), catalogue, setting.seed);
  const { stage, cost, saved } = await fitRankerStage(
    model,
    { rows, validation, seed: setting.seed, dir },
    steps(control, 0),
  );
  try {
    const set = await trainingSet(prepared, prepared.split.test);
    const scored = await scoresOf(stage, set);
    const metrics: Partial<Record<TradeOffMetric, Measured>> = {};
    for (const slice of slices) {
      const part = rankingSlice(set, slice);
      if (part.rows.length === 0) continue;
      const { users, auc, logLoss, calibrationError, ndcgWatch } = scoreReplicates(part, scored);
      const kept = (of: Replicates): Measured => ({ ...of, users });
      if (slice === "all")
        Object.assign(metrics, {
          auc: kept(auc),
          logLoss: kept(logLoss),
          calibrationError: kept(calibrationError),
          ndcgWatch: kept(ndcgWatch),
        });
      else
        Object.assign(metrics, {
          uniformAuc: kept(auc),
          uniformLogLoss: kept(logLoss),
          uniformNdcgWatch: kept(ndcgWatch),
        });
    }
    return await whole(
      job,
      trained,
      { family: "ranker", stage },
      metrics,
      { ...cost, modelBytes: saved ? await bytesBelow(dir) : NaN },
      control,
    );
  } finally {
    await stage.close();
  }
}

/** The order is of the watch objective (or the ranker's own) at position 0, the chance of a click as shown. */
async function scoresOf({ predict, objective }: RankerStage, set: TrainingSet): Promise<ScoredRows> {
  const click = Float32Array.from((await predict(set.features)).clickProbability);
  const unplaced = await predict(withPosition(set.features, 0));
  const { value, clickProbability, watchMs } = unplaced;
  const score =
    objective === "value"
      ? Float32Array.from(value as Float32Array)
      : clickProbability.map((p, row) => p * watchMs[row]!);
  return { click, score };
}

async function measureRetriever(
  job: MeasureJob,
  trained: Trained,
  folder: string,
  control: RunControl,
): Promise<ModelRecord> {
  const { setting, model } = job;
  const { prepared } = trained;
  const dir = await modelFolder(folder);
  const { stage, cost, saved } = await fitRetrieverStage(
    model,
    { prepared, seed: setting.seed, dir },
    steps(control, 0),
  );
  try {
    const set = await retrievalSet(prepared, prepared.split.test);
    const store = await openStore(prepared.log.catalogue, { from: prepared.aggregatesDir, sequences: stage.sequences });
    const metrics: Partial<Record<TradeOffMetric, Measured>> = {};
    try {
      for (const { slice, user, recall } of await judgeRetrievers(prepared, store, set, [stage.judged(store)])) {
        const { replicates, units } = meanReplicates(Object.values(recall)[0]!, user, {
          replicates: 200,
        });
        metrics[slice === "all" ? "recall" : "uniformRecall"] = { ...replicates, users: units };
      }
    } finally {
      await store.close();
    }
    return await whole(
      job,
      trained,
      { family: "retriever", stage },
      metrics,
      { ...cost, modelBytes: saved ? await bytesBelow(dir) : NaN },
      control,
    );
  } finally {
    await stage.close();
  }
}

/** Latency and the arm, and the record of it all. */
async function whole(
  job: MeasureJob,
  trained: Trained,
  stage: ServedStage,
  offline: ModelRecord["metrics"],
  cost: Omit<ModelCost, "answer">,
  control: RunControl,
): Promise<ModelRecord> {
  const { setting, model, quality, online } = job;
  const answer = await costOfStage(trained, stage, setting.sizes.latency);
  const metrics = online
    ? { ...offline, ...onlineReplicates(await playStage(trained, model.name, stage, steps(control, 0.5))) }
    : offline;
  return {
    model: model.name,
    family: model.family,
    own: model.own !== undefined,
    seed: setting.seed,
    quality,
    metrics,
    cost: { ...cost, answer },
    machine: machine(),
  };
}

function onlineReplicates(userDays: UserDays): ModelRecord["metrics"] {
  const sums = armSums(userDays);
  const replicates = replicatesOf(sums, { replicates: 200 });
  return Object.fromEntries(onlineNames.map((name) => [name, { ...replicates[name], users: sums.users.length }]));
}

async function modelFolder(folder: string): Promise<string> {
  const dir = join(folder, "model");
  await mkdir(dir);
  return dir;
}

/** How far a job is, roughly: the fit is its first half, the days online its second. */
function steps({ onProgress, signal }: RunControl, from: number): RunControl {
  return {
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (_step, done, total) => onProgress("measure", from + 0.5 * Math.min(1, done / Math.max(1, total)), 1),
    }),
  };
}

function cardOf({ model, seed, machine: { cpu, cores, node } }: ModelRecord): string {
  return `# ${model}, seed ${seed}\n\nMetrics follow from the world, the seed and the code (native training: within a tolerance). Seconds, latencies and memory were measured on\n${cpu}, ${cores} cores, Node ${node}, with whatever else it was doing then: compare them within one table made on one machine.\n`;
}

/**
 * Step 4: the two learned stages, fitted on the early days of a log, and what serving needs of them: ONNX graphs, encodings and the
 * index of candidate embeddings. Popularity needs no fit: it is read off the feature store.
 */
import { join } from "node:path";
import { type Artifact, codeHash, makeOrLoad } from "../artifacts/index.js";
import {
  type Aggregates,
  concatMatrices,
  type FeatureStore,
  openAggregates,
  openStore,
  retrievalRows,
  trainingRows,
  type RetrievalSet,
  type TrainingSet,
} from "../data/index.js";
import {
  backendName,
  exportMultiTask,
  exportDcn,
  exportTwoTower,
  fitMultiTask,
  fitDcn,
  fitTwoTower,
  multiTaskDefaults,
  dcnDefaults,
  saveMultiTask,
  saveDcn,
  saveTwoTower,
  twoTowerDefaults,
  type LearningCurve,
  type MultiTaskConfig,
  type MultiTaskRows,
  type DcnConfig,
  type RankerRows,
  type TwoTowerConfig,
  type TwoTowerRows,
} from "../models/index.js";
import { openTowers, saveTowerIndex } from "../serving/index.js";
import type { Catalogue, Day, FeatureMatrix, RunControl } from "../types.js";
import type { Prepared } from "./prepare.js";

/** A fitted model on disk. */
export interface FittedModel {
  readonly artifact: Artifact;
  readonly curve: LearningCurve;
  readonly rows: number;
}

/** Both fitted stages. */
export interface TrainedModels {
  readonly twoTower: FittedModel;
  readonly ranker: FittedModel;
}

/** A log with features and models fitted on it: all that arms start from. */
export interface Trained extends TrainedModels {
  readonly prepared: Prepared;
}

/** What may be said of the fits; the rest are the models' defaults. */
export interface TrainOptions {
  readonly twoTower?: Partial<TwoTowerConfig>;
  readonly ranker?: Partial<DcnConfig>;
}

const fitCode = ["types", "random", "data", "log", "models", "serving/tower-index", "pipeline/train"];

/** Fits or loads both models. */
export async function trainModels(
  prepared: Prepared,
  options: TrainOptions = {},
  control: RunControl = {},
): Promise<Trained> {
  const twoTower = await trainTwoTower(prepared, options.twoTower, control);
  const ranker = await trainRanker(prepared, options.ranker, control);
  return { prepared, twoTower, ranker };
}

/** Fits or loads the retriever: `two-tower.json`, weights, both towers as ONNX, and the index `videos.usearch` as of the log's last day. */
export async function trainTwoTower(
  prepared: Prepared,
  options: Partial<TwoTowerConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const { log, split } = prepared;
  const { catalogue } = log;
  const config: TwoTowerConfig = { ...twoTowerDefaults, seed: log.setting.seed, ...options };
  // A share of the positives is held out instead of a day: the latest days say most about what is shown and watched next.
  const days = [...split.train, ...split.validation];
  return fittedModel(prepared, "two-tower", config, days, async (dir) => {
    const store = await openStore(catalogue, { from: prepared.aggregatesDir });
    try {
      const { positives, rows } = await twoTowerRows(prepared, days, store, control);
      const model = await fitTwoTower(positives, config, control);
      await saveTwoTower(model, dir);
      await exportTwoTower(model, dir);
      const towers = await openTowers(dir);
      await store.openDay(log.days.length);
      const live = catalogue.liveVideos[log.days.length]!;
      await saveTowerIndex(join(dir, indexFile), { towers, store, videos: catalogue.videos.count, live });
      await towers.close?.();
      return { curve: model.curve, rows };
    } finally {
      await store.close();
    }
  });
}

/** What the two-tower learns from: long watches of some days, and all videos as of the midnights before them. Moves the store through these days. */
export async function twoTowerRows(
  prepared: Prepared,
  days: readonly Day[],
  store: FeatureStore,
  control: RunControl = {},
): Promise<{ readonly positives: TwoTowerRows; readonly rows: number }> {
  const rows = await retrievalSet(prepared, days, control);
  const videos = Int32Array.from({ length: prepared.log.catalogue.videos.count }, (_, v) => v);
  const midnights = midnightsOf(days, videos.length);
  const candidates: FeatureMatrix[] = [];
  for (const day of midnights) {
    control.signal?.throwIfAborted();
    await store.openDay(day);
    candidates.push(store.candidateRows(videos));
  }
  const snapshot = Int32Array.from(rows.day, (day) => midnights.findLastIndex((midnight) => midnight <= day));
  const positives = {
    query: rows.query,
    candidates: concatMatrices(candidates),
    video: rows.video,
    snapshot,
    snapshots: midnights.length,
    weight: rows.weight,
  };
  return { positives, rows: rows.count };
}

/** Most rows that the candidates' snapshots hold together: about 200 MB. */
const snapshotRows = 2_000_000;

/**
 * The midnights whose counts the candidates are learned with: of every day, or of every few where that would be too many rows. A positive sees
 * those of the last midnight before it, so that no candidate's counts hold the watch that is to be predicted.
 */
export function midnightsOf(days: readonly Day[], videos: number): readonly Day[] {
  const every = Math.max(1, Math.ceil((days.length * videos) / snapshotRows));
  return days.filter((_, i) => i % every === 0);
}

/** The index beside the two-tower. */
export const indexFile = "videos.usearch";

/** Fits or loads the ranker: `ranker.json`, weights, `ranker.onnx`. Early stopping on the validation day. */
export async function trainRanker(
  prepared: Prepared,
  options: Partial<DcnConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const config: DcnConfig = { ...dcnDefaults, seed: prepared.log.setting.seed, ...options };
  return fittedModel(prepared, "ranker", config, prepared.split.train, async (dir) => {
    const rows = await trainingSet(prepared, prepared.split.train, control);
    const validation = await trainingSet(prepared, prepared.split.validation, control);
    const model = await fitDcn(rankerRows(rows), { ...config, validation: rankerRows(validation) }, control);
    await saveDcn(model, dir);
    await exportDcn(model, dir);
    return { curve: model.curve, rows: rows.count };
  });
}

/**
 * Fits or loads the multi-task ranker: `multi-task.json` and weights, and `ranker.onnx` beside `ranker.json`, so that it stands wherever a ranker
 * does: `{ ...trained, ranker: await trainMultiTask(prepared) }` serves it, with the objectives watch, click and value.
 */
export async function trainMultiTask(
  prepared: Prepared,
  options: Partial<MultiTaskConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const { log, split } = prepared;
  const config: MultiTaskConfig = { ...multiTaskDefaults, seed: log.setting.seed, ...options };
  return fittedModel(prepared, "multi-task", config, split.train, async (dir) => {
    const rows = await trainingSet(prepared, split.train, control);
    const validation = multiTaskRows(await trainingSet(prepared, split.validation, control), log.catalogue);
    const model = await fitMultiTask(multiTaskRows(rows, log.catalogue), { ...config, validation }, control);
    await saveMultiTask(model, dir);
    await exportMultiTask(model, dir);
    return { curve: model.curve, rows: rows.count };
  });
}

/** Rows of the ranker on some days of the log, joined as of each impression's time. */
export function trainingSet(prepared: Prepared, days: readonly Day[], control: RunControl = {}): Promise<TrainingSet> {
  return withAggregates(prepared, (aggregates) =>
    trainingRows({ catalogue: prepared.log.catalogue, logDir: prepared.log.dir, days, aggregates, control }),
  );
}

/** Positives of the two-tower on some days of the log. */
export function retrievalSet(
  prepared: Prepared,
  days: readonly Day[],
  control: RunControl = {},
): Promise<RetrievalSet> {
  return withAggregates(prepared, (aggregates) =>
    retrievalRows({ catalogue: prepared.log.catalogue, logDir: prepared.log.dir, days, aggregates, control }),
  );
}

/** What a ranker learns from, of a training set. */
export function rankerRows(set: TrainingSet): RankerRows {
  return { features: set.features, click: set.click, watchMs: set.watchMs };
}

/** What a multi-task ranker learns from, of a training set. */
export function multiTaskRows(set: TrainingSet, { videos }: Pick<Catalogue, "videos">): MultiTaskRows {
  const { features, click, watchMs, like, hide, conversion } = set;
  return {
    features,
    click,
    watchMs,
    durationMs: set.video.map((id) => videos.durationMs[id]!),
    like,
    hide,
    conversion,
  };
}

/** Rows of several sets, as a ranker reads them. */
export function joinRankerRows(sets: readonly RankerRows[]): RankerRows {
  const join = (of: (rows: RankerRows) => ArrayLike<number>): Float64Array =>
    Float64Array.from(sets.flatMap((rows) => Array.from(of(rows))));
  return {
    features: concatMatrices(sets.map((rows) => rows.features)),
    click: join((rows) => rows.click),
    watchMs: join((rows) => rows.watchMs),
  };
}

async function withAggregates<T>(prepared: Prepared, use: (aggregates: Aggregates) => Promise<T>): Promise<T> {
  const aggregates = await openAggregates(prepared.log.catalogue, { from: prepared.aggregatesDir });
  try {
    return await use(aggregates);
  } finally {
    aggregates.close();
  }
}

/** Fits (by `make`) or loads a model: an artifact of its config, its days, the backend, and the code it depends on (`code` beside what all fits do). */
export async function fittedModel(
  prepared: Prepared,
  kind: string,
  config: object,
  days: readonly Day[],
  make: (dir: string) => Promise<{ curve: LearningCurve; rows: number }>,
  code: readonly string[] = [],
): Promise<FittedModel> {
  const inputs = [prepared.log.artifact.id, prepared.artifact.id];
  // the backends' bytes differ, so each has its own artifact
  const spec = {
    root: prepared.log.setting.datasets,
    kind,
    config: { ...config, days, backend: backendName() },
    inputs,
    code: codeHash([...fitCode, ...code]),
  };
  const artifact = await makeOrLoad(spec, async (dir) => ({ ...(await make(dir)) }));
  const { curve, rows } = artifact.manifest.extra as { curve: LearningCurve; rows: number };
  return { artifact, curve, rows };
}

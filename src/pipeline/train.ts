/**
 * Step 4: the two learned stages, fitted on the early days of a log, and what serving needs of them: ONNX graphs, encodings and the
 * index of candidate embeddings. Popularity needs no fit: it comes from the feature store.
 */
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DcnConfig, TwoTowerConfig, LearningCurve } from "../models/index.js";
import type { Prepared } from "./prepare.js";
import { trainRanker } from "./train-ranker.js";
import type { FittedModel } from "./train-rows.js";
import { trainTwoTower } from "./train-two-tower.js";
import type { RunControl } from "../types.js";

export { multiTaskRows, trainMultiTask } from "./train-multi-task.js";
export { trainRanker } from "./train-ranker.js";
export { fittedModel, joinRankerRows, rankerRows, retrievalSet, trainingSet, type FittedModel } from "./train-rows.js";
export { indexFile, midnightsOf, trainTwoTower, twoTowerRows } from "./train-two-tower.js";

/** Both fitted stages. */
export interface TrainedModels {
  readonly twoTower: FittedModel;
  readonly ranker: FittedModel;
}

/** A log with features and models fitted on it: all that arms start from. */
export interface Trained extends TrainedModels {
  readonly prepared: Prepared;
}

/** Options of the fits; the rest are the models' defaults. */
export interface TrainOptions {
  readonly twoTower?: Partial<TwoTowerConfig>;
  readonly ranker?: Partial<DcnConfig>;
}

/**
 * Fits or loads both models, at the same time: while one waits for the database or a step, the other goes on. The ranker's progress is
 * reported when the two-tower is there.
 */
export async function trainModels(
  prepared: Prepared,
  options: TrainOptions = {},
  control: RunControl = {},
): Promise<Trained> {
  const { onProgress } = control;
  let done = false;
  const first = trainTwoTower(prepared, options.twoTower, control).finally(() => (done = true));
  const second = trainRanker(prepared, options.ranker, {
    ...control,
    ...(onProgress && { onProgress: (...report) => void (done && onProgress(...report)) }),
  });
  await Promise.allSettled([first, second]); // a failure of one must not leave the other running
  const [twoTower, ranker] = await Promise.all([first, second]);
  return { prepared, twoTower, ranker };
}

/** How a fit went. */
export interface WatchedFit {
  readonly curve: LearningCurve;
  readonly rows: number; // learned from
  readonly seconds: number; // wall clock, joins included
}

interface ConfigOf {
  readonly "two-tower": TwoTowerConfig;
  readonly ranker: DcnConfig;
}

/**
 * A fit to be watched, in a notebook: the same training as `trainModels`, but always from scratch,
 * in a folder that is deleted afterwards. `options` as of `trainTwoTower` or `trainRanker`.
 * @throws what the training throws; `control.signal.reason` on abort.
 */
export async function trainAnew<Kind extends keyof ConfigOf>(
  prepared: Prepared,
  kind: Kind,
  options: Partial<ConfigOf[Kind]> = {},
  control: RunControl = {},
): Promise<WatchedFit> {
  const { log } = prepared;
  await mkdir(log.setting.datasets, { recursive: true });
  const datasets = await mkdtemp(join(log.setting.datasets, ".anew-"));
  const here: Prepared = { ...prepared, log: { ...log, setting: { ...log.setting, datasets } } };
  const began = performance.now();
  try {
    const { curve, rows } =
      kind === "two-tower" ? await trainTwoTower(here, options, control) : await trainRanker(here, options, control);
    return { curve, rows, seconds: (performance.now() - began) / 1000 };
  } finally {
    await rm(datasets, { recursive: true, force: true });
  }
}

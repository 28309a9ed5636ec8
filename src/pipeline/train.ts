/**
 * Step 4: the two learned stages, fitted on the early days of a log, and what serving needs of them: ONNX graphs, encodings and the
 * index of candidate embeddings. Popularity needs no fit: it comes from the feature store.
 */
import type { DcnConfig, TwoTowerConfig } from "../models/index.js";
import type { RunControl } from "../types.js";
import type { FittedModel } from "./fitted-model.js";
import type { Prepared } from "./prepare.js";
import { trainRanker } from "./train-ranker.js";
import { trainTwoTower } from "./train-two-tower.js";

export { fittedModel, type FittedModel } from "./fitted-model.js";
export { multiTaskRows, trainMultiTask } from "./train-multi-task.js";
export { trainRanker } from "./train-ranker.js";
export { joinRankerRows, rankerRows, retrievalSet, trainingSet } from "./train-rows.js";
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

/**
 * Step 4: the two learned stages, fitted on the early days of a log, and what serving needs of them: ONNX graphs, encodings and the
 * index of candidate embeddings. Popularity needs no fit: it is read off the feature store.
 */
import { join } from "node:path";
import { type Artifact, codeHash, makeOrLoad } from "../artifacts/index.js";
import { candidateSchema, openStore, retrievalRows, trainingRows, type FeatureStore, type RetrievalSet, type TrainingSet } from "../data/index.js";
import {
  backendName, buildIndex, dcnDefaults, fitRanker, fitTwoTower, type LearningCurve, loadRanker, loadTwoTower, type Ranker, type RankerConfig,
  twoTowerDefaults, type TwoTower, type TwoTowerConfig,
} from "../models/index.js";
import type { Day, FeatureMatrix, RunControl } from "../types.js";
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

/** What may be said of the fits. */
export interface TrainOptions {
  readonly twoTower?: Partial<TwoTowerConfig>;
  readonly ranker?: Partial<RankerConfig>;
}

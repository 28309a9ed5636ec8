/** Models: what is learned from rows of features. They see columns of numbers, never the world. */
export {
  checkSchema,
  encode,
  encodeRows,
  encodingDefaults,
  encodingFromJson,
  encodingToJson,
  extendEncoding,
  fitEncoding,
  tableSizes,
} from "./network/encoding.js";
export type { EncodedRows, Encoding, EncodingConfig, EncodingJson } from "./network/encoding.js";
export { popularityDefaults, popularityScores, shrunkMeans, smoothedRates } from "./retrievers/popularity.js";
export type { PopularityConfig, VideoKinds, WatchCounts } from "./retrievers/popularity.js";
export { AnnIndex, annDefaults, buildIndex, loadIndex } from "./retrievers/ann-index.js";
export type { AnnConfig, AnnExpectation, AnnManifest, BuildOptions } from "./retrievers/ann-index.js";
export { exactSearch } from "./retrievers/exact-search.js";
export type { SearchResult } from "./retrievers/exact-search.js";
export { backendName } from "./network/tensor.js";
export type { BackendName } from "./network/tensor.js";
export { fitDefaults } from "./network/training/fit.js";
export type { CurvePoint, FitConfig, LearningCurve } from "./network/training/fit.js";
export type { AdamConfig, DenseParameter } from "./network/training/adam.js";
export type { EmbeddingConfig, EmbeddingTable, InputBlock } from "./network/layers/embedding.js";
export { embedCandidates, embedQueries, fitTwoTower, twoTowerDefaults } from "./retrievers/two-tower/two-tower.js";
export type { TwoTower, TwoTowerConfig } from "./retrievers/two-tower/two-tower.js";
export type { TwoTowerRows } from "./retrievers/two-tower/rows.js";
export type { HardNegativeConfig } from "./retrievers/two-tower/hard-negatives.js";
export type { Tower, TowerConfig } from "./network/layers/tower.js";
export { exportTwoTower, loadTwoTower, saveTwoTower, twoTowerCard } from "./retrievers/two-tower/files.js";
export { fitDcn, predictDcn, dcnDefaults } from "./rankers/dcn/dcn.js";
export type { FitDcnOptions, Dcn, DcnConfig, DcnPredictions } from "./rankers/dcn/dcn.js";
export type { RankerRows } from "./rankers/ranker-rows.js";
export { exportDcn, loadDcn, dcnCard, saveDcn } from "./rankers/dcn/files.js";
export { flopsOfRow, saturatingPairs } from "./onnx/cost.js";
export { halfWeights } from "./onnx/half.js";
export { activationsOf, quantise, withOutputs, type Ranges } from "./onnx/quantise.js";
export { readCard, saveCard } from "./network/training/model-files.js";
export type { ModelCard } from "./network/training/model-files.js";
export { checkLabelledRows, retrieveTop } from "./contract/kinds.js";
export type {
  FitEngine,
  HeldOutRows,
  LabelledRows,
  ModelTraits,
  RankerKind,
  RankerOutputs,
  RetrieverKind,
  RetrieverServing,
  StoredModel,
} from "./contract/kinds.js";
export { byItem, byUser, checkInteractions, holds } from "./retrievers/interactions.js";
export type { Interactions, SparseRows } from "./retrievers/interactions.js";
export { fitItemPopularity, itemPopularity, recencyWeights } from "./retrievers/item-popularity.js";
export type { ItemPopularity } from "./retrievers/item-popularity.js";
export { fitItemKnn, itemKnn, itemKnnDefaults, scoreItemKnn } from "./retrievers/item-knn.js";
export type { ItemKnn, ItemKnnConfig } from "./retrievers/item-knn.js";
export type { FactorModel, Factors } from "./retrievers/factors.js";
export { bpr, bprDefaults, fitBpr, stepBpr } from "./retrievers/bpr.js";
export type { Bpr, BprConfig } from "./retrievers/bpr.js";
export { als, alsDefaults, fitAls, halfStepAls, objectiveAls } from "./retrievers/als.js";
export type { Als, AlsConfig } from "./retrievers/als.js";
export { twoTower } from "./retrievers/two-tower/kind.js";
export { dcn, dcnMix, dnn } from "./rankers/dcn/kind.js";
export { deepFm, deepFmDefaults } from "./rankers/deepfm.js";
export type { DeepFm, DeepFmConfig } from "./rankers/deepfm.js";
export { hashingDefaults } from "./rankers/hashing.js";
export type { HashedRows, Hashing, HashingConfig } from "./rankers/hashing.js";
export {
  fitLogisticRegression,
  logisticRegression,
  logisticRegressionDefaults,
} from "./rankers/logistic-regression.js";
export type { LogisticRegression, LogisticRegressionConfig } from "./rankers/logistic-regression.js";
export { fitFtrl, ftrl, ftrlDefaults, ftrlWeight, ftrlWeights, makeFtrl, updateFtrl } from "./rankers/ftrl.js";
export type { Ftrl, FtrlConfig } from "./rankers/ftrl.js";
export { fitGbdt, gbdtDefaults, predictGbdt } from "./rankers/gbdt/gbdt.js";
export type { Gbdt, GbdtConfig } from "./rankers/gbdt/gbdt.js";
export { gbdt } from "./rankers/gbdt/files.js";
export { gbdtFault } from "./rankers/gbdt/library.js";
export { calibrate, fitIsotonic, fitPlatt, logitOfProbability } from "./rankers/calibrators.js";
export type { Calibrator, IsotonicCalibrator, PlattCalibrator } from "./rankers/calibrators.js";
export type { CheckpointConfig } from "./network/training/checkpoint.js";
export type { FitControl } from "./network/training/fit.js";
export { embedItems, embedSequences, fitSasrec, sasrecDefaults } from "./retrievers/sasrec/sasrec.js";
export type { Sasrec, SasrecConfig } from "./retrievers/sasrec/sasrec.js";
export type { SasrecShape } from "./retrievers/sasrec/network.js";
export type { SequenceInputs, SequenceRows } from "./retrievers/sasrec/rows.js";
export { exportSasrec, loadSasrec, sasrecCard, saveSasrec, sequenceFeeds } from "./retrievers/sasrec/files.js";
export type { SequenceFeeds } from "./retrievers/sasrec/files.js";
export { sasrec } from "./retrievers/sasrec/kind.js";
export type { SasrecRetriever } from "./retrievers/sasrec/kind.js";
export { watchMsOfOdds, watchRows } from "./rankers/weighted-logistic.js";
export { fitMultiTask, multiTaskDefaults, predictTasks } from "./rankers/multi-task/multi-task.js";
export type {
  FitMultiTaskOptions,
  MultiTask,
  MultiTaskConfig,
  TaskPredictions,
} from "./rankers/multi-task/multi-task.js";
export { watchTargets } from "./rankers/watch-head.js";
export type { WatchTarget } from "./rankers/watch-head.js";
export { sharings, tasks } from "./rankers/multi-task/network.js";
export type { MultiTaskShape, Sharing, Task } from "./rankers/multi-task/network.js";
export type { LongWatch, MultiTaskRows } from "./rankers/multi-task/rows.js";
export { exportMultiTask, loadMultiTask, saveMultiTask } from "./rankers/multi-task/files.js";
export { taskValue, valueWeights } from "./rankers/value.js";
export type { ValueWeights } from "./rankers/value.js";
export {
  dataSettingsOf,
  funnelRankers,
  modelsNamed,
  rankerChoice,
  rankerLadder,
  retrieverChoice,
  retrieverLadder,
} from "./ladder.js";
export type {
  FitChoice,
  FittedRanker,
  FittedRetriever,
  FunnelRanker,
  ManyLabelRanker,
  ModelChoice,
  NamedModel,
  RankerChoice,
  RetrieverChoice,
} from "./ladder.js";
export { openOwnModel } from "./contract/own-model.js";
export type { OwnFitOptions, OwnRankerFit, OwnRetrieverFit } from "./contract/own-model.js";
export { modelContract } from "./contract/checks.js";
export type { ModelCheck, ModelContractOptions } from "./contract/types.js";
export { ownModelContract } from "./contract/own-contract.js";
export { importOwnModule } from "./contract/own-module.js";

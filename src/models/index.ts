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
} from "./encoding.js";
export type { EncodedRows, Encoding, EncodingConfig, EncodingJson } from "./encoding.js";
export { popularityDefaults, popularityScores, shrunkMeans, smoothedRates } from "./popularity.js";
export type { PopularityConfig, VideoKinds, WatchCounts } from "./popularity.js";
export { AnnIndex, annDefaults, buildIndex, loadIndex } from "./ann-index.js";
export type { AnnConfig, AnnExpectation, AnnManifest, BuildOptions } from "./ann-index.js";
export { exactSearch } from "./exact-search.js";
export type { SearchResult } from "./exact-search.js";
export { backendName } from "./tensor.js";
export type { BackendName } from "./tensor.js";
export { fitDefaults } from "./fit.js";
export type { CurvePoint, FitConfig, LearningCurve } from "./fit.js";
export type { AdamConfig, DenseParameter } from "./adam.js";
export type { EmbeddingConfig, EmbeddingTable, InputBlock } from "./embedding.js";
export { embedCandidates, embedQueries, fitTwoTower, twoTowerDefaults } from "./two-tower.js";
export type { TwoTower, TwoTowerConfig } from "./two-tower.js";
export type { TwoTowerRows } from "./two-tower-rows.js";
export type { HardNegativeConfig } from "./two-tower-hard.js";
export type { Tower, TowerConfig } from "./tower.js";
export { exportTwoTower, loadTwoTower, saveTwoTower, twoTowerCard } from "./two-tower-files.js";
export { fitRanker, predict, rankerDefaults } from "./dcn.js";
export type { FitRankerOptions, Ranker, RankerConfig, RankerPredictions } from "./dcn.js";
export type { RankerRows } from "./ranker-rows.js";
export { exportRanker, loadRanker, rankerCard, saveRanker } from "./ranker-files.js";
export { readCard } from "./weights.js";
export type { ModelCard } from "./weights.js";
export { checkLabelledRows, retrieveTop } from "./contract.js";
export type { HeldOutRows, LabelledRows, RankerKind, RetrieverKind, StoredModel } from "./contract.js";
export { byItem, byUser, checkInteractions, holds } from "./interactions.js";
export type { Interactions, SparseRows } from "./interactions.js";
export { fitItemPopularity, itemPopularity, recencyWeights } from "./item-popularity.js";
export type { ItemPopularity } from "./item-popularity.js";
export { fitItemKnn, itemKnn, itemKnnDefaults, scoreItemKnn } from "./item-knn.js";
export type { ItemKnn, ItemKnnConfig } from "./item-knn.js";
export type { FactorModel, Factors } from "./factors.js";
export { bpr, bprDefaults, fitBpr, stepBpr } from "./bpr.js";
export type { Bpr, BprConfig } from "./bpr.js";
export { als, alsDefaults, fitAls, halfStepAls, objectiveAls } from "./als.js";
export type { Als, AlsConfig } from "./als.js";
export { twoTower } from "./two-tower-kind.js";
export { dcn, dcnMix, dnn } from "./dcn-kind.js";
export { hashingDefaults } from "./hashing.js";
export type { HashedRows, Hashing, HashingConfig } from "./hashing.js";
export { fitLogisticRegression, logisticRegression, logisticRegressionDefaults } from "./logistic-regression.js";
export type { LogisticRegression, LogisticRegressionConfig } from "./logistic-regression.js";
export { fitFtrl, ftrl, ftrlDefaults, ftrlWeight, ftrlWeights, makeFtrl, updateFtrl } from "./ftrl.js";
export type { Ftrl, FtrlConfig } from "./ftrl.js";
export { fitGbdt, gbdtDefaults, predictGbdt } from "./gbdt.js";
export type { Gbdt, GbdtConfig } from "./gbdt.js";
export { gbdt, gbdtCard } from "./gbdt-files.js";
export { gbdtFault } from "./gbdt-library.js";
export { calibrate, fitIsotonic, fitPlatt, logitOfProbability } from "./calibrators.js";
export type { Calibrator, IsotonicCalibrator, PlattCalibrator } from "./calibrators.js";
export type { CheckpointConfig } from "./checkpoint.js";
export type { FitControl } from "./fit.js";
export { embedItems, embedSequences, fitSasrec, sasrecDefaults } from "./sasrec.js";
export type { Sasrec, SasrecConfig } from "./sasrec.js";
export type { SasrecShape } from "./sasrec-network.js";
export type { SequenceInputs, SequenceRows } from "./sasrec-rows.js";
export { exportSasrec, loadSasrec, sasrecCard, saveSasrec, sequenceFeeds } from "./sasrec-files.js";
export type { SequenceFeeds } from "./sasrec-files.js";
export { sasrec } from "./sasrec-kind.js";
export type { SasrecRetriever } from "./sasrec-kind.js";
export { watchMsOfOdds, watchRows } from "./weighted-logistic.js";
export { fitMultiTask, multiTaskDefaults, predictTasks } from "./multi-task.js";
export type { FitMultiTaskOptions, MultiTask, MultiTaskConfig, TaskPredictions } from "./multi-task.js";
export { watchTargets } from "./watch-head.js";
export type { WatchTarget } from "./watch-head.js";
export { sharings, tasks } from "./multi-task-network.js";
export type { MultiTaskShape, Sharing, Task } from "./multi-task-network.js";
export type { LongWatch, MultiTaskRows } from "./multi-task-rows.js";
export { exportMultiTask, loadMultiTask, saveMultiTask } from "./multi-task-files.js";
export { valueOf, valueWeights } from "./value.js";
export type { ValueWeights } from "./value.js";
export { modelsNamed, rankerChoice, rankerLadder, retrieverChoice, retrieverLadder } from "./ladder.js";
export type { FitChoice, FittedRanker, FittedRetriever, ModelChoice, RankerChoice, RetrieverChoice } from "./ladder.js";
export { openOwnModel } from "./own-model.js";
export type { OwnFitOptions, OwnRankerFit, OwnRetrieverFit } from "./own-model.js";
export { modelContract } from "./contract-checks.js";
export type { ModelCheck, ModelContractOptions } from "./contract-checks-types.js";
export { ownModelContract } from "./own-contract.js";
export { importOwnModule } from "./own-module.js";

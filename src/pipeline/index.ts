/**
 * The pipeline: each stage computes its artifact or loads it, from the one before:
 *
 *   simulateLog → prepareFeatures → trainModels → evaluateOffline
 *                                              → playArms → judgeArms            all of them: workshop
 */
export { adDefaults, projectRoot, setting } from "./setting.js";
export type { AdPlacement, Setting, SettingOptions } from "./setting.js";
export { openWorldAfter, simulateLog } from "./simulate.js";
export type { SimulatedLog } from "./simulate.js";
export { logFacts } from "./log-facts.js";
export type { LogFacts } from "./log-facts.js";
export { prepareFeatures, timeSplitOf } from "./prepare.js";
export type { Prepared } from "./prepare.js";
export {
  indexFile,
  multiTaskRows,
  rankerRows,
  retrievalSet,
  trainingSet,
  trainModels,
  trainMultiTask,
  trainRanker,
  trainTwoTower,
  twoTowerRows,
} from "./train.js";
export type { FittedModel, Trained, TrainedModels, TrainOptions } from "./train.js";
export { metadataRows, sequenceSet, trainSequence } from "./train-sequence.js";
export { trainAnew } from "./train-anew.js";
export type { WatchedFit } from "./train-anew.js";
export { evaluateOffline, towerRetriever } from "./offline.js";
export type { OfflineReport } from "./offline.js";
export { judgeScores, rankingSlice, scoreReplicates, slices, withPosition } from "./offline-ranking.js";
export type { RankingQuality, RankingSlice, ScoredRows, Slice } from "./offline-ranking.js";
export { judgeRetrievers, recallK } from "./offline-retrieval.js";
export type { DayQueries, JudgedRetriever, RecallOfSlice, RetrievalQuality } from "./offline-retrieval.js";
export { tourArms } from "./arms/arm.js";
export type { Arm, ArmContext, BuiltIn, BuiltInName, LocalArm, OpenedPolicy } from "./arms/arm.js";
export { pastOf, pastOfTrained } from "./arms/past.js";
export type { Past } from "./arms/past.js";
export { play } from "./arms/play.js";
export type { Played, Trial } from "./arms/play.js";
export { playArm } from "./arms/played-arm.js";
export type { PlayedArm } from "./arms/played-arm.js";
export { builtInNames, openArm } from "./arms/registry.js";
export { judgeArms, playArms, standardPairs } from "./compare.js";
export type { Judged } from "./compare.js";
export { workshop } from "./workshop.js";
export type { Workshop } from "./workshop.js";
export { measureLatency } from "./latency.js";
export type { LatencyReport } from "./latency.js";

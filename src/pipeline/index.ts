/**
 * The pipeline: each stage computes its artifact or loads it, from the one before:
 *
 *   simulateLog → prepareFeatures → trainModels → evaluateOffline
 *                                              → playArms → judgeArms            all of them: workshop
 */
export { adDefaults, projectRoot, setting, type Setting } from "./setting.js";
export { openWorldAfter, simulateLog, type SimulatedLog } from "./simulate.js";
export { logFacts } from "./log-facts.js";
export { prepareFeatures, timeSplitOf } from "./prepare.js";
export {
  indexFile,
  multiTaskRows,
  rankerRows,
  retrievalSet,
  trainingSet,
  trainAnew,
  trainModels,
  trainMultiTask,
  trainRanker,
  trainTwoTower,
  twoTowerRows,
  type Trained,
} from "./train.js";
export { metadataRows, sequenceSet, trainSequence } from "./train-sequence.js";
export { evaluateOffline, towerRetriever, type OfflineReport } from "./offline.js";
export {
  judgeScores,
  rankingSlice,
  scoreReplicates,
  slices,
  withPosition,
  type RankingQuality,
  type Slice,
} from "./offline-ranking.js";
export { judgeRetrievers, recallK, type JudgedRetriever } from "./offline-retrieval.js";
export { collectingArm, tourArms, type Arm, type LocalArm } from "./arms/arm.js";
export { pastOf, pastOfTrained, type Past } from "./arms/past.js";
export { play, type Played, type Trial } from "./arms/play.js";
export { playSplit, type Split, type SplitArm } from "./arms/split.js";
export { playArm, type PlayedArm } from "./arms/played-arm.js";
export { builtInNames, openArm } from "./arms/registry.js";
export { judgeArms, playArms, standardPairs, type Judged } from "./compare.js";
export { workshop } from "./workshop.js";
export { measureLatency } from "./latency.js";
export { modelDirs } from "./arms/learned.js";
export { openOnline, startOnline } from "./online.js";
export type { OnlineOptions } from "./online.js";

/** Studies: experiments on the pipeline, each in a folder or file of its own. */
export { valueEffect, watchArm } from "./value/value-effect.js";
export { weighValue } from "./value/weigh-value.js";
export { fitValueWeights, readReturns } from "./value/value-weights.js";
export { offlineOnlineRows, offlineOnlineAgreement, pairsIn, regretText } from "./offline-online.js";
export { coldStart } from "./cold-start/cold-start.js";
export { bins as coldBins, type ColdCell } from "./cold-start/cell.js";
export { coldControl } from "./cold-start/strategies.js";
export { coldMeasures, coldPlan, studyColdStart, type ColdStudy } from "./cold-start/study.js";
export { driftArms, driftStrength, runDrift } from "./drift.js";
export { detectorJob, driftCases, judgeDetectors, judgeWorlds, plan as detectorPlan } from "./detectors/study.js";
export { detectorWorld } from "./detectors/world.js";
export { monitors as driftMonitors } from "./detectors/monitors.js";
export { traceRequest } from "./traced-request.js";
export { regretByStage, type Losses, type StageRegret } from "./regret.js";
export { gapBinMinutes, gapHistogram, stylisedFacts } from "./validity/facts.js";
export { measureLog } from "./validity/log-measures.js";
export { choiceWorlds, conclusions, perturbations } from "./validity/robustness.js";
export { publishedFacts } from "./validity/published.js";
export { recoverWorld, recoverySizes } from "./validity/recover-world.js";
export { verdictOf } from "./validity/robustness.js";
export { playStudyWorld, studyArmNames } from "./validity/study-world.js";
export {
  factReport,
  parametersOf,
  recoveryLimits,
  recoveryReport,
  recoveryWorlds,
  robustnessReport,
  studySizes,
  validity,
} from "./validity/validity.js";
export { judgeEstimators, type JudgedEstimator } from "./off-policy/judge.js";
export { offPolicyPlan, studyOffPolicy, type OffPolicyOptions, type OffPolicyStudy } from "./off-policy/study.js";
export { banditStudy, type BanditCurve } from "./bandit/study.js";
export { createTopicBandit } from "./bandit/topic-bandit.js";
export { pageValue, policyValue } from "./twins/policy-value.js";
export { judgeTwins } from "./twins/study.js";
export { twinMetrics, type TwinMetric } from "./twins/metrics.js";
export { studyTwins, twinPairs } from "./twins/study.js";
export { twinWorld, type TwinPair, type TwinPlan } from "./twins/twin-world.js";
export { benchmarkWorlds, measureAll, worldPlan, type WorldPlan } from "./benchmark/study.js";
export { chooseModels, families } from "./benchmark/model.js";
export { judgeBenchmark, type BenchmarkRow } from "./benchmark/judge.js";
export { wholeData } from "./benchmark/world-rows.js";
export { openOwnData } from "./benchmark/own-data.js";
export { protocols } from "./benchmark/own-data.js";
export { atlasPlan, findAtlas, studyAtlas, type Atlas, type AtlasOptions } from "./atlas/study.js";
export type { AtlasCell } from "./atlas/cell.js";
export { judgeAtlas, type MetricJudgement } from "./atlas/judge.js";
export { choiceChanges, type ChoiceChange } from "./atlas/choice-models.js";
export { liftsOf } from "./atlas/lifts.js";
export { measureWorth, worthArms, worthHypotheses, type Worth } from "./capacity/worth.js";
export { twoShardDefaults, twoShards, type Predicted, type TwoShardPlan } from "./capacity/two-shards.js";
export { playLearning, type LearningDay, type LearningRun } from "./learning/play.js";
export { learningPlan, learningStudies, loopPolicies, retrainingPolicies } from "./learning/plans.js";
export { learningHypotheses, studyLearning, type LearningStudy } from "./learning/study.js";
export { auditAb, interferenceSettings, type Audit } from "./ab-audit/study.js";
export { hypotheses, type Hypothesis } from "./ab-audit/hypotheses.js";
export { batchStudy } from "./batch.js";
export type { BatchArm, BatchCost } from "./batch.js";
export { studyCompression, type Compression } from "./compress/study.js";
export { aucMargin, frontOf, watchMargin, type CompressRow } from "./compress/findings.js";
export { edgeArms, edgeStudy, edgeWatch } from "./edge.js";

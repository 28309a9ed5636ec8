/** Studies: experiments on the pipeline, each in a folder or file of its own. */
export { valueEffect, watchArm } from "./value/value-effect.js";
export { weighValue } from "./value/weigh-value.js";
export { fitValueWeights, readReturns } from "./value/value-weights.js";
export type { FittedValue, ReturnRows, ValueTerm } from "./value/value-weights.js";
export { offlineOnlineRows, offlineOnlineAgreement } from "./offline-online.js";
export type { OfflineOnlineRow } from "./offline-online.js";
export { coldStart } from "./cold-start/cold-start.js";
export type { ColdStartReport, VideoSegment } from "./cold-start/cold-start.js";
export { coldStartCurves, knowledgeScores } from "./cold-start/cold-start-curve.js";
export type {
  ColdStartCurves,
  ColdStartCurveSizes,
  KnowledgeCurve,
  KnowledgePoint,
  KnowledgeScore,
} from "./cold-start/cold-start-curve.js";
export { driftArms, driftStrength, runDrift } from "./drift.js";
export type { DriftReport } from "./drift.js";
export { funnelLoss, traceRequest } from "./funnel-loss.js";
export type { FunnelLoss, TracedCandidate, TracedRequest } from "./funnel-loss.js";
export { gapBinMinutes, gapHistogram, stylisedFacts } from "./validity/facts.js";
export type { StylisedFact } from "./validity/facts.js";
export { measureLog } from "./validity/log-measures.js";
export type { LogMeasures } from "./validity/log-measures.js";
export { choiceWorlds, conclusions, perturbations } from "./validity/perturbations.js";
export type { Conclusion, Perturbation } from "./validity/perturbations.js";
export { publishedFacts } from "./validity/published.js";
export type { PublishedFact } from "./validity/published.js";
export { recoverWorld, recoverySizes } from "./validity/recover-world.js";
export type { RecoveredWorld, RecoverySizes } from "./validity/recover-world.js";
export { verdictOf } from "./validity/robustness.js";
export type { JudgedConclusion, ModelAgreement, ModelArm, Robustness, Verdict } from "./validity/robustness.js";
export { playStudyWorld, studyArmNames } from "./validity/study-world.js";
export type { PlayedWorld, StudyArmName, StudySizes, StudyWorld } from "./validity/study-world.js";
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
export type {
  FactColumns,
  FactReport,
  RecoveredParameter,
  RecoveryReport,
  ValidityOptions,
  ValidityRecord,
} from "./validity/validity.js";
export { banditStudy } from "./bandit/study.js";
export type { AgentFactory, BanditCurve, BanditDay, BanditStudy, BanditStudyOptions } from "./bandit/study.js";
export { createTopicBandit } from "./bandit/topic-bandit.js";
export type { TopicBanditOptions } from "./bandit/topic-bandit.js";
export { pageValue, policyValue } from "./twins/policy-value.js";
export type { PageValue, PolicyValue, PolicyValueOptions } from "./twins/policy-value.js";
export { judgeTwins } from "./twins/judge.js";
export type { TwinSummary } from "./twins/judge.js";
export { twinMetrics } from "./twins/metrics.js";
export type { TwinMetric } from "./twins/metrics.js";
export { studyTwins, twinPairs } from "./twins/study.js";
export type { TwinStudy, TwinStudyOptions } from "./twins/study.js";
export { twinWorld } from "./twins/twin-world.js";
export type { TwinPair, TwinPlan, TwinRow, TwinWorld } from "./twins/twin-world.js";
export { benchmarkWorlds, measureAll, worldPlan } from "./benchmark/study.js";
export type { Benchmark, WorldPlan } from "./benchmark/study.js";
export { chooseModels, families } from "./benchmark/model.js";
export type { BenchmarkModel, ChosenModels, Family, ModelSelection } from "./benchmark/model.js";
export { judgeBenchmark } from "./benchmark/judge.js";
export type { BenchmarkRow } from "./benchmark/judge.js";
export type { BenchmarkRecord } from "./benchmark/record.js";
export { wholeData } from "./benchmark/world-rows.js";
export type { DataQuality } from "./benchmark/world-rows.js";
export { openOwnData } from "./benchmark/own-data.js";
export { protocols } from "./benchmark/protocol.js";
export type { Protocol } from "./benchmark/protocol.js";

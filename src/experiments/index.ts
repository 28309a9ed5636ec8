/**
 * Experiments run platforms. The stages make or load, each from the one before:
 *
 *   simulateLog → prepareFeatures → trainModels → evaluateOffline
 *                                              → playArms → judgeArms, coldStart
 *                                              → runDrift, measureLatency            all of them: tour
 */
export { projectRoot, setting } from "./setting.js";
export type { Setting, SettingOptions } from "./setting.js";
export { openEvening, simulateLog } from "./simulate.js";
export type { SimulatedLog } from "./simulate.js";
export { logFacts } from "./log-facts.js";
export type { LogFacts } from "./log-facts.js";
export { prepareFeatures, splitOf } from "./prepare.js";
export type { Prepared } from "./prepare.js";
export { indexFile, rankerRows, retrievalSet, trainingSet, trainModels, trainRanker, trainTwoTower } from "./train.js";
export type { FittedModel, Trained, TrainedModels, TrainOptions } from "./train.js";
export { trainAnew } from "./train-anew.js";
export type { WatchedFit } from "./train-anew.js";
export { evaluateOffline, recallK, slices } from "./offline.js";
export type { OfflineReport, RankingQuality, RetrievalQuality, Slice } from "./offline.js";
export { modelDirs, openArmPolicy, oraclePolicy, standardArms } from "./policies.js";
export type { ArmSpec, OpenedPolicy } from "./policies.js";
export { playArm } from "./arm.js";
export type { PlayedArm, Trial } from "./arm.js";
export { judgeArms, playArms, standardPairs } from "./compare.js";
export type { Judged } from "./compare.js";
export { offlineOnline, offlineOnlineAgreement } from "./offline-online.js";
export type { OfflineOnlineRow } from "./offline-online.js";
export { coldStart } from "./cold-start.js";
export type { ColdStartReport, VideoSegment } from "./cold-start.js";
export { coldStartCurves, knowledgeScores } from "./cold-start-curve.js";
export type { ColdStartCurves, ColdStartCurveSizes, KnowledgeCurve, KnowledgePoint, KnowledgeScore } from "./cold-start-curve.js";
export { driftArms, driftStrength, runDrift } from "./drift.js";
export type { DriftReport } from "./drift.js";
export { measureLatency } from "./latency.js";
export type { LatencyReport } from "./latency.js";
export { funnelLoss, traceRequest } from "./trace.js";
export type { FunnelLoss, TracedCandidate, TracedRequest } from "./trace.js";
export { workshop } from "./workshop.js";
export type { Workshop } from "./workshop.js";
export { compareVerb, defaultWorkers, evaluateVerb, prepareVerb, simulateVerb, trainVerb, version, worldFields } from "./verbs.js";
export type { Answer } from "./verbs.js";
export { tour } from "./tour.js";
export { rewriteReport } from "./tour-report.js";
export { agreementTable, factTable, recoveryTable, validityReport, validityVerb, verdictTable } from "./validity/card.js";
export { coverageFigure, factsFigure, modelsFigure, shapeFigures, verdictsFigure } from "./validity/card-figures.js";
export { cheapPolicies, openCheapPolicy } from "./validity/cheap-policies.js";
export type { CheapPolicyName } from "./validity/cheap-policies.js";
export { gapBinMinutes, gapHistogram, stylisedFacts } from "./validity/facts.js";
export type { StylisedFact } from "./validity/facts.js";
export { learn } from "./validity/knowledge.js";
export type { Knowledge } from "./validity/knowledge.js";
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
export { playStudyWorld } from "./validity/study-world.js";
export type { PlayedWorld, StudySizes, StudyWorld } from "./validity/study-world.js";
export { factReport, parametersOf, recoveryLimits, recoveryReport, recoveryWorlds, robustnessReport, studySizes, validity } from "./validity/validity.js";
export type { FactColumns, FactReport, RecoveredParameter, RecoveryReport, ValidityOptions, ValidityRecord } from "./validity/validity.js";

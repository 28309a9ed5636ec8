/**
 * Experiments run platforms. The stages make or load, each from the one before:
 *
 *   simulateLog → prepareFeatures → trainModels → evaluateOffline
 *                                              → playArms → judgeArms, coldStart
 *                                              → runDrift, measureLatency            all of them: tour
 */
export { adDefaults, projectRoot, setting } from "./setting.js";
export type { AdPlacement, Setting, SettingOptions } from "./setting.js";
export { openEvening, simulateLog } from "./simulate.js";
export type { SimulatedLog } from "./simulate.js";
export { logFacts } from "./log-facts.js";
export type { LogFacts } from "./log-facts.js";
export { prepareFeatures, splitOf } from "./prepare.js";
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
export { valueEffect, watchArm, weighValue } from "./value-effect.js";
export { fitValueWeights, readReturns } from "./value-weights.js";
export type { FittedValue, ReturnRows, ValueTerm } from "./value-weights.js";
export { trainAnew } from "./train-anew.js";
export type { WatchedFit } from "./train-anew.js";
export { evaluateOffline, towerRetriever } from "./offline.js";
export type { OfflineReport } from "./offline.js";
export { judgeScores, rankingSlice, scoreReplicates, slices, withPosition } from "./offline-ranking.js";
export type { RankingQuality, RankingSlice, ScoredRows, Slice } from "./offline-ranking.js";
export { judgeRetrievers, recallK } from "./offline-retrieval.js";
export type { DayQueries, JudgedRetriever, RecallOfSlice, RetrievalQuality } from "./offline-retrieval.js";
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
export type {
  ColdStartCurves,
  ColdStartCurveSizes,
  KnowledgeCurve,
  KnowledgePoint,
  KnowledgeScore,
} from "./cold-start-curve.js";
export { driftArms, driftStrength, runDrift } from "./drift.js";
export type { DriftReport } from "./drift.js";
export { measureLatency } from "./latency.js";
export type { LatencyReport } from "./latency.js";
export { funnelLoss, traceRequest } from "./trace.js";
export type { FunnelLoss, TracedCandidate, TracedRequest } from "./trace.js";
export { workshop } from "./workshop.js";
export type { Workshop } from "./workshop.js";
export {
  compareVerb,
  defaultWorkers,
  evaluateVerb,
  prepareVerb,
  simulateVerb,
  trainVerb,
  version,
  worldFields,
} from "./verbs.js";
export type { Answer } from "./verbs.js";
export { tour } from "./tour.js";
export { rewriteReport } from "./tour-report.js";
export {
  agreementTable,
  factTable,
  recoveryTable,
  validityReport,
  validityVerb,
  verdictTable,
} from "./validity/card.js";
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
export { banditStudy } from "./bandit-study.js";
export type { AgentFactory, BanditCurve, BanditDay, BanditStudy, BanditStudyOptions } from "./bandit-study.js";
export { createTopicBandit } from "./topic-bandit.js";
export type { TopicBanditOptions } from "./topic-bandit.js";
export { contractOf, contractVerb, runContract } from "./contract.js";
export type { CheckResult, ModuleContract } from "./contract.js";
export { checkPublishOptions, publishDataset } from "./publish/publish.js";
export type { PublishedDataset, PublishOptions } from "./publish/publish.js";
export { publishVerb } from "./publish/verb.js";
export { pageValue, policyValue } from "./policy-value.js";
export type { PageValue, PolicyValue, PolicyValueOptions } from "./policy-value.js";
export { openTwinArm, withUniformPages } from "./twins/arm.js";
export type { TwinArm } from "./twins/arm.js";
export { countingStore, readHistory } from "./twins/counting-store.js";
export type { CountingStore, History } from "./twins/counting-store.js";
export { judgeTwins } from "./twins/judge.js";
export type { TwinSummary } from "./twins/judge.js";
export { twinMetrics } from "./twins/metrics.js";
export type { TwinMetric } from "./twins/metrics.js";
export { playEvening } from "./twins/play.js";
export type { EveningPlay, Played, PolicyFactory } from "./twins/play.js";
export { studyTwins, twinPairs } from "./twins/study.js";
export type { TwinStudy, TwinStudyOptions } from "./twins/study.js";
export { twinWorld } from "./twins/twin-world.js";
export type { TwinPair, TwinPlan, TwinRow, TwinWorld } from "./twins/twin-world.js";
export { twinCorrelationFigure, twinFactorFigure, twinLabels, twinRows, twinsVerb } from "./twins/report.js";
export { columnMapping, importVerb } from "./import-verb.js";
export type { ImportWords } from "./import-verb.js";
export { reproduce, reproduced, reproduceVerb } from "./public-data.js";
export type { PublicScore, ReproduceOptions, Reproduction } from "./public-data.js";
export { dataOptions } from "./data-verbs/words.js";
export type { DataOptions, DataWords } from "./data-verbs/words.js";
export { ownChoices, ownSettings } from "./data-verbs/choices.js";
export type { OwnChoices, ModelWords } from "./data-verbs/choices.js";
export { compareDataVerb } from "./data-verbs/compare.js";
export type { CompareDataOptions } from "./data-verbs/compare.js";
export { asksTradeOff, planTradeOff, seedsOf } from "./tradeoff/words.js";
export type { PlannedTradeOff, TradeOffWords } from "./tradeoff/words.js";
export { tradeOffReport, tradeOffVerb } from "./tradeoff/verb.js";
export { studyTradeOff, tradeOffPlan } from "./tradeoff/study.js";
export type { TradeOffPlan, TradeOffStudy } from "./tradeoff/study.js";
export { builtIn, chooseModels, families } from "./tradeoff/model.js";
export type { ChosenModels, Family, TradeOffModel } from "./tradeoff/model.js";
export { judgeTradeOff } from "./tradeoff/judge.js";
export type { MeanCost, TradeOffRow } from "./tradeoff/judge.js";
export { tradeOffMetrics } from "./tradeoff/metrics.js";
export type { MetricWords, TradeOffMetric } from "./tradeoff/metrics.js";
export type { Measured, ModelRecord } from "./tradeoff/record.js";
export type { AnswerCost, FitCost, ModelCost } from "./tradeoff/cost.js";
export { wholeData } from "./tradeoff/rows.js";
export type { DataQuality } from "./tradeoff/rows.js";
export { differenceTables, folded, funnelWords, tradeOffTables } from "./tradeoff/tables.js";
export type { FamilyWords } from "./tradeoff/tables.js";
export { dataQualityFigure, tradeOffFigure } from "./tradeoff/figures.js";
export { evaluateDataVerb } from "./data-verbs/evaluate.js";
export { fitOwn, judgeOwn } from "./data-verbs/fit.js";
export type { FittedOwn } from "./data-verbs/fit.js";
export type { JudgedOwn, RetrievalTask } from "./data-verbs/judge.js";
export { openOwnData } from "./data-verbs/own-data.js";
export type { OwnData } from "./data-verbs/own-data.js";
export { ownParts } from "./data-verbs/parts.js";
export type { OwnParts, RankingParts } from "./data-verbs/parts.js";
export { protocols, splitOwnData } from "./data-verbs/protocol.js";
export type { OwnSplit, Protocol } from "./data-verbs/protocol.js";
export { trainDataVerb } from "./data-verbs/train.js";
export { fieldRows } from "./data-verbs/field-rows.js";
export { takeOwnRows } from "./data-verbs/row-columns.js";
export type { OwnRows } from "./data-verbs/row-columns.js";

/** evaluation: pure statistics on records. Sees only types and random. */
export { auc, aucOf, aucRanking, logLoss, logLosses, normalisedEntropy } from "./metrics/classification.js";
export type { AucRanking } from "./metrics/classification.js";
export { averagePrecision, bestF1, confusion, gainTable, prAucTrapezoid, scoreCurve } from "./metrics/thresholds.js";
export type { Confusion, GainTable, ScoreCurve } from "./metrics/thresholds.js";
export { groupedAuc, type GroupedAuc } from "./metrics/grouped-auc.js";
export { brier, calibration, calibrationBins, calibrationError } from "./metrics/calibration.js";
export type { Binning, Calibration, ReliabilityBin } from "./metrics/calibration.js";
export { mae, rmse, xauc } from "./metrics/regression.js";
export { beyondAccuracy, creatorExposure, gini, serendipity } from "./metrics/beyond-accuracy.js";
export type { BeyondAccuracy, CreatorExposure, ItemFacts } from "./metrics/beyond-accuracy.js";
export { difference, overSeeds } from "./metrics/over-seeds.js";
export type { OverSeeds, SeedMetric } from "./metrics/over-seeds.js";
export { meanBySlice, scoreReport, userScores } from "./metrics/score-report.js";
export type { ScoreReport, UserSlices } from "./metrics/score-report.js";
export { segmentGaps, type SegmentGap } from "./metrics/segment-gaps.js";
export { meanOf, ndcgAtK, rankLists, rankScored, recallAtK, relevantSets } from "./metrics/ranking.js";
export type { RankingMetrics, RankingOptions, RelevantSets } from "./metrics/ranking.js";
export { offlineMetrics, offlineReplicates } from "./metrics/offline.js";
export type { OfflineMetrics, OfflineOptions, OfflineReplicates, JudgedPredictions } from "./metrics/offline.js";
export {
  bootstrapBy,
  forEachResample,
  intervalOf,
  meanInterval,
  meanReplicates,
  pairedDifference,
  quantile,
  ratioInterval,
  ratioReplicates,
  replicatesBy,
} from "./bootstrap.js";
export type { BootstrapOptions, Interval, RatioSums, Replicates } from "./bootstrap.js";
export { metricRows, onlineMetric, onlineMetrics, returnRows, segmentDays, segments, segmentsOf } from "./online.js";
export type { MetricRows, OnlineMetric, OnlineMetricName, Segment } from "./online.js";
export {
  armMetrics,
  armSums,
  combine,
  compareArms,
  influence,
  replicatesOf,
  standardErrorOf,
} from "./experiment/ab-test.js";
export type {
  ArmMetrics,
  ArmOptions,
  ArmSums,
  CompareOptions,
  Comparison,
  MetricComparison,
} from "./experiment/ab-test.js";
export { differenceOf, type Difference, type DifferenceOptions, type MetricOfArm } from "./experiment/difference.js";
export { daysNeeded, powerOf, smallestEffect, usersNeeded, type PowerOptions } from "./experiment/power.js";
export {
  alwaysValid,
  alwaysValidP,
  looksOf,
  mixtureParameter,
  sequenceWidth,
  type Look,
  type SequenceOptions,
} from "./experiment/sequential.js";
export { noveltyOf, type ArmByDay, type Novelty } from "./experiment/novelty.js";
export { effectBySegment, type SegmentEffects } from "./experiment/segments.js";
export { benjaminiHochberg, holm } from "./experiment/multiple.js";
export { guardrail, type GuardrailVerdict } from "./experiment/guardrail.js";
export { assign } from "./experiment/assignment.js";
export { scorecard, type ArmUsers, type ScorecardOptions } from "./experiment/scorecard.js";
export type { JudgedMetric, MetricPlan, Scorecard } from "./experiment/card.js";
export { preference, type TeamClicks } from "./experiment/interleaving.js";
export { switchback, switchbackArm, type MarketDays, type SwitchbackPlan } from "./experiment/switchback.js";
export { sampleRatio } from "./experiment/sample-ratio.js";
export type { SampleRatio } from "./experiment/sample-ratio.js";
export { dailyMetric } from "./daily.js";
export type { DailyMetric } from "./daily.js";
export { gapClosed } from "./gap.js";
export type { GapClosed, GapEnds } from "./gap.js";
export { agreement, kendallTau, pearson, ranks, spearman } from "./agreement.js";
export type { Agreement, AgreementOptions, PolicyScores } from "./agreement.js";
export { leaderOf } from "./leader.js";
export type { Leader, PairedLead } from "./leader.js";
export { chiSquareTail, normalCdf, normalQuantile, twoSidedP } from "./distributions.js";
export { argsort, groupBy } from "./order.js";
export type { Groups } from "./order.js";
export { eigenSymmetric, solvePositive, subspaceOverlap } from "./symmetric.js";
export type { Eigen } from "./symmetric.js";
export {
  conditionalPropensities,
  pagePropensity,
  poolsByRequest,
  positionPropensities,
  positionTable,
} from "./counterfactual/propensities.js";
export type { PagePool } from "./counterfactual/propensities.js";
export { estimateActions, estimatePages, intervalsByUser } from "./counterfactual/estimate.js";
export type { Estimated, EstimateOptions, OffPolicyEstimate, RefusedEstimate } from "./counterfactual/estimate.js";
export type { LoggedActions, LoggedPages, ModelledRewards, PagePropensities } from "./counterfactual/logged.js";
export { actionWeights, cascadeWeights, jointWeights, marginalWeights } from "./counterfactual/weights.js";
export type { Unweighted, Weighted } from "./counterfactual/weights.js";
export { clippedIps, ips, selfNormalisedIps, valueOf } from "./counterfactual/importance.js";
export type { Contributions } from "./counterfactual/importance.js";
export {
  directMethod,
  doublyRobust,
  selfNormalisedDoublyRobust,
  switchDoublyRobust,
} from "./counterfactual/doubly-robust.js";
export { pseudoInverseWeight, pseudoInverseWeights } from "./counterfactual/pseudo-inverse.js";
export { checkWeights, refusalOf, type SupportLimits, type WeightCheck } from "./counterfactual/support.js";
export { bernsteinInterval } from "./counterfactual/bernstein.js";
export { crossFit, type CrossFitted } from "./counterfactual/cross-fit.js";
export { actionsFromTables, type TabledActions } from "./counterfactual/tables.js";
export { ridgeLogistic } from "./ridge-logistic.js";
export type { LogisticRows, RidgeOptions } from "./ridge-logistic.js";
export { relativeExamination } from "./position-bias.js";
export type { PositionCounts, RelativeExamination } from "./position-bias.js";
export { waldSlope } from "./instrument.js";
export type { Effect, InstrumentGroup, InstrumentResult } from "./instrument.js";
export { coverage, shareInterval } from "./coverage.js";
export type { Coverage, CoverageCase } from "./coverage.js";
export { baseRates, recoverTastes, tasteCounts, tasteCovariance } from "./tastes.js";
export type { TasteCounts, TasteOptions, Tastes } from "./tastes.js";
export { tasteAgreement, trueTasteAgreement } from "./taste-agreement.js";
export type { TasteAgreement } from "./taste-agreement.js";
export { studentCdf, studentQuantile, tInterval } from "./student.js";
export { columnMean, covariance, meanOrZero } from "./moments.js";
export { cuped } from "./experiment/cuped.js";
export type { Cuped, CupedArm } from "./experiment/cuped.js";
export { ratioOf, twinStatistics } from "./twins.js";
export type { TwinStatistics } from "./twins.js";
export { replicationSpread, splitSpread } from "./split-spread.js";
export type { ReplicationSpread, SplitOptions, SplitSpread } from "./split-spread.js";

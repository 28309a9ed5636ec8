/**
 * Serving: retrieve → rank → re-rank within the budget, and the policies that collect data. Sees the catalogue and events, never the
 * truth.
 */
export { createUniformPolicy } from "./uniform-policy.js";
export type { UniformPolicyOptions } from "./uniform-policy.js";
export { createLoggingPolicy, loggingDefaults } from "./logging-policy.js";
export type { LoggingConfig, LoggingPolicy, LoggingPolicyOptions } from "./logging-policy.js";
export { userSegments } from "./logging-counts.js";
export type { WeightConfig } from "./logging-counts.js";

export { compose, funnel } from "./funnel.js";
export type { FunnelOptions, FunnelPolicy, OnStage, Recommend, StageResult, Stages } from "./funnel.js";
export {
  createServedPopularity,
  firstFresh,
  popularities,
  popularityRetriever,
  servedPopularityDefaults,
} from "./popularity.js";
export type { PopularityBy, ServedPopularity, ServedPopularityConfig } from "./popularity.js";
export { openPopularityFunnel, popularityFunnelDefaults, popularityStages } from "./popularity-funnel.js";
export type { PopularityFunnelConfig, PopularityFunnelOptions } from "./popularity-funnel.js";
export { learnedFunnelDefaults } from "./learned-config.js";
export type { LearnedFunnelConfig, SourceShares } from "./learned-config.js";
export { createLearnedFunnel, isNewcomer, openLearnedFunnel } from "./learned-funnel.js";
export type { LearnedFunnel, LearnedFunnelBase, LearnedFunnelOptions, LearnedFunnelParts } from "./learned-funnel.js";

export { listSource, merge, neighbourSource, retrieverSource, uniformSource } from "./retrieve.js";
export type { MergeOptions, Neighbours, Retrieve, Retriever, Source } from "./retrieve.js";
export { idRetriever } from "./id-retriever.js";
export type { IdRetrieverOptions } from "./id-retriever.js";
export { sequenceRetriever } from "./sequence-retriever.js";
export type { SequenceRetrieverOptions, SequenceTower } from "./sequence-retriever.js";
export { openSequenceTower, saveSequenceTower, sasrecTower } from "./sequence-towers.js";
export { rankedBy } from "./ranked-by.js";
export { createPopularityRank, createRank, objectives } from "./rank.js";
export type { Objective, Predict, Predictions, Rank, RankOptions } from "./rank.js";
export { createRerank, rerankDefaults } from "./rerank.js";
export type { Rerank, RerankConfig, RerankOptions, Rule } from "./rerank.js";
export { pickMmr, similarity } from "./mmr.js";
export type { MmrOptions, SimilarityColumns, SimilarityWeights } from "./mmr.js";
export { createExplore, newPool } from "./explore.js";
export type { Explore, Pool } from "./explore.js";

export { createAuction, runAuction } from "./auction.js";
export type { Auction, AuctionConfig } from "./auction.js";
export { randomLoad, withAds, withoutAds } from "./with-ads.js";
export type { WithAdsOptions } from "./with-ads.js";

export { openTowerIndex, saveTowerIndex } from "./tower-index.js";
export type { TowerIndex, TowerIndexOptions, Towers } from "./tower-index.js";
export { openRanker, openTowers } from "./served-models.js";
export type { OpenRanker } from "./served-models.js";
export { openOnnx } from "./onnx.js";
export type { OnnxExpectation, OnnxModel, OnnxRows } from "./onnx.js";
export { createTimings } from "./timings.js";
export type { StageBudgets, StageTiming, StageTimings, Timings } from "./timings.js";

export { countingStore, historyOf } from "./counting-store.js";
export type { History } from "./counting-store.js";
export { policyContract } from "./contract/checks.js";
export type { OpenUnderCheck, PolicyCheck, PolicyContractOptions, PolicyUnderCheck } from "./contract/checks.js";
export { ownPolicyContract } from "./contract/own-contract.js";
export { findOwnPolicy, openOwnPolicy } from "./own-policy.js";
export type { ObservingPolicy, PolicyContext, PolicyFactory, PolicyModule } from "./policy-module.js";
export type { SegmentVideoSums, ServingStore } from "./store.js";
export { componentCode, emptySlates, liveOn, sourceCode } from "./slates.js";
export { topPositions } from "./top.js";

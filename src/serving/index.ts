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

export { newTrace } from "./trace.js";
export type { Move, Removal, Trace } from "./trace.js";
export { compose, funnel } from "./funnel.js";
export type { FunnelOptions, FunnelPolicy, OnStage, Recommend, StageResult, Stages } from "./funnel.js";
export {
  createServedPopularity,
  firstFresh,
  popularities,
  popularityRetriever,
  servedPopularityDefaults,
} from "./retrieve/popularity.js";
export type { PopularityBy, ServedPopularity, ServedPopularityConfig } from "./retrieve/popularity.js";
export { openPopularityFunnel, popularityFunnelDefaults, popularityStages } from "./popularity-funnel.js";
export type { PopularityFunnelConfig, PopularityFunnelOptions } from "./popularity-funnel.js";
export { checkLearnedConfig, learnedFunnelDefaults } from "./learned-config.js";
export type { LearnedFunnelConfig, SourceShares } from "./learned-config.js";
export { createLearnedFunnel, isNewcomer, openLearnedFunnel } from "./learned-funnel.js";
export type { LearnedFunnel, LearnedFunnelBase, LearnedFunnelOptions, LearnedFunnelParts } from "./learned-funnel.js";

export { listSource, merge, neighbourSource, retrieverSource, uniformSource } from "./retrieve/retrieve.js";
export type { MergeOptions, Neighbours, Retrieve, Retriever, Source } from "./retrieve/retrieve.js";
export { blocklist, languageFilter } from "./retrieve/filters.js";
export type { Blocklist, Filter } from "./retrieve/filters.js";
export { followedSource, itemSource } from "./retrieve/personal.js";
export type { Places } from "./retrieve/personal.js";
export { idRetriever } from "./retrieve/id-retriever.js";
export type { IdRetrieverOptions } from "./retrieve/id-retriever.js";
export { sequenceRetriever } from "./retrieve/sequence-retriever.js";
export type { SequenceRetrieverOptions, SequenceTower } from "./retrieve/sequence-retriever.js";
export { openSequenceTower, saveSequenceTower, sasrecTower } from "./retrieve/sequence-towers.js";
export { rankedBy } from "./rank/ranked-by.js";
export { createPopularityRank, createRank, objectives } from "./rank/rank.js";
export type { Objective, Predict, Predictions, Rank, RankOptions } from "./rank/rank.js";
export { createRerank, rerankDefaults } from "./rerank/rerank.js";
export type { Rerank, RerankConfig, RerankOptions } from "./rerank/rerank.js";
export type { Cap } from "./rerank/caps.js";
export { pickDpp } from "./rerank/dpp.js";
export { createDuplicates, perceptualHash } from "./rerank/duplicates.js";
export type { FindDuplicate, PictureOf } from "./rerank/duplicates.js";
export { createRules } from "./rerank/rules.js";
export type { BusinessRule, Rules } from "./rerank/rules.js";
export { pickMmr, similarity } from "./rerank/mmr.js";
export type { MmrOptions, SimilarityColumns, SimilarityWeights } from "./rerank/mmr.js";
export { createExplore, newPool } from "./rerank/explore.js";
export type { Explore, Pool } from "./rerank/explore.js";

export { createAuction, runAuction } from "./rerank/auction.js";
export type { Auction, AuctionConfig } from "./rerank/auction.js";
export { teamDraft, type TeamDraft } from "./team-draft.js";
export { randomLoad, withAds, withoutAds } from "./rerank/with-ads.js";
export type { WithAdsOptions } from "./rerank/with-ads.js";

export { openTowerIndex, saveTowerIndex } from "./retrieve/tower-index.js";
export type { TowerIndex, TowerIndexOptions, Towers } from "./retrieve/tower-index.js";
export { openRanker, openTowers } from "./rank/served-models.js";
export type { OpenRanker } from "./rank/served-models.js";
export { openOnnx } from "./rank/onnx.js";
export type { OnnxExpectation, OnnxModel, OnnxRows } from "./rank/onnx.js";
export { createTimings } from "./timings.js";
export type { StageBudgets, StageTiming, StageTimings, Timings } from "./timings.js";

export { bundle } from "./edge/bundle.js";
export type { Bundle, BundleOptions } from "./edge/bundle.js";
export { openDevice } from "./edge/device.js";
export type { Device } from "./edge/device.js";
export type { GraphRuntime } from "./edge/open-model.js";
export { countingStore, historyOf } from "./counting-store.js";
export type { History } from "./counting-store.js";
export { policyContract } from "./contract/checks.js";
export type { OpenUnderCheck, PolicyCheck, PolicyContractOptions, PolicyUnderCheck } from "./contract/checks.js";
export { ownPolicyContract } from "./contract/own-contract.js";
export { findOwnPolicy, openOwnPolicy } from "./own-policy.js";
export type { ObservingPolicy, PolicyContext, PolicyFactory, PolicyModule } from "./policy-module.js";
export type { SegmentVideoSums, ServingStore } from "./store.js";
export { componentCode, emptySlates, liveOn, sourceCode } from "./slates.js";
export { topPositions } from "./retrieve/top.js";

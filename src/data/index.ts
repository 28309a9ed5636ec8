/** From raw events to point-in-time features: aggregates, the feature store, training rows, splits and cards. */
export {
  durationBoundsMs,
  featureNamed,
  features,
  featuresWhere,
  formatCount,
  hourBucketMs,
  positionCount,
  recentDays,
} from "./features/features.js";
export type { Availability, FeatureDefinition, FeatureEntity, OwnerStep } from "./features/features.js";
export { candidateSchema, querySchema, rankSchema } from "./features/schemas.js";
export { columnOf, concatMatrices, emptyMatrix, takeRows } from "./features/matrix.js";
export { putCatalogue } from "./tables/put-catalogue.js";
export { readCatalogue, writeCatalogue } from "./tables/tables.js";
export { Aggregates, openAggregates } from "./tables/aggregates.js";
export type { AggregatesOptions } from "./tables/aggregates.js";
export { sqlHash, sqlOf, sqlTables } from "./sql-text.js";
export type { SqlTable } from "./sql-text.js";
export { expectations, failedRows, mostQuarantined } from "./tables/expectations.js";
export type { DayQuality, Expectation } from "./tables/expectations.js";
export { openStore, withStore } from "./store/store.js";
export type { FeatureStore, StoreOptions } from "./store/store.js";
export type { Visit } from "./store/session.js";
export { readWatches, sequenceLength, sequencesOf } from "./store/sequence.js";
export type { SequenceBatch, Sequences, WatchTable } from "./store/sequence.js";
export { stalenessAt } from "./features/staleness.js";
export type { Staleness } from "./features/staleness.js";
export { leakTest } from "./features/leak.js";
export type { FeatureLeak, LeakOptions, LeakReport } from "./features/leak.js";
export type { SegmentVideoStats, VideoStats } from "./store/snapshot.js";
export { countVideos } from "./sets/video-counts.js";
export type { VideoCounting, VideoCounts } from "./sets/video-counts.js";
export { retrievalRows, trainingRows } from "./features/training.js";
export type { RetrievalSet, RowOutcomes, TrainingOptions, TrainingSet } from "./features/training.js";
export { longWatchMs } from "./sql/training.js";
export { splitByTime } from "./sets/split.js";
export type { SplitSizes, TimeSplit } from "./sets/split.js";
export { cutDays, splitAsGiven, splitAtDays, splitByRatio, splitLeaveOneOut } from "./sets/row-split.js";
export type { DayCuts, RatioSplit, RowSplit } from "./sets/row-split.js";
export {
  hardDrawRates,
  hardNegatives,
  inBatchNegatives,
  popularityNegatives,
  uniformNegatives,
  weightedNegatives,
} from "./sets/negatives.js";
export type { NegativeRequest, Negatives, SampleNegatives } from "./sets/negatives.js";
export { batches, batchOrder } from "./sets/batches.js";
export { datasetCard, featureDictionary, qualityCard } from "./tables/cards.js";
export type { CardFacts } from "./tables/cards.js";
export { PairSet } from "./sets/pair-set.js";
export * from "./import/index.js";
export { tokenise, vocabularyOf, wordsIn } from "./features/tokens.js";
export type { TokenisedTexts } from "./features/tokens.js";

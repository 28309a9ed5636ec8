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
} from "./features.js";
export type { Availability, FeatureDefinition, FeatureEntity, OwnerStep } from "./features.js";
export { candidateSchema, querySchema, rankSchema } from "./schemas.js";
export { columnOf, concatMatrices, emptyMatrix, takeRows } from "./matrix.js";
export { putCatalogue } from "./put-catalogue.js";
export { readCatalogue, writeCatalogue } from "./tables.js";
export { Aggregates, openAggregates } from "./aggregates.js";
export type { AggregatesOptions } from "./aggregates.js";
export { sqlHash, sqlOf, sqlTables } from "./sql-text.js";
export type { SqlTable } from "./sql-text.js";
export { expectations, failedRows, mostQuarantined } from "./expectations.js";
export type { DayQuality, Expectation } from "./expectations.js";
export { openStore, withStore } from "./store.js";
export type { FeatureStore, StoreOptions } from "./store.js";
export type { Visit } from "./session.js";
export { readWatches, sequenceLength, sequencesOf } from "./sequence.js";
export type { SequenceBatch, Sequences, WatchTable } from "./sequence.js";
export { stalenessAt } from "./staleness.js";
export type { Staleness } from "./staleness.js";
export { leakTest } from "./leak.js";
export type { FeatureLeak, LeakOptions, LeakReport } from "./leak.js";
export type { SegmentVideoStats, VideoStats } from "./snapshot.js";
export { countVideos } from "./video-counts.js";
export type { VideoCounting, VideoCounts } from "./video-counts.js";
export { retrievalRows, trainingRows } from "./training.js";
export type { RetrievalSet, RowOutcomes, TrainingOptions, TrainingSet } from "./training.js";
export { longWatchMs } from "./sql/training.js";
export { splitByTime } from "./split.js";
export type { SplitSizes, TimeSplit } from "./split.js";
export { cutDays, splitAsGiven, splitAtDays, splitByRatio, splitLeaveOneOut } from "./row-split.js";
export type { DayCuts, RatioSplit, RowSplit } from "./row-split.js";
export {
  hardDrawRates,
  hardNegatives,
  inBatchNegatives,
  popularityNegatives,
  uniformNegatives,
  weightedNegatives,
} from "./negatives.js";
export type { NegativeRequest, Negatives, SampleNegatives } from "./negatives.js";
export { batches, batchOrder } from "./batches.js";
export { datasetCard, featureDictionary, qualityCard } from "./cards.js";
export type { CardFacts } from "./cards.js";
export { PairSet } from "./pair-set.js";
export * from "./import/index.js";
export { tokenise, vocabularyOf, wordsIn } from "./tokens.js";
export type { TokenisedTexts } from "./tokens.js";

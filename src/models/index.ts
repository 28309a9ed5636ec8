/** Models: what is learned from rows of features. They see columns of numbers, never the world. */
export { checkSchema, encode, encodeRows, encodingDefaults, encodingFromJson, encodingToJson, extendEncoding, fitEncoding, tableSizes } from "./encoding.js";
export type { EncodedRows, Encoding, EncodingConfig, EncodingJson } from "./encoding.js";
export {
  addImpressions,
  credibilityStrength,
  decayCounts,
  emptyCounts,
  popularityDefaults,
  popularityScores,
  segmentCount,
  segmentOf,
  segmentPopularityScores,
  shrunkMeans,
  smoothedRates,
  topK,
} from "./popularity.js";
export type { PopularityConfig, VideoKinds, WatchCounts } from "./popularity.js";
export { AnnIndex, annDefaults, buildIndex, loadIndex } from "./ann-index.js";
export type { AnnConfig, AnnExpectation, AnnManifest, BuildOptions } from "./ann-index.js";
export { exactSearch } from "./exact-search.js";
export type { SearchResult } from "./exact-search.js";
export { backendName } from "./tensor.js";
export type { BackendName } from "./tensor.js";
export { fitDefaults } from "./fit.js";
export type { CurvePoint, FitConfig, LearningCurve } from "./fit.js";
export type { AdamConfig, DenseParameter } from "./adam.js";
export type { EmbeddingConfig, EmbeddingTable, InputBlock } from "./embedding.js";
export { embedCandidates, embedQueries, fitTwoTower, twoTowerDefaults } from "./two-tower.js";
export type { TwoTower, TwoTowerConfig } from "./two-tower.js";
export type { TwoTowerRows } from "./two-tower-rows.js";
export type { Tower, TowerConfig } from "./tower.js";
export { exportTwoTower, loadTwoTower, saveTwoTower, twoTowerCard } from "./two-tower-files.js";
export { fitRanker, predict, rankerDefaults } from "./dcn.js";
export type { FitRankerOptions, Ranker, RankerConfig, RankerPredictions } from "./dcn.js";
export type { RankerRows } from "./ranker-rows.js";
export { exportRanker, loadRanker, rankerCard, saveRanker } from "./ranker-files.js";
export { readCard } from "./weights.js";
export type { ModelCard } from "./weights.js";

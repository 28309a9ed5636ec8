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
  topK,
} from "./popularity.js";
export type { PopularityConfig, WatchCounts } from "./popularity.js";
export { AnnIndex, annDefaults, buildIndex, loadIndex } from "./ann-index.js";
export type { AnnConfig, AnnExpectation, AnnManifest, BuildOptions } from "./ann-index.js";
export { exactSearch } from "./exact-search.js";
export type { SearchResult } from "./exact-search.js";

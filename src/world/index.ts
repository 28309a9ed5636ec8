/** The world: a video platform whose truth is known. Only `platform` sees it together with a recommender. */
export { checkConfig, driftKinds, horizonDays, horizonUsers, horizonVideos } from "./config.js";
export type { DriftEvent, WorldConfig } from "./config.js";
export { configFor, defaults } from "./defaults.js";
export { openOracle } from "./oracle.js";
export type { Expected, Goal, Oracle, RequestContext, VideoTruth } from "./oracle.js";
export type { ShardDay, Visits } from "./shard-day.js";
export type { WorldBuffers } from "./state.js";
export { attachWorld, openWorld } from "./world.js";
export type { SharedWorld, World, WorldSnapshot } from "./world.js";

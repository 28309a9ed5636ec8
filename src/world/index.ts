/** The world: a video platform whose truth is known. Only `platform` sees it together with a recommender. */
export { checkBehaviour, loadBehaviour } from "./behaviour.js";
export type { Behaviour, BehaviourContext, BehaviourModule, BehaviourName, Replacement } from "./behaviour.js";
export { checkConfig } from "./check-config.js";
export { choiceModels, driftKinds, driftShapes, horizonDays, horizonUsers, horizonVideos } from "./config.js";
export type { ChoiceModel, DriftEvent, WorldConfig } from "./config.js";
export { configFor, defaults, everything } from "./defaults.js";
export { driftLevel, driftTruth } from "./drift.js";
export type { DriftChange } from "./drift.js";
export type { Goal } from "./judge.js";
export { openOracle } from "./oracle.js";
export type { Expected, Oracle, RequestContext, SlateExpectation, VideoTruth } from "./oracle.js";
export type { ShardDay, Visits } from "./shard-day.js";
export { botStyles } from "./state.js";
export type { BotStyle, WorldBuffers } from "./state.js";
export { attachWorld, joinWorld, openWorld } from "./world.js";
export type { SharedWorld, World, WorldSnapshot } from "./world.js";

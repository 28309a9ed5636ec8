/** Brief: the requirements of the platform, in numbers. */
export { capacity, latencyBudget, stages } from "./capacity.js";
export type { CapacityLine, LatencyBudget, Stage } from "./capacity.js";
export { businessGoal, framings, funnelSizes } from "./framing.js";
export type { Framing, FunnelSizes } from "./framing.js";
export { forScale, youtubeLike } from "./requirements.js";
export type { Requirements } from "./requirements.js";
export { sizes } from "./scale.js";
export type { DriftSizes, FitSizes, LatencySizes, OnlineSizes, Sizes } from "./scale.js";

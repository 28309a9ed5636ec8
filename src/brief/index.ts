/** Brief: what is asked of the platform, in numbers. */
export { sizes } from "./scale.js";
export type { DriftSizes, LatencySizes, OnlineSizes, Sizes } from "./scale.js";

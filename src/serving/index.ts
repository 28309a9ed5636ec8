export { createUniformPolicy } from "./uniform-policy.js";
export type { UniformPolicyOptions } from "./uniform-policy.js";
export { createLoggingPolicy, loggingDefaults } from "./logging-policy.js";
export type { LoggingConfig, LoggingPolicy, LoggingPolicyOptions } from "./logging-policy.js";
export { segmentCount, segmentsOf } from "./logging-counts.js";
export type { WeightConfig } from "./logging-counts.js";
export { componentCode, emptySlates, liveOn, sourceCode } from "./slates.js";

/** The logging policy, with ads where the world has campaigns; by module for worker threads. */
import type { PolicyContext } from "../platform/crew.js";
import { createLoggingPolicy, type LoggingConfig, type LoggingPolicy, withAds } from "../serving/index.js";
import type { AdPlacement } from "./setting.js";

/** What the logging arm of a setting is made of. */
export interface LoggingArm {
  readonly logging: LoggingConfig;
  readonly ads: AdPlacement;
}

/** Makes a logging policy of its own. */
export function create({ logging, ads }: LoggingArm, { catalogue, seed }: PolicyContext): LoggingPolicy {
  const policy = createLoggingPolicy({ catalogue, seed, config: logging });
  return catalogue.campaigns?.count ? withAds(policy, { catalogue, ...ads, name: policy.name }) : policy;
}

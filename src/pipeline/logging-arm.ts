/** The policy that collects the log, by module, so that worker threads can make their own. */
import { createLoggingPolicy, type LoggingConfig, type LoggingPolicy } from "../serving/logging-policy.js";
import type { PolicyContext } from "../serving/policy-module.js";
import { withAds } from "../serving/rerank/with-ads.js";
import type { AdPlacement } from "./setting.js";

/** Config of the logging arm of a setting. */
export interface LoggingArm {
  readonly logging: LoggingConfig;
  readonly ads: AdPlacement;
}

/** The policy that collects a log, with ads where the world has campaigns. */
export function policy(
  { logging, ads }: LoggingArm,
  { catalogue, seed, name }: Pick<PolicyContext, "catalogue" | "seed" | "name">,
): LoggingPolicy {
  const content = createLoggingPolicy({ catalogue, seed, config: logging, name });
  return catalogue.campaigns?.count ? withAds(content, { catalogue, ...ads, name }) : content;
}

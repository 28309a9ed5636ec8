/** The logging policy: as the arm that collects data (by module, for worker threads), and as an arm after the log. */
import { createLoggingPolicy, type LoggingConfig, type LoggingPolicy } from "../../serving/logging-policy.js";
import type { PolicyContext } from "../../serving/policy-module.js";
import { withAds } from "../../serving/with-ads.js";
import type { AdPlacement } from "../setting.js";
import type { OpenBuiltIn } from "./arm.js";

/** What the logging arm of a setting is made of. */
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

/** As an arm: it learns from the log it collected, then from its own days. */
export const open: OpenBuiltIn<"logging"> = ({ kind: _, ...config }, { world, seed, name, past }) => ({
  policy: createLoggingPolicy({
    catalogue: world.catalogue,
    seed,
    name,
    config: { slots: world.config.slots, ...past.logging, ...config },
  }),
});

/** The logging policy by module, for worker threads. */
import type { PolicyContext } from "../platform/crew.js";
import { createLoggingPolicy, type LoggingConfig } from "../serving/index.js";
import type { Policy } from "../types.js";

/** Makes a worker's own logging policy. */
export function create(config: LoggingConfig, context: PolicyContext): Policy {
  return createLoggingPolicy({ catalogue: context.catalogue, seed: context.seed, config });
}

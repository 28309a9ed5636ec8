/** The logging policy as an arm: it learns from the log it collected, then from its own days. */
import { createLoggingPolicy } from "../../serving/logging-policy.js";
import type { OpenBuiltIn } from "./arm.js";

export const open: OpenBuiltIn<"logging"> = ({ kind: _, ...config }, { world, seed, name, past }) => ({
  policy: createLoggingPolicy({
    catalogue: world.catalogue,
    seed,
    name,
    config: { slots: world.config.slots, ...past.logging, ...config },
  }),
});

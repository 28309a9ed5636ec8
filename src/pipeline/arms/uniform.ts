/** Uniformly random pages as an arm. */
import { createUniformPolicy } from "../../serving/uniform-policy.js";
import type { OpenBuiltIn } from "./arm.js";

export const open: OpenBuiltIn<"uniform"> = (_, { world, seed, name }) => ({
  policy: createUniformPolicy({ catalogue: world.catalogue, seed, slots: world.config.slots, name }),
});

import { describe, expect, it } from "vitest";
import { worldContract } from "../../src/world/contract.js";
import { openWorld } from "../../src/world/index.js";

describe("the built-in world", () => {
  for (const check of worldContract(openWorld)) it(check.name, check.run);
});

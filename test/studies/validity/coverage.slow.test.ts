import { describe, expect, it } from "vitest";
import { recoverMany } from "../../../src/studies/validity/jobs.js";
import { recoverySizes } from "../../../src/studies/validity/recover-world.js";
import { parametersOf } from "../../../src/studies/validity/validity.js";
import { defaults } from "../../../src/world/index.js";

describe("parameter recovery over 100 small worlds", () => {
  it(
    "has 95 % intervals that contain the truth in 90 to 99 of them, for each parameter",
    { timeout: 900_000 },
    async () => {
      const worlds = await recoverMany(
        defaults,
        Array.from({ length: 100 }, (_, i) => 110_000 + i),
        recoverySizes,
        2,
      );
      const parameters = parametersOf(worlds);
      expect(parameters).toHaveLength(13);
      for (const { name, coverage } of parameters) {
        expect(coverage.covered, name).toBeGreaterThanOrEqual(90);
        expect(coverage.covered, name).toBeLessThanOrEqual(99);
      }
      expect(worlds.every(({ tasteOverlap }) => tasteOverlap.overlap > tasteOverlap.chance)).toBe(true);
    },
  );
});

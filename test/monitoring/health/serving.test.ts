import { describe, expect, it } from "vitest";
import { healthChecks } from "../../../src/monitoring/health/serving.js";
import type { SlateBatch } from "../../../src/types.js";

const slates: SlateBatch = {
  count: 2,
  slots: 2,
  video: Int32Array.of(4, -1, -1, -1),
  source: new Uint8Array(4),
  propensity: new Float64Array(4).fill(1),
  component: new Uint8Array(2),
};

describe("health checks", () => {
  it("give the share of each fault beside its limit", () => {
    const checks = healthChecks({
      slates: [slates],
      numbers: { score: [1, NaN, Infinity, 0] },
      tableRows: { video: [0, 3, 1, 2] },
    });
    expect(checks.map(({ name, of, share, healthy }) => [name, of, share, healthy])).toEqual([
      ["empty slots", "", 0.75, false],
      ["empty slates", "", 0.5, false],
      ["not finite", "score", 0.5, false],
      ["out of vocabulary", "video", 0.25, true],
    ]);
  });

  it("pass at the limit and above it fail", () => {
    expect(healthChecks({ tableRows: { video: [0, 1] } }, { outOfVocabulary: 0.5 })[0]!.healthy).toBe(true);
    expect(healthChecks({ tableRows: { video: [0, 1] } }, { outOfVocabulary: 0.49 })[0]!.healthy).toBe(false);
    expect(healthChecks({})).toEqual([]);
  });
});

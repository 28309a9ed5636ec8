import { describe, expect, it } from "vitest";
import { createUniformPolicy, drawUnused } from "../../src/serving/uniform-policy.js";
import { fakeCatalogue, manyRequests, pageOf } from "./fakes.js";
import { policyContract } from "./policy-contract.js";

policyContract("uniform", createUniformPolicy);

describe("the uniform policy", () => {
  it("logs 1 / (n - k) at position k", () => {
    const policy = createUniformPolicy({ catalogue: fakeCatalogue({ videos: 4 }), seed: 1, slots: 4 });
    void policy.openDay(0, undefined);
    const slates = policy.recommend(manyRequests(0, 2, 1));
    expect("propensity" in slates && Array.from(slates.propensity)).toEqual([1 / 4, 1 / 3, 1 / 2, 1]);
  });

  it("makes every ordered page equally likely", async () => {
    const policy = createUniformPolicy({ catalogue: fakeCatalogue({ videos: 4 }), seed: 2, slots: 3 });
    await policy.openDay(0, undefined);
    const pages = 24_000;
    const slates = await policy.recommend(manyRequests(0, 2, pages));
    const seen = new Map<string, number>();
    for (let row = 0; row < pages; row++) {
      const page = pageOf(slates, row).join();
      seen.set(page, (seen.get(page) ?? 0) + 1);
    }
    expect(seen.size).toBe(24); // 4 · 3 · 2
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(4.5 * Math.sqrt(1000));
  });

  it("draws the last unused video whichever it is", () => {
    for (let missing = 0; missing < 5; missing++) {
      const page = Int32Array.from([4, 0, 2, 3, 1].filter((video) => video !== missing));
      expect(drawUnused(1, 64, 4, 5, page, 0)).toBe(missing);
    }
  });
});

/** Regret by stage on the smallest platform: sums that must hold whatever the models learned. */
import { beforeAll, describe, expect, it } from "vitest";
import { regretByStage, type StageRegret } from "../../src/studies/index.js";
import type { Trained } from "../../src/pipeline/index.js";
import { trainedPlatform } from "../support/small-platform.js";

let trained: Trained;
let found: StageRegret;
const of = (...stages: string[]): number =>
  found.pages.find(({ oracle }) => oracle.join() === stages.join())!.watch.estimate;

beforeAll(async () => {
  trained = await trainedPlatform();
  found = await regretByStage(trained, { requests: 40, config: { candidates: 60 } });
}, 60_000);

describe("regret by stage", () => {
  it("shares add up from the page served to the best one", () => {
    const { served, oracle, stages } = found;
    const sum = stages.reduce((total, { share }) => total + share.estimate, 0);
    expect(sum).toBeCloseTo(oracle.estimate - served.estimate, 9);
    expect(of()).toBe(served.estimate);
    expect(of("retrieval", "ranking", "re-ranking")).toBe(oracle.estimate);
    expect(stages[1]!.alone.estimate).toBeCloseTo(of("ranking") - of(), 12);
  });

  it("no page is better than that of three oracles, and one that re-ranks the true scores is the best of the candidates", () => {
    for (const { watch } of found.pages) expect(watch.estimate).toBeLessThanOrEqual(found.oracle.estimate + 1e-9);
    expect(of("ranking", "re-ranking")).toBeGreaterThanOrEqual(of("re-ranking") - 1e-9);
    expect(of("ranking", "re-ranking")).toBeGreaterThanOrEqual(of("ranking") - 1e-9);
    expect(of("retrieval", "ranking", "re-ranking")).toBeGreaterThan(of("ranking", "re-ranking"));
  });

  it("retrieval loses nothing where all the catalogue is retrieved", async () => {
    const whole = await regretByStage(trained, {
      requests: 10,
      config: { candidates: found.catalogue, rerank: { depth: found.catalogue } },
    });
    const both = whole.pages.find(({ oracle }) => oracle.join() === "ranking,re-ranking")!.watch.estimate;
    expect(whole.oracle.estimate - both).toBeLessThan(0.02 * whole.oracle.estimate); // watched videos are left out
  });

  it("a random page is worth less than the best of the candidates, and more candidates allow a better one", async () => {
    const { random, served, allowed, oracle, requests } = found;
    expect(random.estimate).toBeGreaterThan(0);
    expect(random.estimate).toBeLessThan(allowed.estimate);
    expect(served.estimate).toBeLessThanOrEqual(allowed.estimate);
    expect(allowed.estimate).toBeLessThan(oracle.estimate);
    const wide = await regretByStage(trained, { requests, config: { candidates: 150 } });
    expect(wide.allowed.estimate).toBeGreaterThan(allowed.estimate);
    expect(wide.random).toEqual(random);
  });

  it("segments are the same pages, each in one", () => {
    expect(found.segments.reduce((sum, { requests }) => sum + requests, 0)).toBe(found.requests);
    const weighted = found.segments.reduce((sum, { requests, served }) => sum + requests * served.estimate, 0);
    expect(weighted / found.requests).toBeCloseTo(found.served.estimate, 9);
  });

  it("refuses no requests", async () => {
    await expect(regretByStage(trained, { requests: 0 })).rejects.toThrow("requests is 0; allowed");
  });
});

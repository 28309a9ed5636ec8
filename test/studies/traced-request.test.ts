/** The funnel opened up, on a platform small enough to be made anew. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { traceRequest } from "../../src/studies/index.js";
import type { Trained } from "../../src/pipeline/index.js";
import { elsewhere, trainedPlatform } from "../support/small-platform.js";

let datasets: string;
let trained: Trained;

beforeAll(async () => {
  datasets = await mkdtemp(join(tmpdir(), "stagecraft-opened-up-"));
  trained = elsewhere(await trainedPlatform(), datasets);
});

afterAll(() => rm(datasets, { recursive: true, force: true }));

describe("traceRequest", () => {
  it("follows a page back to its candidates, best score first", async () => {
    const { candidates, page, sources } = await traceRequest(trained, { candidates: 60 });
    expect(candidates.length).toBe(60);
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).sort((a, b) => b - a));
    expect(page.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { propensity } of page) expect(propensity).toBeGreaterThan(0);
    expect(sources.reduce((sum, source) => sum + source.candidates, 0)).toBe(60);
    for (const row of candidates) expect(row.score).toBeCloseTo(row.predictedClick * row.predictedWatchSeconds, 4);
  });

  it("scores by the click probability alone under the click objective", async () => {
    const { candidates } = await traceRequest(trained, { candidates: 60, config: { objective: "click" } });
    for (const { score, predictedClick } of candidates) expect(score).toBe(predictedClick);
  });

  it("refuses a visitor beyond the day's", async () => {
    await expect(traceRequest(trained, { candidates: 60, visitor: 100_000 })).rejects.toThrow(
      /visitor: 100000; allowed/,
    );
  });
});

/** The funnel opened up and the cold-start curves, on a platform small enough to be made anew. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coldStartCurves, funnelLoss, knowledgeScores, traceRequest } from "../../src/studies/index.js";
import { playArm, type PlayedArm, type Trained } from "../../src/pipeline/index.js";
import { elsewhere, trainedPlatform } from "../support/small-platform.js";

let datasets: string;
let trained: Trained;
let arm: PlayedArm;

beforeAll(async () => {
  datasets = await mkdtemp(join(tmpdir(), "stagecraft-opened-up-"));
  trained = elsewhere(await trainedPlatform(), datasets);
  arm = await playArm(
    trained,
    { name: "learned", policy: { kind: "learned", candidates: 60 } },
    { users: 150, days: 4 },
  );
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

describe("funnelLoss", () => {
  it("orders random ≤ shown ≤ best of the candidates ≤ oracle, and more candidates allow a better page", async () => {
    const { random, oracle, widths, requests } = await funnelLoss(trained, { widths: [30, 150], requests: 40 });
    expect(requests).toBe(40);
    const [few, many] = widths;
    expect(random.estimate).toBeLessThan(oracle.estimate);
    for (const { retrieved, shown } of widths) {
      expect(shown.estimate).toBeLessThanOrEqual(retrieved.estimate);
      expect(retrieved.estimate).toBeLessThanOrEqual(oracle.estimate);
    }
    expect(many!.retrieved.estimate).toBeGreaterThan(few!.retrieved.estimate);
  });
});

describe("coldStartCurves", () => {
  it("follows cohorts from no impressions on, with correlations in [-1, 1]", async () => {
    const { uploaded } = await coldStartCurves(trained, arm, { users: 20, videos: 40, ages: 3 });
    expect(uploaded.points.map(({ age }) => age)).toEqual([0, 1, 2]);
    expect(uploaded.points[0]!.impressions).toBe(0);
    expect(uploaded.points[2]!.impressions).toBeGreaterThan(0);
    for (const { correlation } of uploaded.points)
      for (const name of knowledgeScores) expect(Math.abs(correlation[name].estimate)).toBeLessThanOrEqual(1);
    const { ranker } = uploaded.growth;
    expect(ranker.estimate).toBeCloseTo(
      uploaded.points[2]!.correlation.ranker.estimate - uploaded.points[0]!.correlation.ranker.estimate,
      6,
    );
  });

  it("refuses more ages than the arm has days", async () => {
    await expect(coldStartCurves(trained, arm, { ages: 5 })).rejects.toThrow("ages: 5; allowed: 2 … 4");
  });
});

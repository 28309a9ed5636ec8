import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coldStart } from "../../src/studies/index.js";
import { measureLatency } from "../../src/pipeline/index.js";
import {
  evaluateOffline,
  judgeArms,
  playArms,
  type Arm,
  type PlayedArm,
  type Trained,
  type Trial,
} from "../../src/pipeline/index.js";
import { elsewhere, trainedPlatform } from "../support/small-platform.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-arms-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const trial: Trial = { users: 60, days: 3 };
const candidates = 40;
const arms: Arm[] = [
  { name: "random", policy: { kind: "uniform" } },
  { name: "logging", policy: { kind: "logging" } },
  { name: "popularity", policy: { kind: "popularity" } },
  { name: "learned", policy: { kind: "learned", candidates } },
  { name: "retrained", policy: { kind: "learned", candidates, retrainEvery: 1 } },
  { name: "oracle", policy: { kind: "oracle", goal: "watch" } },
];
let trained: Trained;

/** The shared models, arms in a folder by name. */
const at = (name: string, workers = 1): Trained => elsewhere(trained, join(scratch, name), workers);

function parquet(arm: PlayedArm): Map<string, Buffer> {
  const files = readdirSync(arm.logDir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".parquet"))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(arm.logDir, file))]));
}

beforeAll(async () => {
  trained = await trainedPlatform();
}, 120_000);

describe("arms", () => {
  it(
    "leave byte-equal logs with one worker and two, given the same checkpoint and index",
    { timeout: 240_000 },
    async () => {
      const fixed = arms.filter(({ name }) => name !== "retrained"); // native training repeats within a tolerance only
      const one = await playArms(at("one"), fixed, trial);
      const two = await playArms(at("two", 2), fixed, trial);
      for (const [i, arm] of one.entries()) {
        const [a, b] = [parquet(arm), parquet(two[i]!)];
        expect([...a.keys()], arm.name).toHaveLength(trial.days);
        for (const [file, bytes] of a) expect(bytes.equals(b.get(file)!), `${arm.name} ${file}`).toBe(true);
        expect(two[i]!.userDays).toEqual(arm.userDays);
      }
      expect(parquet(one[0]!)).not.toEqual(parquet(one[2]!));
    },
  );

  it(
    "are judged on the same users, with the oracle at the end of the way, and say what cold start costs",
    { timeout: 240_000 },
    async () => {
      const home = at("one");
      const played = await playArms(home, arms, trial);
      const judged = judgeArms(played, [
        ["random", "oracle"],
        ["learned", "retrained"],
      ]);
      expect(new Set(judged.arms.map(({ metrics }) => metrics.users)).size).toBe(1);
      expect(judged.gaps.find(({ policy }) => policy === "oracle")?.share.estimate).toBe(1);
      expect(judged.comparisons[0]!.comparison.metrics.watchMinutes.difference.low).toBeGreaterThan(0);
      const cold = await coldStart(home, played);
      for (const { name } of played) {
        const shares = cold.videos.filter(({ arm }) => arm === name).map(({ share }) => share);
        expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      }
    },
  );

  it(
    "refit each night: the retrained arm leaves a ranker a day, and shows other pages from its second day on",
    { timeout: 240_000 },
    async () => {
      const [frozen, retrained] = (await playArms(
        at("one"),
        arms.filter(({ policy }) => "kind" in policy && policy.kind === "learned"),
        trial,
      )) as [PlayedArm, PlayedArm];
      expect(readdirSync(join(retrained.logDir, "rankers")).sort()).toEqual(["day=007", "day=008", "day=009"]);
      const [a, b] = [parquet(frozen), parquet(retrained)];
      const [first] = [...a.keys()];
      expect([...b.keys()]).toEqual([...a.keys()]);
      expect(b.get(first!)!.length).toBeGreaterThan(0);
      expect([...a].slice(1).some(([file, bytes]) => !bytes.equals(b.get(file)!))).toBe(true);
    },
  );

  it("stop when told to and leave no half-played arm under a final name", { timeout: 240_000 }, async () => {
    const home = at("stopped");
    const controller = new AbortController();
    const run = playArms(home, arms.slice(2, 3), trial, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(run).rejects.toThrow("enough");
    expect(readdirSync(join(scratch, "stopped", "arm")).filter((name) => /^[0-9a-f]{16}$/.test(name))).toEqual([]);
    expect(await playArms(home, arms.slice(2, 3), trial)).toHaveLength(1);
  });

  it("measures every stage of every request, and offline metrics of what is served", { timeout: 240_000 }, async () => {
    const latency = await measureLatency(trained, { requests: 40, candidates: 40 });
    expect(latency.requests).toBe(40);
    for (const stage of ["retrieve", "features", "model", "rank", "rerank", "total"]) {
      const timing = latency.stages.find((one) => one.stage === stage);
      expect(timing?.requests, stage).toBe(40);
      expect(timing!.p99Ms).toBeGreaterThanOrEqual(timing!.p50Ms);
    }
    const offline = await evaluateOffline(trained);
    expect(offline.days).toEqual([5, 6]);
    const auc = (policy: string): number =>
      offline.ranking.find((row) => row.policy === policy && row.slice === "all")!.click.auc.estimate;
    expect(Math.abs(auc("random") - 0.5)).toBeLessThan(0.1);
    expect(auc("popularity")).toBeGreaterThan(0.5);
    for (const { retriever, slice, recall } of offline.retrieval)
      if (slice === "all") expect(recall.estimate, retriever).toBeGreaterThan(0.2); // 100 of 400 videos: 0.25 by chance
  });
});

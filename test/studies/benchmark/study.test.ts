import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  benchmarkWorlds,
  chooseModels,
  judgeBenchmark,
  worldPlan,
  type BenchmarkRow,
  type WorldPlan,
} from "../../../src/studies/index.js";
import { runComparison } from "../../../src/commands/benchmark/run.js";
import { planWorlds, worldComparison } from "../../../src/commands/benchmark/worlds.js";
import { setting } from "../../../src/pipeline/index.js";
import type { RunControl } from "../../../src/types.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-trade-off-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const base = setting({
  scale: "tiny",
  seed: 5,
  workers: 2,
  datasets: scratch,
  world: { users: 150, videos: 300, days: 7, extraDays: 9 },
});

/** A person's ranker: the same chance for every row. It cannot be kept in files. */
const own = join(scratch, "constant.mjs");
writeFileSync(
  own,
  "export async function fit({ label }) { const rate = label.reduce((a, b) => a + b, 0) / label.length; return " +
    "(features) => new Float32Array(features.count).fill(rate); }\n",
);

const rowOf = (rows: readonly BenchmarkRow[], model: string): BenchmarkRow =>
  rows.find((row) => row.model === model) as BenchmarkRow;
const folders = (): string[] => readdirSync(join(scratch, "benchmark")).filter((name) => !name.startsWith("."));

describe("a trade-off study", () => {
  let plan: WorldPlan;

  it("that is stopped keeps what was measured, leaves nothing half-written, and goes on with what is left", async () => {
    plan = worldPlan({
      models: (await chooseModels({ names: ["logistic-regression", "popularity"] })).models,
      seeds: [5, 6],
    });
    const stop = new AbortController();
    const control: RunControl = {
      signal: stop.signal,
      onProgress: (step, done) => step === "models" && done >= 2 && stop.abort(new Error("stopped by hand")),
    };
    await expect(benchmarkWorlds(base, plan, control)).rejects.toThrow("stopped by hand");
    const kept = folders().length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(4);
    const study = await benchmarkWorlds(base, plan);
    expect(study.measured).toBe(4 - kept);
    expect(readdirSync(join(scratch, "benchmark")).sort()).toEqual(folders().sort()); // what was staged by killed processes is gone
  }, 600_000);

  it("measures every model in every world: offline, online and cost", async () => {
    const { records, measured } = await benchmarkWorlds(base, plan);
    expect(measured).toBe(0);
    expect(records.map(({ seed, model }) => `${seed} ${model}`)).toEqual([
      "5 logistic-regression",
      "5 popularity",
      "6 logistic-regression",
      "6 popularity",
    ]);
    const rows = judgeBenchmark(records);
    const [simple, popular] = [rowOf(rows, "logistic-regression"), rowOf(rows, "popularity")];
    expect(simple.metrics["auc"]!.estimate).toBeGreaterThan(0.55);
    expect(simple.metrics["logLoss"]!.estimate).toBeLessThan(0.69);
    expect(popular.metrics["recall"]!.estimate).toBeGreaterThan(100 / 300); // better than a hundred at random of three hundred
    expect(popular.differences).toEqual({});
    for (const { metrics, cost, seeds } of rows) {
      expect(seeds).toEqual([5, 6]);
      expect(metrics["watchMinutes"]!.estimate).toBeGreaterThan(0);
      for (const name of ["ctr", "day7Return"])
        expect(metrics[name]!.estimate).toSatisfy((share: number) => share > 0 && share < 1);
      expect(cost.rows).toBeGreaterThan(100);
      expect(cost.p99Ms).toBeGreaterThanOrEqual(cost.p50Ms);
      expect(cost.cpuP50Ms).toBeGreaterThan(0);
      expect([cost.requests, cost.candidates]).toEqual([100, 1000]);
    }
    expect(simple.cost.modelBytes).toBeGreaterThan(1_000_000); // two tables of 2^20 weights
    expect(simple.cost.seconds).toBeGreaterThan(0);
    expect(records[0]?.metrics["auc"]?.values).toHaveLength(200);
  }, 600_000);

  it("measures an own model beside them, again when what stands in its file has changed, and nothing else", async () => {
    const withOwn = async (): Promise<Awaited<ReturnType<typeof benchmarkWorlds>>> => {
      const { models } = await chooseModels({ names: ["logistic-regression"], files: [own] });
      return benchmarkWorlds(base, worldPlan({ models, seeds: [5] }));
    };
    const { records, measured } = await withOwn();
    expect(measured).toBe(1);
    const rows = judgeBenchmark(records);
    const [simple, constant] = [rowOf(rows, "logistic-regression"), rowOf(rows, "constant")];
    expect(constant.metrics["auc"]).toMatchObject({ estimate: 0.5, low: 0.5, high: 0.5 });
    expect(constant.differences["auc"]!.estimate).toBeCloseTo(0.5 - simple.metrics["auc"]!.estimate, 12);
    expect(constant.metrics["watchMinutes"]!.estimate).toBeGreaterThan(0);
    expect(constant.cost.modelBytes).toBeNaN();
    writeFileSync(own, `${readFileSync(own, "utf8")}// another line\n`);
    expect((await withOwn()).measured).toBe(1);
  }, 600_000);

  it("over volume and noise fits fewer rows, judges all on the same truth, and is worse for wrong labels", async () => {
    const planned = await planWorlds(base, { volumes: "0.3,1", noise: "0,0.4", models: "logistic-regression" });
    expect([planned.overData, planned.plan.online]).toEqual([true, false]);
    const results = join(scratch, "results");
    const { json, text } = await runComparison(worldComparison(base, planned), results, {});
    const rows = json["rows"] as readonly BenchmarkRow[];
    expect(rows.map(({ quality }) => quality)).toEqual([
      { volume: 0.3, noise: 0 },
      { volume: 0.3, noise: 0.4 },
      { volume: 1, noise: 0 },
      { volume: 1, noise: 0.4 },
    ]);
    const [few, , whole, noisy] = rows as [BenchmarkRow, BenchmarkRow, BenchmarkRow, BenchmarkRow];
    expect(few.cost.rows).toBeLessThan(0.5 * whole.cost.rows);
    expect(noisy.metrics["auc"]!.estimate).toBeLessThan(whole.metrics["auc"]!.estimate);
    expect(noisy.metrics["calibrationError"]!.estimate).toBeGreaterThan(0.1); // four of ten labels wrong: chances near a half
    expect(whole.metrics["watchMinutes"]).toBeUndefined();
    expect(text).toMatch(/volume +noise +model +AUC/);
    const run = readdirSync(join(results, "compare")).find((name) => name !== "latest") as string;
    expect(readdirSync(join(results, "compare", run))).toEqual(
      expect.arrayContaining([
        "compare.html",
        "compare.json",
        "manifest.json",
        "rankers.csv",
        "rankers.parquet",
        "run.json",
      ]),
    );
  }, 600_000);
});

describe("the words of compare", () => {
  const plan = async (words: Parameters<typeof planWorlds>[1]): Promise<readonly unknown[]> => {
    const {
      plan: { models, seeds, online },
    } = await planWorlds({ seed: 42 }, words);
    return [models.map(({ name }) => name).join(), seeds.join(), online];
  };

  it("mean seeds from --seed on, or the seeds themselves; models in the order of the ladder", async () => {
    expect(await plan({ seeds: "3", models: "dcn,logistic-regression" })).toEqual([
      "logistic-regression,dcn",
      "42,43,44",
      true,
    ]);
    expect(await plan({ seeds: "7, 11", models: "popularity", offline: true })).toEqual(["popularity", "7,11", false]);
    expect((await plan({ seeds: "1" }))[0]).toMatch(
      /^logistic-regression,ftrl,(gbdt,)?dnn,dcn,dcn-mix,multi-task,popularity,item-knn,bpr,als,two-tower,sasrec$/,
    );
  });

  it("put an own model beside the ladder of its family, and over data beside three rankers", async () => {
    expect((await plan({ model: [own] }))[0]).toMatch(/^logistic-regression,.*multi-task,constant$/);
    expect(await plan({ volumes: "0.1,1", model: [own] })).toEqual([
      expect.stringMatching(/^logistic-regression,(gbdt,)?dcn,constant$/),
      "42",
      false,
    ]);
  });

  it.each([
    [{ models: "gbtd" }, "unknown model: gbtd; known: logistic-regression"],
    [{ seeds: "7,x" }, "invalid --seeds: 7,x; allowed: seeds between commas"],
    [{ seeds: "0" }, "invalid --seeds: 0; allowed: how many"],
    [{ seeds: "7,7" }, "seed 7 is given twice"],
    [{ noise: "0.7" }, "invalid noise: 0.7; allowed: from 0 to 0.5"],
    [{ volumes: "0" }, "invalid volume: 0; allowed: a share of users above 0, at most 1"],
    [{ volumes: "a" }, "invalid --volumes: a; allowed: numbers between commas"],
    [{ noise: "0.2", models: "popularity" }, "popularity is a retriever: name rankers with --models"],
    [{ online: true, offline: true, seeds: "1" }, "--online and --offline are both given"],
    [{ model: ["nowhere.mjs"] }, "nowhere.mjs"],
  ])("refuse %o", async (words, message) => {
    await expect(planWorlds({ seed: 42 }, words)).rejects.toThrow(message);
  });

  it("refuse an own model with the name of another", async () => {
    const twin = join(scratch, "popularity.mjs");
    writeFileSync(twin, "export async function fit() { return (features) => new Float32Array(features.count); }\n");
    await expect(chooseModels({ names: ["popularity"], files: [twin] })).rejects.toThrow(
      /two models are named popularity; give .*popularity.mjs another name/,
    );
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listArtifacts } from "../../../src/artifacts/index.js";
import { runComparison } from "../../../src/commands/benchmark/run.js";
import { compareSplits, type CompareDataOptions } from "../../../src/commands/benchmark/splits.js";
import type { ModelCost } from "../../../src/studies/benchmark/cost.js";
import { judgeBenchmark, type BenchmarkRow } from "../../../src/studies/benchmark/judge.js";
import { readRecord, type BenchmarkRecord } from "../../../src/studies/benchmark/record.js";
import { wholeData } from "../../../src/studies/benchmark/world-rows.js";
import type { RunControl } from "../../../src/types.js";
import { temporaryFolder } from "../../support/folder.js";
import { covisitsRetriever, toyRatings } from "../../support/toy-ratings.js";

const compareData = async (options: CompareDataOptions, control: RunControl = {}): ReturnType<typeof runComparison> =>
  runComparison(await compareSplits(options, control), join(options.root, "results"), control);

describe("compare --data", () => {
  it("puts named models and your own into one table with what they cost, and pairs differences with the first", async () => {
    const root = temporaryFolder();
    const options: CompareDataOptions = {
      path: toyRatings(root),
      root,
      seeds: [3, 4],
      protocol: "ratio",
      k: 5,
      workers: 2,
      models: { names: ["logistic-regression", "popularity"], files: [covisitsRetriever(root)] },
    };
    const { json, text } = await compareData(options);
    const rows = json["rows"] as readonly BenchmarkRow[];
    expect(rows.map(({ model, own }) => [model, own])).toEqual([
      ["popularity", false],
      ["covisits", true],
      ["logistic-regression", false],
    ]);
    const [popular, covisits, linear] = rows as [BenchmarkRow, BenchmarkRow, BenchmarkRow];
    expect(popular.differences).toEqual({});
    expect(covisits.differences["NDCG@5"]!.estimate).toBeCloseTo(
      covisits.metrics["NDCG@5"]!.estimate - popular.metrics["NDCG@5"]!.estimate,
      12,
    );
    expect(covisits.differences["recall@5"]!.estimate).toBeGreaterThan(0.05);
    expect([
      popular.cost.modelBytes > 0,
      Number.isNaN(covisits.cost.modelBytes),
      linear.cost.candidates,
      popular.cost.candidates,
    ]).toEqual([true, true, 1000, 30]);
    expect([linear.cost.seconds > 0, linear.cost.p99Ms >= linear.cost.p50Ms]).toEqual([true, true]);
    expect(text).toMatch(/covisits \(own\)/);
    expect(text).toMatch(
      /Retrievers: all 30 items ranked for 40 users, seen ones left out; means over seeds 3, 4, 95 % intervals by user/,
    );
    const { config } = JSON.parse(readFileSync(join(json["run"] as string, "run.json"), "utf8")) as {
      config: { models: string[] };
    };
    expect(config.models).toContainEqual(expect.stringMatching(/^covisits \([0-9a-f]{12}\)$/)); // an edit is seen
    expect(readFileSync(join(json["run"] as string, "compare.html"), "utf8")).toContain("Difference to popularity");
  }, 180_000);
});

describe("compare --data that is stopped", () => {
  it("goes on with what is left: what was measured before is in the table as it was", async () => {
    const root = temporaryFolder();
    const options: CompareDataOptions = {
      path: toyRatings(root),
      root,
      seeds: [3],
      protocol: "ratio",
      workers: 1,
      models: { names: ["popularity", "item-knn"] },
    };
    const stop = new AbortController();
    const stopping = compareData(options, {
      signal: stop.signal,
      onProgress: (step, done) => void (step === "models" && done >= 1 && stop.abort(new Error("stopped"))),
    });
    await expect(stopping).rejects.toThrow("stopped");
    const [first, ...others] = await listArtifacts(root, "benchmark");
    expect(others).toEqual([]);
    const before = await readRecord(first as string);
    const rows = (await compareData(options)).json["rows"] as readonly BenchmarkRow[];
    expect(rows.map(({ model }) => model)).toEqual(["popularity", "item-knn"]);
    expect(rows[0]!.cost.seconds).toBe(before.cost.seconds);
  }, 180_000);
});

describe("models over seeds", () => {
  const cost: ModelCost = {
    rows: 1,
    seconds: 1,
    cpuSeconds: 1,
    rowsPerSecond: 1,
    memoryBytes: 1,
    modelBytes: 1,
    answer: { requests: 1, candidates: 1, p50Ms: 1, p99Ms: 1, cpuP50Ms: 1, cpuP99Ms: 1 },
  };
  const record = (model: string, seed: number, estimate: number, values: readonly number[]): BenchmarkRecord => ({
    model,
    family: "retriever",
    own: false,
    seed,
    quality: wholeData,
    cost,
    machine: {
      cpu: "",
      cores: 1,
      memoryGb: 1,
      platform: "",
      arch: "",
      node: "",
    } as unknown as BenchmarkRecord["machine"],
    metrics: { recall: { estimate, values: Float64Array.from(values), users: 9 } },
  });
  const around = (middle: number): number[] => [middle - 1, middle, middle + 1];
  const records = [
    record("a", 1, 4, around(4)),
    record("a", 2, 6, around(6)),
    record("a", 3, 5, around(5)),
    record("b", 1, 5, around(5)),
    record("b", 2, 8, around(8)),
    record("b", 3, 6.5, around(6.5)),
  ];

  it("of three random splits are over splits, of two by user", () => {
    const [, b] = judgeBenchmark(records);
    expect([b!.metrics["recall"]!.estimate, b!.metrics["recall"]!.units, b!.differences["recall"]!.estimate]).toEqual([
      6.5, 3, 1.5,
    ]);
    // t with two degrees of freedom × the standard error
    expect(b!.metrics["recall"]!.high).toBeCloseTo(6.5 + (4.3027 * 1.5) / Math.sqrt(3), 3);
    const [, two] = judgeBenchmark(records.filter(({ seed }) => seed < 3));
    expect(two!.metrics["recall"]).toMatchObject({
      estimate: 6.5,
      units: 9,
      high: expect.closeTo(7.5 - 0.05, 10) as number,
    });
  });

  it("of one split are by user: replicates of the mean over seeds, and of the mean difference", () => {
    const [a, b] = judgeBenchmark(records, true);
    expect([b!.metrics["recall"]!.estimate, b!.metrics["recall"]!.units]).toEqual([6.5, 9]);
    expect(b!.metrics["recall"]!.high).toBeCloseTo(7.5 - 0.05, 10); // the 97.5th percentile of 5.5, 6.5, 7.5
    expect([b!.differences["recall"]!.low, b!.differences["recall"]!.high]).toEqual([1.5, 1.5]); // users move both alike
    expect(a!.differences).toEqual({});
  });
});

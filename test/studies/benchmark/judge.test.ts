import { describe, expect, it } from "vitest";
import { intervalOf, tInterval } from "../../../src/evaluation/index.js";
import { judgeBenchmark, type BenchmarkRow } from "../../../src/studies/benchmark/judge.js";
import type { Measured, BenchmarkRecord } from "../../../src/studies/benchmark/record.js";
import { differenceTables, folded, tradeOffTables } from "../../../src/commands/benchmark/tables.js";
import { tableText } from "../../../src/lab/index.js";

const machine = { cpu: "x", cores: 2, memoryBytes: 1, platform: "linux", arch: "x64", node: "v20" };
const cost = (seconds: number): BenchmarkRecord["cost"] => ({
  rows: 100,
  seconds,
  cpuSeconds: 2 * seconds,
  rowsPerSecond: 100 / seconds,
  memoryBytes: 1e6,
  modelBytes: NaN,
  answer: { requests: 10, candidates: 1000, p50Ms: seconds, p99Ms: 3 * seconds, cpuP50Ms: 1, cpuP99Ms: 2 },
});
/** Replicates around an estimate: `luck` is what a world's users bring to every model alike. */
const measured = (estimate: number, replication: number): Measured => ({
  estimate,
  values: Float64Array.from({ length: 41 }, (_, i) => estimate + replication * (i - 20)),
  users: 50,
});
const record = (model: string, seed: number, auc: number, more: Partial<BenchmarkRecord> = {}): BenchmarkRecord => ({
  model,
  family: "ranker",
  own: false,
  seed,
  quality: { volume: 1, noise: 0 },
  metrics: { auc: measured(auc, 0.01) },
  cost: cost(seed),
  machine,
  ...more,
});

describe("a trade-off over worlds", () => {
  it("has means with t-intervals over worlds, and differences to the first model world by world", () => {
    const rows = judgeBenchmark([
      record("simple", 1, 0.6),
      record("deep", 1, 0.65),
      record("simple", 2, 0.7),
      record("deep", 2, 0.76),
      record("simple", 3, 0.5),
      record("deep", 3, 0.57),
    ]);
    expect(rows.map(({ model }) => model)).toEqual(["simple", "deep"]);
    const [simple, deep] = rows as [BenchmarkRow, BenchmarkRow];
    expect(simple.metrics["auc"]).toEqual(tInterval([0.6, 0.7, 0.5]));
    expect(simple.differences).toEqual({});
    const difference = deep.differences["auc"]!;
    expect(difference.estimate).toBeCloseTo(0.06, 12);
    // worlds differ far more than models do
    expect(difference.high - difference.low).toBeLessThan(0.2 * (deep.metrics["auc"]!.high - deep.metrics["auc"]!.low));
    expect([deep.cost.seconds, deep.cost.range.cpuSeconds, deep.cost.p99Ms]).toEqual([2, [2, 6], 6]);
  });

  it("of one world has its intervals by user, and a difference in which the users' luck cancels", () => {
    const [simple, deep] = judgeBenchmark([record("simple", 1, 0.6), record("deep", 1, 0.65)]) as [
      BenchmarkRow,
      BenchmarkRow,
    ];
    expect(simple.metrics["auc"]).toEqual(intervalOf(measured(0.6, 0.01), 50));
    expect(simple.metrics["auc"]!.high - simple.metrics["auc"]!.low).toBeGreaterThan(0.3);
    expect(deep.differences["auc"]).toMatchObject({
      estimate: expect.closeTo(0.05, 12) as number,
      low: expect.closeTo(0.05, 12) as number,
      high: expect.closeTo(0.05, 12) as number,
    });
  });

  it("of two worlds has the mean of both with its interval by user, since two say nothing of their spread", () => {
    const [simple, deep] = judgeBenchmark([
      record("simple", 1, 0.6),
      record("deep", 1, 0.65),
      record("simple", 2, 0.7),
      record("deep", 2, 0.76),
    ]) as [BenchmarkRow, BenchmarkRow];
    const expected = intervalOf(measured(0.65, 0.01), 50);
    expect(simple.metrics["auc"]).toMatchObject({
      units: 50,
      estimate: expect.closeTo(0.65, 12) as number,
      low: expect.closeTo(expected.low, 12) as number,
      high: expect.closeTo(expected.high, 12) as number,
    });
    expect(deep.differences["auc"]).toMatchObject({
      estimate: expect.closeTo(0.055, 12) as number,
      low: expect.closeTo(0.055, 12) as number,
      high: expect.closeTo(0.055, 12) as number,
    });
  });

  it("compares on data of one quality, and each family with its own baseline", () => {
    const noisy = { quality: { volume: 0.1, noise: 0.2 } };
    const rows = judgeBenchmark([
      record("simple", 1, 0.6),
      record("simple", 1, 0.55, noisy),
      record("deep", 1, 0.65),
      record("deep", 1, 0.54, noisy),
      record("kNN", 1, 0.2, { family: "retriever" }),
      record("tower", 1, 0.3, { family: "retriever" }),
    ]);
    expect(
      rows.map(({ model, quality, differences }) => [model, quality.noise, differences["auc"]?.estimate.toFixed(2)]),
    ).toEqual([
      ["simple", 0, undefined],
      ["simple", 0.2, undefined],
      ["deep", 0, "0.05"],
      ["deep", 0.2, "-0.01"],
      ["kNN", 0, undefined],
      ["tower", 0, "0.10"],
    ]);
  });

  it("refuses models that were not measured in the same worlds", () => {
    expect(() => judgeBenchmark([record("simple", 1, 0.6), record("deep", 1, 0.6), record("deep", 2, 0.6)])).toThrow(
      "deep was measured in worlds 1, 2, simple in 1; they must be the same",
    );
  });

  it("leaves a metric out that a world lacks, and a value that is not defined is a dash", () => {
    const rows = judgeBenchmark([
      record("simple", 1, 0.6),
      record("simple", 2, NaN),
      record("deep", 1, 0.6),
      { ...record("deep", 2, 0.6), metrics: {} },
    ]);
    expect(rows[1]?.metrics["auc"]).toBeUndefined();
    expect(tableText(tradeOffTables(rows)[0]!).split("\n")[3]).toMatch(/^simple\s+–/);
  });

  it("is told in one table a family, with own models named as such, and one of differences where there is another model", () => {
    const rows = judgeBenchmark([
      record("simple", 1, 0.6),
      record("mine", 1, 0.62, { own: true }),
      record("kNN", 1, 0.2, { family: "retriever" }),
    ]);
    const [rankers, retrievers] = tradeOffTables(rows).map(tableText);
    expect(rankers).toContain("mine (own)");
    expect(rankers).toContain("seed 1 alone, 95 % intervals by user");
    expect(rankers).toMatch(/AUC.*fit s.*fit CPU s.*examples\/s.*size.*memory.*p50 ms.*p99 ms/);
    expect(retrievers).toContain("kNN");
    const differences = differenceTables(rows).map(tableText);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain("Difference to simple, paired by user");
    expect(differences[0]).toContain("0.0200");
  });

  it("is folded for a terminal: no line too long, every cell in one part, the models' names in each", () => {
    const [wide] = tradeOffTables(judgeBenchmark([record("simple", 1, 0.6), record("deep", 1, 0.65)]));
    const parts = folded(wide!, 60);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      expect(part.columns[0]?.label).toBe("model");
      expect(part.rows.map(([name]) => name)).toEqual(["simple", "deep"]);
      for (const line of tableText({ ...part, caption: undefined }).split("\n"))
        expect(line.length).toBeLessThanOrEqual(60);
    }
    expect(parts.flatMap(({ columns }) => columns.slice(1))).toEqual(wide!.columns.slice(1));
    expect(parts.map(({ caption }) => caption)).toEqual([wide!.caption, ...parts.slice(1).map(() => undefined)]);
    expect(folded(wide!, 1000)).toEqual([wide]);
  });
});

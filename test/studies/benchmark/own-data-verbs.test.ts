import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importData } from "../../../src/data/index.js";
import { evaluateDataVerb } from "../../../src/commands/evaluate-data.js";
import { trainDataVerb } from "../../../src/commands/train.js";
import { dataOptions } from "../../../src/commands/own-data.js";
import type { Interval } from "../../../src/evaluation/index.js";
import { reportFigures } from "../../../src/lab/index.js";
import { temporaryFolder } from "../../support/folder.js";
import { covisitsRetriever, toyRatings } from "../../support/toy-ratings.js";

interface Judged {
  readonly model: string;
  readonly metrics: Readonly<Record<string, Interval>>;
}

describe("train --data", () => {
  it("fits what is asked for, and loads it the next time; another split is another fit", async () => {
    const root = temporaryFolder();
    const options = { path: toyRatings(root), root, seed: 3, models: { names: ["item-knn", "logistic-regression"] } };
    const made = async (split: "time" | "ratio"): Promise<boolean[]> =>
      ((await trainDataVerb({ ...options, protocol: split })).json["models"] as { made: boolean }[]).map(
        (model) => model.made,
      );
    expect([await made("time"), await made("time"), await made("ratio")]).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
    const { text } = await trainDataVerb({ ...options, protocol: "time" });
    expect(text).toMatch(/item-knn +retriever +\d+ +before +\S+data-model/);
    expect(text).toContain("- split by time: training before day");
  });

  it("takes a your own model beside the named ones, fits it each time, and says that it cannot be kept", async () => {
    const root = temporaryFolder();
    const options = {
      path: toyRatings(root),
      root,
      seed: 3,
      models: { names: ["popularity"], files: [covisitsRetriever(root)] },
    };
    const { json, text } = await trainDataVerb(options);
    expect(
      (json["models"] as { model: string; dir: string | null }[]).map(({ model, dir }) => [model, dir === null]),
    ).toEqual([
      ["popularity", false],
      ["covisits", true],
    ]);
    expect(text).toMatch(/covisits +retriever +\d+ +now +cannot be kept/);
    await expect(
      trainDataVerb({ ...options, models: { files: [covisitsRetriever(root), covisitsRetriever(root)] } }),
    ).rejects.toThrow("two models are named covisits");
  });
});

describe("evaluate --data", () => {
  it("writes the metrics of each user, whose means are those that it prints, and says what the lists are like", async () => {
    const root = temporaryFolder();
    const file = join(root, "users.json");
    const models = { names: ["popularity", "item-knn", "logistic-regression"] };
    const options = { path: toyRatings(root), root, seed: 3, protocol: "ratio" as const, k: 5, models };
    const { json, text, tables, report } = await evaluateDataVerb({ ...options, perUser: file });
    expect(Object.keys(tables!)).toEqual([
      "retrievers",
      "retriever-differences",
      "lists",
      "rankers",
      "scores",
      "users",
    ]);
    const figures = reportFigures(report!).map(({ name }) => name);
    expect(figures.slice(0, 4)).toEqual(["roc", "precision-recall", "gain", "reliability"]);
    const rows = JSON.parse(readFileSync(file, "utf8")) as Record<string, string | number | null>[];
    const meanOf = (model: string, metric: string): number => {
      const values = rows.flatMap((row) =>
        row["model"] === model && row[metric] !== null ? [row[metric] as number] : [],
      );
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    const judged = json["models"] as (Judged & { readonly beyond?: Judged["metrics"] })[];
    for (const { model, metrics, beyond = {} } of judged.slice(0, 2))
      for (const [name, { estimate }] of Object.entries({ ...metrics, ...beyond }))
        if (!/coverage|Gini/.test(name)) expect(meanOf(model, name), `${model} ${name}`).toBeCloseTo(estimate, 10);
    expect(new Set(rows.map(({ user }) => user)).size).toBe(40);
    const ranked = rows.filter(({ model }) => model === "logistic-regression");
    const tested = ranked.reduce((sum, row) => sum + (row["test rows"] as number), 0);
    const loss =
      ranked.reduce((sum, row) => sum + (row["log loss"] as number) * (row["test rows"] as number), 0) / tested;
    expect(loss).toBeCloseTo(judged[2]!.metrics["log loss"]!.estimate, 10);
    expect(ranked.every((row) => row["NDCG@5"] === null)).toBe(true);
    const popularity = (at: number): number => judged[at]!.beyond!["popularity@5"]!.estimate;
    expect(popularity(0)).toBeGreaterThan(popularity(1)); // nothing is more popular than popularity
    const surprise = (at: number): number => judged[at]!.beyond!["serendipity@5"]!.estimate;
    expect(surprise(1)).toBeGreaterThan(surprise(0)); // popularity surprises only where the usual items were taken before
    expect(text).toMatch(/model +novelty@5 +popularity@5 +diversity@5 +serendipity@5 +Gini@5/);
  });

  it.each(["time", "ratio", "leave-one-out"] as const)(
    "judges retrievers over all items and rankers on test rows, split by %s",
    async (protocol) => {
      const root = temporaryFolder();
      const { json, text } = await evaluateDataVerb({
        path: toyRatings(root),
        root,
        seed: 3,
        protocol,
        k: 5,
        models: { names: ["popularity", "item-knn", "logistic-regression"], files: [covisitsRetriever(root)] },
      });
      const judged = Object.fromEntries((json["models"] as Judged[]).map(({ model, metrics }) => [model, metrics]));
      const ndcg = (model: string): Interval => judged[model]!["NDCG@5"]!;
      expect(ndcg("item-knn").estimate).toBeGreaterThan(ndcg("popularity").estimate);
      expect(ndcg("covisits").low).toBeLessThanOrEqual(ndcg("covisits").estimate);
      expect(judged["logistic-regression"]!["AUC"]!.estimate).toBeGreaterThan(0.6);
      expect(text).toMatch(/Retrievers: all 30 items ranked for \d+ users/);
      expect(json["split"]).toBe(protocol);
    },
  );

  it.each(["time", "ratio"] as const)(
    "gives loaded two towers the numbers of fitted ones, split by %s",
    async (protocol) => {
      const root = temporaryFolder();
      const evaluated = (): ReturnType<typeof evaluateDataVerb> =>
        evaluateDataVerb({ path: toyRatings(root), root, seed: 3, protocol, models: { names: ["two-tower"] } });
      const [first, again] = [await evaluated(), await evaluated()];
      expect(again.json["models"]).toEqual(first.json["models"]);
      expect((first.json["models"] as Judged[])[0]!.metrics["NDCG@10"]!.estimate).toBeGreaterThan(0.3);
    },
  );

  it("leaves rankers out, and says why, where every row is a click; asked for by name they are refused", async () => {
    const root = temporaryFolder();
    const lines = Array.from(
      { length: 80 },
      (_, i) => `u${i % 8},v${(i * 3 + (i >> 3)) % 12},${1_600_000_000 + i * 9_000}`,
    );
    writeFileSync(join(root, "plays.csv"), `user,item,t\n${lines.join("\n")}\n`);
    const { dir } = await importData({
      path: join(root, "plays.csv"),
      root,
      mapping: { user: "user", item: "item", time: "t" },
    });
    const reason = /rankers need clicked and unclicked rows; the \d+ train rows are all clicked/;
    const options = { path: dir, root, seed: 3 };
    await expect(trainDataVerb({ ...options, models: { names: ["dcn"] } })).rejects.toThrow(reason);
    const { json } = await trainDataVerb({ ...options, models: { names: ["popularity"] } });
    expect(json["models"]).toHaveLength(1);
  });
});

describe("data too small to be judged", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      "one row",
      ["u,v,5,1600000000"],
      /no model is left to fit: nobody can be judged: no user has both training rows.*; rankers need clicked and unclicked rows; the 1 train rows are all clicked/,
    ],
    [
      "users of one interaction",
      Array.from({ length: 40 }, (_, i) => `u${i},v${i},5,${1_600_000_000 + i * 20_000}`),
      /no model is left to fit: nobody can be judged/,
    ],
  ];
  it.each(cases)("is refused with what is lacking: %s", async (_, lines, fault) => {
    const root = temporaryFolder();
    writeFileSync(join(root, "few.csv"), `user,item,stars,t\n${lines.join("\n")}\n`);
    const { dir } = await importData({
      path: join(root, "few.csv"),
      root,
      mapping: { user: "user", item: "item", rating: "stars", time: "t" },
    });
    await expect(evaluateDataVerb({ path: dir, root, seed: 1 })).rejects.toThrow(fault);
    await expect(evaluateDataVerb({ path: dir, root, seed: 1, protocol: "leave-one-out" })).rejects.toThrow(
      "leave-one-out needs users with at least 3 interactions; there are none",
    );
  });

  it("is judged where it is one user's alone, and a model that it is too small for says so by name", async () => {
    const root = temporaryFolder();
    const lines = Array.from({ length: 40 }, (_, i) => `u,v${i},${1 + (i % 5)},${1_600_000_000 + i * 20_000}`);
    writeFileSync(join(root, "one.csv"), `user,item,stars,t\n${lines.join("\n")}\n`);
    const { dir } = await importData({
      path: join(root, "one.csv"),
      root,
      mapping: { user: "user", item: "item", rating: "stars", time: "t" },
    });
    const { json } = await evaluateDataVerb({
      path: dir,
      root,
      seed: 1,
      models: { names: ["popularity", "logistic-regression"] },
    });
    expect((json["models"] as Judged[])[0]!.metrics["recall@10"]!.estimate).toBe(1);
    await expect(
      evaluateDataVerb({ path: dir, root, seed: 1, protocol: "leave-one-out", models: { names: ["dcn"] } }),
    ).rejects.toThrow(/dcn cannot be fitted: rankers need clicked and unclicked rows; the 1 test rows/);
  });
});

describe("the words of --data", () => {
  const base = { path: "x", root: "y", seed: 1 };

  it("become options", () => {
    expect(dataOptions({}, base)).toEqual(base);
    expect(dataOptions({ models: "bpr, dcn", model: ["./mine.mjs"], split: "leave-one-out", k: "20" }, base)).toEqual({
      ...base,
      protocol: "leave-one-out",
      k: 20,
      models: { names: ["bpr", "dcn"], files: ["./mine.mjs"] },
    });
  });

  it.each([
    [{ split: "random" }, "invalid --split: random; allowed: time, ratio, leave-one-out"],
    [{ k: "0" }, "invalid --k: 0; allowed: a whole number from 1"],
    [{ models: "bpr,svd" }, "unknown model: svd; known: popularity, item-knn"],
  ])("are refused where they are wrong: %j", (words, message) => {
    expect(() => dataOptions(words, base)).toThrow(message);
  });
});

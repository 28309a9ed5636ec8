import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "stagecraft-data-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function stagecraft(...words: string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/cli.js"), ...words], {
    encoding: "utf8",
    env: { ...process.env, STAGECRAFT_PROGRESS: "plain" },
  });
  return { code: status, out: stdout, err: stderr };
}

/** 30 users, 25 items, 5 stars, 8 days: everyone rates a third of the items, and likes those near to them. */
function ratingsFile(): string {
  const path = join(scratch, "ratings.csv");
  const lines = Array.from({ length: 30 * 25 }, (_, cell) => [Math.floor(cell / 25), cell % 25] as const)
    .filter(([user, item]) => (user * 7 + item * 5) % 3 === 0)
    .map(
      ([user, item], row) =>
        `u${user},v${item},${Math.abs((user - item) % 10) < 5 ? 5 : 2},${1_600_000_000 + ((row * 37) % 8) * 86_400 + row}`,
    );
  writeFileSync(path, `who,what,stars,at\n${lines.join("\n")}\n`);
  return path;
}

describe("your own data on the command line", () => {
  it("are imported, trained on, evaluated and compared", () => {
    const out = join(scratch, "datasets");
    const imported = stagecraft(
      "import",
      ratingsFile(),
      "--map",
      "user=who",
      "--map",
      "item=what",
      "--map",
      "rating=stars",
      "--map",
      "time=at",
      "--out",
      out,
      "--json",
    );
    expect(imported.code, imported.err).toBe(0);
    const { dir } = JSON.parse(imported.out) as { dir: string };
    const words = [
      "--data",
      dir,
      "--out",
      out,
      "--seed",
      "1",
      "--models",
      "popularity,item-knn,logistic-regression",
      "--json",
    ];
    const trained = stagecraft("train", ...words);
    expect(trained.code, trained.err).toBe(0);
    const { models, split } = JSON.parse(trained.out) as {
      models: { model: string; made: boolean; dir: string }[];
      split: string;
    };
    expect([split, models.map(({ model, made }) => [model, made])]).toEqual([
      "time",
      [
        ["popularity", true],
        ["item-knn", true],
        ["logistic-regression", true],
      ],
    ]);
    for (const model of models) expect(existsSync(join(model.dir, "manifest.json")), model.model).toBe(true);
    const evaluated = stagecraft("evaluate", ...words, "--k", "5");
    expect(evaluated.code, evaluated.err).toBe(0);
    const judged = JSON.parse(evaluated.out) as {
      models: { id: string; metrics: Record<string, { estimate: number }> }[];
    };
    expect(Object.keys(judged.models[1]!.metrics)).toEqual(["NDCG@5", "recall@5", "hit rate@5", "MRR@5", "coverage@5"]);
    expect(judged.models[2]!.metrics["AUC"]!.estimate).toBeGreaterThan(0);
    const compared = stagecraft("compare", ...words, "--split", "ratio", "--seeds", "2");
    expect(compared.code, compared.err).toBe(0);
    const answerOf = (text: string): { rows: { model: string; seeds: number[] }[]; run: string; measured: number } =>
      JSON.parse(text) as ReturnType<typeof answerOf>;
    const [{ rows, run, measured }, again] = [
      answerOf(compared.out),
      answerOf(stagecraft("compare", ...words, "--split", "ratio", "--seeds", "1,2").out),
    ];
    for (const made of [run, again.run]) rmSync(made, { recursive: true });
    expect([measured, again.measured, again.rows]).toEqual([6, 0, rows]);
    expect(rows.map(({ model, seeds }) => [model, seeds])).toEqual([
      ["popularity", [1, 2]],
      ["item-knn", [1, 2]],
      ["logistic-regression", [1, 2]],
    ]);
  }, 240_000);

  it.each([
    [["train", "--data", "x", "--models", "svd"], /unknown model: svd; known: popularity/],
    [["evaluate", "--data", "x", "--split", "random"], /Allowed choices are time, ratio, leave-one-out/],
    [["evaluate", "--data", "x", "--k", "none"], /invalid --k: none; allowed: a whole number from 1/],
    [["compare", "--data", "x", "--seeds", "one"], /invalid --seeds: one; allowed: seeds between commas/],
    [["train", "--data", "x", "--world", "users=10"], /--world cannot be used with --data/],
    [["evaluate", "--data", "x", "--remake"], /--remake cannot be used with --data/],
    [["train", "--split", "time"], /--split needs --data/],
    [["evaluate", "--per-user", "a.doc"], /invalid file: a.doc; allowed: one that ends in .csv, .json or .parquet/],
    [
      ["evaluate", "--data", "x", "--per-user", "a.txt"],
      /invalid file: a.txt; allowed: one that ends in .csv, .json or .parquet/,
    ],
    [["compare", "--given-split"], /--given-split needs --data/],
    [["train", "--data", "x", "--test-from", "2026-02-31"], /invalid --test-from: 2026-02-31; allowed: YYYY-MM-DD/],
    [
      ["train", "--data", "x", "--test-from", "2026-02-28", "--split", "ratio"],
      /--test-from cannot be used with --split ratio/,
    ],
    [["evaluate", "--models", "dcn"], /--models needs --data/],
    [["compare", "--data", "x", "--noise", "0.2"], /--noise cannot be used with --data/],
  ])("answer %j with exit code 2 and what is allowed", (words, message) => {
    const { code, out, err } = stagecraft(...words);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, ""]);
  });

  it("exit 1 with the fault where they are not there, or in no known layout", () => {
    const missing = stagecraft("train", "--data", join(scratch, "nowhere"));
    expect([missing.code, missing.err]).toEqual([1, expect.stringMatching(/no data at .*nowhere: it does not exist/)]);
    const single = stagecraft("train", "--data", ratingsFile());
    expect([single.code, single.err]).toEqual([
      1,
      expect.stringMatching(/single file: say which columns hold what, at least user and item \(import --map user=/),
    ]);
  });
});

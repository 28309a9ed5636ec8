/** Folders and files with names that are patterns, partitions or quotes for the database: the right files are read, and only these. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { oddFolder } from "../support/odd-folder.js";
import { answerOf, smallWorld } from "../support/verbs.js";

const scratch = mkdtempSync(join(tmpdir(), "folders-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** An answer without the folders it names. */
const facts = (json: object, dir: string): unknown =>
  JSON.parse(JSON.stringify(json).replaceAll(JSON.stringify(dir).slice(1, -1), "DIR"));

it("simulate and prepare", async () => {
  const answers: unknown[][] = [];
  for (const name of ["plain", "odd"]) {
    const { path, spoil } =
      name === "odd" ? oddFolder(join(scratch, "own")) : { path: join(scratch, name), spoil() {} };
    const words = [...smallWorld, "--out", path];
    const simulated = await answerOf("simulate", ...words);
    spoil();
    answers.push([simulated, await answerOf("prepare", ...words)].map((json) => facts(json, path)));
  }
  expect(answers[1]).toEqual(answers[0]);
});

it("import and recommend", async () => {
  const row = (i: number): string => `u${i % 9},v${(i * 5) % 13},2026-01-${10 + (i % 15)}`;
  const answers: unknown[] = [];
  for (const name of ["plain", "odd"]) {
    const { path, spoil } =
      name === "odd" ? oddFolder(join(scratch, "data")) : { path: join(scratch, name), spoil() {} };
    const file = join(path, name === "odd" ? "my [b]*?='x'.csv" : "mine.csv");
    writeFileSync(file, `u,i,t\n${Array.from({ length: 120 }, (_, i) => row(i)).join("\n")}\n`);
    const map = ["--map", "user=u", "--map", "item=i", "--map", "time=t", "--out", path];
    const imported = await answerOf("import", file, ...map);
    spoil();
    const data = ["--data", String(imported["dir"]), "--models", "popularity", "--out", path, "--k", "3"];
    const { lists, users } = await answerOf("recommend", ...data, "--to", join(path, "lists 'x'=[c]*?.parquet"));
    answers.push({ lists, users, kept: imported["kept"], last: imported["lastTime"] });
  }
  expect(answers[1]).toEqual(answers[0]);
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "../../src/commands/program.js";
import type { Answer } from "../../src/commands/run.js";
import { withRun } from "../../src/lab/index.js";

const root = mkdtempSync(join(tmpdir(), "stagecraft-runs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What a verb answers. */
async function told(...words: string[]): Promise<Answer> {
  let answer: Answer | undefined;
  await program(async (_verb, _json, work) => void (answer = await work({}))).parseAsync(
    ["runs", ...words, "--out", root],
    { from: "user" },
  );
  return answer!;
}

async function run(id: string, seed: number, minutes: number): Promise<void> {
  const arms = [
    { name: "random", metrics: { watchMinutes: { estimate: 0.8, low: 0.7, high: 0.9 } } },
    { name: "learned", metrics: { watchMinutes: { estimate: minutes, low: minutes - 1, high: minutes + 1 } } },
  ];
  await withRun("compare", { scale: "tiny", seed, world: { users: 300 } }, { root, id }, (made) =>
    made.write("compare.json", { users: 300, arms, byDay: [1, 2, 3] }),
  );
}

describe("stagecraft runs", async () => {
  await run("first", 7, 5);
  await run("second", 8, 6.5);

  it("lists the complete ones, oldest first, with what they were", async () => {
    const { json, text } = await told("list");
    expect((json["runs"] as { run: string }[]).map(({ run }) => run)).toEqual(["compare/first", "compare/second"]);
    expect(text).toMatch(/compare\/second +20\d\d-\d\d-\d\d \d\d:\d\d +0 +tiny +8/);
  });

  it("shows the numbers of one by name, name/id or folder, and writes them as a table", async () => {
    const to = join(root, "numbers.csv");
    const { json } = await told("show", "compare", "--to", to);
    expect(json["run"]).toBe(join(root, "compare", "second"));
    expect(json["numbers"]).toEqual([
      { what: "compare › users", value: 300 },
      { what: "compare › arms › random › metrics › watchMinutes", value: 0.8, low: 0.7, high: 0.9 },
      { what: "compare › arms › learned › metrics › watchMinutes", value: 6.5, low: 5.5, high: 7.5 },
    ]);
    expect(readFileSync(to, "utf8").split("\n").slice(0, 2)).toEqual([
      "what,value,low,high",
      "compare › users,300.0,,",
    ]);
    for (const ref of ["compare/first", join(root, "compare", "first")])
      expect((await told("show", ref)).json["run"]).toBe(join(root, "compare", "first"));
  });

  it("says what two differ in: config and each number", async () => {
    const { json, text } = await told("diff", "compare/first", "compare/latest");
    expect(json["config"]).toEqual([{ config: "seed", before: "7", after: "8" }]);
    expect((json["numbers"] as { difference: number }[]).map(({ difference }) => difference)).toEqual([0, 0, 1.5]);
    expect(text).toContain("2 numbers are the same, 0 are in one run only");
    expect((await told("diff", "compare/first", "compare/first")).text).toContain("no number differs");
  });

  it("refuses a run that is not there, and names the last ones", async () => {
    await expect(told("show", "tour")).rejects.toThrow(
      "unknown run: tour; known: 2, the last ones compare/first, compare/second",
    );
  });
});

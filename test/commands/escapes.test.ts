/** What stands in people's files (headers, values, names) is shown, and does nothing to a terminal. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { program } from "../../src/commands/program.js";
import { fail } from "../../src/commands/run.js";

const clear = "\x1b[2J"; // clears the screen
const title = "\x9d0;mine\x07"; // names the window, with the control characters of eight bits
const turned = "\u202egnp.exe"; // is read from right to left
const hostile = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

const scratch = mkdtempSync(join(tmpdir(), "escapes-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** What a command line says on both streams. */
async function said(...words: string[]): Promise<string> {
  let text = "";
  const keep = (part: string | Uint8Array): boolean => ((text += String(part)), true);
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockImplementation(keep);
  await program().parseAsync(words, { from: "user" }).catch(fail);
  vi.restoreAllMocks();
  return text;
}

it("in an import's answer, its JSON, its errors, and what was typed", async () => {
  const file = join(scratch, `${clear}${turned}.csv`);
  const rows = Array.from({ length: 30 }, (_, i) => `a${i % 5},${clear}${i % 7},2026-01-${10 + (i % 9)},1`).join("\n");
  writeFileSync(file, `who${title},what,when,${clear}stars\n${rows}\n`);
  const out = join(scratch, "out");
  const map = ["--map", `user=who${title}`, "--map", "item=what", "--map", "time=when"];
  const answers = [
    [/\\u009d0;mine/, await said("import", file, "--out", out)], // the columns that there are
    [/\\u001b\[2J/, await said("import", `${file}.gone`, "--out", out)],
    [/30 of 30 rows/, await said("import", file, ...map, "--out", out)],
    [/"kept": 30/, await said("import", file, ...map, "--out", out, "--json")],
    [/\\u001b\[2J7/, await said("simulate", "--seed", `${clear}7`)],
    [/\\u202egnp/, await said("simulate", `--${turned}`)],
    [/\\u001b\[2J/, await said("recommend", "--data", file, "--models", "popularity", "--out", out)],
  ] as const;
  for (const [shown, answer] of answers) {
    expect(answer).toMatch(shown);
    expect(answer).not.toMatch(hostile);
  }
});

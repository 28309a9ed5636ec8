// Every notebook, executed at `tiny` (each night at `small`) on the real kernel: each one is a test. They must also be committed without
// outputs.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { at, root } from "../setup/paths.mjs";
import { run } from "../setup/run.mjs";

export async function notebooks({ names = [], scale = "tiny" } = {}) {
  const books = existsSync(at("notebooks"))
    ? readdirSync(at("notebooks"))
        .filter((name) => name.endsWith(".ipynb"))
        .sort()
    : [];
  if (books.length === 0) return { passed: 0, failed: 0, skipped: 0, output: "no notebooks yet" };
  const dirty = books.filter((name) => hasOutputs(at("notebooks", name)));
  const out = mkdtempSync(path.join(os.tmpdir(), "stagecraft-notebooks-"));
  try {
    const result = await run(
      process.execPath,
      [
        at("scripts", "notebooks", "run.mjs"),
        ...names,
        ...parameters(books, scale),
        "--out",
        out,
        "--jobs",
        "2",
        "--timeout",
        scale === "tiny" ? "300" : "1800",
        "--json",
      ],
      {
        cwd: root,
        line: (line) => !line.startsWith("{") && console.error(line),
        timeoutMs: scale === "tiny" ? 3_600_000 : 6 * 3_600_000,
      },
    );
    const summary = lastJson(result.stdout);
    if (!summary)
      return {
        passed: 0,
        failed: names.length || books.length,
        skipped: 0,
        output: `the runner ended without a summary (${result.signal ?? `exit code ${result.code}`})\n${result.output.slice(-2000)}`,
      };
    const failed = summary.notebooks.filter((book) => !book.ok).length;
    return {
      passed: summary.notebooks.length - failed,
      failed: failed + dirty.length,
      skipped: 0,
      took: summary.notebooks.map(({ notebook, seconds }) => ({ name: `notebooks/${notebook}.ipynb`, seconds })),
      // failures were printed as they came
      output: dirty.map((name) => `notebooks/${name} holds outputs; clear them before committing`).join("\n"),
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** `-p scale=…`, where some notebook knows it. */
const parameters = (books, scale) =>
  books.some((name) => /\blet scale\b/.test(readFileSync(at("notebooks", name), "utf8")))
    ? ["-p", `scale=${scale}`]
    : [];

function hasOutputs(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).cells.some(
      (cell) => cell.outputs?.length > 0 || typeof cell.execution_count === "number",
    );
  } catch {
    return true; // not JSON: the runner says so
  }
}

function lastJson(text) {
  try {
    return JSON.parse(text.trim().split("\n").at(-1));
  } catch {
    return undefined;
  }
}

// Every notebook, executed at `tiny` (each night also at `small`, and at `tiny` on twelve seeds) on the real kernel: each one is a test.
// They must also be committed without outputs.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { at, root } from "../setup/paths.mjs";
import { run } from "../setup/run.mjs";

/** Those that take turns by the day, of each list as many as it says; all of them each night, or by name. */
export const inTurn = [
  { each: 3, names: ["02", "02b", "04b", "04c", "05c", "05e", "06a", "06b", "07b", "08", "09"] },
  { each: 1, names: ["c1", "c2", "c3", "c4", "c5"] },
];

/** Names of the notebooks of a run by day: all but those whose turn it is not. */
export const todays = (books, day) => {
  const waiting = inTurn.flatMap(({ each, names: { length }, names }) =>
    names.filter((_, at) => (at - ((day * each) % length) + length) % length >= each),
  );
  return books.filter((name) => !waiting.some((one) => name.startsWith(`${one}-`)));
};

const nightlySeeds = [0, 1, 2, 3, 7, 11, 23, 101, 1234, 9999, 123456, 2 ** 31 - 1];

/** What is run: one scale and seed; each night one more scale and twelve more seeds. */
export const runsOf = ({ nightly }) =>
  nightly ? [{ scale: "small" }, ...nightlySeeds.map((seed) => ({ scale: "tiny", seed }))] : [{ scale: "tiny" }];

export async function notebooks({ names = [], nightly = false } = {}) {
  const books = existsSync(at("notebooks"))
    ? readdirSync(at("notebooks"))
        .filter((name) => name.endsWith(".ipynb"))
        .sort()
    : [];
  if (books.length === 0) return { passed: 0, failed: 0, skipped: 0, output: "no notebooks yet" };
  const dirty = books.filter((name) => hasOutputs(at("notebooks", name)));
  const all = {
    passed: 0,
    failed: dirty.length,
    skipped: 0,
    took: [],
    // failures were printed as they came
    output: dirty.map((name) => `notebooks/${name} holds outputs; clear them before committing`).join("\n"),
  };
  const today = todays(books, Math.floor(Date.now() / 86_400_000)).map((name) => name.replace(".ipynb", ""));
  const chosen = names.length > 0 || nightly ? names : today;
  if (chosen === today)
    console.error(
      `notebooks in turn, by the day: ${inTurn.flatMap(({ names }) => names).join(", ")}; all of them with --nightly`,
    );
  for (const { scale, seed } of runsOf({ nightly })) {
    if (nightly) console.error(`notebooks at ${scale}${seed === undefined ? "" : `, seed ${seed}`}`);
    const one = await runAll(chosen, books, scale, seed);
    all.passed += one.passed;
    all.failed += one.failed;
    all.took.push(...one.took);
    all.output += one.output;
  }
  return all;
}

/** All notebooks, or those named, at one scale and seed. */
async function runAll(names, books, scale, seed) {
  const out = mkdtempSync(path.join(os.tmpdir(), "stagecraft-notebooks-"));
  const tiny = scale === "tiny";
  try {
    const result = await run(
      process.execPath,
      [
        at("scripts", "notebooks", "run.mjs"),
        ...names,
        ...["--scale", scale, ...(seed === undefined ? [] : ["--seed", String(seed)])],
        ...["--out", out, "--jobs", "2", "--timeout", tiny ? "300" : "1800", "--json"],
      ],
      {
        cwd: root,
        line: (line) => !line.startsWith("{") && console.error(line),
        timeoutMs: tiny ? 3_600_000 : 6 * 3_600_000,
      },
    );
    const summary = lastJson(result.stdout);
    if (!summary)
      return {
        passed: 0,
        failed: names.length || books.length,
        took: [],
        output: `\nthe runner ended without a summary (${result.signal ?? `exit code ${result.code}`})\n${result.output.slice(-2000)}`,
      };
    const failed = summary.notebooks.filter((book) => !book.ok).length;
    const suffix = seed === undefined ? "" : ` (seed ${seed})`;
    return {
      passed: summary.notebooks.length - failed,
      failed,
      took: summary.notebooks.map(({ notebook, seconds }) => ({
        name: `notebooks/${notebook}.ipynb${suffix}`,
        seconds,
      })),
      output: "",
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

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

/** `stagecraft runs`: what was run before, and what two runs differ in. */
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { listRuns, readRun, table, tableText, type RunRecord } from "../lab/index.js";
import type { NamedColumn } from "../log/index.js";
import { checkTableFile, writeTableFile } from "./table-file.js";
import { addOptions, jsonOption, orUsageError, resultsDir, UsageError } from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface Typed {
  readonly to?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export const runs: Verb = (program, answer) => {
  const command = program.command("runs").description("runs in results/: all of them, one, or what two differ in");
  const verb = (
    name: string,
    what: string,
    run: (root: string, refs: readonly string[], to?: string) => Promise<Answer>,
  ): Command => {
    const sub = command.command(name).description(what);
    addOptions(sub, [
      ...(name.startsWith("list") ? [] : [new Option("--to <file>", "the numbers to a .csv, .json or .parquet file")]),
      new Option("--out <folder>", "folder of results (default: results/)"),
      jsonOption(),
    ]);
    return sub.action(async (...given: unknown[]) => {
      const typed = given.at(-2) as Typed;
      const refs = given.slice(0, -2) as string[];
      const { to } = typed;
      if (to !== undefined) orUsageError(() => checkTableFile(to));
      await answer("runs", typed, () => run(resultsDir(typed), refs, to));
    });
  };
  verb("list", "all complete runs, oldest first", listVerb);
  verb("show <run>", "config and numbers of a run: NAME (its latest), NAME/ID or a folder", showVerb);
  verb("diff <before> <after>", "what differs between two runs: config, commit and each number", diffVerb);
};

/** A number that a run found, with its interval where it has one. */
interface Found {
  readonly what: string; // path in the results, names in place of indexes
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

async function listVerb(root: string): Promise<Answer> {
  const found = await listRuns(root);
  const rows = found.map(({ name, id, startedAt, seconds, config, commit, dir }) => ({
    run: `${name}/${id}`,
    started: startedAt.slice(0, 16).replace("T", " "),
    seconds: Math.round(seconds),
    scale: text(config["scale"]),
    seed: text(config["seed"] ?? config["seeds"]),
    commit: commit === null ? "" : `${commit.hash.slice(0, 8)}${commit.changed ? " and changes" : ""}`,
    dir,
  }));
  const shown = rows.map(({ dir: _, ...row }) => row);
  return {
    json: { runs: rows },
    text: rows.length === 0 ? `no complete run in ${root}` : tableText(table(shown, { caption: `Runs in ${root}` })),
  };
}

async function showVerb(root: string, [ref]: readonly string[], to?: string): Promise<Answer> {
  const run = await runOf(root, ref!);
  const found = numbersOf(run.results);
  if (to !== undefined) await writeTableFile(to, columnsOf(found));
  return {
    json: { run: run.dir, config: run.config, commit: run.commit, numbers: found },
    text: [
      tableText(table([...leavesOf(run.config)].map(([field, value]) => ({ config: field, value: text(value) })))),
      tableText(table(found.map(({ what, value, low, high }) => ({ what, value: intervalOrValue(value, low, high) })))),
      to ?? run.dir,
    ].join("\n\n"),
  };
}

async function diffVerb(root: string, [before, after]: readonly string[], to?: string): Promise<Answer> {
  const [a, b] = [await runOf(root, before!), await runOf(root, after!)];
  const [configA, configB] = [leavesOf(a.config), leavesOf(b.config)];
  const config = [...new Set([...configA.keys(), ...configB.keys()])].flatMap((field) => {
    const values = { before: text(configA.get(field)), after: text(configB.get(field)) };
    return values.before === values.after ? [] : [{ config: field, ...values }];
  });
  if (a.commit?.hash !== b.commit?.hash)
    config.push({ config: "commit", before: text(a.commit?.hash), after: text(b.commit?.hash) });
  const later = new Map(numbersOf(b.results).map((found) => [found.what, found]));
  const earlier = numbersOf(a.results);
  const both = earlier.flatMap((found) => {
    const other = later.get(found.what);
    if (other === undefined) return [];
    return [{ what: found.what, before: found.value, after: other.value, difference: other.value - found.value }];
  });
  const changed = both.filter(({ difference }) => difference !== 0);
  const alone = earlier.length + later.size - 2 * both.length;
  if (to !== undefined)
    await writeTableFile(to, [
      { name: "what", type: "VARCHAR", values: both.map(({ what }) => what) },
      ...(["before", "after", "difference"] as const).map((name): NamedColumn => ({
        name,
        type: "DOUBLE",
        values: Float64Array.from(both, (row) => row[name]),
      })),
    ]);
  const same = both.length - changed.length;
  return {
    json: { before: a.dir, after: b.dir, config, numbers: both, inOneOnly: alone },
    text: [
      config.length === 0 ? "config and commit are the same" : tableText(table(config)),
      changed.length === 0 ? "no number differs" : tableText(table(changed)),
      `- ${same.toLocaleString("en")} numbers are the same, ${alone.toLocaleString("en")} are in one run only`,
    ].join("\n\n"),
  };
}

/** @throws UsageError where no complete run is meant */
async function runOf(root: string, ref: string): Promise<RunRecord> {
  const known = await listRuns(root);
  const found =
    (await readRun(resolve(ref))) ??
    known.find(({ name, id }) => `${name}/${id}` === ref) ??
    known.filter(({ name }) => name === ref || `${name}/latest` === ref).at(-1);
  if (found !== undefined) return found;
  const some = known.slice(-3).map(({ name, id }) => `${name}/${id}`);
  throw new UsageError(
    `unknown run: ${ref}; ` +
      (some.length === 0 ? `there is none in ${root}` : `known: ${known.length}, the last ones ${some.join(", ")}`),
  );
}

/** Every number of the results but long columns; records in lists go by their names. */
function numbersOf(results: unknown): readonly Found[] {
  const found: Found[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value === "number") found.push({ what: path.join(" › "), value });
    if (typeof value !== "object" || value === null) return;
    const { estimate, low, high } = value as Record<string, unknown>;
    if (typeof estimate === "number")
      found.push({
        what: path.join(" › "),
        value: estimate,
        ...(typeof low === "number" && typeof high === "number" && { low, high }),
      });
    else if (!Array.isArray(value)) for (const [name, inner] of Object.entries(value)) visit(inner, [...path, name]);
    else if (!value.every((item) => typeof item === "number"))
      value.forEach((item, i) => visit(item, [...path, labelOf(item) ?? String(i)]));
  };
  visit(results, []);
  return found;
}

const labels = ["name", "model", "policy", "arm", "retriever", "slice", "pair", "metric", "control", "treatment"];

/** What tells a record of a list from the others. */
function labelOf(record: unknown): string | undefined {
  if (typeof record !== "object" || record === null) return undefined;
  const words = labels
    .map((label) => (record as Record<string, unknown>)[label])
    .filter((word) => typeof word === "string");
  return words.length === 0 ? undefined : words.join(", ");
}

/** A config's values by the path of their names. */
function leavesOf(config: unknown, path: readonly string[] = []): Map<string, unknown> {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    return new Map([[path.join("."), config]]);
  return new Map(Object.entries(config).flatMap(([name, inner]) => [...leavesOf(inner, [...path, name])]));
}

function columnsOf(found: readonly Found[]): readonly NamedColumn[] {
  const numbers = (of: (one: Found) => number | undefined): Float64Array =>
    Float64Array.from(found, (one) => of(one) ?? NaN);
  return [
    { name: "what", type: "VARCHAR", values: found.map(({ what }) => what) },
    { name: "value", type: "DOUBLE", values: numbers(({ value }) => value) },
    { name: "low", type: "DOUBLE", values: numbers(({ low }) => low) },
    { name: "high", type: "DOUBLE", values: numbers(({ high }) => high) },
  ];
}

function intervalOrValue(
  estimate: number,
  low?: number,
  high?: number,
): number | { estimate: number; low: number; high: number } {
  return low === undefined || high === undefined ? estimate : { estimate, low, high };
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

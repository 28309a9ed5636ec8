/** Options that several verbs share, and how what was typed is read. A fault of the person who typed is a `UsageError`. */
import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { projectRoot, setting, type Setting } from "../pipeline/setting.js";
import { scales, type Scale } from "../types.js";

/** What every verb on the simulated platform understands, as it was typed. */
export interface PlatformOptions {
  readonly scale: Scale;
  readonly seed: string;
  readonly workers: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly world: readonly string[];
  readonly worldModule?: string;
  readonly recompute?: boolean;
  readonly remake?: boolean; // the former name of recompute
}

/** What `--out` is the folder of: artifacts, results, or the dataset that is published. */
export type OutFolder = "artifacts" | "results" | "dataset";

/** A user's mistake, not a fault of the program: exit code 2. */
export class UsageError extends Error {}

/** What `read` gives; what it throws is the fault of what was typed. */
export function orUsageError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asUsageError(error);
  }
}

/** A RangeError, of an option that only the reader of a file understands, as a fault of the person who typed; others as they are. */
export function usageFault(error: unknown): unknown {
  return error instanceof RangeError ? asUsageError(error) : error;
}

/** The same fault as one of the person who typed. */
export function asUsageError(error: unknown): UsageError {
  return new UsageError((error as Error).message, { cause: error });
}

/** The options behind `PlatformOptions`. */
export function platformOptions(scale: Scale, out: OutFolder): readonly Option[] {
  const folder = {
    artifacts: "folder of artifacts (default: datasets/)",
    results: "folder of results (default: results/)",
    dataset: "parent folder of the dataset (default: datasets/)",
  }[out];
  return [
    new Option("--scale <scale>", "size of everything").choices(scales).default(scale),
    new Option("--seed <integer>", "the same seed gives the same bytes").default("42"),
    new Option("--workers <integer>", "threads; they change speed, never bytes").default(String(defaultWorkers())),
    new Option("--out <folder>", folder),
    new Option("--world <field=value>", "change one field of the world (may be repeated), e.g. --world tasteStrength=0")
      .argParser(collect)
      .default([]),
    new Option(
      "--world-module <file>",
      "your own users: a file with export const behaviour = (config) => ({ leave: … })",
    ),
    new Option("--recompute", "compute again instead of reusing what is there"),
    new Option("--remake", "the former name of --recompute").hideHelp(),
    jsonOption(),
  ];
}

/**
 * Adds options to a verb. Of those that take a value an empty one is refused, one that is another option, and the same option twice
 * where it may not be repeated. @throws UsageError, as what was typed is read
 */
export function addOptions(command: Command, options: readonly Option[]): void {
  for (const option of options) {
    const { long, flags } = option;
    const form = `allowed: ${flags}`;
    const given: string[] = [];
    if (option.required)
      command.on(`option:${option.name()}`, (value: string) => {
        given.push(value);
        if (value === "") throw new UsageError(`invalid ${long}: it is empty; ${form}`);
        if (value.startsWith("--")) throw new UsageError(`invalid ${long}: ${value} is an option; ${form}`);
        if (long === "--out" && isBelowFile(resolve(value)))
          throw new UsageError(`invalid --out: ${value} is a file, or below one; ${form}`);
        if (given.length > 1 && option.parseArg !== collect)
          throw new UsageError(`invalid ${long}: it is given twice, ${given.join(" and ")}; allowed: once`);
      });
    command.addOption(option);
  }
}

/** Whether a folder cannot be made at a path, because it or a part of it is a file. */
function isBelowFile(path: string): boolean {
  if (existsSync(path)) return !statSync(path).isDirectory();
  return path !== dirname(path) && isBelowFile(dirname(path));
}

/** `--json`, as every verb that answers has it. */
export function jsonOption(): Option {
  return new Option("--json", "one JSON document on stdout");
}

/** Threads used where nothing is said: one per core, at most four (arms and shards beyond that gain little at these sizes). */
function defaultWorkers(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** The setting that was asked for. @throws UsageError naming the option and what is allowed */
export function settingOf(typed: PlatformOptions, out: OutFolder): Setting {
  return orUsageError(() =>
    setting({
      scale: typed.scale,
      seed: integer("--seed", typed.seed),
      workers: integer("--workers", typed.workers),
      world: worldFields(typed.world),
      ...(typed.worldModule !== undefined && { worldModule: typed.worldModule }),
      ...(typed.out !== undefined && out === "artifacts" && { datasets: resolve(typed.out) }),
    }),
  );
}

/** What a run's config says of a setting; of a person's world, the first digits of its file's hash, so that an edit is seen. */
export function configOf({ scale, seed, world, behaviour }: Setting): Readonly<Record<string, unknown>> {
  return { scale, seed, world, ...(behaviour && { worldModule: behaviour.sha256.slice(0, 12) }) };
}

/** Whether to compute again what is there. */
export function recomputeOf({ recompute, remake }: Pick<PlatformOptions, "recompute" | "remake">): boolean {
  return recompute === true || remake === true;
}

/** The folder of results; default: STAGECRAFT_RESULTS, or results/ in the project. */
export function resultsDir({ out }: { readonly out?: string } = {}): string {
  return resolve(out ?? process.env["STAGECRAFT_RESULTS"] ?? `${projectRoot}/results`);
}

/** A whole number. @throws UsageError on anything else, and outside of the limits */
export function integer(name: string, text: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`invalid ${name}: ${text}; allowed: a whole number from ${least} to ${most}`);
}

/** The address of a Redis, where one was typed. @throws UsageError for one that is none */
export function redisOf({ redis }: { readonly redis?: string }): string | undefined {
  if (redis !== undefined && !/^rediss?:\/\/\S+$/.test(redis))
    throw new UsageError(`invalid --redis: ${redis}; allowed: redis://host:port`);
  return redis;
}

/** A number between two bounds. @throws UsageError */
export function numberBetween(name: string, text: string, above: number, below = Infinity): number {
  const value = Number(text);
  if (text.trim() !== text || !/^[-+.\deE]+$/.test(text) || !(value > above && value < below))
    throw new UsageError(
      `invalid ${name}: ${text}; allowed: a number above ${above}${below < Infinity ? ` and below ${below}` : ""}`,
    );
  return value;
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Texts between commas. @throws UsageError where one is empty */
export function listOf(name: string, text: string): readonly string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) throw new UsageError(`invalid ${name}: ${text}; allowed: values between commas`);
  return parts;
}

/** `field=value` texts to world fields; values are JSON. @throws RangeError on texts of another form */
export function worldFields(texts: readonly string[]): Record<string, unknown> {
  const names = texts.map((text) => text.slice(0, Math.max(0, text.indexOf("="))));
  return Object.fromEntries(
    texts.map((text, i) => {
      const at = text.indexOf("=");
      if (names.indexOf(names[i]!) < i) throw new RangeError(`invalid --world: ${text}; allowed: each field once`);
      try {
        if (at <= 0) throw new SyntaxError("no field");
        return [text.slice(0, at), JSON.parse(text.slice(at + 1)) as unknown];
      } catch (cause) {
        throw new RangeError(
          `invalid --world: ${text}; allowed: field=value with a number or JSON, for example tasteStrength=0`,
          { cause },
        );
      }
    }),
  );
}

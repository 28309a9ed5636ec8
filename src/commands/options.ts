/** Words of the command line: what may be typed, and what the house makes of it. A fault of the person who typed is a `WrongUse`. */
import { resolve } from "node:path";
import { Option } from "commander";
import * as pipeline from "../pipeline/index.js";
import type * as publish from "../publish/index.js";
import * as studies from "../studies/index.js";
import type { Scale } from "../types.js";
import type { BenchmarkCliOptions } from "./benchmark/options.js";
import { worldFields } from "./verbs.js";

/** All options as they were typed; each verb has some of them. */
export interface CliOptions extends studies.DataCliOptions, BenchmarkCliOptions, publish.PublishOptions {
  readonly scale: Scale;
  readonly seed: string;
  readonly workers: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly world: readonly string[];
  readonly remake?: boolean;
  readonly notebooks?: boolean; // tour
  readonly worlds?: string; // validity
  readonly data?: string; // train, evaluate, compare
  readonly users?: string; // twins, and below
  readonly days?: string;
  readonly replications?: string;
  readonly lucks?: string; // the former name of replications
}

/** A fault of the person who typed, not of the program: exit code 2. */
export class UsageError extends Error {}

/** What `read` gives; what it throws is the fault of the words. */
export function orUsageError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** A whole number. @throws WrongUse on anything else */
export function integer(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`invalid ${name}: ${text}; allowed: a whole number, 0 or more`);
  return Number(text);
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The setting that a verb's words ask for. @throws WrongUse naming the word and what is allowed */
export function settingOf(words: CliOptions, verb: string): pipeline.Setting {
  const datasets = words.out !== undefined && !writesResults(verb) ? resolve(words.out) : undefined;
  return orUsageError(() =>
    pipeline.setting({
      scale: words.scale,
      seed: integer("--seed", words.seed),
      workers: integer("--workers", words.workers),
      world: worldFields(words.world),
      ...(datasets === undefined ? {} : { datasets }),
    }),
  );
}

/** Verbs whose --out is the folder of what they write for others to read; of the others it is that of made things. */
export function writesResults(verb: string): boolean {
  return ["tour", "report", "validity", "twins", "publish"].includes(verb);
}

/** The folder of results. */
export function resultsDir(words: Pick<CliOptions, "out">): string {
  return resolve(words.out ?? `${pipeline.projectRoot}/results`);
}

/** How many worlds the recovery study plays. */
export function worldsOf(text: string): number {
  const worlds = integer("--worlds", text);
  const { least, most } = studies.recoveryLimits;
  if (worlds < least || worlds > most)
    throw new UsageError(`invalid --worlds: ${worlds}; allowed: a whole number from ${least} to ${most}`);
  return worlds;
}

/** Whole numbers among the options, by name. */
export function sizesOf<Name extends "seeds" | "users" | "days" | "replications">(
  words: CliOptions,
  names: readonly Name[],
): Readonly<Partial<Record<Name, number>>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = words[name];
      return text === undefined ? [] : [[name, integer(`--${name}`, text)]];
    }),
  ) as Partial<Record<Name, number>>;
}

/** Words that mean something beside --data only. */
export const dataOptionNames: readonly (keyof studies.DataCliOptions)[] = ["models", "model", "split", "k"];

/** What the verbs that take --data understand beside it; only those that judge have places to judge. */
export function dataCliOptions({ judges }: { readonly judges: boolean }): readonly Option[] {
  return [
    new Option("--data <folder>", "your own data: what import wrote, or a folder that it reads"),
    new Option("--models <names>", "which models, between commas (default: all)"),
    new Option("--model <file>", "a model of your own beside them (may be repeated)").argParser(collect),
    new Option(
      "--split <protocol>",
      "how rows are split (default: time; ratio where there are fewer than three days)",
    ).choices(studies.protocols),
    ...(judges ? [new Option("--k <integer>", "places of the lists that are judged (default: 10)")] : []),
  ];
}

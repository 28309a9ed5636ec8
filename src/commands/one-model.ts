/** What `recommend` and `score` share: one model that learns from all rows of your own data, and a file to send on. */
import { resolve } from "node:path";
import { Option } from "commander";
import { projectRoot } from "../pipeline/setting.js";
import { checkTableFile } from "./table-file.js";
import { checkNames, type Choice, type ModelSelection } from "../studies/benchmark/model.js";
import { integer, jsonOption, orUsageError, UsageError } from "./options.js";

/** As it was typed. */
export interface OneModelTyped {
  readonly data: string;
  readonly models?: string;
  readonly model?: string;
  readonly to?: string;
  readonly seed: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** What was typed, checked. */
export interface OneModel {
  readonly path: string;
  readonly root: string;
  /** Undefined: none was named. */
  readonly model?: Required<Pick<ModelSelection, "names" | "files">>;
  readonly seed: number;
  readonly to?: string;
}

/** The options, `own` of the verb between those of the data and those of the answer. */
export function oneModelOptions(family: string, usual: string, own: readonly Option[]): readonly Option[] {
  return [
    new Option(
      "--data <folder>",
      "your own data: a folder that import wrote, or one that it reads",
    ).makeOptionMandatory(),
    new Option("--models <name>", `which ${family} (default: ${usual})`),
    new Option("--model <file>", `your own ${family} instead`),
    ...own,
    new Option("--to <file>", "write all rows to a .csv, .json or .parquet file"),
    new Option("--seed <integer>", "of the model").default("42"),
    new Option("--out <folder>", "folder of artifacts (default: datasets/)"),
    jsonOption(),
  ];
}

/** @throws UsageError or RangeError naming the option and what is allowed */
export function readOneModel(
  { data, models, model, to, seed, out }: OneModelTyped,
  known: readonly Choice[],
): OneModel {
  if (models !== undefined && model !== undefined) throw new UsageError("--models and --model: allowed: one of them");
  const names = models === undefined ? [] : [models];
  checkNames(names, known);
  if (to !== undefined) orUsageError(() => checkTableFile(to));
  return {
    path: data,
    root: resolve(out ?? process.env["STAGECRAFT_DATASETS"] ?? `${projectRoot}/datasets`),
    ...((models ?? model) !== undefined && { model: { names, files: model === undefined ? [] : [model] } }),
    seed: integer("--seed", seed),
    ...(to !== undefined && { to }),
  };
}

/** `stagecraft recommend --data`: lists for the users of your own data, with the ids of your files. */
import { resolve } from "node:path";
import { Option } from "commander";
import { table, tableText } from "../lab/index.js";
import { retrieverLadder } from "../models/index.js";
import { projectRoot } from "../pipeline/setting.js";
import { checkNames, chooseModels } from "../studies/benchmark/model.js";
import { openOwnData } from "../studies/benchmark/own-data.js";
import { recommend as listsFor, writeRecommendations } from "../studies/benchmark/recommend.js";
import type { RunControl } from "../types.js";
import { addOptions, integer, jsonOption, listOf, orUsageError, UsageError } from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface Typed {
  readonly data: string;
  readonly models?: string;
  readonly model?: string;
  readonly k: string;
  readonly users?: string;
  readonly history?: string;
  readonly to?: string;
  readonly seed: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Users whose lists are printed where nobody is named and no file is. */
const shownUsers = 10;

export const recommend: Verb = (program, answer) => {
  const command = program
    .command("recommend")
    .description("the best items for each user of your own data, without those taken; a model learns from all rows");
  addOptions(command, [
    new Option(
      "--data <folder>",
      "your own data: a folder that import wrote, or one that it reads",
    ).makeOptionMandatory(),
    new Option("--models <name>", "which retriever (default: als)"),
    new Option("--model <file>", "your own retriever instead"),
    new Option("--k <integer>", "items of a list").default("10"),
    new Option("--users <ids>", "only these users, between commas, as your files name them (default: all)"),
    new Option("--history <ids>", "items that a user who is not in the data took, oldest first: a list for that user"),
    new Option("--to <file>", "write all lists to a .csv, .json or .parquet file"),
    new Option("--seed <integer>", "of the model").default("42"),
    new Option("--out <folder>", "folder of artifacts (default: datasets/)"),
    jsonOption(),
  ]);
  command.action(async (typed: Typed) => {
    const read = orUsageError(() => readTyped(typed));
    await answer("recommend", typed.json, (control) => recommendVerb(read, control));
  });
};

/** What is typed, checked. */
export interface RecommendCommand {
  readonly path: string;
  readonly root: string;
  readonly model: { readonly names: readonly string[]; readonly files: readonly string[] };
  readonly seed: number;
  readonly k: number;
  readonly users?: readonly string[];
  readonly history?: readonly string[];
  readonly to?: string;
}

function readTyped({ data, models, model, k, users, history, to, seed, out }: Typed): RecommendCommand {
  if (models !== undefined && model !== undefined) throw new UsageError("--models and --model: allowed: one of them");
  if (users !== undefined && history !== undefined)
    throw new UsageError("--users and --history: allowed: one of them; --history is of a user who is not in the data");
  const names = model === undefined ? [models ?? "als"] : [];
  checkNames(names, retrieverLadder);
  if (to !== undefined && !/\.(csv|json|parquet)$/.test(to))
    throw new UsageError(`invalid --to: ${to}; allowed: a file that ends in .csv, .json or .parquet`);
  return {
    path: data,
    root: resolve(out ?? process.env["STAGECRAFT_DATASETS"] ?? `${projectRoot}/datasets`),
    model: { names, files: model === undefined ? [] : [model] },
    seed: integer("--seed", seed),
    k: integer("--k", k, 1, 100_000),
    ...(users !== undefined && { users: listOf("--users", users) }),
    ...(history !== undefined && { history: listOf("--history", history) }),
    ...(to !== undefined && { to }),
  };
}

/** @throws Error on data, models or ids that are not there; the signal's reason on abort */
export async function recommendVerb(command: RecommendCommand, control: RunControl = {}): Promise<Answer> {
  const { path, root, seed, k, users, history, to } = command;
  const { models } = await chooseModels(command.model, retrieverLadder);
  const model = models[0]!;
  if (model.family !== "retriever")
    throw new Error(`${model.name} is a ranker; lists are made by a retriever, which scores all items`);
  const own = await openOwnData(path, root, control);
  const lists = await listsFor(own, { model, seed, k, ...(users && { users }), ...(history && { history }) }, control);
  if (to !== undefined) await writeRecommendations(to, lists);
  const names = [...new Set(lists.user)];
  const shown = new Set(to === undefined && (users ?? history) ? names : names.slice(0, shownUsers));
  const rows = lists.user.flatMap((user, i) =>
    shown.has(user) ? [{ user, rank: lists.rank[i]!, item: lists.item[i]!, score: lists.score[i]! }] : [],
  );
  const notes = [
    ...own.said,
    `${model.name} learned from ${own.taken.length.toLocaleString("en")} rows; items that a user took are left out`,
    ...(names.length > shown.size
      ? [`${shown.size} of ${names.length.toLocaleString("en")} users are shown; ${to ?? "--to FILE"} has all`]
      : []),
  ];
  const lines = [...shown].map((user) => ({
    user,
    items: rows.flatMap((row) => (row.user === user ? [row.item] : [])).join(", "),
  }));
  return {
    json: { data: own.dir, model: model.name, k, users: names.length, file: to ?? null, lists: rows, said: notes },
    text: `${tableText(table(lines, { caption: "Best first" }))}\n\n${notes.map((line) => `- ${line}`).join("\n")}`,
  };
}

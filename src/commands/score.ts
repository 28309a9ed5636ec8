/** `stagecraft score --data`: what a model says of the pairs in a file, with the ids of your files. */
import { resolve } from "node:path";
import { Option } from "commander";
import { readPairs, type TextForm } from "../data/index.js";
import { table, tableText } from "../lab/index.js";
import { chooseModels, onAnyData } from "../studies/benchmark/model.js";
import { openOwnData } from "../studies/benchmark/own-data.js";
import { columnsOfPairs, hasBothLabels, scorePairs } from "../studies/benchmark/score.js";
import { recordsOf, writeTableFile } from "./table-file.js";
import type { RunControl } from "../types.js";
import { oneModelOptions, readOneModel, type OneModel, type OneModelTyped } from "./one-model.js";
import { addOptions, orUsageError, UsageError, usageFault } from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface Typed extends OneModelTyped, TextForm {
  readonly user: string;
  readonly item: string;
}

/** Rows that are printed. */
const shownRows = 10;

export const score: Verb = (program, answer) => {
  const command = program
    .command("score")
    .argument("<file>", "pairs of a user and an item: .csv, .tsv (also .gz) or .parquet")
    .description("what a model says of each pair in a file of yours; it learns from all rows of your own data");
  addOptions(
    command,
    oneModelOptions("model", "logistic-regression; als where all rows are clicks", [
      new Option("--user <column>", "the file's column of users").default("user"),
      new Option("--item <column>", "the file's column of items").default("item"),
      new Option("--no-header", "no line names the columns; they are called 1, 2, …"),
      new Option("--separator <text>", "what is between two fields of the file (default: recognised)"),
      new Option("--encoding <name>", "of the file (default: utf-8)"),
    ]),
  );
  command.action(async (file: string, { user, item, header, separator, encoding, ...typed }: Typed) => {
    const read = orUsageError(() => readOneModel(typed, onAnyData));
    if (read.to !== undefined && resolve(read.to) === resolve(file))
      throw new UsageError(`invalid --to: ${read.to} is the file of pairs; allowed: another file`);
    if (user === item) throw new UsageError(`invalid --item: ${item} is the column of users; allowed: another one`);
    const form = {
      user,
      item,
      ...(header === false && { header }),
      ...(separator !== undefined && { separator }),
      ...(encoding !== undefined && { encoding }),
    };
    await answer("score", typed, (control) => scoreVerb({ ...read, file, form }, control));
  });
};

/** What was typed, checked. */
export interface ScoreCommand extends OneModel {
  readonly file: string;
  readonly form: Parameters<typeof readPairs>[1];
}

/** @throws Error on data, models or files that are not there; the signal's reason on abort */
export async function scoreVerb(command: ScoreCommand, control: RunControl = {}): Promise<Answer> {
  const { path, root, seed, file, form, to } = command;
  const pairs = await readPairs(file, form).catch((error: unknown) => {
    throw usageFault(error);
  });
  const own = await openOwnData(path, root, control);
  const usual = { names: [hasBothLabels(own) ? "logistic-regression" : "als"] };
  const { models } = await chooseModels(command.model ?? usual, onAnyData);
  const model = models[0]!;
  const scored = await scorePairs(own, { model, seed, pairs }, control);
  const columns = columnsOfPairs(scored);
  if (to !== undefined) await writeTableFile(to, columns);
  const rows = recordsOf(columns.map((column) => ({ ...column, values: column.values.slice(0, shownRows) })));
  const { unknownUsers, unknownItems } = scored;
  const all = pairs.user.length;
  const number = (count: number): string => count.toLocaleString("en");
  const what = model.family === "ranker" ? "probability of a click" : "the model's own score, comparable within a user";
  const known = scored.score.filter((value) => !Number.isNaN(value));
  const alike = known.length > 1 && new Set(known).size === 1;
  const notes = [
    ...own.said,
    ...(model.family === "ranker"
      ? ["rankers learn here from ids and fields, without what is only known as of a time"]
      : []),
    `${model.name} learned from all rows; score: ${what}`,
    ...(alike ? ["all scores are the same: the model does not tell these pairs apart"] : []),
    ...(unknownUsers > 0 ? [`rows without a score: ${number(unknownUsers)}, the user is not in the data`] : []),
    ...(unknownItems > 0 ? [`rows without a score: ${number(unknownItems)}, the item is not in the data`] : []),
    ...(all > shownRows ? [`${shownRows} of ${number(all)} rows are shown; ${to ?? "--to FILE"} has all`] : []),
  ];
  return {
    json: {
      data: own.dir,
      model: model.name,
      rows: all,
      unknownUsers,
      unknownItems,
      file: to ?? null,
      scores: to === undefined ? recordsOf(columns) : rows,
      said: notes,
    },
    tables: { scores: columns },
    text: `${tableText(table(rows, { caption: "In the order of the file" }))}\n\n${notes.map((line) => `- ${line}`).join("\n")}`,
  };
}

/** `stagecraft recommend --data`: lists for the users of your own data, with the ids of your files. */
import { Option } from "commander";
import { table, tableText } from "../lab/index.js";
import { retrieverLadder } from "../models/index.js";
import { chooseModels } from "../studies/benchmark/model.js";
import { openOwnData } from "../studies/benchmark/own-data.js";
import { columnsOfLists, recommend as listsFor } from "../studies/benchmark/recommend.js";
import { writeTableFile } from "./table-file.js";
import type { RunControl } from "../types.js";
import { oneModelOptions, readOneModel, type OneModel, type OneModelTyped } from "./one-model.js";
import { addOptions, integer, listOf, orUsageError, UsageError } from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface Typed extends OneModelTyped {
  readonly k: string;
  readonly users?: string;
  readonly history?: string;
}

/** Users whose lists are printed where nobody is named and no file is. */
const shownUsers = 10;

export const recommend: Verb = (program, answer) => {
  const command = program
    .command("recommend")
    .description("the best items for each user of your own data, without those taken; a model learns from all rows");
  addOptions(
    command,
    oneModelOptions("retriever", "als", [
      new Option("--k <integer>", "items of a list").default("10"),
      new Option("--users <ids>", "only these users, between commas, as your files name them (default: all)"),
      new Option(
        "--history <ids>",
        "items that a user who is not in the data took, oldest first: a list for that user",
      ),
    ]),
  );
  command.action(async (typed: Typed) => {
    const read = orUsageError(() => readTyped(typed));
    await answer("recommend", typed, (control) => recommendVerb(read, control));
  });
};

/** What was typed, checked. */
export interface RecommendCommand extends OneModel {
  readonly k: number;
  readonly users?: readonly string[];
  readonly history?: readonly string[];
}

function readTyped({ k, users, history, ...typed }: Typed): RecommendCommand {
  if (users !== undefined && history !== undefined)
    throw new UsageError("--users and --history: allowed: one of them; --history is of a user who is not in the data");
  return {
    ...readOneModel(typed, retrieverLadder),
    k: integer("--k", k, 1, 100_000),
    ...(users !== undefined && { users: listOf("--users", users) }),
    ...(history !== undefined && { history: listOf("--history", history) }),
  };
}

/** @throws Error on data, models or ids that are not there; the signal's reason on abort */
export async function recommendVerb(command: RecommendCommand, control: RunControl = {}): Promise<Answer> {
  const { path, root, seed, k, users, history, to } = command;
  const { models } = await chooseModels(command.model ?? { names: ["als"] }, retrieverLadder);
  const model = models[0]!;
  const own = await openOwnData(path, root, control);
  const lists = await listsFor(own, { model, seed, k, ...(users && { users }), ...(history && { history }) }, control);
  const columns = columnsOfLists(lists);
  if (to !== undefined) await writeTableFile(to, columns);
  const names = [...new Set(lists.user)];
  const shown = new Set(to === undefined && (users ?? history) ? names : names.slice(0, shownUsers));
  const rows = lists.user.flatMap((user, i) =>
    shown.has(user) ? [{ user, rank: lists.rank[i]!, item: lists.item[i]!, score: lists.score[i]! }] : [],
  );
  const notes = [
    ...own.said,
    `${model.name} learned from ${own.taken.length.toLocaleString("en")} rows; items that a user took are left out`,
    ...(lists.withoutList > 0
      ? [`users without a list: ${lists.withoutList.toLocaleString("en")}, they took every item`]
      : []),
    ...(names.length > shown.size
      ? [`${shown.size} of ${names.length.toLocaleString("en")} users are shown; ${to ?? "--to FILE"} has all`]
      : []),
  ];
  const lines = [...shown].map((user) => ({
    user,
    items: rows.flatMap((row) => (row.user === user ? [row.item] : [])).join(", "),
  }));
  return {
    json: {
      data: own.dir,
      model: model.name,
      k,
      users: names.length,
      withoutList: lists.withoutList,
      file: to ?? null,
      lists: rows,
      said: notes,
    },
    tables: { lists: columns },
    text: `${tableText(table(lines, { caption: "Best first" }))}\n\n${notes.map((line) => `- ${line}`).join("\n")}`,
  };
}

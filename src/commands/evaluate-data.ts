/** `stagecraft evaluate --data`: fitted (or loaded) models on the test part of your own data. */
import { basename } from "node:path";
import { difference, intervalOf, type Interval, type Replicates } from "../evaluation/index.js";
import { table, tableText, type ReportFigure, type Table } from "../lab/index.js";
import type { NamedColumn } from "../log/index.js";
import { families, type Family } from "../studies/benchmark/model.js";
import type { OwnData } from "../studies/benchmark/own-data.js";
import { namesOf } from "../studies/benchmark/recommend.js";
import type { JudgedOwn, PerUser } from "../studies/benchmark/split-rows.js";
import { fitOwn, judgeOwn } from "../studies/benchmark/split-source.js";
import type { RunControl } from "../types.js";
import { evaluationReport, scoreTable, sliceFigures, type ScoredModel } from "./evaluate-report.js";
import { captionOf, openSplit, type DataOptions } from "./own-data.js";
import type { Answer } from "./run.js";
import { writeTableFile } from "./table-file.js";

/** Users as one model served them. */
type UsersOfModel = PerUser & { readonly model: string; readonly family: Family };

/** One row of what `evaluate --data` finds. */
interface JudgedModel {
  readonly model: string;
  readonly family: Family;
  readonly id: string | null;
  readonly users: number;
  readonly metrics: Readonly<Record<string, Interval>>;
  /** To the first model of its family, paired by user; empty for that one. */
  readonly differences: Readonly<Record<string, Interval>>;
  /** Of retrievers: what the lists are like beside how right they are. */
  readonly beyond?: Readonly<Record<string, Interval>>;
}

/** Fits what is missing and judges. @throws Error on data or models that are not available; the signal's reason on abort */
export async function evaluateDataVerb(
  options: DataOptions & { readonly perUser?: string },
  control: RunControl = {},
): Promise<Answer> {
  const { k = 10, perUser } = options;
  const { parts, chosen, notes } = await openSplit(options, control);
  const models: JudgedModel[] = [];
  const users: UsersOfModel[] = [];
  const first = new Map<Family, JudgedOwn>();
  const scored: ScoredModel[] = [];
  for (const [i, model] of chosen.entries()) {
    control.onProgress?.("models", i, chosen.length, model.name);
    const { artifact, fitted } = await fitOwn(parts, model, control);
    const judged = await judgeOwn(parts, fitted, k, control);
    const intervals = (metrics: Readonly<Record<string, Replicates>>): Record<string, Interval> =>
      Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, intervalOf(metric, judged.users)]));
    const { name, family } = model;
    models.push({
      model: name,
      family,
      id: artifact?.id ?? null,
      users: judged.users,
      metrics: intervals(judged.metrics),
      differences: differencesTo(first.get(family), judged),
      ...(judged.beyond && { beyond: intervals(judged.beyond) }),
    });
    if (!first.has(family)) first.set(family, judged);
    users.push({ model: name, family, ...judged.perUser() });
    if (judged.scores) scored.push({ name, scores: judged.scores() });
  }
  control.onProgress?.("models", chosen.length, chosen.length);
  const columns = columnsOfUsers(parts.own, users);
  if (perUser !== undefined) await writeTableFile(perUser, columns);
  const tableOf = (
    family: Family,
    of: "metrics" | "differences" | "beyond",
    name: string,
    caption: string,
  ): readonly Table[] => {
    const rows = models.flatMap((model) =>
      model.family === family && Object.keys(model[of] ?? {}).length > 0 ? [{ model: model.model, ...model[of] }] : [],
    );
    return rows.length === 0 ? [] : [table(rows, { name, caption: `${caption}; 95 % intervals by user` })];
  };
  const scores = scoreTable(scored, "Chances of a click over all thresholds; GAUC leaves out users of one class");
  const tables = [
    ...[...families]
      .reverse()
      .flatMap((family) => [
        ...tableOf(family, "metrics", `${family}s`, captionOf(parts, family)),
        ...tableOf(
          family,
          "differences",
          `${family}-differences`,
          `Differences to ${models.find((one) => one.family === family)?.model}, paired by user`,
        ),
        ...tableOf(
          family,
          "beyond",
          "lists",
          "The lists beside how right they are: novelty in bits, popularity, diversity and serendipity as shares",
        ),
      ]),
    ...(scores ? [scores] : []),
  ];
  const { protocol } = parts.split;
  return {
    json: { data: parts.own.dir, split: protocol, k, models, file: perUser ?? null, said: notes },
    tables: { ...Object.fromEntries(tables.map((one) => [one.name, one])), users: columns },
    report: evaluationReport(
      "Evaluation on your own data",
      `Models on the test part of ${basename(parts.own.dir)}, split by ${protocol}.`,
      tables,
      scored,
      families.flatMap((family) => familySlices(parts.own, family, users)),
    ),
    text: [...tables.map(tableText), notes.map((line) => `- ${line}`).join("\n")].join("\n\n"),
  };
}

/** A row per user and model, with the ids of the data's files; empty where a metric is not of the model's family. */
function columnsOfUsers(own: OwnData, judged: readonly UsersOfModel[]): readonly NamedColumn[] {
  const nameOf = namesOf(own.data.userFields);
  const metrics = [...new Set(judged.flatMap(({ values }) => Object.keys(values)))];
  return [
    { name: "user", type: "VARCHAR", values: judged.flatMap(({ user }) => Array.from(user, nameOf)) },
    { name: "model", type: "VARCHAR", values: judged.flatMap(({ user, model }) => Array.from(user, () => model)) },
    ...metrics.map((name): NamedColumn => {
      const values = judged.flatMap(({ user, values }) =>
        Array.from(values[name] ?? new Float64Array(user.length).fill(NaN)),
      );
      return { name, type: "DOUBLE", values: Float64Array.from(values) };
    }),
  ];
}

/** Metrics that have replicates, less those of the family's first model. */
function differencesTo(first: JudgedOwn | undefined, { metrics, users }: JudgedOwn): JudgedModel["differences"] {
  return Object.fromEntries(
    Object.entries(first?.metrics ?? {}).flatMap(([name, control]) => {
      const treatment = metrics[name];
      if (treatment === undefined || control.values.length === 0) return [];
      return [[name, intervalOf(difference({ ...control, users }, { ...treatment, users }), users)]];
    }),
  );
}

/** A family's first metric by each field of users that has few values. */
function familySlices(own: OwnData, family: Family, users: readonly UsersOfModel[]): readonly ReportFigure[] {
  const ways = own.data.userFields
    .filter(({ name, words }) => name !== "key" && words.length >= 2 && words.length <= mostSlices)
    .map(({ name, words, code }) => ({ by: name, names: words, code: (user: number) => code[user] ?? -1 }));
  const models = users.filter((one) => one.family === family);
  const label = Object.keys(models[0]?.values ?? {})[1]; // the first is the number of test rows
  if (label === undefined) return [];
  const judged = models.map(({ model, user, values }) => ({ name: model, user, values: values[label]! }));
  return sliceFigures({ label: family === "ranker" ? `${label} within users` : label, models: judged }, ways);
}

/** More slices than this are not told apart in a figure. */
const mostSlices = 8;

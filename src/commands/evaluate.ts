/** `stagecraft evaluate`: step 5, offline; with --data fitted (or loaded) models on the test part of your own data. */
import { Option } from "commander";
import { intervalOf, type Interval, type Replicates } from "../evaluation/index.js";
import { table, tableText, type Table } from "../lab/index.js";
import type { NamedColumn } from "../log/index.js";
import { evaluateOffline } from "../pipeline/offline.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import { families, type Family } from "../studies/benchmark/model.js";
import type { OwnData } from "../studies/benchmark/own-data.js";
import { namesOf } from "../studies/benchmark/recommend.js";
import type { PerUser } from "../studies/benchmark/split-rows.js";
import { fitOwn, judgeOwn } from "../studies/benchmark/split-source.js";
import { checkTableFile, writeTableFile } from "./table-file.js";
import type { RunControl } from "../types.js";
import { captionOf, dataCliOptions, platformOrData, openSplit, type DataOptions, type DataTyped } from "./own-data.js";
import { orUsageError, UsageError, type PlatformOptions } from "./options.js";
import { dayRange, type Answer } from "./run.js";
import { platformVerb } from "./verb.js";

type EvaluateTyped = PlatformOptions & DataTyped & { readonly perUser?: string };

export const evaluate = platformVerb<EvaluateTyped>({
  name: "evaluate",
  description:
    "offline metrics on later days: AUC, log loss, calibration, recall@k, NDCG@k; with --data of all models on your own data",
  options: [
    ...dataCliOptions({ judges: true }),
    new Option("--per-user <file>", "with --data: the metrics of each user, to a .csv, .json or .parquet file"),
  ],
  run: platformOrData<EvaluateTyped>(evaluateVerb, (options, control, _setting, { perUser }) => {
    if (perUser !== undefined) orUsageError(() => checkTableFile(perUser));
    return evaluateDataVerb({ ...options, ...(perUser !== undefined && { perUser }) }, control);
  }),
});

async function evaluateVerb(setting: Setting, control: RunControl, { perUser }: EvaluateTyped): Promise<Answer> {
  if (perUser !== undefined) throw new UsageError("--per-user needs --data");
  const offline = await evaluateOffline(
    await trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control),
    control,
  );
  const ranking = offline.ranking.map((row) => ({
    policy: row.policy,
    slice: row.slice,
    AUC: row.click.auc,
    "log loss": row.policy === "random" ? null : row.click.logLoss,
    "calibration error": row.policy === "random" ? null : row.click.calibrationError,
    "NDCG@10 clicks": row.click.ndcg,
    "NDCG@10 watch": row.ndcgWatch,
  }));
  const retrieval = offline.retrieval.map((row) => ({
    retriever: row.retriever,
    slice: row.slice,
    [`recall@${row.k}`]: row.recall,
    queries: row.queries,
  }));
  const tables = {
    ranking: table(ranking, {
      caption: `Ranking on days ${dayRange(offline.days)}, ${offline.rows.toLocaleString("en")} impressions; 95 % intervals by user`,
    }),
    retrieval: table(retrieval, { caption: "Retrieval over the videos live that day" }),
  };
  return { json: { ...offline }, tables, text: Object.values(tables).map(tableText).join("\n\n") };
}

/** One row of what `evaluate --data` finds. */
interface JudgedModel {
  readonly model: string;
  readonly family: Family;
  readonly id: string | null;
  readonly users: number;
  readonly metrics: Readonly<Record<string, Interval>>;
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
  const users: (PerUser & { readonly model: string })[] = [];
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
      ...(judged.beyond && { beyond: intervals(judged.beyond) }),
    });
    if (perUser !== undefined) users.push({ model: name, ...judged.perUser() });
  }
  control.onProgress?.("models", chosen.length, chosen.length);
  if (perUser !== undefined) await writeTableFile(perUser, columnsOfUsers(parts.own, users));
  const tableOf = (family: Family, of: "metrics" | "beyond", name: string, caption: string): readonly Table[] => {
    const rows = models.flatMap((model) =>
      model.family === family && model[of] !== undefined ? [{ model: model.model, ...model[of] }] : [],
    );
    return rows.length === 0 ? [] : [table(rows, { name, caption: `${caption}; 95 % intervals by user` })];
  };
  const tables = [...families]
    .reverse()
    .flatMap((family) => [
      ...tableOf(family, "metrics", `${family}s`, captionOf(parts, family)),
      ...tableOf(
        family,
        "beyond",
        "lists",
        "The lists beside how right they are: novelty in bits, popularity and diversity as shares",
      ),
    ]);
  return {
    json: { data: parts.own.dir, split: parts.split.protocol, k, models, file: perUser ?? null, said: notes },
    tables: Object.fromEntries(tables.map((one) => [one.name, one])),
    text: [...tables.map(tableText), notes.map((line) => `- ${line}`).join("\n")].join("\n\n"),
  };
}

/** A row per user and model, with the ids of the data's files; empty where a metric is not of the model's family. */
function columnsOfUsers(
  own: OwnData,
  judged: readonly (PerUser & { readonly model: string })[],
): readonly NamedColumn[] {
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

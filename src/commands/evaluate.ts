/** `stagecraft evaluate`: step 5, offline, on the log's later days; with --data on the test part of your own data. */
import { Option } from "commander";
import { table, tableText } from "../lab/index.js";
import type { NamedColumn } from "../log/index.js";
import type { UserTable } from "../pipeline/offline-users.js";
import { evaluateOffline, offlineScores } from "../pipeline/offline.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import { languages, regions, type RunControl } from "../types.js";
import { evaluateDataVerb } from "./evaluate-data.js";
import { evaluationReport, rankingRows, scoreTable, sliceFigures, type UserMetric } from "./evaluate-report.js";
import { dataCliOptions, platformOrData, type DataTyped } from "./own-data.js";
import { orUsageError, type PlatformOptions } from "./options.js";
import { dayRange, type Answer } from "./run.js";
import { checkTableFile, writeTableFile } from "./table-file.js";
import { platformVerb } from "./verb.js";

type EvaluateTyped = PlatformOptions & DataTyped & { readonly perUser?: string };

export const evaluate = platformVerb<EvaluateTyped>({
  name: "evaluate",
  description:
    "offline metrics on later days: AUC, log loss, calibration, recall@k, NDCG@k; with --data of all models on your own data",
  options: [
    ...dataCliOptions({ judges: true }),
    new Option("--per-user <file>", "the metrics of each user also to this .csv, .json or .parquet file"),
  ],
  run: platformOrData<EvaluateTyped>(evaluateVerb, (options, control, _setting, { perUser }) => {
    if (perUser !== undefined) orUsageError(() => checkTableFile(perUser));
    return evaluateDataVerb({ ...options, ...(perUser !== undefined && { perUser }) }, control);
  }),
});

async function evaluateVerb(setting: Setting, control: RunControl, { perUser }: EvaluateTyped): Promise<Answer> {
  if (perUser !== undefined) orUsageError(() => checkTableFile(perUser));
  const trained = await trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control);
  const offline = await evaluateOffline(trained, control);
  const { policies, users } = await offlineScores(trained, control);
  const retrieval = offline.retrieval.map((row) => ({
    retriever: row.retriever,
    slice: row.slice,
    [`recall@${row.k}`]: row.recall,
    queries: row.queries,
  }));
  const models = Object.entries(policies).map(([name, scores]) => ({ name, scores }));
  const tables = [
    table(rankingRows(offline), {
      name: "ranking",
      caption: `Ranking on days ${dayRange(offline.days)}, ${offline.rows.toLocaleString("en")} impressions; 95 % intervals by user`,
    }),
    scoreTable(models, "Chances of a click over all thresholds; GAUC leaves out users of one class")!,
    table(retrieval, { name: "retrieval", caption: "Retrieval over the videos live that day" }),
  ];
  const columns = columnsOfLog(users);
  if (perUser !== undefined) await writeTableFile(perUser, columns);
  const { users: people } = trained.prepared.log.catalogue;
  const newSince = offline.days[0]! - newcomerDays;
  const slices = sliceFigures({ label: "NDCG@10 watch", models: byPolicy(users, users.ndcgWatch) }, [
    {
      by: "age of account",
      names: ["newcomers", "others"],
      code: (user) => (people.joinDay[user]! >= newSince ? 0 : 1),
    },
    { by: "region", names: regions, code: (user) => people.region[user]! },
    { by: "language", names: languages, code: (user) => people.language[user]! },
  ]);
  const lede = `${offline.rows.toLocaleString("en")} impressions of days ${dayRange(offline.days)}, which no model has seen.`;
  return {
    json: { ...offline, file: perUser ?? null },
    tables: { ...Object.fromEntries(tables.map((one) => [one.name, one])), users: columns },
    text: tables.map(tableText).join("\n\n"),
    report: evaluationReport("Offline evaluation", lede, tables, models, slices),
  };
}

/** Users count as newcomers who joined so many days before the test days, or later. */
const newcomerDays = 7;

function byPolicy({ policy, user }: UserTable, values: Float64Array): UserMetric["models"] {
  return [...new Set(policy)].map((name) => {
    const own = (_: number, row: number): boolean => policy[row] === name;
    return { name, user: user.filter(own), values: values.filter(own) };
  });
}

/** A random score is no chance of a click: it has no log loss. */
function columnsOfLog({ policy, user, rows, auc, logLoss, ndcgWatch }: UserTable): readonly NamedColumn[] {
  const column = (name: string, values: Float64Array): NamedColumn => ({ name, type: "DOUBLE", values });
  return [
    { name: "user", type: "BIGINT", values: user },
    { name: "policy", type: "VARCHAR", values: policy },
    column("test rows", rows),
    column("AUC", auc),
    column(
      "log loss",
      logLoss.map((value, row) => (policy[row] === "random" ? NaN : value)),
    ),
    column("NDCG@10 watch", ndcgWatch),
  ];
}

/** `stagecraft evaluate`: step 5, offline; with --data fitted (or loaded) models on the test part of your own data. */
import { intervalOf, type Interval } from "../evaluation/index.js";
import { table, tableText } from "../lab/index.js";
import { evaluateOffline } from "../pipeline/offline.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import { families, type Family } from "../studies/benchmark/model.js";
import { fitOwn, judgeOwn } from "../studies/benchmark/split-source.js";
import type { RunControl } from "../types.js";
import { captionOf, dataCliOptions, platformOrData, openSplit, type DataOptions, type DataTyped } from "./own-data.js";
import type { PlatformOptions } from "./options.js";
import { dayRange, type Answer } from "./run.js";
import { platformVerb } from "./verb.js";

export const evaluate = platformVerb<PlatformOptions & DataTyped>({
  name: "evaluate",
  description:
    "offline metrics on later days: AUC, log loss, calibration, recall@k, NDCG@k; with --data of all models on your own data",
  options: dataCliOptions({ judges: true }),
  run: platformOrData(evaluateVerb, evaluateDataVerb),
});

async function evaluateVerb(setting: Setting, control: RunControl): Promise<Answer> {
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
  const caption = `Ranking on days ${dayRange(offline.days)}, ${offline.rows.toLocaleString("en")} impressions; 95 % intervals by user`;
  return {
    json: { ...offline },
    text: [table(ranking, { caption }), table(retrieval, { caption: "Retrieval over the videos live that day" })]
      .map(tableText)
      .join("\n\n"),
  };
}

/** One row of what `evaluate --data` finds. */
interface JudgedModel {
  readonly model: string;
  readonly family: Family;
  readonly id: string | null;
  readonly users: number;
  readonly metrics: Readonly<Record<string, Interval>>;
}

/** Fits what is missing and judges. @throws Error on data or models that are not available; the signal's reason on abort */
export async function evaluateDataVerb(options: DataOptions, control: RunControl = {}): Promise<Answer> {
  const { k = 10 } = options;
  const { parts, chosen, notes } = await openSplit(options, control);
  const models: JudgedModel[] = [];
  for (const [i, model] of chosen.entries()) {
    control.onProgress?.("models", i, chosen.length, model.name);
    const { artifact, fitted } = await fitOwn(parts, model, control);
    const { users, metrics } = await judgeOwn(parts, fitted, k, control);
    const intervals = Object.entries(metrics).map(([name, metric]) => [name, intervalOf(metric, users)] as const);
    const { name, family } = model;
    models.push({ model: name, family, id: artifact?.id ?? null, users, metrics: Object.fromEntries(intervals) });
  }
  control.onProgress?.("models", chosen.length, chosen.length);
  const tables = [...families].reverse().flatMap((family) => {
    const rows = models.filter((model) => model.family === family).map(({ model, metrics }) => ({ model, ...metrics }));
    return rows.length === 0
      ? []
      : [tableText(table(rows, { caption: `${captionOf(parts, family)}; 95 % intervals by user` }))];
  });
  return {
    json: { data: parts.own.dir, split: parts.split.protocol, k, models, said: notes },
    text: [...tables, notes.map((line) => `- ${line}`).join("\n")].join("\n\n"),
  };
}

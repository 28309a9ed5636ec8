/**
 * `stagecraft reproduce`: the field's numbers on public data, by its protocols. Takes a folder (any layout that `importData` reads);
 * gives one table of retrievers and one of rankers, each the mean of several random splits (`ratio` of studies/benchmark/own-data).
 *
 * Retrieval: every rated item is a positive; models learn from the training part alone; all items are ranked for each user with test items,
 * those of training and validation left out. Ranking: rating ≥ 4 is the label; early stopping on validation. These are RecBole's
 * general and context-aware settings (Zhao et al., 2021). Both learn from rows later than those they are judged on.
 */
import { resolve } from "node:path";
import { Option } from "commander";
import { meanOf } from "../evaluation/index.js";
import { table, tableText, type Table } from "../lab/index.js";
import { projectRoot } from "../pipeline/setting.js";
import type { Family } from "../studies/benchmark/model.js";
import { openOwnData } from "../studies/benchmark/own-data.js";
import { ownParts } from "../studies/benchmark/split-rows.js";
import { fitOwn, judgeOwn } from "../studies/benchmark/split-source.js";
import { isOpenBandit, openBanditEstimates, type OpenBanditEstimates } from "../studies/off-policy/open-bandit.js";
import type { RunControl } from "../types.js";
import { splitOf } from "./own-data.js";
import { integer } from "./options.js";
import type { Answer } from "./run.js";
import { pathVerb } from "./verb.js";

export const reproduce = pathVerb({
  name: "reproduce",
  description:
    "published numbers of the field on public data: retrievers and rankers over random splits, one table each; of the Open " +
    "Bandit Dataset off-policy estimates",
  path:
    "folder or file of a public data set, in any layout that import reads (for example MovieLens 100K), or the Open Bandit " +
    "Dataset (the folder with bts/ and random/)",
  options: [
    new Option("--seed <integer>", "the same seed gives the same splits").default("1"),
    new Option("--splits <integer>", "random splits to take the mean of").default("3"),
    new Option("--out <folder>", "folder of artifacts (default: datasets/)"),
  ],
  read: (typed: { readonly seed: string; readonly splits: string; readonly out?: string }) => ({
    seed: integer("--seed", typed.seed),
    splits: integer("--splits", typed.splits, 1, 1_000),
    root: resolve(typed.out ?? `${projectRoot}/datasets`),
  }),
  run: reproduceVerb,
});

/** Settings of `reproduce`. */
export interface ReproduceOptions {
  /** Folder of artifacts: the import and the fitted models are kept there. */
  readonly root: string;
  readonly seed?: number;
  /** Random splits. */
  readonly splits?: number;
  /** Places of NDCG and recall. */
  readonly k?: number;
  /** Models by name (default: `reproduced`). */
  readonly models?: readonly string[];
}

/** Means over splits, and the values of each. */
export interface PublicScore {
  readonly model: string;
  readonly metrics: Readonly<Record<string, { readonly mean: number; readonly values: readonly number[] }>>;
}

/** What `reproduce` found. */
export interface Reproduction {
  readonly layout: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly k: number;
  readonly retrieval: readonly PublicScore[];
  readonly ranking: readonly PublicScore[];
  readonly said: readonly string[];
}

/** Models whose numbers the field has published often. */
const reproduced: readonly string[] = [
  ...["popularity", "item-knn", "bpr", "als"],
  ...["logistic-regression", "ftrl", "gbdt", "dnn", "dcn", "dcn-mix"],
];

/**
 * Fits (or loads) and judges. A few CPU minutes for MovieLens 100K. @throws Error on data that cannot be read; the signal's reason on
 * abort
 */
export async function reproduction(
  path: string,
  { root, seed = 1, splits = 3, k = 10, models }: ReproduceOptions,
  control: RunControl = {},
): Promise<Reproduction> {
  const own = await openOwnData(path, root, control);
  const quiet: RunControl = { ...(control.signal && { signal: control.signal }) };
  const found: { readonly model: string; readonly family: Family; readonly values: Record<string, number> }[] = [];
  const said = new Set(own.said);
  for (let split = 0; split < splits; split++) {
    const selection = { names: models ?? reproduced, skip: models === undefined };
    const { parts, chosen, notes } = await splitOf(ownParts(own, "ratio", seed + split), selection);
    notes.filter((note) => note !== `split ${parts.split.said}`).forEach((note) => said.add(note));
    for (const [i, model] of chosen.entries()) {
      control.onProgress?.("reproduce", split * chosen.length + i, splits * chosen.length, model.name);
      const { metrics } = await judgeOwn(parts, (await fitOwn(parts, model, quiet)).fitted, k, quiet);
      const values = Object.fromEntries(Object.entries(metrics).map(([name, { estimate }]) => [name, estimate]));
      found.push({ model: model.name, family: model.family, values });
    }
  }
  const scoresOf = (family: Family, wanted: readonly string[]): PublicScore[] =>
    [...new Set(found.filter((one) => one.family === family).map(({ model }) => model))].map((model) => ({
      model,
      metrics: Object.fromEntries(
        wanted.map((name) => {
          const values = found.filter((one) => one.model === model).map((one) => one.values[name]!);
          return [name, { mean: meanOf(values), values }];
        }),
      ),
    }));
  const { catalogue, interactions } = own.data;
  return {
    layout: own.layout,
    users: catalogue.users.count,
    items: catalogue.videos.count,
    interactions: interactions.count,
    k,
    retrieval: scoresOf("retriever", [`NDCG@${k}`, `recall@${k}`]),
    ranking: scoresOf("ranker", ["AUC", "log loss"]),
    said: [...said],
  };
}

async function reproduceVerb(path: string, options: ReproduceOptions, control: RunControl): Promise<Answer> {
  if (isOpenBandit(path)) return openBanditAnswer(await openBanditEstimates(path, options, control));
  const found = await reproduction(path, options, control);
  const { layout, users, items, interactions, k, retrieval, ranking, said } = found;
  const size = [users, items, interactions].map((n) => n.toLocaleString("en"));
  const tableOf = (scores: readonly PublicScore[], caption: string): Table =>
    table(
      scores.map(({ model, metrics }) => ({
        model,
        ...Object.fromEntries(
          Object.entries(metrics).flatMap(([name, { mean, values }]) => [
            [name, mean],
            [`${name}, from–to`, `${Math.min(...values).toFixed(4)}–${Math.max(...values).toFixed(4)}`],
          ]),
        ),
      })),
      { caption },
    );
  const tables = {
    retrieval: tableOf(
      retrieval,
      `Retrieval on ${layout} (${size[0]} users, ${size[1]} items, ${size[2]} interactions): full ranking at ${k}, seen items left out`,
    ),
    ranking: tableOf(ranking, "Ranking: clicks (of ratings: 4 and more), random rows"),
  };
  const text = [...Object.values(tables).map(tableText), said.map((line) => `- ${line}`).join("\n")].join("\n\n");
  return { json: { ...found }, tables, text };
}

/** One row an estimate, beside it what its weights say and the target's own click rate. */
function openBanditAnswer(found: readonly OpenBanditEstimates[]): Answer {
  const records = found.flatMap(({ campaign, log, target, truth, estimates }) =>
    estimates.map((one) => ({
      campaign,
      "log of": log,
      "value of": target,
      estimator: one.estimator,
      estimate: "refused" in one ? "refused" : one.interval,
      "its own": truth,
      "relative error": "refused" in one ? undefined : Math.abs(one.interval.estimate / truth.estimate - 1),
      "mean weight": one.check?.meanWeight,
      "effective sample size": one.check?.effectiveSampleSize,
      "largest weight": one.check?.largestWeight,
      "without support (estimated)": one.check?.unsupported,
    })),
  );
  const estimates = table(records, {
    caption: "Click rates on the Open Bandit Dataset: one policy's, estimated from the log of the other",
  });
  const said = found.flatMap(({ campaign, log, target, estimates: all }) =>
    all.flatMap((one) => ("refused" in one ? [`${campaign}, ${target} from the log of ${log}: ${one.refused}`] : [])),
  );
  said.push("the interval of the direct method leaves out how uncertain its reward model is");
  const text = [tableText(estimates), said.map((line) => `- ${line}`).join("\n")].join("\n\n");
  return { json: { layout: "open-bandit", campaigns: found }, tables: { estimates }, text };
}

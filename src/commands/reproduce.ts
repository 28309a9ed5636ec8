/**
 * The field's numbers on public data, by its protocols. Takes a folder (any layout that `importData` reads); gives one table of retrievers
 * and one of rankers, each the mean of several random splits (`ratio` of data-verbs/protocol).
 *
 * Retrieval: every rated item is a positive; models learn from the training part alone; all items are ranked for each user with test items,
 * those of training and validation left out. Ranking: rating ≥ 4 is the label; early stopping on validation. These are RecBole's general and
 * context-aware settings (Zhao et al., 2021). Both learn from rows later than those they are judged on.
 */
import { meanOf } from "../evaluation/index.js";
import { table, tableText } from "../lab/index.js";
import type { RunControl } from "../types.js";
import { ownChoices } from "../studies/benchmark/data/choices.js";
import { fitOwn, judgeOwn } from "../studies/benchmark/data/fit.js";
import { openOwnData } from "../studies/benchmark/data/own-data.js";
import { ownParts } from "../studies/benchmark/data/parts.js";
import type { Answer } from "./verbs.js";

/** Settings of `reproduce`. */
export interface ReproduceOptions {
  /** Folder of made things: the import and the fitted models are kept there. */
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
export const reproduced: readonly string[] = [
  "popularity",
  "item-knn",
  "bpr",
  "als",
  "logistic-regression",
  "ftrl",
  "gbdt",
  "dnn",
  "dcn",
  "dcn-mix",
];

/** Fits (or loads) and judges. A few CPU minutes for MovieLens 100K. @throws Error on data that cannot be read; the signal's reason on abort */
export async function reproduce(
  path: string,
  options: ReproduceOptions,
  control: RunControl = {},
): Promise<Reproduction> {
  const { root, seed = 1, splits = 3, k = 10 } = options;
  const own = await openOwnData(path, root, control);
  const quiet: RunControl = { ...(control.signal && { signal: control.signal }) };
  const values = new Map<
    string,
    { readonly family: "retriever" | "ranker"; readonly metrics: Record<string, number[]> }
  >();
  const said = new Set(own.said);
  for (let split = 0; split < splits; split++) {
    const parts = ownParts(own, "ratio", seed + split);
    const { choices, said: missing } = await ownChoices(parts, {
      names: options.models ?? reproduced,
      spare: options.models === undefined,
    });
    missing.forEach((sentence) => said.add(sentence));
    for (const [i, choice] of choices.entries()) {
      control.onProgress?.("reproduce", split * choices.length + i, splits * choices.length, choice.name);
      const { metrics } = await judgeOwn(parts, await fitOwn(parts, choice, seed + split, quiet), k, quiet);
      const all = values.get(choice.name) ?? { family: choice.family, metrics: {} };
      for (const [name, { estimate }] of Object.entries(metrics)) (all.metrics[name] ??= []).push(estimate);
      values.set(choice.name, all);
    }
  }
  const scoresOf = (family: "retriever" | "ranker", wanted: readonly string[]): PublicScore[] =>
    [...values]
      .filter(([, all]) => all.family === family)
      .map(([model, { metrics }]) => ({
        model,
        metrics: Object.fromEntries(
          wanted.map((name) => [name, { mean: meanOf(metrics[name] ?? []), values: metrics[name] ?? [] }]),
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

/** The verb: `stagecraft reproduce PATH`. */
export async function reproduceVerb(
  path: string,
  options: ReproduceOptions,
  control: RunControl = {},
): Promise<Answer> {
  const found = await reproduce(path, options, control);
  const { layout, users, items, interactions, k, retrieval, ranking, said } = found;
  const size = [users, items, interactions].map((n) => n.toLocaleString("en"));
  const rowsOf = (scores: readonly PublicScore[]): Record<string, string | number>[] =>
    scores.map(({ model, metrics }) => ({
      model,
      ...Object.fromEntries(
        Object.entries(metrics).flatMap(([name, { mean, values }]) => [
          [name, mean],
          [`${name}, from–to`, `${Math.min(...values).toFixed(4)}–${Math.max(...values).toFixed(4)}`],
        ]),
      ),
    }));
  const text = [
    tableText(
      table(rowsOf(retrieval), {
        caption: `Retrieval on ${layout} (${size[0]} users, ${size[1]} items, ${size[2]} interactions): full ranking at ${k}, seen items left out`,
      }),
    ),
    tableText(table(rowsOf(ranking), { caption: "Ranking: clicks (of ratings: 4 and more), random rows" })),
    said.map((line) => `- ${line}`).join("\n"),
  ];
  return { json: { ...found }, text: text.join("\n\n") };
}

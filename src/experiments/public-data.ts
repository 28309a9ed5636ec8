/**
 * The field's numbers on public data, by its protocols. Takes a folder (any layout that `importData` reads); gives one table of retrievers
 * and one of rankers, each the mean of several random splits.
 *
 * Retrieval: every interaction is a positive; 80/10/10 at random within each user; models learn from the training part alone; all items are
 * ranked for each user with test items, those of training and validation left out; NDCG and recall are means over these users.
 * Ranking: rating ≥ 4 is the label; rows 80/10/10 at random; early stopping on validation; AUC and log loss over the test rows.
 * These are RecBole's general and context-aware settings (Zhao et al., 2021). Both learn from rows later than those they are judged on.
 */
import { importData, readImported, splitByRatio, type ImportedData } from "../data/index.js";
import { auc, logLoss, meanOf, rankLists } from "../evaluation/index.js";
import { table, tableText } from "../lab/index.js";
import { als, bpr, byUser, dcn, ftrl, gbdt, gbdtFault, itemKnn, itemPopularity, logisticRegression, retrieveTop, type Interactions, type LabelledRows, type RankerKind, type RetrieverKind } from "../models/index.js";
import { keyOf } from "../random.js";
import type { RunControl } from "../types.js";
import { publicRows, takeRows } from "./public-rows.js";
import type { Answer } from "./verbs.js";

/** Settings of `reproduce`. */
export interface ReproduceOptions {
  /** Folder of made things; the import is kept under `<root>/import/`. */
  readonly root: string;
  readonly seed?: number;
  /** Random splits. */
  readonly splits?: number;
  /** Places of NDCG and recall. */
  readonly k?: number;
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

type Fit = (rows: LabelledRows, validation: LabelledRows, seed: number, control: RunControl) => Promise<(features: LabelledRows["features"]) => Float32Array>;
type Recommend = (rows: Interactions, users: Int32Array, k: number, seen: ReturnType<typeof byUser>, seed: number, control: RunControl) => Promise<Int32Array>;

/** Fits and judges. About two CPU minutes for MovieLens 100K. @throws Error on data that cannot be read; the signal's reason on abort */
export async function reproduce(path: string, options: ReproduceOptions, control: RunControl = {}): Promise<Reproduction> {
  const { root, seed = 1, splits = 3, k = 10 } = options;
  const imported = await importData({ path, root, control });
  const data = await readImported(imported.dir);
  const fault = gbdtFault();
  const retrievers: Record<string, Recommend> = { popularity: recommendBy(itemPopularity), "item-kNN": recommendBy(itemKnn), BPR: recommendBy(bpr), ALS: recommendBy(als) };
  const rankers: Record<string, Fit> = {
    "logistic regression": fitBy(logisticRegression, {}),
    "FTRL (4 passes)": fitBy(ftrl, { epochs: 4, l1: 0, alpha: 0.15 }),
    ...(fault === undefined && { GBDT: fitBy(gbdt, {}) }),
    "DCN-v2": fitBy(dcn, { epochs: 6, idDropout: 0.1 }),
  };
  const work = splits * (Object.keys(retrievers).length + Object.keys(rankers).length);
  let done = 0;
  const tell = (model: string): void => control.onProgress?.("reproduce", done++, work, model);
  const quiet: RunControl = { ...(control.signal && { signal: control.signal }) };
  const retrieval = await scoresOf(retrievers, splits, seed, async (recommend, name, splitSeed) => {
    tell(name);
    return judgeRetriever(data, recommend, splitSeed, k, quiet);
  });
  const rows = publicRows(data);
  const ranking = await scoresOf(rankers, splits, seed, async (fit, name, splitSeed) => {
    tell(name);
    const split = splitByRatio(data.interactions.user, { validation: 0.1, test: 0.1, by: "all", key: keyOf(splitSeed, "public data/rows") });
    const [train, validation, test] = [takeRows(rows, split.train), takeRows(rows, split.validation), takeRows(rows, split.test)];
    const scores = (await fit(train, validation, splitSeed, quiet))(test.features);
    return { AUC: auc(test.label, scores), "log loss": logLoss(test.label, scores) };
  });
  control.onProgress?.("reproduce", work, work);
  const said = [...imported.said, ...(fault === undefined ? [] : [`no GBDT: ${fault}`])];
  return { layout: imported.layout, users: data.catalogue.users.count, items: data.catalogue.videos.count, interactions: data.interactions.count, k, retrieval, ranking, said };
}

/** The verb: `stagecraft reproduce PATH`. */
export async function reproduceVerb(path: string, options: ReproduceOptions, control: RunControl = {}): Promise<Answer> {
  const found = await reproduce(path, options, control);
  const { layout, users, items, interactions, k, retrieval, ranking, said } = found;
  const size = [users, items, interactions].map((n) => n.toLocaleString("en"));
  const rowsOf = (scores: readonly PublicScore[]): Record<string, string | number>[] => scores.map(({ model, metrics }) => ({
    model, ...Object.fromEntries(Object.entries(metrics).flatMap(([name, { mean, values }]) => [[name, mean], [`${name}, from–to`, `${Math.min(...values).toFixed(4)}–${Math.max(...values).toFixed(4)}`]])),
  }));
  const text = [
    tableText(table(rowsOf(retrieval), { caption: `Retrieval on ${layout} (${size[0]} users, ${size[1]} items, ${size[2]} interactions): full ranking at ${k}, seen items left out` })),
    tableText(table(rowsOf(ranking), { caption: "Ranking: rating ≥ 4, random rows" })),
    ...said.map((line) => `- ${line}`),
  ];
  return { json: { ...found }, text: text.join("\n\n") };
}

async function scoresOf<Model>(models: Readonly<Record<string, Model>>, splits: number, seed: number, judge: (model: Model, name: string, seed: number) => Promise<Record<string, number>>): Promise<PublicScore[]> {
  const scores: PublicScore[] = [];
  for (const [name, model] of Object.entries(models)) {
    const values: Record<string, number[]> = {};
    for (let split = 0; split < splits; split++) {
      for (const [metric, value] of Object.entries(await judge(model, name, seed + split))) (values[metric] ??= []).push(value);
    }
    scores.push({ model: name, metrics: Object.fromEntries(Object.entries(values).map(([metric, all]) => [metric, { mean: meanOf(all), values: all }])) });
  }
  return scores;
}

async function judgeRetriever({ interactions, catalogue }: ImportedData, recommend: Recommend, seed: number, k: number, control: RunControl): Promise<Record<string, number>> {
  const { user, video } = interactions;
  const split = splitByRatio(user, { validation: 0.1, test: 0.1, by: "user", key: keyOf(seed, "public data/users") });
  const part = (rows: readonly number[] | Int32Array): Interactions => ({
    userCount: catalogue.users.count, itemCount: catalogue.videos.count, user: Int32Array.from(rows, (row) => user[row]!), item: Int32Array.from(rows, (row) => video[row]!),
  });
  const seen = byUser(part([...split.train, ...split.validation]));
  const wanted = byUser(part(split.test));
  const everyone = Int32Array.from({ length: catalogue.users.count }, (_, id) => id);
  const top = await recommend(part(split.train), everyone, k, seen, seed, control);
  const { ndcg, recall } = rankLists(top, k, wanted, k);
  return { [`NDCG@${k}`]: meanOf(ndcg), [`recall@${k}`]: meanOf(recall) };
}

function recommendBy<Model, Config>(kind: RetrieverKind<Model, Config>): Recommend {
  return async (rows, users, k, seen, seed, control) => retrieveTop(kind, await kind.fit(rows, { seed } as unknown as Partial<Config>, control), users, k, seen);
}

function fitBy<Model, Config>(kind: RankerKind<Model, Config>, config: Partial<Config>): Fit {
  return async (rows, validation, seed, control) => {
    const model = await kind.fit(rows, { ...config, seed, validation } as Partial<Config> & { validation: LabelledRows }, control);
    return (features) => kind.score(model, features);
  };
}

/**
 * All kinds of model by name, from the simplest up, with what hides each one's types: who compares models fits, scores, saves and loads
 * closures. A custom model is such a choice, too (see own-model.ts).
 */
import type { FeatureMatrix, RunControl } from "../types.js";
import { als } from "./retrievers/als.js";
import { bpr } from "./retrievers/bpr.js";
import type {
  HeldOutRows,
  LabelledRows,
  ModelTraits,
  RankerKind,
  RankerOutputs,
  RetrieverKind,
  RetrieverServing,
} from "./contract/kinds.js";
import { dcn, dcnMix, dnn } from "./rankers/dcn/kind.js";
import { ftrl } from "./rankers/ftrl.js";
import { gbdt } from "./rankers/gbdt/files.js";
import { multiTaskOutputs } from "./rankers/multi-task/files.js";
import type { Interactions } from "./retrievers/interactions.js";
import { itemKnn } from "./retrievers/item-knn.js";
import { itemPopularity } from "./retrievers/item-popularity.js";
import { logisticRegression } from "./rankers/logistic-regression.js";
import { sasrec } from "./retrievers/sasrec/kind.js";
import { twoTower } from "./retrievers/two-tower/kind.js";

/** A fitted ranker: probability of label 1 per row. */
export interface FittedRanker {
  score(features: FeatureMatrix): Float32Array; // [count]
  /** Writes it into a folder, whole or not at all; gives its id. Absent: it cannot be kept. */
  save?(dir: string): Promise<string>;
}

/** A fitted retriever: scores of all items for each user. */
export interface FittedRetriever {
  readonly itemCount: number;
  score(users: Int32Array): Float32Array; // [users, items]
  save?(dir: string): Promise<string>;
}

/** What every fit is told. A field of `config` that is not among the kind's `defaults` is refused. */
export interface FitChoice {
  readonly seed: number;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A model by name, before it is fitted. */
export interface NamedModel extends ModelTraits {
  readonly name: string;
  /** `built in`, or the path of a custom file. */
  readonly origin: string;
}

/** A ranker that may be compared. */
export interface RankerChoice extends NamedModel {
  readonly family: "ranker";
  readonly outputs?: RankerOutputs;
  fit(rows: LabelledRows, options: FitChoice & HeldOutRows, control?: RunControl): Promise<FittedRanker>;
  load?(dir: string): Promise<FittedRanker>;
}

/** A retriever that may be compared. */
export interface RetrieverChoice extends NamedModel {
  readonly family: "retriever";
  readonly serving: RetrieverServing;
  fit(rows: Interactions, options: FitChoice, control?: RunControl): Promise<FittedRetriever>;
  load?(dir: string): Promise<FittedRetriever>;
}

/** A model that may be compared. */
export type ModelChoice = RankerChoice | RetrieverChoice;

/** A ranker of several labels that cannot be fitted on one alone: it stands in the funnel only. */
export interface ManyLabelRanker extends NamedModel {
  readonly family: "ranker";
  readonly outputs: RankerOutputs;
}

/** A ranker as the funnel may have it. */
export type FunnelRanker = RankerChoice | ManyLabelRanker;

/** A kind of ranker as a choice. */
export function rankerChoice<Model, Config>(
  name: string,
  kind: RankerKind<Model, Config>,
  origin = "built in",
): RankerChoice {
  const fitted = (model: Model): FittedRanker => ({
    score: (features) => kind.score(model, features),
    save: (dir) => kind.save(model, dir),
  });
  return {
    ...recordOf(name, kind, origin),
    family: "ranker",
    ...(kind.outputs && { outputs: kind.outputs }),
    fit: async (rows, { config, seed, validation }, control) =>
      fitted(
        await kind.fit(
          rows,
          {
            ...settingsOf(name, kind.defaults, config),
            seed,
            ...(validation && { validation }),
          } as unknown as Partial<Config> & HeldOutRows,
          control,
        ),
      ),
    load: async (dir) => fitted(await kind.load(dir)),
  };
}

/** A kind of retriever as a choice. */
export function retrieverChoice<Model, Config>(
  name: string,
  kind: RetrieverKind<Model, Config>,
  origin = "built in",
): RetrieverChoice {
  const fitted = (model: Model): FittedRetriever => ({
    itemCount: kind.itemCount(model),
    score: (users) => kind.score(model, users),
    save: (dir) => kind.save(model, dir),
  });
  return {
    ...recordOf(name, kind, origin),
    family: "retriever",
    serving: kind.serving ?? "scores",
    fit: async (rows, { config, seed }, control) =>
      fitted(
        await kind.fit(
          rows,
          { ...settingsOf(name, kind.defaults, config), seed } as unknown as Partial<Config>,
          control,
        ),
      ),
    load: async (dir) => fitted(await kind.load(dir)),
  };
}

function recordOf<Config>(name: string, kind: ModelTraits<Config>, origin: string): NamedModel {
  const { engine = "javascript", dataSettings, idSettings } = kind;
  return {
    name,
    origin,
    engine,
    fault: () => kind.fault?.(),
    ...(dataSettings && { dataSettings }),
    ...(idSettings && { idSettings }),
  };
}

/** Built-in rankers, from the simplest up. */
export const rankerLadder: readonly RankerChoice[] = [
  rankerChoice("logistic-regression", logisticRegression),
  rankerChoice("ftrl", ftrl),
  rankerChoice("gbdt", gbdt),
  rankerChoice("dnn", dnn),
  rankerChoice("dcn", dcn),
  rankerChoice("dcn-mix", dcnMix),
];

/** Built-in rankers of the funnel, from the simplest up. */
export const funnelRankers: readonly FunnelRanker[] = [
  ...rankerLadder,
  { name: "multi-task", family: "ranker", origin: "built in", engine: "tensorflow", outputs: multiTaskOutputs },
];

/** Built-in retrievers, from the simplest up. */
export const retrieverLadder: readonly RetrieverChoice[] = [
  retrieverChoice("popularity", itemPopularity),
  retrieverChoice("item-knn", itemKnn),
  retrieverChoice("bpr", bpr),
  retrieverChoice("als", als),
  retrieverChoice("two-tower", twoTower),
  retrieverChoice("sasrec", sasrec),
];

/**
 * Built-in models by name.
 * @throws RangeError naming the known ones.
 * @example modelsNamed(["gbdt", "dcn"])
 */
export function modelsNamed(names: readonly string[]): readonly ModelChoice[] {
  const all: readonly ModelChoice[] = [...retrieverLadder, ...rankerLadder];
  return names.map((name) => {
    const found = all.find((choice) => choice.name === name);
    if (found === undefined)
      throw new RangeError(`unknown model: ${name}; known: ${all.map((choice) => choice.name).join(", ")}`);
    return found;
  });
}

/** A model's settings on your own data; `counted` where counts stand beside ids and fields. */
export function dataSettingsOf(
  { dataSettings, idSettings }: Pick<NamedModel, "dataSettings" | "idSettings">,
  counted: boolean,
): Readonly<Record<string, unknown>> {
  return { ...dataSettings, ...(!counted && idSettings) };
}

/** @throws RangeError on a setting that the model does not have, so that a slip of the pen is not taken for its default */
function settingsOf(
  name: string,
  defaults: unknown,
  config: FitChoice["config"] = {},
): Readonly<Record<string, unknown>> {
  const known = Object.keys(defaults as object);
  const unknown = Object.keys(config).find((setting) => !known.includes(setting));
  if (unknown !== undefined)
    throw new RangeError(`unknown setting of ${name}: ${unknown}; known: ${known.join(", ") || "none"}`);
  return config;
}

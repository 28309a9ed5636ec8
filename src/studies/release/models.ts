/**
 * Models that are pushed in a release drill, as data: eight with a fault that releases really have, eight that are as good as the
 * champion or better. Each is made from the world's rows. A model has two sides, how its trainer judges it and how it serves; faults
 * between the two (another unit, other columns, a feature that serving does not have) are invisible to its trainer.
 */
import { columnOf, type TrainingSet } from "../../data/index.js";
import {
  calibrate,
  fitPlatt,
  gbdt,
  type GbdtConfig,
  type LabelledRows,
  logisticRegression,
  type LogisticRegression,
  type LogisticRegressionConfig,
  type RankerKind,
  watchRows,
} from "../../models/index.js";
import { rankedBy, type Objective, type Predict, type Towers } from "../../serving/index.js";
import type { Catalogue, FeatureMatrix, RunControl } from "../../types.js";
import { withBots } from "../atlas/parts.js";

/** What models are made from. */
export interface DrillParts {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly before: TrainingSet; // days before the world changed
  readonly early: TrainingSet; // the first half of the days since
  readonly train: TrainingSet; // days since
  readonly more: TrainingSet; // those and the day after them, which stops the other fits early
  readonly validation: TrainingSet;
  readonly towers: Towers; // of the index
  readonly control: RunControl;
}

/** A model as it is pushed. */
export interface PushedModel {
  /** As its trainer judges it: rows of the warehouse. */
  readonly offline: Predict;
  readonly warehouse?: (set: TrainingSet) => FeatureMatrix; // what its trainer reads of a day, where that is not what was logged
  /** As it serves: rows of the feature store. */
  readonly served: Predict;
  readonly objective: Objective;
  readonly towers?: Towers; // default: those of the champion
}

/** One of the drill. */
export interface DrillModel {
  readonly name: string;
  readonly good: boolean;
  make(parts: DrillParts): Promise<PushedModel>;
}

interface Choice<Config> {
  readonly rows?: TrainingSet; // default: the training days
  readonly seed?: number; // added to the world's
  readonly config?: Partial<Config>;
}

interface Pair<Model> {
  readonly click: Model;
  readonly watch: Model;
}

async function fitPair<Model, Config>(
  kind: RankerKind<Model, Config>,
  { train, validation, seed: world, control }: DrillParts,
  { rows = train, seed = 0, config }: Choice<Config>,
): Promise<Pair<Model>> {
  const one = (of: (set: TrainingSet) => LabelledRows): Promise<Model> =>
    kind.fit(
      of(rows),
      { ...config, seed: world + seed, validation: of(validation) } as unknown as Partial<Config>,
      control,
    );
  return { click: await one(({ features, click }) => ({ features, label: click })), watch: await one(watchRows) };
}

function predictBy<Model>(
  { score }: Pick<RankerKind<Model, unknown>, "score">,
  { click, watch }: Pair<Model>,
): Predict {
  return rankedBy({ score: (rows) => score(click, rows) }, { score: (rows) => score(watch, rows) });
}

const light = { epochs: 5 };
const fits = new WeakMap<DrillParts, Promise<Pair<LogisticRegression>>>();

const usualPredict = async (parts: DrillParts): Promise<Predict> => predictBy(logisticRegression, await usual(parts));

/** The logistic regression that most models are a change of, fitted once for each world. */
function usual(parts: DrillParts): Promise<Pair<LogisticRegression>> {
  const known = fits.get(parts) ?? fitPair(logisticRegression, parts, { config: light });
  fits.set(parts, known);
  return known;
}

const served = (predict: Predict, more: Partial<PushedModel> = {}): PushedModel => ({
  ...{ offline: predict, served: predict, objective: "watch" },
  ...more,
});
/** The usual model with its weights changed. */
const weighted =
  (change: (model: LogisticRegression) => LogisticRegression): DrillModel["make"] =>
  async (parts) => {
    const { click, watch } = await usual(parts);
    return served(predictBy(logisticRegression, { click: change(click), watch: change(watch) }));
  };
const logistic =
  (of: (parts: DrillParts) => Choice<LogisticRegressionConfig>): DrillModel["make"] =>
  async (parts) => {
    const { config, ...choice } = of(parts);
    const pair = await fitPair(logisticRegression, parts, { ...choice, config: { ...light, ...config } });
    return served(predictBy(logisticRegression, pair));
  };
const trees =
  (count: number, of: (parts: DrillParts) => Choice<GbdtConfig> = () => ({})): DrillModel["make"] =>
  async (parts) => {
    const config = { trees: count, leaves: 15, threads: 1 };
    return served(predictBy(gbdt, await fitPair(gbdt, parts, { ...of(parts), config })));
  };
/** Mean of the two kinds: their errors differ. */
const both: DrillModel["make"] = async (parts) => {
  const [regression, forest] = [await usualPredict(parts), (await trees(60)(parts)).served];
  return served(async (features) => {
    const [a, b] = [await regression(features), await forest(features)];
    return {
      clickProbability: a.clickProbability.map((p, i) => (p + b.clickProbability[i]!) / 2),
      watchMs: a.watchMs.map((ms, i) => {
        const [p, q] = [a.clickProbability[i]!, b.clickProbability[i]!];
        return (p * ms + q * b.watchMs[i]!) / (p + q); // so that expected watch is the mean of the two
      }),
    };
  });
};
const skewed =
  (change: (features: FeatureMatrix) => FeatureMatrix): DrillModel["make"] =>
  async (parts) => {
    const predict = await usualPredict(parts);
    return served(predict, { served: (features) => predict(change(features)) });
  };

/** The first champion. */
export const firstChampion = logistic(({ early }) => ({ rows: early }));

/** Eight of each, in turns: a good one may be the champion that the next is compared with. */
export const drillModels: readonly DrillModel[] = inTurns(
  [
    { name: "wrong feature scaling", make: skewed((features) => changed(features, (x) => 1000 * x)) },
    { name: "stale index", make: staleIndex },
    { name: "label leak", make: labelLeak },
    { name: "swapped columns", make: skewed(swapped) },
    { name: "NaN weights", make: weighted(reweighted(() => NaN)) },
    { name: "clickbait objective", make: clickbait },
    { name: "trained on bots", make: onBots },
    { name: "yesterday's world", make: logistic(({ before }) => ({ rows: before })) },
  ],
  [
    { name: "newer data", make: weighted((model) => model) },
    { name: "int8 weights", make: weighted(int8) },
    { name: "a larger table", make: logistic(() => ({ config: { bits: 19 } })) },
    { name: "recalibrated", make: recalibrated },
    { name: "trees", make: trees(30) },
    { name: "twice the trees", make: trees(60) },
    { name: "a day more of data", make: trees(60, ({ more }) => ({ rows: more })) },
    { name: "trees and regression", make: both },
  ],
);

type Named = Omit<DrillModel, "good">;

function inTurns(bad: readonly Named[], good: readonly Named[]): readonly DrillModel[] {
  return bad.flatMap((one, i) => [
    { ...one, good: false },
    { ...good[i]!, good: true },
  ]);
}

/**
 * Queries embedded by one fit, videos by an earlier one whose space is turned against it: half a turn, the nearest are the farthest.
 * Its canary would see no harm, as popular and fresh videos fill the pages (seed 42: 6.5 % [3.5, 9.2] more minutes); recall does.
 */
async function staleIndex(parts: DrillParts): Promise<PushedModel> {
  const { towers } = parts;
  return served(await usualPredict(parts), {
    towers: {
      ...towers,
      async embedCandidates(rows) {
        const fresh = await towers.embedCandidates(rows);
        return fresh.map((x) => -x);
      },
    },
  });
}

/** A count that the warehouse fills after the fact: in training and in the trainer's test it holds the outcome, in serving it does not. */
async function labelLeak(parts: DrillParts): Promise<PushedModel> {
  const leak = (set: TrainingSet): TrainingSet => ({ ...set, features: leaked(set) });
  const { train, validation } = parts;
  const model = await logistic(() => ({ rows: leak(train) }))({ ...parts, validation: leak(validation) });
  return { ...model, warehouse: leaked };
}

/** Rows with the leak, as a trainer has them. The column is one that serving fills honestly. */
function leaked({ features, click }: TrainingSet): FeatureMatrix {
  return changed(features, (x, name, row) => (name === "video_like_rate" ? x + 0.05 * click[row]! : x));
}

async function clickbait(parts: DrillParts): Promise<PushedModel> {
  const predict = await usualPredict(parts);
  const chasing: Predict = async (features) => {
    const predicted = await predict(features);
    return { ...predicted, watchMs: predicted.watchMs.map((ms) => 60_000 / Math.max(1_000, ms)) };
  };
  return served(chasing);
}

async function onBots(parts: DrillParts): Promise<PushedModel> {
  const { catalogue, seed, train, validation } = parts;
  const farm = (set: TrainingSet): TrainingSet => withBots(set, catalogue, seed, 0.5);
  return logistic(() => ({ rows: farm(train) }))({ ...parts, validation: farm(validation) });
}

async function recalibrated(parts: DrillParts): Promise<PushedModel> {
  const { validation } = parts;
  const predict = await usualPredict(parts);
  const { clickProbability } = await predict(validation.features);
  const calibrator = fitPlatt(clickProbability, validation.click);
  return served(async (features) => {
    const predicted = await predict(features);
    return {
      ...predicted,
      clickProbability: Float32Array.from(calibrate(calibrator, predicted.clickProbability)),
    };
  });
}

/** Weights in 255 steps; what lies beyond the largest of 999 in 1000 is cut. The intercept stays as it is. */
function int8(model: LogisticRegression): LogisticRegression {
  const sizes = model.weights
    .slice(0, -1)
    .map(Math.abs)
    .filter((w) => w > 0)
    .sort();
  const step = (sizes[Math.floor(0.999 * (sizes.length - 1))] ?? 1) / 127;
  return reweighted((w) => step * Math.max(-127, Math.min(127, Math.round(w / step))))(model);
}

function reweighted(change: (weight: number) => number): (model: LogisticRegression) => LogisticRegression {
  return (model) => ({
    ...model,
    weights: model.weights.map((w, i) => (i === model.weights.length - 1 ? w : change(w))),
  });
}

/** Rows whose numbers are changed. */
function changed(features: FeatureMatrix, change: (x: number, name: string, row: number) => number): FeatureMatrix {
  const { numbers } = features.schema;
  const width = numbers.length;
  const values = features.numbers.map((x, i) => change(x, numbers[i % width]!.name, Math.floor(i / width)));
  return { ...features, numbers: values };
}

/** The click rate of a video stands where its watch rate should, and the other way. */
function swapped(features: FeatureMatrix): FeatureMatrix {
  const names = ["video_click_rate", "video_watch_rate"];
  const columns = names.map((name) => columnOf(features, name));
  return changed(features, (x, name, row) => columns[1 - names.indexOf(name)]?.[row] ?? x);
}

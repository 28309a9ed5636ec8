/**
 * Gradient-boosted trees: LightGBM (Ke et al., 2017), log loss. Takes rows of features with 0/1 labels; gives probabilities. Categories
 * are split as sets of ids (Fisher's grouping over gradient statistics), numbers by thresholds. Early stopping on held-out rows: the trees
 * after the best are dropped. Same seed and rows, same bytes; it does not depend on the number of threads (LightGBM's `deterministic`).
 */
import type { FeatureMatrix, FeatureSchema, RunControl } from "../../../types.js";
import { checkSettings } from "../../contract/inputs.js";
import { checkLabelledRows, type HeldOutRows, type LabelledRows } from "../../contract/kinds.js";
import { checkSchema, checkShape } from "../../network/encoding.js";
import type { CurvePoint, LearningCurve } from "../../network/training/fit.js";
import {
  boosterOf,
  freeBooster,
  freeDataset,
  growTree,
  makeBooster,
  makeDataset,
  metricOf,
  predictBooster,
  textOf,
  type Handle,
} from "./library.js";
import { splitRows } from "../../network/training/holdout.js";
import { clampedProbability } from "../probability.js";

/** Settings of `fitGbdt`; all JSON. */
export interface GbdtConfig {
  readonly seed: number;
  /** Trees at most. */
  readonly trees: number;
  readonly leaves: number;
  readonly learningRate: number;
  /** Rows a leaf needs. */
  readonly leafRows: number;
  /** Share of features a tree may use, and of rows (drawn anew each tree); below 1 the seed matters. */
  readonly featureShare: number;
  readonly rowShare: number;
  readonly l2: number;
  /** Pulls the statistics of rare ids to the mean (`cat_smooth`), and the penalty of splits by ids (`cat_l2`). */
  readonly categorySmoothing: number;
  readonly bins: number;
  readonly threads: number;
  /** Stops after this many trees without a new best on held-out rows. */
  readonly patience: number;
  /** Share of rows held out for validation where no validation rows are given; 0 grows all trees. */
  readonly validationShare: number;
}

/** Defaults of `fitGbdt`. */
export const gbdtDefaults: GbdtConfig = {
  seed: 1,
  trees: 500,
  leaves: 31,
  learningRate: 0.05,
  leafRows: 20,
  featureShare: 0.8,
  rowShare: 0.8,
  l2: 1,
  categorySmoothing: 20,
  bins: 255,
  threads: 2,
  patience: 30,
  validationShare: 0.05,
};

/** Fitted trees. */
export interface Gbdt {
  readonly kind: "gbdt";
  readonly config: GbdtConfig;
  readonly schema: FeatureSchema;
  /** LightGBM's own text format: any LightGBM reads it. */
  readonly text: string;
  readonly curve: LearningCurve;
}

/**
 * Trains. A tree is grown at a time; an abort is honoured between trees.
 * @throws Error on bad rows or settings (named), or where the library is missing; the signal's reason on abort
 */
export async function fitGbdt(
  rows: LabelledRows,
  options: Partial<GbdtConfig> & HeldOutRows = {},
  control: RunControl = {},
): Promise<Gbdt> {
  const { validation, ...given } = options;
  const config: GbdtConfig = { ...gbdtDefaults, ...given };
  checkGbdt(config);
  checkLabelledRows(rows, "trees");
  const { schema } = rows.features;
  if (validation !== undefined) {
    checkLabelledRows(validation, "their validation");
    checkSchema(schema, validation.features.schema);
  }
  const held = splitRows(
    rows.features.count,
    validation === undefined ? config.validationShare : 0,
    config.seed,
    "gbdt",
  );
  const parameters = parametersOf(config, schema);
  const handles: { train?: Handle; validation?: Handle; booster?: Handle } = {};
  try {
    control.signal?.throwIfAborted();
    handles.train = datasetOf(rows, held.train, parameters);
    if (validation !== undefined) handles.validation = datasetOf(validation, undefined, parameters, handles.train);
    else if (held.validation.length > 0)
      handles.validation = datasetOf(rows, held.validation, parameters, handles.train);
    handles.booster = makeBooster(handles.train, handles.validation, parameters);
    const { curve, kept } = await grow(
      handles.booster,
      handles.validation !== undefined,
      held.train.length,
      config,
      control,
    );
    return { kind: "gbdt", config, schema, text: textOf(handles.booster, kept), curve };
  } finally {
    if (handles.booster !== undefined) freeBooster(handles.booster);
    for (const dataset of [handles.validation, handles.train]) if (dataset !== undefined) freeDataset(dataset);
  }
}

/** Probability of label 1, [count]. @throws Error on NaN (naming the feature) or another schema */
export function predictGbdt(model: Gbdt, matrix: FeatureMatrix): Float32Array {
  if (matrix.schema !== model.schema) checkSchema(model.schema, matrix.schema);
  const columns = model.schema.categories.length + model.schema.numbers.length;
  return Float32Array.from(
    predictBooster(boosterFor(model), valuesOf(matrix, undefined), matrix.count, columns, model.config.threads),
    clampedProbability,
  );
}

async function grow(
  booster: Handle,
  validated: boolean,
  rows: number,
  config: GbdtConfig,
  control: RunControl,
): Promise<{ curve: LearningCurve; kept: number }> {
  const points: CurvePoint[] = [];
  const every = Math.max(1, Math.floor(config.trees / 20)); // the loss of all training rows costs half a tree
  let best = -1;
  let bestLoss = Infinity;
  let kept = 0;
  let stoppedEarly = false;
  for (let tree = 1; tree <= config.trees && !stoppedEarly; tree++) {
    control.signal?.throwIfAborted();
    const finished = growTree(booster);
    const validationLoss = validated ? metricOf(booster, 1) : undefined;
    const improved = validationLoss === undefined || validationLoss < bestLoss;
    if (improved) {
      kept = tree;
      bestLoss = validationLoss ?? Infinity;
    }
    stoppedEarly = finished || tree - kept >= config.patience;
    if ((validated && improved) || tree % every === 0 || tree === config.trees || stoppedEarly) {
      // a new best overwrites the point of the best before where no regular point stands between: the curve stays short
      const last = points.at(-1);
      if (validated && improved && last !== undefined && best === points.length - 1 && last.step % every !== 0)
        points.pop();
      points.push({
        step: tree,
        examples: tree * rows,
        epoch: tree,
        trainLoss: metricOf(booster, 0),
        ...(validationLoss === undefined ? {} : { validationLoss }),
      });
      if (improved) best = points.length - 1;
    }
    control.onProgress?.(
      "gbdt",
      tree,
      config.trees,
      `loss ${points.at(-1)!.trainLoss.toFixed(4)}${validated ? `, validation ${bestLoss.toFixed(4)}` : ""}`,
    );
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (stoppedEarly) control.onProgress?.("gbdt", config.trees, config.trees, "stopped early");
  return { curve: { points, best, stoppedEarly }, kept };
}

function checkGbdt(config: GbdtConfig): void {
  const share = { least: 0, most: 1, above: true };
  checkSettings(config, {
    trees: { least: 1, whole: true },
    leaves: { least: 2, whole: true },
    learningRate: { least: 0, above: true },
    leafRows: { least: 1, whole: true },
    featureShare: share,
    rowShare: share,
    l2: { least: 0 },
    categorySmoothing: { least: 0 },
    bins: { least: 2, most: 65_535, whole: true },
    threads: { least: 1, whole: true },
    patience: { least: 1, whole: true },
  });
}

function parametersOf(config: GbdtConfig, schema: FeatureSchema): string {
  const ids = schema.categories.map((_, c) => c);
  return [
    "objective=binary metric=binary_logloss verbosity=-1 deterministic=true force_row_wise=true feature_pre_filter=false",
    `seed=${config.seed} num_leaves=${config.leaves} learning_rate=${config.learningRate} ` +
      `min_data_in_leaf=${config.leafRows} lambda_l2=${config.l2}`,
    `feature_fraction=${config.featureShare} bagging_fraction=${config.rowShare} ` +
      `bagging_freq=${config.rowShare < 1 ? 1 : 0} max_bin=${config.bins}`,
    `cat_smooth=${config.categorySmoothing} num_threads=${config.threads}${ids.length > 0 ? ` categorical_feature=${ids.join(",")}` : ""}`,
  ].join(" ");
}

function datasetOf(rows: LabelledRows, order: Int32Array | undefined, parameters: string, reference?: Handle): Handle {
  const { categories, numbers } = rows.features.schema;
  const count = order?.length ?? rows.features.count;
  const at = (i: number): number => (order === undefined ? i : order[i]!);
  const labels = Float32Array.from({ length: count }, (_, i) => rows.label[at(i)]!);
  const weights =
    rows.weight === undefined ? undefined : Float32Array.from({ length: count }, (_, i) => rows.weight![at(i)]!);
  return makeDataset(
    valuesOf(rows.features, order),
    count,
    categories.length + numbers.length,
    labels,
    weights,
    parameters,
    reference,
  );
}

/** Categories, then numbers, row-major. @throws Error naming the feature on NaN or a negative id */
function valuesOf(matrix: FeatureMatrix, order: Int32Array | undefined): Float32Array {
  checkShape(matrix);
  const { categories, numbers } = matrix.schema;
  const wide = categories.length;
  const deep = numbers.length;
  const count = order?.length ?? matrix.count;
  const values = new Float32Array(count * (wide + deep));
  for (let i = 0, out = 0; i < count; i++) {
    const row = order === undefined ? i : order[i]!;
    for (let c = 0; c < wide; c++) {
      const id = matrix.categories[row * wide + c]!;
      if (id < 0) throw new Error(`category ${categories[c]!.name} is ${id} in row ${row}; allowed: 0 or more`);
      values[out++] = id;
    }
    for (let d = 0; d < deep; d++) {
      const value = matrix.numbers[row * deep + d]!;
      if (value - value !== 0)
        throw new Error(`number ${numbers[d]!.name} is ${value} in row ${row}; allowed: finite numbers`);
      values[out++] = value;
    }
  }
  return values;
}

const boosters = new WeakMap<Gbdt, Handle>();
const unused = new FinalizationRegistry<Handle>(freeBooster);

/** The native booster of a model, read from its text once and freed with it. */
function boosterFor(model: Gbdt): Handle {
  const held = boosters.get(model);
  if (held !== undefined) return held;
  const booster = boosterOf(model.text);
  boosters.set(model, booster);
  unused.register(model, booster);
  return booster;
}

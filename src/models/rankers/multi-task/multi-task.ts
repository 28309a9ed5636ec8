/**
 * The multi-task ranker. Takes rows of features; gives for each impression the chances of a click, a long watch, a like, a hide and a
 * conversion, the mean watch time, and one value.
 *
 *     shared bottom (Caruana, 1997)   h_k = relu(x W + b), the same for all tasks
 *     MMoE (Ma et al., 2018)          h_k = Σ_e softmax(x G_k + c_k)_e relu(x W_e + b_e)
 *     logit_k = relu(h_k W_k + b_k) · w_k + b_k
 *
 * All labels are of the impression, not of the click: no head is trained on a selection that it does not serve (Ma et al., 2018b, ESMM).
 * The exception is watch time with `watchTarget: "censored"`, which takes duration bias out (watch-head.ts has both treatments).
 *
 * value = Σ_k weight_k × prediction_k in watch minutes (a weighted sum as in Zhao et al., 2019).
 */
import type { FeatureMatrix } from "../../../types.js";
import type { DenseParameter } from "../../network/training/adam.js";
import { checkKnown, checkSettings } from "../../contract/inputs.js";
import { embeddingDefaults, type EmbeddingConfig, type InputBlock } from "../../network/layers/embedding.js";
import { encodingDefaults, type Encoding, type EncodingConfig } from "../../network/encoding.js";
import { beginNetwork, eachLogits, featureLearner, type FeatureTask } from "../../network/training/feature-learner.js";
import { fit, fitDefaults, type FitConfig, type FitControl, type LearningCurve } from "../../network/training/fit.js";
import {
  makeMultiTaskDense,
  multiTaskLoss,
  sharings,
  taskLogits,
  tasks,
  type MultiTaskShape,
  type Task,
  type TaskLabels,
} from "./network.js";
import { baseOdds, checkMultiTaskRows, taskLabels, type LongWatch, type MultiTaskRows } from "./rows.js";
import { probabilityOf } from "../probability.js";
import { valueWeights, type ValueWeights } from "../value.js";
import { logOddsLimit, watchBasis, watchMsOf, watchTargets, type WatchTarget } from "../watch-head.js";

/** Settings of `fitMultiTask`; all JSON. */
export interface MultiTaskConfig extends FitConfig, EmbeddingConfig, EncodingConfig, MultiTaskShape, LongWatch {
  /** Weight of each task's loss; 0 leaves it out. */
  readonly taskWeights: Readonly<Record<Task, number>>;
  /** Treatment of watch time: the minutes that will be watched, or interest free of the video's duration. */
  readonly watchTarget: WatchTarget;
  /** What the value is made of. */
  readonly value: ValueWeights;
  /** Share of rows held out for validation where no validation rows are given. */
  readonly validationShare: number;
}

/** Defaults of `fitMultiTask`; the ranker's where both have them, the rest not tuned. */
export const multiTaskDefaults: MultiTaskConfig = {
  ...fitDefaults,
  ...embeddingDefaults,
  ...encodingDefaults,
  idDropout: 0.6,
  sharing: "mmoe",
  experts: 4,
  expertWidth: 32,
  towerWidth: 16,
  longWatchMs: 30_000,
  longWatchShare: 0.8,
  taskWeights: { click: 1, longWatch: 1, watch: 0.3, like: 1, hide: 1, conversion: 1 },
  watchTarget: "weighted",
  value: valueWeights,
  validationShare: 0.05,
};

/** A trained multi-task ranker. */
export interface MultiTask {
  readonly kind: "multi-task";
  readonly config: MultiTaskConfig;
  readonly encoding: Encoding;
  readonly input: InputBlock;
  readonly dense: readonly DenseParameter[]; // in the order of makeMultiTaskDense
  /** Unit of the watch head in ms. */
  readonly watchUnitMs: number;
  readonly curve: LearningCurve;
}

/** Predictions of impressions: chances in (0, 1), and `watch` the mean watch time in ms (censored: of an endless video). // [count] each */
export type TaskPredictions = Readonly<Record<Task, Float32Array>>;

type Network = Pick<MultiTask, "config" | "encoding" | "input" | "dense" | "watchUnitMs">;

/** What `fitMultiTask` takes beside the rows. */
export interface FitMultiTaskOptions extends Partial<MultiTaskConfig> {
  /** Warm start: goes on from this model, as `FitRankerOptions.initial`; layers, labels and embedding sizes are the initial model's. */
  readonly initial?: MultiTask;
  /** Held-out rows (later days) for early stopping. */
  readonly validation?: MultiTaskRows;
}

/**
 * Trains a multi-task ranker.
 * @throws Error on no rows, labels of the wrong length or kind, only clicks or none, NaN features (named); the signal's reason on abort
 */
export async function fitMultiTask(
  rows: MultiTaskRows,
  { initial, validation, ...given }: FitMultiTaskOptions = {},
  control: FitControl = {},
): Promise<MultiTask> {
  const config: MultiTaskConfig = {
    ...multiTaskDefaults,
    ...initial?.config,
    ...given,
    ...(initial && layersOf(initial.config)),
  };
  checkConfig(config);
  checkMultiTaskRows(rows);
  if (validation !== undefined) checkMultiTaskRows(validation);
  const { encoding, input, dense: earlier } = beginNetwork(rows.features, config, "multi-task", initial);
  const fresh = watchBasis(rows, config.watchTarget);
  const basis = initial === undefined ? fresh : { ...fresh, unitMs: initial.watchUnitMs };
  const dense = earlier ?? makeMultiTaskDense(input.width, config, baseOdds(rows, config));
  const network: Network = { config, encoding, input, dense, watchUnitMs: basis.unitMs };
  const task: FeatureTask<MultiTaskRows, TaskLabels> = {
    name: "multi-task",
    config,
    logits: (x, parameters) => taskLogits(x, parameters, config),
    labels: (some, order, from, to) => taskLabels(some, order, from, to, config, basis),
    loss: (logits, labels, gradient) => multiTaskLoss(logits, labels, gradient, config.watchTarget),
    heads: (labels) => labels.map(({ amounts, targets }) => [amounts, targets] as const),
    limits: tasks.map((name) => (name === "watch" && config.watchTarget === "censored" ? logOddsLimit : undefined)),
    byRow: false,
  };
  const curve = await fit(featureLearner(network, task, rows, validation, config.validationShare), config, control);
  return { kind: "multi-task", ...network, curve };
}

/** Predicts rows, a few thousand at a time. @throws Error on NaN (naming the feature) or another schema */
export function predictTasks(model: Network, matrix: FeatureMatrix): TaskPredictions {
  const out = Object.fromEntries(tasks.map((task) => [task, new Float32Array(matrix.count)])) as Record<
    Task,
    Float32Array
  >;
  const { config, watchUnitMs } = model;
  eachLogits(
    model,
    matrix,
    (x, parameters) => taskLogits(x, parameters, config),
    (logits, from, to) => {
      tasks.forEach((task, k) => {
        const [column, part] = [out[task], logits.subarray(k * (to - from), (k + 1) * (to - from))];
        if (task === "watch")
          part.forEach(
            (z, i) => (column[from + i] = watchMsOf(z, out.click[from + i]!, config.watchTarget, watchUnitMs)),
          );
        else part.forEach((z, i) => (column[from + i] = probabilityOf(z)));
      });
    },
  );
  return out;
}

/** What a warm start takes over whatever it was asked for. */
function layersOf({
  sharing,
  experts,
  expertWidth,
  towerWidth,
  watchTarget,
}: MultiTaskConfig): Partial<MultiTaskConfig> {
  return { sharing, experts, expertWidth, towerWidth, watchTarget };
}

function checkConfig(config: MultiTaskConfig): void {
  checkKnown("sharing", config.sharing, sharings);
  checkKnown("watchTarget", config.watchTarget, watchTargets);
  checkSettings(config, {
    experts: { least: 1, whole: true },
    expertWidth: { least: 1, whole: true },
    towerWidth: { least: 1, whole: true },
    longWatchMs: { least: 0 },
    longWatchShare: { least: 0, most: 1 },
  });
  for (const task of Object.keys(config.taskWeights)) checkKnown("task", task, tasks);
  checkSettings(config.taskWeights, Object.fromEntries(tasks.map((task) => [task, { least: 0 }])));
}

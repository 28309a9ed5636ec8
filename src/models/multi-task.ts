/**
 * The multi-task ranker. Takes rows of features; gives for each impression the chances of a click, a long watch, a like, a hide and a conversion,
 * the mean watch time, and one value.
 *
 *     shared bottom (Caruana, 1997)   h_k = relu(x W + b), the same for all tasks
 *     MMoE (Ma et al., 2018)          h_k = Σ_e softmax(x G_k + c_k)_e relu(x W_e + b_e)
 *     logit_k = relu(h_k W_k + b_k) · w_k + b_k
 *
 * All labels are of the impression, not of the click: no head is trained on a selection that it does not serve (Ma et al., 2018b, ESMM).
 * Watch time is weighted logistic regression (Covington et al., 2016) with one change: each impression is a unit negative, clicked ones too, and
 * clicked ones are a positive of weight T besides; so the odds are E[T] itself, where the original's are E[T] / (1 - P(click)). It is not debiased
 * for duration: the duration is a feature, and `longWatch` is relative to it.
 *
 * value = Σ_k weight_k × prediction_k in watch minutes (a weighted sum as in Zhao et al., 2019).
 */
import { keyOf } from "../random.js";
import type { FeatureMatrix } from "../types.js";
import { adamState, stepAdam, type DenseParameter } from "./adam.js";
import { checkSettings } from "./contract.js";
import { dropIds, embeddingDefaults, gatherInput, lazyAdamState, makeInputBlock, stepEmbeddings, type EmbeddingConfig, type InputBlock } from "./embedding.js";
import { encodeRows, encodingDefaults, fitEncoding, type EncodedRows, type Encoding, type EncodingConfig } from "./encoding.js";
import { fit, fitDefaults, type FitConfig, type FitControl, type Learner, type LearningCurve } from "./fit.js";
import { splitRows } from "./holdout.js";
import { evaluate, lossAndGradients, type ArrayInput } from "./layers.js";
import { makeMultiTaskDense, multiTaskLoss, sharings, taskLogits, tasks, type MultiTaskShape, type Task } from "./multi-task-network.js";
import { baseRates, checkMultiTaskRows, targetsOf, type LongWatch, type MultiTaskRows } from "./multi-task-rows.js";
import { valueWeights, type ValueWeights } from "./value.js";
import { tensorflow } from "./tensor.js";
import type { Tensor, Tensor2D } from "./tensor-types.js";

/** Settings of `fitMultiTask`; all JSON. */
export interface MultiTaskConfig extends FitConfig, EmbeddingConfig, EncodingConfig, MultiTaskShape, LongWatch {
  /** Weight of each task's loss; 0 leaves it out. */
  readonly taskWeights: Readonly<Record<Task, number>>;
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
  /** Unit of the watch head: mean watch of an impression in ms. */
  readonly watchUnitMs: number;
  readonly curve: LearningCurve;
}

/** Predictions of impressions: chances in (0, 1), and `watch` the mean watch time in ms. // [count] each */
export type TaskPredictions = Readonly<Record<Task, Float32Array>>;

/** Log odds of the watch head are kept within ±this: exp cannot overflow on rows unlike any seen. */
export const logOddsLimit = 12;

type Network = Pick<MultiTask, "config" | "encoding" | "input" | "dense" | "watchUnitMs">;

/**
 * Trains a multi-task ranker.
 * @throws Error on no rows, labels of the wrong length or kind, only clicks or none, NaN features (named); the signal's reason on abort
 */
export async function fitMultiTask(
  rows: MultiTaskRows,
  { validation, ...options }: Partial<MultiTaskConfig> & { readonly validation?: MultiTaskRows } = {},
  control: FitControl = {},
): Promise<MultiTask> {
  const config: MultiTaskConfig = { ...multiTaskDefaults, ...options };
  checkConfig(config);
  checkMultiTaskRows(rows);
  if (validation !== undefined) checkMultiTaskRows(validation);
  const encoding = fitEncoding(rows.features, config);
  const input = makeInputBlock(encoding, config, config.seed, "multi-task");
  const { odds, watchUnitMs } = baseRates(rows, config);
  const network: Network = { config, encoding, input, dense: makeMultiTaskDense(input.width, config, odds), watchUnitMs };
  const held = splitRows(rows.features.count, validation === undefined ? config.validationShare : 0, config.seed, "multi-task");
  const learner = makeLearner(network, rows, held.train, validation === undefined ? { rows, order: held.validation } : { rows: validation });
  const curve = await fit(learner, config, control);
  return { kind: "multi-task", ...network, curve };
}

/** Predicts rows, a few thousand at a time. @throws Error on NaN (naming the feature) or another schema */
export function predictTasks(model: Network, matrix: FeatureMatrix): TaskPredictions {
  const out = Object.fromEntries(tasks.map((task) => [task, new Float32Array(matrix.count)])) as Record<Task, Float32Array>;
  let rows: EncodedRows | undefined;
  for (let from = 0; from < matrix.count; from += 4096) {
    const to = Math.min(matrix.count, from + 4096);
    rows = encodeRows(matrix, model.encoding, undefined, from, to, rows);
    const [chances, watches] = evaluate([blockOf(model.input, rows), ...model.dense], (x, ...parameters) => {
      const logits = taskLogits(x as Tensor2D, parameters, model.config);
      return [logits.sigmoid(), logits.clipByValue(-logOddsLimit, logOddsLimit).exp().mul(model.watchUnitMs)];
    });
    tasks.forEach((task, k) => out[task].set((task === "watch" ? watches! : chances!).subarray(k * (to - from), (k + 1) * (to - from)), from));
  }
  return out;
}

function makeLearner(network: Network, rows: MultiTaskRows, train: Int32Array, held: { rows: MultiTaskRows; order?: Int32Array }): Learner {
  const { config, encoding, input, dense, watchUnitMs } = network;
  const lazy = lazyAdamState(input);
  const states = dense.map(({ values }) => adamState(values));
  const dropKey = keyOf(config.seed, "multi-task/id dropout");
  const heldCount = held.order?.length ?? held.rows.features.count;
  let encoded: EncodedRows | undefined;
  const lossOf = ([x, amounts, targets, ...parameters]: readonly Tensor[]): Tensor =>
    multiTaskLoss(taskLogits(x as Tensor2D, parameters, config), amounts as Tensor2D, targets as Tensor2D);
  return {
    name: "multi-task",
    examples: train.length,
    weights: [...input.tables, ...dense].map(({ values }) => values),
    optimiser: { dense: states, lazy: [lazy] },
    step(batch, rate, step) {
      const order = batch.map((i) => train[i]!);
      encoded = encodeRows(rows.features, encoding, order, 0, order.length, encoded);
      dropIds(input, encoded, config, dropKey, step);
      const labels = targetsOf(rows, order, 0, order.length, config, watchUnitMs);
      const { loss, gradients } = lossAndGradients([blockOf(input, encoded), ...dense], (x, ...parameters) => lossOf([x!, ...labels.map(tensorOf), ...parameters]));
      stepEmbeddings(input, encoded, gradients[0]!, lazy, rate, config);
      dense.forEach(({ values }, p) => stepAdam(values, gradients[p + 1]!, states[p]!, rate));
      return loss;
    },
    ...(heldCount > 0 && {
      validate() {
        let sum = 0;
        for (let from = 0; from < heldCount; from += 4096) {
          const to = Math.min(heldCount, from + 4096);
          encoded = encodeRows(held.rows.features, encoding, held.order, from, to, encoded);
          const labels = targetsOf(held.rows, held.order, from, to, config, watchUnitMs);
          sum += evaluate([blockOf(input, encoded), ...labels, ...dense], (...tensors) => [lossOf(tensors)])[0]![0]! * (to - from);
        }
        return sum / heldCount;
      },
    }),
  };
}

function tensorOf({ values, shape }: ArrayInput): Tensor {
  return tensorflow().tensor(values, shape as number[], "float32");
}

function blockOf(input: InputBlock, rows: EncodedRows): ArrayInput {
  return { shape: [rows.count, input.width], values: gatherInput(input, rows) };
}

function checkConfig(config: MultiTaskConfig): void {
  if (!sharings.includes(config.sharing)) throw new Error(`unknown sharing: ${String(config.sharing)}; known: ${sharings.join(", ")}`);
  checkSettings({ ...config } as unknown as Record<string, number>, {
    experts: { least: 1, whole: true }, expertWidth: { least: 1, whole: true }, towerWidth: { least: 1, whole: true }, longWatchMs: { least: 0 }, longWatchShare: { least: 0, most: 1 },
  });
  for (const task of Object.keys(config.taskWeights)) if (!tasks.includes(task as Task)) throw new Error(`unknown task: ${task}; known: ${tasks.join(", ")}`);
  checkSettings(config.taskWeights, Object.fromEntries(tasks.map((task) => [task, { least: 0 }])));
}

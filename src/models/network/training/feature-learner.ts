/**
 * What networks over rows of features share: their beginning (fresh or from an earlier model), the training step, and prediction.
 *
 *     rows → encoded, some ids dropped → block [n, width] of embeddings and numbers → logits → loss
 *     loss → gradients of block and layers → lazy Adam on the tables, Adam on the layers
 *
 * On the native backend a step after encoding is one graph (graph-step.ts). Elsewhere TensorFlow sees the block and the layers;
 * embeddings, losses and updates are plain loops.
 */
import { keyOf } from "../../../random.js";
import type { FeatureMatrix } from "../../../types.js";
import { adamState, stepAdam, type DenseParameter } from "./adam.js";
import {
  dropIds,
  gatherInput,
  growInputBlock,
  lazyAdamState,
  makeInputBlock,
  stepEmbeddings,
  type EmbeddingConfig,
  type InputBlock,
} from "../layers/embedding.js";
import {
  encodeRows,
  extendEncoding,
  fitEncoding,
  type EncodedRows,
  type Encoding,
  type EncodingConfig,
} from "../encoding.js";
import { madeAhead, type FitConfig, type Learner } from "./fit.js";
import { splitRows } from "./holdout.js";
import { graphStep, type StepInput, type Trained } from "../graph/step.js";
import { evaluateTensors, lossAndGradients, type ArrayInput } from "../layers/layers.js";
import { headsLoss, loopLoss } from "../layers/losses.js";
import type { Tensor, Tensor2D } from "../tensor-types.js";

/** A network and what it reads. */
export interface FeatureNetwork {
  readonly encoding: Encoding;
  readonly input: InputBlock;
  readonly dense: readonly DenseParameter[];
}

/** What tells one kind of network from another. */
export interface FeatureTask<Rows extends { readonly features: FeatureMatrix }, Labels> {
  /** Names its random draws and its progress. */
  readonly name: string;
  readonly config: FitConfig & EmbeddingConfig;
  /** @param x [n, width] @param parameters in the order of `FeatureNetwork.dense` @returns all heads' logits */
  logits(x: Tensor2D, parameters: readonly Tensor[]): Tensor;
  /** Labels of the rows `order[from … to)` (`from … to` themselves without an order). */
  labels(rows: Rows, order: Int32Array | undefined, from: number, to: number): Labels;
  /** Mean loss of a batch; writes its gradient, as long as the logits. */
  loss(logits: Float32Array, labels: Labels, gradient: Float32Array): number;
  /** The same loss for steps in a graph: amounts and targets of each head, and `limits` as `headsLoss` reads them. */
  readonly limits: readonly (number | undefined)[];
  heads(labels: Labels): readonly (readonly [amounts: Float32Array, targets: Float32Array])[];
  /** Whether the logits are [n, heads]; else they are [heads, n]. */
  readonly byRow: boolean;
}

/** Rows at a time where nothing is learned. */
const chunk = 4096;

/**
 * Encoding and tables to begin with: fitted on these rows and fresh, or an earlier network's, extended by what has become frequent since.
 * `dense` are copies of the earlier network's layers, undefined without one.
 */
export function beginNetwork(
  features: FeatureMatrix,
  config: EmbeddingConfig & EncodingConfig & { readonly seed: number },
  name: string,
  initial?: FeatureNetwork,
): { readonly encoding: Encoding; readonly input: InputBlock; readonly dense: readonly DenseParameter[] | undefined } {
  if (initial === undefined) {
    const encoding = fitEncoding(features, config);
    return { encoding, input: makeInputBlock(encoding, config, config.seed, name), dense: undefined };
  }
  const encoding = extendEncoding(initial.encoding, features);
  return {
    encoding,
    input: growInputBlock(initial.input, encoding),
    dense: initial.dense.map((p) => ({ ...p, values: p.values.slice() })),
  };
}

/** Trains `network` in place. Without validation rows a share of the rows is held out. */
export function featureLearner<Rows extends { readonly features: FeatureMatrix }, Labels>(
  network: FeatureNetwork,
  task: FeatureTask<Rows, Labels>,
  rows: Rows,
  validation: Rows | undefined,
  validationShare: number,
): Learner {
  const { encoding, input, dense } = network;
  const { name, config } = task;
  const held = splitRows(rows.features.count, validation === undefined ? validationShare : 0, config.seed, name);
  const [heldRows, heldOrder] = validation === undefined ? [rows, held.validation] : [validation, undefined];
  const heldCount = heldOrder?.length ?? heldRows.features.count;
  const training = trainingOf([input], dense, config);
  const dropKey = keyOf(config.seed, `${name}/id dropout`);
  let [encoded, validated]: (EncodedRows | undefined)[] = [];
  const ahead = madeAhead((batch, step) => {
    const order = batch.map((i) => held.train[i]!);
    encoded = encodeRows(rows.features, encoding, order, 0, order.length, encoded);
    dropIds(input, encoded, config, dropKey, step);
    return { encoded, labels: task.labels(rows, order, 0, order.length) };
  });
  const lossOf =
    (labels: Labels) =>
    ([x, ...parameters]: readonly Tensor[]): Tensor =>
      loopLoss(task.logits(x as Tensor2D, parameters), (logits) => {
        const gradient = new Float32Array(logits.length);
        return { value: task.loss(logits, labels, gradient), gradient };
      });
  const graph = graphStep(training, ([x], parameters, [amounts, targets]) => {
    const logits = task.logits(x!, parameters) as Tensor2D;
    return headsLoss(task.byRow ? logits.transpose() : logits, amounts as Tensor2D, targets as Tensor2D, task.limits);
  });
  return {
    name,
    examples: held.train.length,
    sync: graph?.sync,
    close: graph?.close,
    weights: training.weights,
    optimiser: { dense: training.states, lazy: training.lazy },
    step(batch, rate, step, next) {
      const made = ahead.take(batch, step);
      if (graph === undefined) return training.step([made.encoded], rate, lossOf(made.labels));
      const running = graph.step([made.encoded], labelInputs(task.heads(made.labels), batch.length), rate);
      return ahead.during(running, next, step);
    },
    ...(heldCount > 0 && {
      validate() {
        let sum = 0;
        for (let from = 0; from < heldCount; from += chunk) {
          const to = Math.min(heldCount, from + chunk);
          validated = encodeRows(heldRows.features, encoding, heldOrder, from, to, validated);
          const loss = training.lossAt([validated], lossOf(task.labels(heldRows, heldOrder, from, to)));
          sum += loss * (to - from);
        }
        return sum / heldCount;
      },
    }),
  };
}

/** What steps change, with the step itself where it is no graph. */
export interface Training extends Trained {
  readonly weights: readonly Float32Array[]; // tables, then layers
  /** One update of tables and layers; gives the loss before it. @param lossOf of the blocks, then the layers */
  step(rows: readonly EncodedRows[], rate: number, lossOf: (tensors: readonly Tensor[]) => Tensor): number;
  /** The loss alone. */
  lossAt(rows: readonly EncodedRows[], lossOf: (tensors: readonly Tensor[]) => Tensor): number;
}

/** Fresh moments for tables and layers. */
export function trainingOf(
  inputs: readonly InputBlock[],
  dense: readonly DenseParameter[],
  config: EmbeddingConfig,
): Training {
  const lazy = inputs.map(lazyAdamState);
  const states = dense.map(({ values }) => adamState(values));
  const blockOf = inputs.map(blocks);
  const arraysOf = (rows: readonly EncodedRows[]): ArrayInput[] => [
    ...rows.map((some, i) => blockOf[i]!(some)),
    ...dense,
  ];
  return {
    inputs,
    dense,
    lazy,
    states,
    config,
    weights: [...inputs.flatMap(({ tables }) => tables), ...dense].map(({ values }) => values),
    step(rows, rate, lossOf) {
      const { loss, gradients } = lossAndGradients(arraysOf(rows), (...tensors) => lossOf(tensors));
      inputs.forEach((input, i) => stepEmbeddings(input, rows[i]!, gradients[i]!, lazy[i]!, rate, config));
      dense.forEach(({ values }, p) => stepAdam(values, gradients[inputs.length + p]!, states[p]!, rate));
      return loss;
    },
    lossAt: (rows, lossOf) => evaluateTensors(arraysOf(rows), (...tensors) => [lossOf(tensors)])[0]![0]!,
  };
}

/** What a network gives for all rows, [count, dim]. @throws as `eachLogits` */
export function embedRows(
  network: FeatureNetwork,
  matrix: FeatureMatrix,
  dim: number,
  embeddingsOf: (x: Tensor2D, parameters: readonly Tensor[]) => Tensor,
): Float32Array {
  const embeddings = new Float32Array(matrix.count * dim);
  eachLogits(network, matrix, embeddingsOf, (part, from) => embeddings.set(part, from * dim));
  return embeddings;
}

/**
 * The network's logits for rows, a few thousand at a time.
 * @throws Error on NaN (naming the feature) or another schema
 */
export function eachLogits(
  { encoding, input, dense }: FeatureNetwork,
  matrix: FeatureMatrix,
  logitsOf: FeatureTask<{ features: FeatureMatrix }, unknown>["logits"],
  take: (logits: Float32Array, from: number, to: number) => void,
): void {
  const blockOf = blocks(input);
  let encoded: EncodedRows | undefined;
  for (let from = 0; from < matrix.count; from += chunk) {
    const to = Math.min(matrix.count, from + chunk);
    encoded = encodeRows(matrix, encoding, undefined, from, to, encoded);
    const [logits] = evaluateTensors([blockOf(encoded), ...dense], (x, ...parameters) => [
      logitsOf(x as Tensor2D, parameters),
    ]);
    take(logits!, from, to);
  }
}

/** Gathers blocks into one array that is used again: fresh memory would cost as much as the copying. A block is valid until the next. */
function blocks(input: InputBlock): (rows: EncodedRows) => ArrayInput {
  let held = new Float32Array(0);
  return (rows) => {
    const length = rows.count * input.width;
    if (held.length < length) held = new Float32Array(length);
    return { shape: [rows.count, input.width], values: gatherInput(input, rows, held.subarray(0, length)) };
  };
}

/** Amounts and targets of all heads as a step in a graph reads them: [heads, n] each. */
function labelInputs(heads: readonly (readonly [Float32Array, Float32Array])[], n: number): StepInput[] {
  return [0, 1].map((part) => {
    const values = new Float32Array(heads.length * n);
    heads.forEach((columns, k) => values.set(columns[part]!, k * n));
    return { shape: [heads.length, n], values };
  });
}

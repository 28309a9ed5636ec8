/**
 * The sequence model: self-attentive sequential recommendation, SASRec (Kang and McAuley, 2018). Takes what each user watched, in order;
 * gives an embedding of the user for each prefix and one of each item, of length 1, so that it is served by the same index as two towers.
 *
 *     e_v = unit(W [embeddings and numbers of v] + b)            ids alone, or ids and features: a candidate tower without hidden layers
 *     h_t = √dim e_{v_t} + position_t + dwell_t u                position of the newest is the last, whatever the sequence's length
 *     h   ← h + dropout(attention(norm(h)))                      causal: no place sees a later one
 *     h   ← h + dropout(relu(norm(h) W + b) W + b)               for each block
 *     logit(t, v) = unit(norm(h_t)) · e_v / temperature
 *
 * Loss: every place predicts the next watch by softmax over the batch's next watches and uniformly drawn items, with logQ correction and
 * without accidental hits (the paper: one negative a place by sigmoid; softmax with corrected negatives is what two towers learn from too).
 */
import { keyOf, uniformInt } from "../../../random.js";
import type { FeatureMatrix } from "../../../types.js";
import type { DenseParameter } from "../../network/training/adam.js";
import { checkSettings } from "../../contract/inputs.js";
import {
  dropIds,
  embeddingDefaults,
  gatherInput,
  makeInputBlock,
  type EmbeddingConfig,
  type InputBlock,
} from "../../network/layers/embedding.js";
import { embedRows, trainingOf } from "../../network/training/feature-learner.js";
import {
  encodeRows,
  encodingDefaults,
  fitEncoding,
  type EncodedRows,
  type Encoding,
  type EncodingConfig,
} from "../../network/encoding.js";
import {
  batchesOf,
  fit,
  fitDefaults,
  madeAhead,
  type FitConfig,
  type FitControl,
  type Learner,
  type LearningCurve,
} from "../../network/training/fit.js";
import { dropoutMask } from "../../network/layers/attention.js";
import { graphStep, inputTensors, type StepInput } from "../../network/graph/step.js";
import { meanOverParts, splitRows } from "../../network/training/holdout.js";
import { evaluateTensors } from "../../network/layers/layers.js";
import {
  dropoutSites,
  itemEmbeddings,
  makeSasrecDense,
  sequenceEmbeddings,
  sequenceTensors,
  type SasrecShape,
} from "./network.js";
import {
  checkSequenceRows,
  layoutOf,
  nextRates,
  roundSizes,
  watchedItems,
  windowsOf,
  type LayoutSizes,
  type SequenceLayout,
  type SequenceInputs,
  type SequenceRows,
  type Windows,
} from "./rows.js";
import { sampledInputs, sampledSoftmax, softmaxInputs, softmaxOf } from "../../network/layers/sampled-softmax.js";
import { tensorflow } from "../../network/tensor.js";
import type { Tensor, Tensor2D } from "../../network/tensor-types.js";

/** Settings of `fitSasrec`; all JSON. `batchSize` counts windows. */
export interface SasrecConfig extends FitConfig, EmbeddingConfig, EncodingConfig, SasrecShape {
  readonly temperature: number;
  /** Share of values dropped after the embeddings and after each half of a block, to 1/256. */
  readonly dropout: number;
  /** Items drawn uniformly as further negatives of every batch. */
  readonly uniformNegatives: number;
  /** Whether the sampling bias is corrected. */
  readonly logQ: boolean;
  /** Share of windows held out for early stopping. */
  readonly validationShare: number;
}

/** Defaults of `fitSasrec`: sizes after the paper and this project's two towers, not tuned on any world. */
export const sasrecDefaults: SasrecConfig = {
  ...fitDefaults,
  ...embeddingDefaults,
  ...encodingDefaults,
  epochs: 8,
  batchSize: 32,
  learningRate: 2e-3,
  pointsPerEpoch: 2,
  patience: 4,
  idDims: 48,
  dim: 48,
  blocks: 2,
  heads: 1,
  length: 50,
  temperature: 0.07,
  dropout: 0.2,
  uniformNegatives: 512,
  logQ: true,
  validationShare: 0.05,
};

/** A trained sequence model. */
export interface Sasrec {
  readonly kind: "sasrec";
  readonly config: SasrecConfig;
  readonly encoding: Encoding; // of items
  readonly input: InputBlock; // of items
  readonly dense: readonly DenseParameter[]; // in the order of makeSasrecDense
  readonly curve: LearningCurve;
}

type Network = Pick<Sasrec, "config" | "encoding" | "input" | "dense">;

/**
 * Trains the sequence model.
 * @throws Error on no user with two watches, items that are not there, bad settings, NaN features (named); the signal's reason on abort
 */
export async function fitSasrec(
  rows: SequenceRows,
  options: Partial<SasrecConfig> = {},
  control: FitControl = {},
): Promise<Sasrec> {
  const config: SasrecConfig = { ...sasrecDefaults, ...options };
  checkConfig(config);
  checkSequenceRows(rows);
  const encoding = fitEncoding(watchedItems(rows), config);
  const input = makeInputBlock(encoding, config, config.seed, "sasrec");
  const network: Network = { config, encoding, input, dense: makeSasrecDense(input.width, config, config.seed) };
  const windows = windowsOf(rows, config.length);
  const { train, validation } = splitRows(windows.count, config.validationShare, config.seed, "sasrec");
  const curve = await fit(makeLearner(network, rows, windows, train, validation), config, control);
  return { kind: "sasrec", ...network, curve };
}

/** Item embeddings [items, dim], of length 1. @throws Error on NaN (naming the feature) or another schema */
export function embedItems(model: Network, items: FeatureMatrix): Float32Array {
  return embedRows(model, items, model.config.dim, itemEmbeddings);
}

/**
 * Query embeddings [count, dim], of length 1, from each user's last watches; zeros for one who has none (all inner products 0).
 * @param items the matrix that the watched ids are rows of
 */
export function embedSequences(model: Network, items: FeatureMatrix, sequences: SequenceInputs): Float32Array {
  const { dim, length: positions } = model.config;
  const { count, width } = sequences;
  const embeddings = new Float32Array(count * dim);
  for (let first = 0; first < count; first += 256) {
    const lengths = Array.from(sequences.length.subarray(first, Math.min(count, first + 256)), (n) =>
      Math.min(n, positions),
    );
    // the newest, where there are too many
    const start = (s: number): number => (first + s) * width + sequences.length[first + s]! - lengths[s]!;
    if (Math.max(...lengths) === 0) continue;
    const layout = layoutOf(lengths, positions, (s, place) => sequences.dwellMs?.[start(s) + place] ?? 0);
    const order = new Int32Array(layout.watches);
    let row = 0;
    lengths.forEach((n, s) => {
      for (let place = 0; place < n; place++) order[row++] = itemAt(sequences.video, start(s) + place, items.count);
    });
    const rows = encodeRows(items, model.encoding, order, 0, order.length);
    const block = { shape: [rows.count, model.input.width], values: gatherInput(model.input, rows) };
    const [part] = evaluateTensors([block, ...model.dense], (x, ...parameters) => [
      sequenceEmbeddings(
        itemEmbeddings(x as Tensor2D, parameters),
        sequenceTensors(inputTensors(layout.inputs), lengths.length),
        parameters,
        model.config,
      ),
    ]);
    let end = 0;
    lengths.forEach((n, s) => {
      end += n;
      if (n > 0) embeddings.set(part!.subarray((end - 1) * dim, end * dim), (first + s) * dim);
    });
  }
  return embeddings;
}

/** A batch. Items are one block, so that one that is read and predicted takes one step: the layout's rows, then as many and the drawn. */
interface Batch {
  readonly rows: EncodedRows;
  readonly watches: number;
  readonly others: readonly StepInput[]; // layout and dropout
  readonly videos: Int32Array; // [predicted + drawn] candidates
  readonly logQ: Float32Array | undefined;
}

function makeLearner(
  network: Network,
  rows: SequenceRows,
  windows: Windows,
  train: Int32Array,
  validation: Int32Array,
): Learner {
  const { config, encoding, input, dense } = network;
  const training = trainingOf([input], dense, config);
  const [dropKey, drawKey, dropoutKey] = ["id dropout", "negatives", "dropout"].map((name) =>
    keyOf(config.seed, `sasrec/${name}`),
  ) as [number, number, number];
  const rates = nextRates(rows, windows, train);
  let held: EncodedRows | undefined;

  /** @param learning whether ids and values are dropped @param sizes of its tensors: rows beyond the batch's own fill up */
  const prepare = (
    some: Int32Array,
    step: number,
    learning: boolean,
    sizes?: (lengths: readonly number[]) => LayoutSizes,
  ): Batch => {
    const lengths = Array.from(some, (w) => windows.to[w]! - windows.from[w]!);
    const dwellAt = (s: number, place: number): number => rows.dwellMs?.[windows.from[some[s]!]! + place] ?? 0;
    const layout = layoutOf(lengths, config.length, dwellAt, sizes?.(lengths));
    const { watches, numbers, rows: count, inputs } = layout;
    const watchOf = new Int32Array(watches);
    let row = 0;
    lengths.forEach((n, s) => {
      for (let place = 0; place < n; place++) watchOf[row++] = windows.from[some[s]!]! + place;
    });
    const videos = new Int32Array(watches + config.uniformNegatives); // every watch predicts the next
    for (let i = 0; i < videos.length; i++) {
      const next = watchOf[i % watches]! + 1; // a uniform draw is made among the items of some place's time
      videos[i] = i < watches ? rows.item[next]! : uniformInt(rates.live(next), drawKey, step, i - watches);
    }
    const ids = new Int32Array(2 * count + config.uniformNegatives).fill(rows.item[watchOf[0]!]!);
    watchOf.forEach((watch, i) => (ids[i] = rows.item[watch]!));
    ids.set(videos, count);
    const block = encodeRows(rows.items, encoding, ids, 0, ids.length, learning ? held : undefined);
    if (learning) dropItems((held = block), layout, videos.length, step);
    const draw = { rate: config.dropout, key: dropoutKey, step };
    const sites = learning && config.dropout > 0 ? dropoutSites(config.blocks) : 0;
    const dropout = Array.from({ length: sites }, (_, site) => ({
      shape: [count, config.dim],
      values: dropoutMask(numbers, config.dim, draw, site, count),
    }));
    const logQ = config.logQ
      ? Float32Array.from(videos, (id) =>
          Math.log(watches * rates.next[id]! + config.uniformNegatives * rates.uniform[id]! + 1e-9),
        )
      : undefined;
    return { rows: block, watches, others: [...inputs, ...dropout], videos, logQ };
  };
  /** Drops ids of a block; rows that fill up stay as the first, so that they touch no table row of their own. */
  const dropItems = (block: EncodedRows, layout: SequenceLayout, candidates: number, step: number): void => {
    const { numbers, cells, rows: count } = layout;
    const names = new Int32Array(block.count).fill(-1);
    names.set(numbers);
    for (let i = 0; i < candidates; i++) names[count + i] = cells + i;
    dropIds(input, block, config, dropKey, step, names);
    const wide = input.tables.length;
    names.forEach((name, i) => {
      if (name < 0) block.categories.copyWithin(i * wide, 0, wide);
    });
  };
  /** Queries and candidates of a batch. @param sequences of its layout */
  const embedded = (
    block: Tensor2D,
    parameters: readonly Tensor[],
    others: readonly Tensor[],
    sequences: number,
  ): [queries: Tensor2D, candidates: Tensor2D] => {
    const read = others[0]!.shape[0]!;
    const items = itemEmbeddings(block, parameters);
    const [reading, candidates] = tensorflow().split(items, [read, items.shape[0] - read]) as [Tensor2D, Tensor2D];
    return [sequenceEmbeddings(reading, sequenceTensors(others, sequences), parameters, config), candidates];
  };
  const lossOf = (batch: Batch, sequences: number, [block, ...parameters]: readonly Tensor[]): Tensor =>
    sampledSoftmax(
      ...embedded(block as Tensor2D, parameters, inputTensors(batch.others), sequences),
      config.temperature,
      batch,
    );
  const largest = Math.ceil(train.length / batchesOf(train.length, config));
  const graph = graphStep(training, ([block], parameters, others) =>
    softmaxOf(
      ...embedded(block!, parameters, others.slice(0, -softmaxInputs), largest),
      config.temperature,
      others.slice(-softmaxInputs),
    ),
  );
  const windowsAt = (batch: Int32Array): Int32Array => batch.map((i) => train[i]!);
  const ahead = madeAhead((batch, step) => {
    const filled = prepare(windowsAt(batch), step, true, (lengths) => roundSizes(lengths, largest, config.length));
    const inputs = sampledInputs(config.temperature, filled, filled.watches, filled.others[0]!.shape[0]!);
    return { filled, inputs };
  });

  return {
    name: "sasrec",
    examples: train.length,
    sync: graph?.sync,
    close: graph?.close,
    weights: training.weights,
    optimiser: { dense: training.states, lazy: training.lazy },
    step(batch, rate, step, next) {
      if (graph !== undefined) {
        const { filled, inputs } = ahead.take(batch, step);
        if (inputs !== undefined)
          return ahead.during(graph.step([filled.rows], [...filled.others, ...inputs], rate), next, step);
        graph.leave(); // logits too wide for it
      }
      const prepared = prepare(windowsAt(batch), step, true);
      return training.step([prepared.rows], rate, (tensors) => lossOf(prepared, batch.length, tensors));
    },
    ...(validation.length > 0 && {
      validate: () =>
        meanOverParts(validation, config.batchSize, (part, p) => {
          const prepared = prepare(part, -1 - p, false);
          return training.lossAt([prepared.rows], (tensors) => lossOf(prepared, part.length, tensors));
        }),
    }),
  };
}

function itemAt(video: Int32Array, at: number, count: number): number {
  const id = video[at]!;
  if (!(id >= 0 && id < count))
    throw new Error(`item is ${id} at place ${at} of the sequences; allowed: 0 to ${count - 1}`);
  return id;
}

function checkConfig(config: SasrecConfig): void {
  checkSettings(config, {
    dim: { least: 1, whole: true },
    blocks: { least: 0, whole: true },
    heads: { least: 1, whole: true },
    length: { least: 1, whole: true },
    temperature: { least: 0, above: true },
    dropout: { least: 0, most: 0.9 },
    uniformNegatives: { least: 0, whole: true },
  });
  if (config.dim % config.heads !== 0)
    throw new Error(`heads is ${config.heads}; allowed: divisors of dim ${config.dim}`);
}

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
import type { DenseParameter } from "../../network/adam.js";
import { checkSettings } from "../../contract/inputs.js";
import {
  dropIds,
  embeddingDefaults,
  gatherInput,
  makeInputBlock,
  type EmbeddingConfig,
  type InputBlock,
} from "../../network/embedding.js";
import { embedRows, trainingOf } from "../../network/feature-learner.js";
import {
  encodeRows,
  encodingDefaults,
  fitEncoding,
  type EncodedRows,
  type Encoding,
  type EncodingConfig,
} from "../../network/encoding.js";
import {
  fit,
  fitDefaults,
  type FitConfig,
  type FitControl,
  type Learner,
  type LearningCurve,
} from "../../network/fit.js";
import { meanOverParts, splitRows } from "../../network/holdout.js";
import { evaluateTensors } from "../../network/layers.js";
import {
  itemEmbeddings,
  makeSasrecDense,
  sequenceEmbeddings,
  type DropoutDraw,
  type SasrecShape,
  type SequenceMarks,
} from "./network.js";
import {
  checkSequenceRows,
  marksOf,
  nextRates,
  watchedItems,
  windowsOf,
  type SequenceInputs,
  type SequenceRows,
  type Windows,
} from "./rows.js";
import { sampledSoftmax } from "../../network/sampled-softmax.js";
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
    const places = Math.max(...lengths);
    if (places === 0) continue;
    const order = new Int32Array(lengths.length * places);
    lengths.forEach((n, s) => {
      for (let place = 0; place < n; place++)
        order[s * places + place] = itemAt(sequences.video, start(s) + place, items.count);
    });
    const marks = marksOf(
      lengths,
      places,
      positions,
      (s, place) => sequences.dwellMs?.[start(s) + place] ?? 0,
      "newest",
    );
    const rows = encodeRows(items, model.encoding, order, 0, order.length);
    const block = { shape: [rows.count, model.input.width], values: gatherInput(model.input, rows) };
    const [part] = evaluateTensors([block, ...model.dense], (x, ...parameters) => [
      sequenceEmbeddings(x as Tensor2D, marks, parameters, model.config),
    ]);
    let from = 0;
    lengths.forEach((n, s) => {
      if (n > 0) embeddings.set(part!.subarray(from * dim, ++from * dim), (first + s) * dim);
    });
  }
  return embeddings;
}

/** A batch: items read, items predicted and drawn, and the marks of the places. */
interface Batch {
  readonly rows: EncodedRows; // [sequences × places] read, then [predicted + drawn]: one block, so that an item of both takes one step
  readonly marks: SequenceMarks;
  readonly videos: Int32Array; // [predicted + drawn]
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

  const prepare = (some: Int32Array, step: number): Batch => {
    const lengths = Array.from(some, (w) => windows.to[w]! - windows.from[w]!);
    const places = Math.max(...lengths);
    const marks = marksOf(
      lengths,
      places,
      config.length,
      (s, place) => rows.dwellMs?.[windows.from[some[s]!]! + place] ?? 0,
      "all",
    );
    const watchOf = (row: number): number => windows.from[some[Math.floor(row / places)]!]! + (row % places);
    const read = some.length * places;
    const predicted = marks.read.length;
    const ids = new Int32Array(read + predicted + config.uniformNegatives);
    for (let row = 0; row < read; row++)
      ids[row] =
        // padding: an item that is touched anyway
        rows.item[row % places < lengths[Math.floor(row / places)]! ? watchOf(row) : watchOf(row - (row % places))]!;
    const videos = ids.subarray(read);
    for (let i = 0; i < videos.length; i++) {
      const next = watchOf(marks.read[i % predicted]!) + 1; // a uniform draw is made among the items of some place's time
      videos[i] = i < predicted ? rows.item[next]! : uniformInt(rates.live(next), drawKey, step, i - predicted);
    }
    held = encodeRows(rows.items, encoding, ids, 0, ids.length, held);
    const logQ = config.logQ
      ? Float32Array.from(videos, (id) =>
          Math.log(predicted * rates.next[id]! + config.uniformNegatives * rates.uniform[id]! + 1e-9),
        )
      : undefined;
    return { rows: held, marks, videos, logQ };
  };
  const lossOf = (batch: Batch, [block, ...parameters]: readonly Tensor[], dropout?: DropoutDraw): Tensor => {
    const read = batch.rows.count - batch.videos.length;
    const queries = sequenceEmbeddings(
      (block as Tensor2D).slice([0, 0], [read, -1]),
      batch.marks,
      parameters,
      config,
      dropout,
    );
    return sampledSoftmax(
      queries,
      itemEmbeddings((block as Tensor2D).slice([read, 0], [-1, -1]), parameters),
      config.temperature,
      batch,
    );
  };

  return {
    name: "sasrec",
    examples: train.length,
    weights: training.weights,
    optimiser: { dense: training.states, lazy: training.lazy },
    step(batch, rate, step) {
      const prepared = prepare(
        batch.map((i) => train[i]!),
        step,
      );
      dropIds(input, prepared.rows, config, dropKey, step);
      const dropoutDraw = { rate: config.dropout, key: dropoutKey, step };
      return training.step([prepared.rows], rate, (tensors) => lossOf(prepared, tensors, dropoutDraw));
    },
    ...(validation.length > 0 && {
      validate: () =>
        meanOverParts(validation, config.batchSize, (part, p) => {
          const prepared = prepare(part, -1 - p);
          return training.lossAt([prepared.rows], (tensors) => lossOf(prepared, tensors));
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

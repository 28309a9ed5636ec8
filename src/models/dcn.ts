/**
 * The ranker: a deep and cross network, DCN-v2 (Wang et al., 2021). Takes rows of features; gives the chance of a click and the
 * mean watch time of a click.
 *
 *     x0 = [embeddings, standardised numbers]                    // [n, width]
 *     x  ← x0 ⊙ (x W + b) + x            for each cross layer    // [n, width]
 *     h  = relu(… relu(x W + b) …)                               // [n, deep]
 *     click logit = h w + b;   log mean watch = h w + b, in units of the training rows' mean watch time of a click
 *
 * Loss: sigmoid cross-entropy of the click + watchWeight × Poisson loss of the watch time over clicked rows. The logged position is a
 * feature like any other: it takes up the position bias, and rows are served as position 0.
 */
import type { Tensor2D } from "./tensor-types.js";
import { keyOf } from "../random.js";
import type { FeatureMatrix } from "../types.js";
import { adamState, stepAdam, type DenseParameter } from "./adam.js";
import { checkSettings } from "./contract.js";
import { forward, lossOf, makeDense } from "./dcn-network.js";
import {
  dropIds,
  embeddingDefaults,
  gatherInput,
  growInputBlock,
  lazyAdamState,
  makeInputBlock,
  stepEmbeddings,
  type EmbeddingConfig,
  type InputBlock,
} from "./embedding.js";
import { encodeRows, encodingDefaults, extendEncoding, fitEncoding, type EncodedRows, type Encoding, type EncodingConfig } from "./encoding.js";
import { fit, fitDefaults, type FitConfig, type FitControl, type Learner, type LearningCurve } from "./fit.js";
import { splitRows } from "./holdout.js";
import { evaluate, lossAndGradients, type ArrayInput } from "./layers.js";
import { checkRankerRows, labelMeans, labelsOf, type RankerRows } from "./ranker-rows.js";

/** Settings of `fitRanker`; all JSON. */
export interface RankerConfig extends FitConfig, EmbeddingConfig, EncodingConfig {
  /** Cross layers; 0 leaves a plain deep network. */
  readonly crossLayers: number;
  /** Rank of each expert of a low-rank cross layer (low-rank-cross.ts); 0 or absent: full matrices. */
  readonly crossRank?: number;
  /** Experts of a low-rank cross layer, default 4. */
  readonly crossExperts?: number;
  /** Widths of the deep part. */
  readonly deep: readonly number[];
  /** Weight of the watch-time loss. */
  readonly watchWeight: number;
  /** Share of rows held out for validation where no validation rows are given. */
  readonly validationShare: number;
}

/**
 * Defaults of `fitRanker`. With few clicks an id the network leans on ids that later days do not bear out: at small, seed 7, 500 users, the
 * funnel's watch minutes a user-day were 6.12 at id dropout 0.1 and 6.46 at 0.6 (popularity 5.14). One seed; validation loss hardly differs.
 */
export const rankerDefaults: RankerConfig = {
  ...fitDefaults,
  ...embeddingDefaults,
  ...encodingDefaults,
  idDropout: 0.6,
  crossLayers: 2,
  deep: [64, 32],
  watchWeight: 0.3,
  validationShare: 0.05,
};

/** What `fitRanker` takes beside the rows. */
export interface FitRankerOptions extends Partial<RankerConfig> {
  /**
   * Warm start: goes on from this ranker. Its numbers keep their scale, its ids their table rows; ids that have become frequent since
   * get rows of their own, which begin as the OOV row. Layers and embedding sizes are the initial ranker's.
   */
  readonly initial?: Ranker;
  /** Held-out rows (later days) for early stopping. */
  readonly validation?: RankerRows;
}

/** A trained ranker. */
export interface Ranker {
  readonly kind: "ranker";
  readonly config: RankerConfig;
  readonly encoding: Encoding;
  readonly input: InputBlock;
  /** `cross0/weight`, `cross0/bias`, …, `deep0/weight`, …, `click/weight`, `click/bias`, `watch/weight`, `watch/bias`. */
  readonly dense: readonly DenseParameter[];
  /** Unit of the watch head in ms. */
  readonly watchUnitMs: number;
  readonly curve: LearningCurve;
}

/** The chance of a click and the mean watch time of a click. */
export interface RankerPredictions {
  readonly clickProbability: Float32Array; // [count] in (0, 1)
  readonly watchMs: Float32Array; // [count] above 0
}

/**
 * Trains a ranker.
 * @throws Error on no rows, labels of the wrong length or kind, only clicks or none, NaN features (named); the signal's reason on abort
 */
export async function fitRanker(rows: RankerRows, options: FitRankerOptions = {}, control: FitControl = {}): Promise<Ranker> {
  const { initial, validation, ...given } = options;
  const config: RankerConfig = { ...(initial?.config ?? rankerDefaults), ...given };
  checkLayers(config);
  checkRankerRows(rows);
  if (validation !== undefined) checkRankerRows(validation);
  const encoding = initial === undefined ? fitEncoding(rows.features, config) : extendEncoding(initial.encoding, rows.features);
  const input = initial === undefined ? makeInputBlock(encoding, config, config.seed, "ranker") : growInputBlock(initial.input, encoding);
  const { clickRate, meanWatchMs } = labelMeans(rows);
  const watchUnitMs = initial?.watchUnitMs ?? meanWatchMs;
  const dense = initial === undefined ? makeDense(input.width, config, clickRate) : initial.dense.map((p) => ({ ...p, values: p.values.slice() }));
  const shape = { config: { ...config, ...(initial && layersOf(initial.config, config)) }, encoding, input, dense, watchUnitMs };
  const held = splitRows(rows.features.count, validation === undefined ? config.validationShare : 0, config.seed, "ranker");
  const learner = makeLearner(shape, rows, held.train, clickRate, validation === undefined ? { rows, order: held.validation } : { rows: validation });
  const curve = await fit(learner, config, control);
  return { kind: "ranker", ...shape, curve };
}

/** Predicts rows, a few thousand at a time. @throws Error on NaN (naming the feature) or another schema */
export function predict(ranker: Pick<Ranker, "config" | "encoding" | "input" | "dense" | "watchUnitMs">, matrix: FeatureMatrix): RankerPredictions {
  const clickProbability = new Float32Array(matrix.count);
  const watchMs = new Float32Array(matrix.count);
  const size = 4096;
  let rows: EncodedRows | undefined;
  for (let from = 0; from < matrix.count; from += size) {
    const to = Math.min(matrix.count, from + size);
    rows = encodeRows(matrix, ranker.encoding, undefined, from, to, rows);
    const x = { shape: [to - from, ranker.input.width], values: gatherInput(ranker.input, rows) };
    const [clicks, watches] = evaluate([x, ...ranker.dense], (input, ...parameters) => {
      const { clickLogit, logWatch } = forward(input as Tensor2D, parameters, ranker.config);
      return [clickLogit.sigmoid(), logWatch.exp().mul(ranker.watchUnitMs)];
    });
    clickProbability.set(clicks!, from);
    watchMs.set(watches!, from);
  }
  return { clickProbability, watchMs };
}

/** The layers, as a warm start takes them over whatever it was asked for. */
function layersOf({ crossLayers, deep, crossRank = 0, crossExperts = 4 }: RankerConfig, asked: RankerConfig): Partial<RankerConfig> {
  return { crossLayers, deep, ...((crossRank > 0 || asked.crossRank !== undefined) && { crossRank, crossExperts }) };
}

function checkLayers({ crossLayers, crossRank = 0, crossExperts = 4 }: RankerConfig): void {
  checkSettings({ crossLayers, crossRank, crossExperts }, { crossLayers: { least: 0, whole: true }, crossRank: { least: 0, whole: true }, crossExperts: { least: 1, whole: true } });
}

type Shape = Pick<Ranker, "config" | "encoding" | "input" | "dense" | "watchUnitMs">;

/** What a batch is made of, re-used from step to step. */
interface Batch {
  readonly rows: EncodedRows;
  readonly labels: readonly ArrayInput[]; // click, watch, click weight, watch weight: [batch] each
}

function makeLearner(shape: Shape, rows: RankerRows, train: Int32Array, clickRate: number, held: { rows: RankerRows; order?: Int32Array }): Learner {
  const { config, input, dense } = shape;
  const lazy = lazyAdamState(input);
  const states = dense.map(({ values }) => adamState(values));
  const dropKey = keyOf(config.seed, "ranker/id dropout");
  const heldCount = held.order?.length ?? held.rows.features.count;
  let encoded: EncodedRows | undefined;
  const batchOf = (from: RankerRows, order: Int32Array | undefined, start: number, end: number): Batch => {
    encoded = encodeRows(from.features, shape.encoding, order, start, end, encoded);
    return { rows: encoded, labels: labelsOf(from, order, start, end, shape.watchUnitMs, config.watchWeight / clickRate) };
  };
  const order = new Int32Array(train.length);
  return {
    name: "ranker",
    examples: train.length,
    weights: [...input.tables, ...dense].map(({ values }) => values),
    optimiser: { dense: states, lazy: [lazy] },
    step(batch, rate, step) {
      for (let i = 0; i < batch.length; i++) order[i] = train[batch[i]!]!;
      const { rows: some, labels } = batchOf(rows, order, 0, batch.length);
      dropIds(input, some, config, dropKey, step);
      const x = { shape: [batch.length, input.width], values: gatherInput(input, some) };
      const { loss, gradients } = lossAndGradients([x, ...dense], (block, ...parameters) => lossOf(block!, parameters, labels, config));
      stepEmbeddings(input, some, gradients[0]!, lazy, rate, config);
      dense.forEach(({ values }, p) => stepAdam(values, gradients[p + 1]!, states[p]!, rate));
      return loss;
    },
    ...(heldCount > 0 && {
      validate() {
        let sum = 0;
        for (let from = 0; from < heldCount; from += 4096) {
          const to = Math.min(heldCount, from + 4096);
          const { rows: some, labels } = batchOf(held.rows, held.order, from, to);
          const x = { shape: [to - from, input.width], values: gatherInput(input, some) };
          const [loss] = evaluate([x, ...dense], (block, ...parameters) => [lossOf(block!, parameters, labels, config)]);
          sum += loss![0]! * (to - from);
        }
        return sum / heldCount;
      },
    }),
  };
}

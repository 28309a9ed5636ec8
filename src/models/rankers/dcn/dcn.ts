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
import type { FeatureMatrix } from "../../../types.js";
import type { DenseParameter } from "../../network/training/adam.js";
import { checkSettings } from "../../contract/inputs.js";
import { logWatchLimit, makeDense, rankerLogits, rankerLoss, type RankerLabels } from "./network.js";
import { embeddingDefaults, type EmbeddingConfig, type InputBlock } from "../../network/layers/embedding.js";
import { encodingDefaults, type Encoding, type EncodingConfig } from "../../network/encoding.js";
import { beginNetwork, eachLogits, featureLearner, type FeatureTask } from "../../network/training/feature-learner.js";
import { fit, fitDefaults, type FitConfig, type FitControl, type LearningCurve } from "../../network/training/fit.js";
import { probabilityOf } from "../probability.js";
import { checkRankerRows, labelMeans, labelsOf, type RankerRows } from "../ranker-rows.js";

/** Settings of `fitDcn`; all JSON. */
export interface DcnConfig extends FitConfig, EmbeddingConfig, EncodingConfig {
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
 * Defaults of `fitDcn`. With few clicks an id the network leans on ids that later days do not bear out: at small, seed 7, 500 users, the
 * funnel's watch minutes a user-day were 6.12 at id dropout 0.1 and 6.46 at 0.6 (popularity 5.14). One seed; validation loss hardly
 * differs.
 */
export const dcnDefaults: DcnConfig = {
  ...fitDefaults,
  ...embeddingDefaults,
  ...encodingDefaults,
  idDropout: 0.6,
  crossLayers: 2,
  deep: [64, 32],
  watchWeight: 0.3,
  validationShare: 0.05,
};

/** What `fitDcn` takes beside the rows. */
export interface FitDcnOptions extends Partial<DcnConfig> {
  /**
   * Warm start: goes on from this ranker. Its numbers keep their scale, its ids their table rows; ids that have become frequent since
   * get rows of their own, which begin as the OOV row. Layers and embedding sizes are the initial ranker's.
   */
  readonly initial?: Dcn;
  /** Held-out rows (later days) for early stopping. */
  readonly validation?: RankerRows;
}

/** A trained ranker. */
export interface Dcn {
  readonly kind: "ranker";
  readonly config: DcnConfig;
  readonly encoding: Encoding;
  readonly input: InputBlock;
  /** `cross0/weight`, `cross0/bias`, …, `deep0/weight`, …, `click/weight`, `click/bias`, `watch/weight`, `watch/bias`. */
  readonly dense: readonly DenseParameter[];
  /** Unit of the watch head in ms. */
  readonly watchUnitMs: number;
  readonly curve: LearningCurve;
}

/** The chance of a click and the mean watch time of a click. */
export interface DcnPredictions {
  readonly clickProbability: Float32Array; // [count] in (0, 1)
  readonly watchMs: Float32Array; // [count] above 0
}

/**
 * Trains a ranker.
 * @throws Error on no rows, labels of the wrong length or kind, only clicks or none, NaN features (named); the signal's reason on abort
 */
export async function fitDcn(rows: RankerRows, options: FitDcnOptions = {}, control: FitControl = {}): Promise<Dcn> {
  const { initial, validation, ...given } = options;
  const config: DcnConfig = { ...(initial?.config ?? dcnDefaults), ...given };
  checkLayers(config);
  checkRankerRows(rows);
  if (validation !== undefined) checkRankerRows(validation);
  const { encoding, input, dense: earlier } = beginNetwork(rows.features, config, "ranker", initial);
  const { clickRate, meanWatchMs } = labelMeans(rows);
  const watchUnitMs = initial?.watchUnitMs ?? meanWatchMs;
  const dense = earlier ?? makeDense(input.width, config, clickRate);
  const network = {
    config: { ...config, ...(initial && layersOf(initial.config, config)) },
    encoding,
    input,
    dense,
    watchUnitMs,
  };
  const task: FeatureTask<RankerRows, RankerLabels> = {
    name: "ranker",
    config: network.config,
    logits: (x, parameters) => rankerLogits(x, parameters, network.config),
    labels: (some, order, from, to) => labelsOf(some, order, from, to, watchUnitMs, config.watchWeight / clickRate),
    loss: rankerLoss,
    heads: ({ click, watch }) => [click, watch],
    limits: [undefined, logWatchLimit],
    byRow: true,
  };
  const curve = await fit(featureLearner(network, task, rows, validation, config.validationShare), config, control);
  return { kind: "ranker", ...network, curve };
}

/** Predicts rows, a few thousand at a time. @throws Error on NaN (naming the feature) or another schema */
export function predictDcn(
  ranker: Pick<Dcn, "config" | "encoding" | "input" | "dense" | "watchUnitMs">,
  matrix: FeatureMatrix,
): DcnPredictions {
  const clickProbability = new Float32Array(matrix.count);
  const watchMs = new Float32Array(matrix.count);
  const logitsOf: FeatureTask<RankerRows, RankerLabels>["logits"] = (x, parameters) =>
    rankerLogits(x, parameters, ranker.config);
  eachLogits(ranker, matrix, logitsOf, (logits, from, to) => {
    for (let row = from, at = 0; row < to; row++, at += 2) {
      clickProbability[row] = probabilityOf(logits[at]!);
      watchMs[row] = ranker.watchUnitMs * Math.exp(Math.min(Math.max(logits[at + 1]!, -logWatchLimit), logWatchLimit));
    }
  });
  return { clickProbability, watchMs };
}

/** The layers, as a warm start takes them over whatever it was asked for. */
function layersOf(
  { crossLayers, deep, crossRank = 0, crossExperts = 4 }: DcnConfig,
  asked: DcnConfig,
): Partial<DcnConfig> {
  return { crossLayers, deep, ...((crossRank > 0 || asked.crossRank !== undefined) && { crossRank, crossExperts }) };
}

function checkLayers({ crossLayers, crossRank = 0, crossExperts = 4 }: DcnConfig): void {
  checkSettings(
    { crossLayers, crossRank, crossExperts },
    {
      crossLayers: { least: 0, whole: true },
      crossRank: { least: 0, whole: true },
      crossExperts: { least: 1, whole: true },
    },
  );
}

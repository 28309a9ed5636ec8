/**
 * The retriever: two towers (Yi et al., 2019). The query tower embeds user and context, the candidate tower embeds videos, and
 * the logit of a pair is their inner product / temperature. Loss: softmax over the batch's positives and some uniformly drawn videos
 * (mixed negative sampling: Yang et al., 2020), with logQ correction and without accidental hits.
 *
 * A candidate's sampling rate is known exactly: with B positives of training shares f and U uniform draws among N videos, and m_j
 * expected hard draws (see two-tower-hard.ts), column j is drawn Q_j = B f_j + U / N + m_j times a batch, whichever way it came (the
 * balance heuristic of Veach and Guibas, 1995). Candidates' counts change from day to day: each positive sees those of its own midnight.
 */
import type { Tensor, Tensor2D } from "../../network/tensor-types.js";
import { keyOf, uniformInt } from "../../../random.js";
import type { FeatureMatrix } from "../../../types.js";
import { checkSettings } from "../../contract/inputs.js";
import { dropIds, embeddingDefaults } from "../../network/layers/embedding.js";
import { trainingOf } from "../../network/training/feature-learner.js";
import {
  encodeRows,
  encodingDefaults,
  fitEncoding,
  type EncodedRows,
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
import { graphStep } from "../../network/graph/step.js";
import { meanOverParts, splitRows } from "../../network/training/holdout.js";
import { sampledInputs, sampledSoftmax, softmaxOf } from "../../network/layers/sampled-softmax.js";
import { embed, makeTower, towerForward, type Tower, type TowerConfig } from "../../network/layers/tower.js";
import { hardMiner, type HardNegativeConfig } from "./hard-negatives.js";
import { checkTwoTowerRows, drawRates, liveOf, positivesOf, videosOf, type TwoTowerRows } from "./rows.js";

/** Settings of `fitTwoTower`; all JSON. */
export interface TwoTowerConfig extends FitConfig, TowerConfig, EncodingConfig, HardNegativeConfig {
  /** Logits are inner products (of unit vectors) divided by this. */
  readonly temperature: number;
  /** Whether the sampling bias is corrected; false only to show what happens then. */
  readonly logQ: boolean;
  /** Videos drawn uniformly as further negatives of every batch. */
  readonly uniformNegatives: number;
  /** Share of positives held out for early stopping. */
  readonly validationShare: number;
}

/**
 * Defaults of `fitTwoTower`. Measured at small, seed 7, recall@100 on later days, all traffic: .18 with batches of 1024, 8 dimensions a
 * topic and ids dropped at 0.25; .22 with 24 dimensions, ids dropped at 0.6 and batches of 256 (1024 left it far from converged); .23
 * with the user's click lift by topic among the query's features; .245 with linear towers and ids dropped at 0.9. Several settings moved
 * at each step, and training days and queries differed a little, so no step is one setting's effect. All had candidates' counts as of
 * midnight: not compared without. One hard negative for each positive (all else equal, seeds 7, 11, 13): .200, .211, .204 became .202,
 * .218, .208 for 3.3 times the training CPU: off.
 */
export const twoTowerDefaults: TwoTowerConfig = {
  ...fitDefaults,
  ...embeddingDefaults,
  ...encodingDefaults,
  dims: 24,
  epochs: 8,
  batchSize: 192,
  learningRate: 6e-3,
  pointsPerEpoch: 2,
  patience: 4,
  idDropout: 0.9,
  hidden: [],
  dim: 48,
  temperature: 0.07,
  logQ: true,
  uniformNegatives: 512,
  hardNegatives: 0,
  hardRanks: [20, 100],
  validationShare: 0.05,
};

/** A trained retriever. */
export interface TwoTower {
  readonly kind: "two-tower";
  readonly config: TwoTowerConfig;
  readonly query: Tower;
  readonly candidate: Tower;
  readonly curve: LearningCurve;
}

/**
 * Trains two towers.
 * @throws Error on no positives, videos outside the candidates, positives of one video only, NaN features (named); the signal's reason on
 * abort
 */
export async function fitTwoTower(
  rows: TwoTowerRows,
  options: Partial<TwoTowerConfig> = {},
  control: FitControl = {},
): Promise<TwoTower> {
  const config: TwoTowerConfig = { ...twoTowerDefaults, ...options };
  checkConfig(config);
  checkTwoTowerRows(rows);
  const query = makeTower(fitEncoding(rows.query, config), config, "query");
  const candidate = makeTower(fitEncoding(positivesOf(rows), config), config, "candidate");
  const { train, validation } = splitRows(rows.video.length, config.validationShare, config.seed, "two-tower");
  const learner = makeLearner({ config, query, candidate }, rows, train, validation);
  const curve = await fit(learner, config, control);
  return { kind: "two-tower", config, query, candidate, curve };
}

/** Query embeddings [count, dim], of length 1. @throws Error on NaN (naming the feature) or another schema */
export function embedQueries(model: Pick<TwoTower, "query">, matrix: FeatureMatrix): Float32Array {
  return embed(model.query, matrix);
}

/** Candidate embeddings [count, dim], of length 1. @throws Error on NaN (naming the feature) or another schema */
export function embedCandidates(model: Pick<TwoTower, "candidate">, matrix: FeatureMatrix): Float32Array {
  return embed(model.candidate, matrix);
}

function makeLearner(
  model: Pick<TwoTower, "config" | "query" | "candidate">,
  rows: TwoTowerRows,
  train: Int32Array,
  validation: Int32Array,
): Learner {
  const { config, query, candidate } = model;
  const towers = [query, candidate];
  const inputs = towers.map((tower) => tower.input);
  const training = trainingOf(
    inputs,
    towers.flatMap((tower) => tower.dense),
    config,
  );
  const dropKeys = ["query", "candidate"].map((name) => keyOf(config.seed, `two-tower/${name}/id dropout`));
  const negativeKey = keyOf(config.seed, "two-tower/negatives");
  const all = videosOf(rows);
  const live = liveOf(rows);
  const rates = drawRates(rows, live);
  const order = new Int32Array(Math.max(train.length, validation.length));
  const miner = config.hardNegatives === 0 ? undefined : hardMiner(model, rows, live);
  const batches = batchesOf(train.length, config);
  let encoded: EncodedRows[] = [];

  /** Encodes positives `order[0 … count)` and their candidates: their videos, uniform draws, then hard ones (draws of `step`). */
  const prepare = (count: number, step: number, hard: boolean): Batch => {
    const snapshots = Int32Array.from({ length: count }, (_, i) => rows.snapshot?.[order[i]!] ?? 0);
    const into = step < 0 ? [] : encoded; // what a step reads may have been made already when a validation comes
    const queries = encodeRows(rows.query, query.encoding, order, 0, count, into[0]);
    const positives = Int32Array.from({ length: count }, (_, i) => rows.video[order[i]!]!);
    const mined = hard ? miner?.mine(queries, positives, snapshots, step) : undefined;
    const drawn = count + config.uniformNegatives;
    const videos = new Int32Array(drawn + (mined?.videos.length ?? 0));
    const places = new Int32Array(videos.length); // rows of `candidates`
    for (let i = 0; i < videos.length; i++) {
      // a uniform draw is made among the videos of some positive's time
      const snapshot = snapshots[i < drawn ? i % count : mined!.row[i - drawn]!]!;
      videos[i] =
        i < count
          ? positives[i]!
          : i < drawn
            ? uniformInt(live[snapshot]!, negativeKey, step, i - count)
            : mined!.videos[i - drawn]!;
      places[i] = snapshot * all + videos[i]!;
    }
    const block = [queries, encodeRows(rows.candidates, candidate.encoding, places, 0, places.length, into[1])];
    if (step >= 0) encoded = block;
    const rateOf = (video: number): number =>
      count * rates.positive[video]! + config.uniformNegatives * rates.uniform[video]! + (mined?.rates[video] ?? 0);
    const logQ = config.logQ ? Float32Array.from(videos, (video) => Math.log(rateOf(video))) : undefined;
    const weights =
      rows.weight === undefined ? undefined : Float32Array.from({ length: count }, (_, i) => rows.weight![order[i]!]!);
    return { rows: block, videos, logQ, weights };
  };
  /** Both sides' embeddings. @param tensors both blocks, then the layers */
  const embedded = (tensors: readonly Tensor[]): [queries: Tensor2D, candidates: Tensor2D] => {
    const split = 2 + query.dense.length;
    return [
      towerForward(tensors[0] as Tensor2D, tensors.slice(2, split)),
      towerForward(tensors[1] as Tensor2D, tensors.slice(split)),
    ];
  };
  const loss = (batch: Batch, tensors: readonly Tensor[]): Tensor =>
    sampledSoftmax(...embedded(tensors), config.temperature, batch);
  const graph = // hard negatives are mined with the weights of the moment
    miner === undefined
      ? graphStep(training, (blocks, layers, others) =>
          softmaxOf(...embedded([...blocks, ...layers]), config.temperature, others),
        )
      : undefined;
  const ahead = madeAhead((batch, step) => {
    for (let i = 0; i < batch.length; i++) order[i] = train[batch[i]!]!;
    const prepared = prepare(batch.length, step, step >= batches);
    inputs.forEach((input, t) => dropIds(input, prepared.rows[t]!, config, dropKeys[t]!, step));
    return { prepared, others: graph && sampledInputs(config.temperature, prepared, batch.length) };
  });
  return {
    name: "two-tower",
    examples: train.length,
    sync: graph?.sync,
    close: graph?.close,
    weights: training.weights,
    optimiser: { dense: training.states, lazy: training.lazy, ...(miner && { derived: [miner.vectors] }) },
    step(batch, rate, step, next) {
      if (step % batches === 0 && step > 0) miner?.refresh();
      const { prepared, others } = ahead.take(batch, step);
      if (others !== undefined) return ahead.during(graph!.step(prepared.rows, others, rate), next, step);
      graph?.leave(); // logits too wide for it
      return training.step(prepared.rows, rate, (tensors) => loss(prepared, tensors));
    },
    ...(validation.length > 0 && {
      validate: () =>
        meanOverParts(validation, 1024, (part, p) => {
          order.set(part);
          const prepared = prepare(part.length, -1 - p, false);
          return training.lossAt(prepared.rows, (tensors) => loss(prepared, tensors));
        }),
    }),
  };
}

/** One batch; weights undefined: all 1. */
interface Batch {
  readonly rows: readonly EncodedRows[]; // queries, candidates
  readonly videos: Int32Array; // [candidates]
  readonly logQ: Float32Array | undefined; // [candidates]
  readonly weights: Float32Array | undefined; // [batch]
}

function checkConfig(config: TwoTowerConfig): void {
  checkSettings(config, {
    temperature: { least: 0, above: true },
    dim: { least: 1, whole: true },
    uniformNegatives: { least: 0, whole: true },
    hardNegatives: { least: 0, whole: true },
  });
}

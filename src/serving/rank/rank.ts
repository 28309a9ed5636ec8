/**
 * Ranking: a score for each candidate. The learned ranker reads the store's point-in-time features and predicts the
 * probability of a click and the watch time given a click; the objective defines the score:
 *
 *     watch:  P(click) × E[watch time | click]   expected watch time of the impression (Covington et al., 2016)
 *     click:  P(click)                           clicks alone: rewards clickbait
 *     value:  a multi-task ranker's value        watch minutes, likes, hides … in one number (models/value)
 *
 * The popularity ranker scores by smoothed watch time per impression, the same for all users of a segment.
 */
import type { CandidateBatch, FeatureMatrix, RequestBatch } from "../../types.js";
import { sliceCandidates, sliceRequests } from "../requests.js";
import type { ServingStore } from "../store.js";
import type { Timings } from "../timings.js";
import { namesOf, type Trace } from "../trace.js";

/** Candidates in, scores [count, width] out; -Infinity for padding. */
export type Rank = (
  requests: RequestBatch,
  candidates: CandidateBatch,
  trace?: Trace,
) => Float32Array | Promise<Float32Array>;

/** What a ranker's score is; `value` needs a ranker that predicts one. */
export const objectives = ["watch", "click", "value"] as const;
export type Objective = (typeof objectives)[number];

/**
 * Predictions per row: the probability of a click in [0, 1], the mean watch time of a click in ms, and of a multi-task ranker its
 * value.
 */
export interface Predictions {
  readonly clickProbability: Float32Array; // [rows]
  readonly watchMs: Float32Array; // [rows]
  readonly value?: Float32Array; // [rows] in watch minutes
}

/** Predicts rows of features: a model behind ONNX, or a test double. */
export type Predict = (features: FeatureMatrix) => Predictions | Promise<Predictions>;

/** Options of a learned ranker. */
export interface RankOptions {
  readonly store: Pick<ServingStore, "rankRows">;
  readonly predict: Predict;
  readonly objective: Objective;
  /**
   * Most rows predicted at a time; at least one request's candidates. Default 640: a layer's output then stays in the cache (15 %
   * faster than 4,096).
   */
  readonly chunkRows?: number;
  /** Records `features` and `model` within the stage. */
  readonly timings?: Timings;
  /** Hears the predictions of each chunk. */
  readonly onStage?: ((result: { readonly stage: "predict"; readonly predictions: Predictions }) => void) | undefined;
}

/** Ranks by a learned model. Throws on an unknown objective; the ranker throws on NaN or infinite predictions. */
export function createRank(options: RankOptions): Rank {
  const { store, predict, objective, chunkRows = 640, timings, onStage } = options;
  if (!objectives.includes(objective))
    throw new RangeError(`unknown objective: ${String(objective)}; known: ${objectives.join(", ")}`);
  if (!Number.isInteger(chunkRows) || chunkRows < 1)
    throw new RangeError(`chunkRows: ${chunkRows}; allowed: an integer of at least 1`);
  let rows: FeatureMatrix | undefined; // re-used from chunk to chunk where it is large enough

  return async (requests: RequestBatch, candidates: CandidateBatch, trace?: Trace): Promise<Float32Array> => {
    const { count, width } = candidates;
    const scores = new Float32Array(count * width);
    const step = Math.max(1, Math.floor(chunkRows / width));
    for (let from = 0; from < count; from += step) {
      const to = Math.min(count, from + step);
      const part = sliceCandidates(candidates, from, to);
      const began = timings?.now() ?? 0;
      const reused = rows !== undefined && rows.count >= part.video.length ? rows : undefined;
      const features = store.rankRows(sliceRequests(requests, from, to), part, reused);
      if (!reused) rows = features;
      const ready = timings?.now() ?? 0;
      const predicted = await predict(features);
      timings?.record("features", ready - began, to - from);
      timings?.record("model", timings.now() - ready, to - from);
      if (trace) trace.features = namesOf(features.schema);
      onStage?.({ stage: "predict", predictions: predicted });
      scoreRows(part, predicted, objective, scores.subarray(from * width, to * width));
    }
    return scores;
  };
}

/** Ranks by a score per video that depends on nothing of the request but, optionally, the user's segment. */
export function createPopularityRank(scoresOf: (user: number) => ArrayLike<number>): Rank {
  return (requests: RequestBatch, candidates: CandidateBatch): Float32Array => {
    const { count, width, video } = candidates;
    const scores = new Float32Array(count * width);
    for (let row = 0; row < count; row++) {
      const byVideo = scoresOf(requests.user[row]!);
      for (let at = row * width; at < (row + 1) * width; at++) {
        const id = video[at]!;
        const score = id < 0 ? -Infinity : byVideo[id]!;
        if (id >= 0 && !Number.isFinite(score))
          throw new Error(`popularity of video ${id} is ${score}; allowed: finite scores`);
        scores[at] = score;
      }
    }
    return scores;
  };
}

/** The error for `objective: "value"` with a ranker that predicts none. */
export function noValue(who: string): string {
  return (
    `${who}: objective value: this ranker predicts no value; allowed: ` +
    `${objectives.filter((name) => name !== "value").join(", ")}, or a multi-task ranker`
  );
}

function scoreRows(
  candidates: CandidateBatch,
  predicted: Predictions,
  objective: Objective,
  scores: Float32Array,
): void {
  const { clickProbability, watchMs, value } = predicted;
  if (objective === "value" && value === undefined) throw new Error(noValue("rank"));
  if (clickProbability.length < scores.length || watchMs.length < scores.length) {
    throw new Error(`rank: ${clickProbability.length} predictions for ${scores.length} candidates`);
  }
  for (let at = 0; at < scores.length; at++) {
    if (candidates.video[at]! < 0) {
      scores[at] = -Infinity;
      continue;
    }
    const score =
      objective === "value"
        ? value![at]!
        : objective === "watch"
          ? clickProbability[at]! * watchMs[at]!
          : clickProbability[at]!;
    if (!Number.isFinite(score)) {
      throw new Error(
        `rank: video ${candidates.video[at]} is predicted click ${clickProbability[at]}, watch ` +
          `${watchMs[at]} ms${value === undefined ? "" : `, value ${value[at]}`}; allowed: finite numbers`,
      );
    }
    scores[at] = score;
  }
}

/**
 * One page, whatever fails: each stage has a deadline, and behind it a step that needs less.
 *
 *     retrieve   late, failed → what is popular in the user's segment
 *     rank       late, busy, failed → the light ranker → the order of retrieval
 *     re-rank    failed → the best by score, without diversity
 *
 * A model's answer that comes late is dropped; the model finishes, since a thread within a native call cannot be stopped.
 */
import type { CandidateBatch, FeatureMatrix, RequestBatch, SlateBatch } from "../../types.js";
import type { Predict, Predictions } from "../rank/rank.js";
import type { Rerank } from "../rerank/rerank.js";
import type { Retrieve } from "../retrieve/retrieve.js";
import { emptySlates } from "../slates.js";
import type { ServingStore } from "../store.js";
import { topPositions } from "../retrieve/top.js";
import type { Fallback } from "./contract.js";
import { lightScores } from "./light-rank.js";

/** Milliseconds that each stage may take; 0: always late. */
export interface Deadlines {
  readonly retrieve: number;
  readonly rank: number;
}

/** A third of the budget of a request each (100 ms of 150 at a hundredth percentile), far above what they take. */
export const deadlineDefaults: Deadlines = { retrieve: 40, rank: 50 };

/** A model that has more to do than it can within any deadline. */
export class Busy extends Error {}

/** The steps that a page is made by. */
export interface Steps {
  readonly retrieve: Retrieve;
  /** Candidates that need no model. */
  readonly popular: Retrieve;
  readonly store: Pick<ServingStore, "rankRows">;
  readonly predict: Predict;
  readonly rerank: Rerank;
  /** What no step may show, not even the last. */
  readonly forbids: (requests: RequestBatch, video: number) => boolean;
  /** 0: expected watch time; 1: probability of a click; between: both, geometrically. */
  readonly clickWeight: number;
}

/** A page and how it was made. */
export interface Climbed {
  readonly slates: SlateBatch;
  readonly candidates: CandidateBatch;
  readonly scores: Float32Array;
  readonly rows: FeatureMatrix | undefined;
  readonly predictions: Predictions | undefined;
  readonly degraded: readonly Fallback[];
  /** Of what this page alone was made of. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly stages: readonly { readonly stage: string; readonly ms: number }[];
}

/** Makes the page of one request. `late` hears of each answer that was dropped. @throws what even the last step throws */
export async function climb(
  requests: RequestBatch,
  slots: number,
  steps: Steps,
  deadlines: Deadlines,
  late: () => void,
): Promise<Climbed> {
  const degraded: Fallback[] = [];
  const stages: { stage: string; ms: number }[] = [];
  let began = performance.now();
  const ended = (stage: string): void => {
    const now = performance.now();
    stages.push({ stage, ms: now - began });
    began = now;
  };

  let candidates: CandidateBatch;
  try {
    candidates = await within(deadlines.retrieve, async () => steps.retrieve(requests), late);
  } catch (error) {
    degraded.push({ stage: "retrieve", to: "popular", reason: reasonOf(error) });
    candidates = await steps.popular(requests);
  }
  ended("retrieve");

  let rows: FeatureMatrix | undefined;
  let predictions: Predictions | undefined;
  let scores: Float32Array;
  try {
    const features = steps.store.rankRows(requests, candidates);
    rows = features;
    ended("features");
    predictions = await within(deadlines.rank, async () => steps.predict(features), late);
    scores = blended(candidates, predictions, steps.clickWeight);
  } catch (error) {
    predictions = undefined;
    try {
      if (rows === undefined) throw error;
      scores = lightScores(rows, candidates);
      degraded.push({ stage: "rank", to: "light", reason: reasonOf(error) });
    } catch {
      scores = Float32Array.from(candidates.video, (video, place) => (video < 0 ? -Infinity : -place));
      degraded.push({ stage: "rank", to: "retrieval", reason: reasonOf(error) });
    }
  }
  ended("model");

  let slates: SlateBatch;
  try {
    slates = steps.rerank(requests, candidates, scores);
  } catch (error) {
    degraded.push({ stage: "rerank", to: "score", reason: reasonOf(error) });
    const video = candidates.video.map((one) => (one >= 0 && steps.forbids(requests, one) ? -1 : one));
    slates = bestByScore({ ...candidates, video }, scores, slots);
  }
  ended("rerank");
  return { slates, candidates, scores, rows, predictions, degraded, stages };
}

class Late extends Error {}

function reasonOf(error: unknown): Fallback["reason"] {
  if (error instanceof Late) return "late";
  return error instanceof Busy ? "busy" : "failed";
}

/** What `work` gives within `ms`; later, its answer or failure is dropped and counted. @throws Late, or what it throws in time */
async function within<T>(ms: number, work: () => Promise<T>, dropped: () => void): Promise<T> {
  const working = work();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const miss = (): void => {
      working.then(dropped, dropped);
      reject(new Late());
    };
    if (ms === 0) miss();
    else timer = setTimeout(miss, ms);
  });
  try {
    return await Promise.race([deadline, working]);
  } finally {
    clearTimeout(timer);
  }
}

/** log score = log P(click) + (1 − weight) × log watch time. @throws Error on a prediction that is no number */
function blended(candidates: CandidateBatch, { clickProbability, watchMs }: Predictions, weight: number): Float32Array {
  return Float32Array.from(candidates.video, (video, row) => {
    if (video < 0) return -Infinity;
    const watch = weight === 0 ? watchMs[row]! : weight === 1 ? 1 : Math.max(watchMs[row]!, 1) ** (1 - weight);
    const score = clickProbability[row]! * watch;
    if (!Number.isFinite(score))
      throw new Error(`ranker: video ${video} is predicted ${score}; allowed: finite numbers`);
    return score;
  });
}

function bestByScore(candidates: CandidateBatch, scores: Float32Array, slots: number): SlateBatch {
  const slates = emptySlates(1, slots);
  const order = new Int32Array(slots);
  const found = topPositions(scores, candidates.video, 0, candidates.width, slots, order);
  for (let position = 0; position < found; position++) {
    slates.video[position] = candidates.video[order[position]!]!;
    slates.source[position] = candidates.source[order[position]!]!;
  }
  return slates;
}

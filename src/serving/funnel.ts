/**
 * The funnel: retrieve → rank → re-rank. Each stage is a function; a recommender is their composition.
 */
import type { CandidateBatch, Day, Impressions, Policy, RequestBatch, SlateBatch } from "../types.js";
import { concatPools } from "../log/index.js";
import type { Predictions, Rank } from "./rank/rank.js";
import { scatterSlates, selectRequests } from "./requests.js";
import type { Rerank } from "./rerank/rerank.js";
import type { Retrieve } from "./retrieve/retrieve.js";
import { emptySlates, requireOpenDay } from "./slates.js";
import { createTimings } from "./timings.js";
import type { StageTimings, Timings } from "./timings.js";

/** Requests in, pages out: a policy without state. */
export type Recommend = (requests: RequestBatch) => Promise<SlateBatch>;

/** The three stages. */
export interface Stages {
  readonly retrieve: Retrieve;
  readonly rank: Rank;
  readonly rerank: Rerank;
}

/**
 * What a stage gave for a batch of requests: `predict` is the model's part of `rank`. The columns are the funnel's own: copy what is
 * kept.
 */
export type StageResult =
  | { readonly stage: "retrieve"; readonly candidates: CandidateBatch }
  | { readonly stage: "predict"; readonly predictions: Predictions }
  | { readonly stage: "rerank"; readonly slates: SlateBatch };

/** Hears what each stage gave, as it gives it; for tracing. */
export type OnStage = (result: StageResult) => void;

/** The parts of a funnel besides its stages; all but the name are optional. */
export interface FunnelOptions extends Stages {
  readonly name: string;
  /** Midnight: updates before the day opens (store, index, lists). */
  readonly openDay?: (day: Day, yesterday: Impressions | undefined) => void | Promise<void>;
  /** Each batch of events: session features, online learners. */
  readonly apply?: (events: Impressions) => void;
  readonly close?: () => void | Promise<void>;
  /** Requests that another composition answers (newcomers, an edge case); its pages must have as many slots. */
  readonly detour?: { readonly takes: (requests: RequestBatch, row: number) => boolean; readonly recommend: Recommend };
  readonly timings?: Timings;
  readonly onStage?: OnStage | undefined;
}

/** A funnel as a policy, with its latency by stage: `retrieve`, `rank`, `rerank`, `total`. */
export interface FunnelPolicy extends Policy {
  recommend(requests: RequestBatch): Promise<SlateBatch>;
  /** What it is made of, for those that compose it otherwise. */
  readonly stages: Stages;
  timings(): StageTimings;
  /** Forgets the latencies so far (after a warm-up). */
  resetTimings(): void;
}

/** Composes stages into a policy. */
export function funnel(options: FunnelOptions): FunnelPolicy {
  const { name, detour, timings = createTimings(), onStage } = options;
  const main = compose(options, timings, onStage);
  let openDay: Day = -1;
  return {
    name,
    async openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
      await options.openDay?.(day, yesterday);
      openDay = day;
    },
    async recommend(requests: RequestBatch): Promise<SlateBatch> {
      requireOpenDay(requests, openDay, name);
      return detour ? recommendApart(requests, main, detour.takes, detour.recommend) : main(requests);
    },
    apply(events: Impressions): void {
      options.apply?.(events);
    },
    async close(): Promise<void> {
      await options.close?.();
    },
    stages: options,
    timings: () => timings.report(),
    resetTimings: () => timings.reset(),
  };
}

/** retrieve → rank → re-rank, timed and heard. */
export function compose(stages: Stages, timings: Timings = createTimings(), onStage?: OnStage): Recommend {
  return async (requests: RequestBatch): Promise<SlateBatch> => {
    const began = timings.now();
    const candidates = await stages.retrieve(requests);
    const retrieved = timings.now();
    onStage?.({ stage: "retrieve", candidates });
    const scores = await stages.rank(requests, candidates);
    const ranked = timings.now();
    const slates = stages.rerank(requests, candidates, scores);
    const done = timings.now();
    timings.record("retrieve", retrieved - began, requests.count);
    timings.record("rank", ranked - retrieved, requests.count);
    timings.record("rerank", done - ranked, requests.count);
    timings.record("total", done - began, requests.count);
    onStage?.({ stage: "rerank", slates });
    return slates;
  };
}

/** Splits a batch between two compositions by row, and puts the pages back in order. */
async function recommendApart(
  requests: RequestBatch,
  main: Recommend,
  takes: (requests: RequestBatch, row: number) => boolean,
  other: Recommend,
): Promise<SlateBatch> {
  const [mainRows, otherRows]: [number[], number[]] = [[], []];
  for (let row = 0; row < requests.count; row++) (takes(requests, row) ? otherRows : mainRows).push(row);
  if (otherRows.length === 0) return main(requests);
  if (mainRows.length === 0) return other(requests);
  const [first, second] = [
    await main(selectRequests(requests, mainRows)),
    await other(selectRequests(requests, otherRows)),
  ];
  const slates = emptySlates(requests.count, first.slots);
  scatterSlates(first, mainRows, slates);
  scatterSlates(second, otherRows, slates);
  const pools = concatPools([first.pools, second.pools]);
  return pools ? { ...slates, pools } : slates;
}

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
import { newTrace, type Trace } from "./trace.js";

/** Requests in, pages out: a policy without state. A trace hears how the pages were made. */
export type Recommend = (requests: RequestBatch, trace?: Trace) => Promise<SlateBatch>;

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
  /** Of the models, the index and the rules that answer now. */
  readonly versions?: () => Readonly<Record<string, string>>;
}

/** A funnel as a policy, with its latency by stage: `retrieve`, `rank`, `rerank`, `total`. */
export interface FunnelPolicy extends Policy {
  recommend(requests: RequestBatch): Promise<SlateBatch>;
  /** What it is made of, for those that compose it otherwise. */
  readonly stages: Stages;
  /** The same pages, and how they were made. A detour's rows are numbered among themselves. */
  explain(requests: RequestBatch): Promise<{ readonly slates: SlateBatch; readonly trace: Trace }>;
  timings(): StageTimings;
  /** Forgets the latencies so far (after a warm-up). */
  resetTimings(): void;
}

/** Composes stages into a policy. */
export function funnel(options: FunnelOptions): FunnelPolicy {
  const { name, detour, timings = createTimings(), onStage } = options;
  const main = compose(options, timings, onStage);
  let openDay: Day = -1;
  const recommend: Recommend = async (requests, trace) => {
    requireOpenDay(requests, openDay, name);
    return detour ? recommendApart(requests, main, detour.takes, detour.recommend, trace) : main(requests, trace);
  };
  return {
    name,
    async openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
      await options.openDay?.(day, yesterday);
      openDay = day;
    },
    async recommend(requests: RequestBatch): Promise<SlateBatch> {
      return recommend(requests);
    },
    async explain(requests) {
      const trace = newTrace();
      trace.versions = options.versions?.() ?? {};
      return { slates: await recommend(requests, trace), trace };
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
  return async (requests: RequestBatch, trace?: Trace): Promise<SlateBatch> => {
    const began = timings.now();
    const candidates = await stages.retrieve(requests, trace);
    const retrieved = timings.now();
    onStage?.({ stage: "retrieve", candidates });
    const scores = await stages.rank(requests, candidates, trace);
    const ranked = timings.now();
    const slates = stages.rerank(requests, candidates, scores, trace);
    const done = timings.now();
    const took = { retrieve: retrieved - began, rank: ranked - retrieved, rerank: done - ranked, total: done - began };
    for (const [stage, ms] of Object.entries(took)) {
      timings.record(stage, ms, requests.count);
      trace?.stages.push({ stage, ms });
    }
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
  trace?: Trace,
): Promise<SlateBatch> {
  const [mainRows, otherRows]: [number[], number[]] = [[], []];
  for (let row = 0; row < requests.count; row++) (takes(requests, row) ? otherRows : mainRows).push(row);
  if (otherRows.length === 0) return main(requests, trace);
  if (mainRows.length === 0) return other(requests, trace);
  const [first, second] = [
    await main(selectRequests(requests, mainRows), trace),
    await other(selectRequests(requests, otherRows), trace),
  ];
  const slates = emptySlates(requests.count, first.slots);
  scatterSlates(first, mainRows, slates);
  scatterSlates(second, otherRows, slates);
  const pools = concatPools([first.pools, second.pools]);
  return pools ? { ...slates, pools } : slates;
}

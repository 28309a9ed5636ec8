/**
 * The popularity funnel: the most popular live videos and some fresh ones, ranked by smoothed watch time per impression,
 * what the user has watched left out, and the same re-ranking as the learned funnel, so that only learning differs.
 */
import type { Catalogue, Day, Impressions } from "../types.js";
import { funnel } from "./funnel.js";
import type { FunnelPolicy, Stages } from "./funnel.js";
import { createServedPopularity } from "./retrieve/popularity.js";
import type { ServedPopularity, ServedPopularityConfig } from "./retrieve/popularity.js";
import { createPopularityRank } from "./rank/rank.js";
import { createRerank, rerankDefaults } from "./rerank/rerank.js";
import type { Rerank, RerankConfig } from "./rerank/rerank.js";
import { listSource, merge } from "./retrieve/retrieve.js";
import { liveOn } from "./slates.js";
import type { ServingStore } from "./store.js";
import { createTimings } from "./timings.js";
import type { StageBudgets } from "./timings.js";

/** Settings of the popularity funnel. */
export interface PopularityFunnelConfig {
  /** Candidates per request that reach the ranker. */
  readonly candidates: number;
  /** Share of them that fresh videos take first; the rest are the most popular. */
  readonly freshShare: number;
  readonly popularity: Partial<ServedPopularityConfig>;
  readonly rerank: Partial<RerankConfig>;
}

/** Defaults of the popularity funnel. */
export const popularityFunnelDefaults: PopularityFunnelConfig = {
  candidates: 200,
  freshShare: 0.1,
  popularity: {},
  rerank: {},
};

/** Options of a popularity funnel. The caller closes the store. */
export interface PopularityFunnelOptions {
  readonly catalogue: Catalogue;
  readonly store: ServingStore;
  readonly seed: number;
  readonly config?: Partial<PopularityFunnelConfig>;
  /** Name in the log; default `popularity`. */
  readonly name?: string;
  /** Monotonic clock in ms; without it nothing is timed. */
  readonly now?: () => number;
  readonly budget?: StageBudgets;
}

/** Opens the popularity funnel over a store that holds the history. */
export function openPopularityFunnel(options: PopularityFunnelOptions): FunnelPolicy {
  const { catalogue, store, seed, name = "popularity", now, budget } = options;
  const config: PopularityFunnelConfig = { ...popularityFunnelDefaults, ...options.config };
  const popularity = createServedPopularity({
    catalogue,
    store,
    config: { listLength: config.candidates + 300, ...config.popularity },
  });
  let live = 0;
  const rerank = createRerank({ catalogue, seed, config: config.rerank });
  return funnel({
    name,
    ...popularityStages({ catalogue, store, popularity, config, live: () => live, rerank }),
    async openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
      live = liveOn(catalogue, day);
      if (yesterday) await store.append(yesterday);
      await store.openDay(day);
      await popularity.refresh(day);
    },
    apply: (events) => store.apply(events),
    timings: createTimings(now, budget),
  });
}

/** Retrieval and ranking by popularity before a given re-ranker: also the learned funnel's fallback for newcomers. */
export function popularityStages(options: {
  readonly catalogue: Catalogue;
  readonly store: Pick<ServingStore, "hasSeen">;
  readonly popularity: ServedPopularity;
  readonly config: PopularityFunnelConfig;
  readonly live: () => number;
  readonly rerank: Rerank;
}): Stages {
  const { catalogue, store, popularity, config, live, rerank } = options;
  const { candidates } = config;
  const freshQuota = Math.round(config.freshShare * candidates);
  const retrieve = merge({
    sources: [
      listSource("popular", candidates - freshQuota, candidates + 300, (user) => popularity.popular(user)),
      listSource("fresh", freshQuota, freshQuota + 100, (user) => popularity.fresh(user)),
    ],
    width: candidates,
    videos: catalogue.videos.count,
    live,
    hasSeen: (user, video) => store.hasSeen(user, video),
    atLeast: { ...rerankDefaults, ...config.rerank }.slots,
  });
  return { retrieve, rank: createPopularityRank((user) => popularity.scoresOf(user)), rerank };
}

/**
 * The learned funnel: two-tower retrieval merged with popular and fresh videos → learned ranker → re-ranking. At midnight
 * the store takes yesterday in, new uploads are embedded and join the index, and the popular and fresh lists are renewed.
 */
import type { Catalogue, Day, Impressions, RequestBatch } from "../types.js";
import { compose, funnel } from "./funnel.js";
import type { FunnelPolicy } from "./funnel.js";
import { popularityFunnelDefaults, popularityStages } from "./popularity-funnel.js";
import { createServedPopularity, firstFresh } from "./popularity.js";
import type { ServedPopularity } from "./popularity.js";
import { createRank } from "./rank.js";
import type { Objective, Predict } from "./rank.js";
import { createRerank, rerankDefaults } from "./rerank.js";
import type { RerankConfig } from "./rerank.js";
import { listSource, merge, neighbourSource, uniformSource } from "./retrieve.js";
import type { Source } from "./retrieve.js";
import { openRanker, openTowers } from "./served-models.js";
import { liveOn } from "./slates.js";
import type { ServingStore } from "./store.js";
import { createTimings } from "./timings.js";
import type { LatencyBudget } from "./timings.js";
import { openTowerIndex } from "./tower-index.js";
import type { TowerIndex, Towers } from "./tower-index.js";

/** Shares of the candidates that each source places first; they sum to at most 1, and sources fill the rest in this order. */
export interface SourceShares {
  readonly twoTower: number;
  readonly popular: number;
  readonly fresh: number;
  readonly uniform: number;
}

/** Settings of the learned funnel. */
export interface LearnedFunnelConfig {
  /** Candidates a request that reach the ranker. */
  readonly candidates: number;
  readonly shares: SourceShares;
  /** A video is fresh on its upload day and this many days less one after. */
  readonly freshDays: number;
  /** Fresh videos by `embedding` (nearest to the query among them) or by their creator's `popularity`. */
  readonly freshBy: "embedding" | "popularity";
  /** Popular videos overall or by the user's segment. */
  readonly popularBy: "global" | "segment";
  readonly objective: Objective;
  readonly rerank: Partial<RerankConfig>;
  /** Newcomers get the towers' metadata embedding (ids unknown to the model are out of vocabulary), or what is popular in their segment. */
  readonly coldStart: "metadata-tower" | "segment-popularity";
  /** An account that began during the log is a newcomer for this many days. */
  readonly newcomerDays: number;
  /** Exact search instead of the approximate index. */
  readonly exactSearch: boolean;
  /** Days after which all videos are embedded afresh and the index is built again; 0: never, new uploads alone are added. */
  readonly refreshDays: number;
}

/**
 * Defaults of the learned funnel. The candidate tower reads counts as of midnight, so the index is made afresh each day: 0.66 s for
 * 20,000 videos on one core; where there are millions it takes minutes, and every few days will have to do.
 */
export const learnedFunnelDefaults: LearnedFunnelConfig = {
  candidates: 200,
  shares: { twoTower: 0.6, popular: 0.25, fresh: 0.15, uniform: 0 },
  freshDays: 3,
  freshBy: "embedding",
  popularBy: "global",
  objective: "watch",
  rerank: {},
  coldStart: "metadata-tower",
  newcomerDays: 3,
  exactSearch: false,
  refreshDays: 1,
};

/** What every learned funnel is made with. The store is the caller's to close. */
export interface LearnedFunnelBase {
  readonly catalogue: Catalogue;
  readonly store: ServingStore;
  readonly seed: number;
  readonly config?: Partial<LearnedFunnelConfig>;
  /** Name in the log; default `learned`. */
  readonly name?: string;
  /** An index saved for this model (see saveTowerIndex); built at the first midnight without one. */
  readonly indexPath?: string;
  /** Monotonic clock in ms; without it nothing is timed. */
  readonly now?: () => number;
  readonly budget?: LatencyBudget;
}

/** A learned funnel from artifacts: folders that hold the exported towers and ranker (see served-models.ts). */
export interface LearnedFunnelOptions extends LearnedFunnelBase {
  readonly twoTowerDir: string;
  readonly rankerDir: string;
}

/** A learned funnel from open models. */
export interface LearnedFunnelParts extends LearnedFunnelBase {
  readonly towers: Towers;
  readonly predict: Predict;
}

/** A learned funnel whose ranker can be exchanged. */
export interface LearnedFunnel extends FunnelPolicy {
  /** Serves another ranker from now on (retrained, rolled back); the one before is closed. Nothing changes if it cannot be opened. */
  useRanker(rankerDir: string): Promise<void>;
  close(): Promise<void>;
}

/** Loads both models and makes the funnel; `close` closes the models. Throws for missing, damaged or mismatched artifacts. */
export async function openLearnedFunnel(options: LearnedFunnelOptions): Promise<LearnedFunnel> {
  requireConfig({ ...learnedFunnelDefaults, ...options.config });
  const towers = await openTowers(options.twoTowerDir);
  try {
    let ranker = await openRanker(options.rankerDir);
    const policy = createLearnedFunnel({ ...options, towers, predict: (features) => ranker.predict(features) });
    return {
      ...policy,
      async useRanker(rankerDir: string): Promise<void> {
        const before = ranker;
        ranker = await openRanker(rankerDir);
        await before.close();
      },
      async close(): Promise<void> {
        await ranker.close();
        await towers.close?.();
      },
    };
  } catch (error) {
    await towers.close?.();
    throw error;
  }
}

/** Makes the funnel from open models. */
export function createLearnedFunnel(options: LearnedFunnelParts): FunnelPolicy {
  const { catalogue, store, seed, towers, predict, name = "learned", now, budget, indexPath: path } = options;
  const config: LearnedFunnelConfig = { ...learnedFunnelDefaults, ...options.config };
  requireConfig(config);
  const { candidates, freshDays } = config;
  const timings = createTimings(now, budget);
  const popularityBy = (by: "global" | "segment"): ServedPopularity => createServedPopularity({ catalogue, store, config: { by, freshDays, listLength: candidates + 300 } });
  const popularity = popularityBy(config.popularBy);
  const ofSegment = config.coldStart !== "segment-popularity" ? undefined : config.popularBy === "segment" ? popularity : popularityBy("segment");
  let live = 0;
  let index: TowerIndex | undefined;
  let indexDay: Day = 0;
  const liveNow = (): number => live;
  const opened = (): TowerIndex => {
    if (!index) throw new Error(`policy ${name}: no day is open: call openDay first`);
    return index;
  };

  async function openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
    live = liveOn(catalogue, day);
    if (yesterday) await store.append(yesterday);
    await store.openDay(day);
    await popularity.refresh(day);
    if (ofSegment && ofSegment !== popularity) await ofSegment.refresh(day);
    if (!index) index = await openTowerIndex({ towers, store, videos: catalogue.videos.count, live, exact: config.exactSearch, ...(path === undefined ? {} : { path }) });
    else if (config.refreshDays === 0 || day - indexDay < config.refreshDays) return index.grow(live);
    else await index.refresh(live);
    indexDay = day;
  }

  const retrieve = merge({
    sources: learnedSources({ catalogue, store, seed, towers, config, popularity, live: liveNow, index: opened }),
    width: candidates,
    videos: catalogue.videos.count,
    live: liveNow,
    hasSeen: (user, video) => store.hasSeen(user, video),
    atLeast: { ...rerankDefaults, ...config.rerank }.slots,
  });
  const rank = createRank({ store, predict, objective: config.objective, timings });
  const rerank = createRerank({ catalogue, seed, config: config.rerank, embeddings: opened });
  const detour = ofSegment && {
    takes: (requests: RequestBatch, row: number): boolean => isNewcomer(catalogue, requests.user[row]!, requests.day, config.newcomerDays),
    recommend: compose(
      popularityStages({ catalogue, store, popularity: ofSegment, config: { ...popularityFunnelDefaults, candidates, rerank: config.rerank }, live: liveNow, rerank }),
      timings,
    ),
  };
  return funnel({ name, retrieve, rank, rerank, openDay, apply: (events) => store.apply(events), timings, ...(detour ? { detour } : {}) });
}

/** Did this account begin during the log, fewer than `newcomerDays` days ago? */
export function isNewcomer(catalogue: Catalogue, user: number, day: Day, newcomerDays: number): boolean {
  const joinDay = catalogue.users.joinDay[user]!;
  return joinDay > 0 && day - joinDay < newcomerDays;
}

/** The four sources of the learned funnel; those with a share of 0 are left out. */
function learnedSources(parts: {
  readonly catalogue: Catalogue;
  readonly store: ServingStore;
  readonly seed: number;
  readonly towers: Towers;
  readonly config: LearnedFunnelConfig;
  readonly popularity: ServedPopularity;
  readonly live: () => number;
  readonly index: () => TowerIndex;
}): Source[] {
  const { catalogue, store, seed, towers, config, popularity, live, index } = parts;
  const { candidates, shares, freshDays } = config;
  const quota = (share: number): number => Math.floor(share * candidates + 1e-9);
  const spare = 64; // asked for beyond the quota: some are watched already or come from two sources
  let lastRequests: RequestBatch | undefined;
  let lastQueries: Float32Array | Promise<Float32Array> = new Float32Array(0);
  /** Two sources ask for the query embeddings of the same batch. */
  const embedQueries = (requests: RequestBatch): Float32Array | Promise<Float32Array> => {
    if (requests !== lastRequests) {
      lastRequests = requests;
      lastQueries = towers.embedQueries(store.queryRows(requests));
    }
    return lastQueries;
  };
  const nearest = neighbourSource({
    source: "two-tower",
    quota: quota(shares.twoTower),
    width: quota(shares.twoTower) + spare,
    embedQueries,
    search: (queries, k) => index().search(queries, k),
  });
  const freshPlaces = { source: "fresh", quota: quota(shares.fresh), width: quota(shares.fresh) + spare } as const;
  const fresh =
    config.freshBy === "popularity"
      ? listSource("fresh", freshPlaces.quota, freshPlaces.width, (user) => popularity.fresh(user))
      : neighbourSource({ ...freshPlaces, embedQueries, search: (queries, k, { day }) => index().searchFrom(firstFresh(catalogue, day, freshDays), queries, k) });
  const popular = listSource("popular", quota(shares.popular), candidates + 300, (user) => popularity.popular(user));
  const uniform = uniformSource({ quota: quota(shares.uniform), width: quota(shares.uniform) + spare, seed, live });
  const all: readonly Source[] = [nearest, popular, fresh, uniform];
  return all.filter(({ quota: places }) => places > 0);
}

function requireConfig(config: LearnedFunnelConfig): void {
  const known = (name: "freshBy" | "popularBy" | "coldStart", allowed: readonly string[]): void => {
    if (!allowed.includes(config[name])) throw new RangeError(`learned funnel: unknown ${name}: ${String(config[name])}; known: ${allowed.join(", ")}`);
  };
  known("freshBy", ["embedding", "popularity"]);
  known("popularBy", ["global", "segment"]);
  known("coldStart", ["metadata-tower", "segment-popularity"]);
  const sum = Object.values(config.shares).reduce((total: number, share: number) => total + share, 0);
  for (const [name, share] of Object.entries(config.shares)) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`learned funnel: shares.${name}: ${String(share)}; allowed: 0 … 1`);
  }
  if (sum > 1 + 1e-9) throw new RangeError(`learned funnel: shares sum to ${sum}; allowed: at most 1`);
  if (!Number.isInteger(config.refreshDays) || config.refreshDays < 0) throw new RangeError(`learned funnel: refreshDays: ${config.refreshDays}; allowed: an integer of at least 0`);
  if (!Number.isInteger(config.candidates) || config.candidates < 1) throw new RangeError(`learned funnel: candidates: ${config.candidates}; allowed: an integer of at least 1`);
}

/**
 * The learned funnel: two-tower retrieval merged with popular and fresh videos → learned ranker → re-ranking. At midnight
 * the store adds the previous day, new uploads are embedded and added to the index, and the popular and fresh lists are updated.
 */
import type { Catalogue, Day, Impressions, RequestBatch } from "../types.js";
import { compose, funnel } from "./funnel.js";
import type { FunnelPolicy, OnStage } from "./funnel.js";
import { checkLearnedConfig, learnedFunnelDefaults } from "./learned-config.js";
import type { LearnedFunnelConfig } from "./learned-config.js";
import { popularityFunnelDefaults, popularityStages } from "./popularity-funnel.js";
import { createServedPopularity, firstFresh } from "./retrieve/popularity.js";
import type { PopularityBy, ServedPopularity } from "./retrieve/popularity.js";
import { createRank, noValue } from "./rank/rank.js";
import type { Predict } from "./rank/rank.js";
import { createDuplicates, type PictureOf } from "./rerank/duplicates.js";
import { createRerank, rerankDefaults } from "./rerank/rerank.js";
import type { Rules } from "./rerank/rules.js";
import { type Filter, languageFilter } from "./retrieve/filters.js";
import { followedSource, itemSource, type Places } from "./retrieve/personal.js";
import { listSource, merge, neighbourSource, retrieverSource, uniformSource } from "./retrieve/retrieve.js";
import type { Retriever, Source } from "./retrieve/retrieve.js";
import { openRanker, openTowers } from "./rank/served-models.js";
import type { OpenRanker } from "./rank/served-models.js";
import { liveOn } from "./slates.js";
import type { ServingStore } from "./store.js";
import { createTimings } from "./timings.js";
import type { StageBudgets } from "./timings.js";
import { openTowerIndex } from "./retrieve/tower-index.js";
import type { TowerIndex, Towers } from "./retrieve/tower-index.js";

/** Options of every learned funnel. The caller closes the store. */
export interface LearnedFunnelBase {
  readonly catalogue: Catalogue;
  readonly store: ServingStore;
  readonly seed: number;
  readonly config?: Partial<LearnedFunnelConfig>;
  /** Name in the log; default `learned`. */
  readonly name?: string;
  /** An index saved for this model (see saveTowerIndex); built at the first midnight without one. */
  readonly indexPath?: string;
  /**
   * Replaces the two-tower's source; the caller closes it. The two-tower stays: re-ranking reads its embeddings, and fresh
   * videos are found with them unless `freshBy` is `popularity`.
   */
  readonly retriever?: Retriever;
  /** Monotonic clock in ms; without it nothing is timed. */
  readonly now?: () => number;
  readonly budget?: StageBudgets;
  /** What no request is given; takedowns during the day (see filters.ts). */
  readonly filters?: readonly Filter[];
  /** Business rules that hold now. */
  readonly rules?: () => Rules | undefined;
  /** Thumbnails: near-duplicates are left out of a page (see duplicates.ts). */
  readonly pictureOf?: PictureOf;
  /** Hears what each stage gives; a newcomers' detour is not heard. */
  readonly onStage?: OnStage;
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

/** A learned funnel of opened artifacts. */
export interface LearnedFunnel extends FunnelPolicy {
  /**
   * The same funnel (its store, index and lists) with another ranker, retrained or rolled back: takes this policy's place from the next day
   * on. This one's ranker is closed, unless the other cannot be opened.
   */
  withRanker(rankerDir: string): Promise<LearnedFunnel>;
  close(): Promise<void>;
}

/**
 * Loads both models and makes the funnel; `close` closes the models. Throws for missing, damaged or mismatched artifacts, and for
 * `objective: "value"` with a ranker that predicts none.
 */
export async function openLearnedFunnel(options: LearnedFunnelOptions): Promise<LearnedFunnel> {
  const config = { ...learnedFunnelDefaults, ...options.config };
  checkLearnedConfig(config);
  const openFor = async (dir: string): Promise<OpenRanker> => {
    const ranker = await openRanker(dir);
    if (config.objective !== "value" || ranker.valued) return ranker;
    await ranker.close();
    throw new Error(noValue(dir));
  };
  const towers = await openTowers(options.twoTowerDir);
  try {
    const funnelBy = learnedFunnels({ ...options, towers });
    const serving = (ranker: OpenRanker): LearnedFunnel => ({
      ...funnelBy(ranker.predict),
      async withRanker(rankerDir): Promise<LearnedFunnel> {
        const next = await openFor(rankerDir);
        await ranker.close();
        return serving(next);
      },
      async close(): Promise<void> {
        await ranker.close();
        await towers.close?.();
      },
    });
    return serving(await openFor(options.rankerDir));
  } catch (error) {
    await towers.close?.();
    throw error;
  }
}

/** Makes the funnel from open models. */
export function createLearnedFunnel(options: LearnedFunnelParts): FunnelPolicy {
  return learnedFunnels(options)(options.predict);
}

/** More live videos than this are many: see `refreshDaysOfMany`. */
const many = 500_000;

/** Funnels that share all but the ranker: one store, index and lists. */
function learnedFunnels(options: Omit<LearnedFunnelParts, "predict">): (predict: Predict) => FunnelPolicy {
  const {
    catalogue,
    store,
    seed,
    towers,
    retriever,
    name = "learned",
    now,
    budget,
    onStage,
    indexPath: path,
  } = options;
  const config: LearnedFunnelConfig = { ...learnedFunnelDefaults, ...options.config };
  checkLearnedConfig(config);
  const { candidates, freshDays } = config;
  const timings = createTimings(now, budget);
  const popularityBy = (by: PopularityBy, votesADay = 0): ServedPopularity =>
    createServedPopularity({ catalogue, store, config: { by, votesADay, freshDays, listLength: candidates + 300 } });
  const popularity = popularityBy(config.popularBy, config.votesADay);
  const trending = config.shares.trending ? popularityBy("trending") : undefined;
  const filters = [
    ...(options.filters ?? []),
    ...(config.languages === "any" ? [] : [languageFilter(catalogue, config.languages)]),
  ];
  const ofSegment =
    config.coldStart !== "segment-popularity"
      ? undefined
      : config.popularBy === "segment"
        ? popularity
        : popularityBy("segment");
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
    await trending?.refresh(day);
    await retriever?.openDay(day, live);
    await openIndex(day);
    if (config.shares.fresh > 0 && config.freshBy === "embedding")
      await index!.openFresh(firstFresh(catalogue, day, freshDays));
  }

  async function openIndex(day: Day): Promise<void> {
    const refreshDays = live > many ? config.refreshDaysOfMany : config.refreshDays;
    if (!index)
      index = await openTowerIndex({
        towers,
        store,
        videos: catalogue.videos.count,
        live,
        exact: config.exactSearch,
        build: config.index,
        ...(path === undefined ? {} : { path }),
      });
    else if (refreshDays === 0 || day - indexDay < refreshDays) return index.grow(live);
    else await index.refresh(live);
    indexDay = day;
  }

  const retrieve = merge({
    sources: learnedSources({
      catalogue,
      store,
      seed,
      towers,
      retriever,
      config,
      popularity,
      trending,
      live: liveNow,
      index: opened,
    }),
    width: candidates,
    videos: catalogue.videos.count,
    live: liveNow,
    hasSeen: (user, video) => store.hasSeen(user, video),
    filters,
    atLeast: { ...rerankDefaults, ...config.rerank }.slots,
  });
  const rerank = createRerank({
    catalogue,
    seed,
    config: config.rerank,
    embeddings: opened,
    filters,
    ...(options.rules && { rules: options.rules }),
    ...(options.pictureOf && { duplicateOf: createDuplicates(catalogue.videos, options.pictureOf) }),
  });
  const detour = ofSegment && {
    takes: (requests: RequestBatch, row: number): boolean =>
      isNewcomer(catalogue, requests.user[row]!, requests.day, config.newcomerDays),
    recommend: compose(
      popularityStages({
        catalogue,
        store,
        popularity: ofSegment,
        config: { ...popularityFunnelDefaults, candidates, rerank: config.rerank },
        live: liveNow,
        rerank,
      }),
      timings,
    ),
  };
  return (predict) =>
    funnel({
      name,
      retrieve,
      rank: createRank({ store, predict, objective: config.objective, timings, onStage }),
      rerank,
      openDay,
      apply: (events) => store.apply(events),
      timings,
      onStage,
      versions: () => ({
        towers: towers.id,
        index: path ?? "built here",
        ...(options.rules?.() && { rules: options.rules()!.version }),
      }),
      ...(detour ? { detour } : {}),
    });
}

/** Did this account begin during the log, fewer than `newcomerDays` days ago? */
export function isNewcomer(catalogue: Catalogue, user: number, day: Day, newcomerDays: number): boolean {
  const joinDay = catalogue.users.joinDay[user]!;
  return joinDay > 0 && day - joinDay < newcomerDays;
}

/** The sources of the learned funnel; those with a share of 0 are left out. */
function learnedSources(parts: {
  readonly catalogue: Catalogue;
  readonly store: ServingStore;
  readonly seed: number;
  readonly towers: Towers;
  readonly retriever: Retriever | undefined;
  readonly config: LearnedFunnelConfig;
  readonly popularity: ServedPopularity;
  readonly trending: ServedPopularity | undefined;
  readonly live: () => number;
  readonly index: () => TowerIndex;
}): Source[] {
  const { catalogue, store, seed, towers, retriever, config, popularity, trending, live, index } = parts;
  const { candidates, shares, freshDays } = config;
  const quota = (share = 0): number => Math.floor(share * candidates + 1e-9);
  const extra = 64; // requested beyond the quota: some are watched already or come from two sources
  let lastRequests: RequestBatch | undefined;
  let lastQueries: Float32Array | Promise<Float32Array> = new Float32Array(0);
  /** Two sources use the query embeddings of the same batch. */
  const embedQueries = (requests: RequestBatch): Float32Array | Promise<Float32Array> => {
    if (requests !== lastRequests) {
      lastRequests = requests;
      lastQueries = towers.embedQueries(store.queryRows(requests));
    }
    return lastQueries;
  };
  const places = { quota: quota(shares.twoTower), width: quota(shares.twoTower) + extra };
  const nearest = retriever
    ? retrieverSource({ ...places, retriever })
    : neighbourSource({
        source: "two-tower",
        ...places,
        embedQueries,
        search: (queries, k) => index().search(queries, k),
      });
  const freshPlaces = { source: "fresh", quota: quota(shares.fresh), width: quota(shares.fresh) + extra } as const;
  const fresh =
    config.freshBy === "popularity"
      ? listSource("fresh", freshPlaces.quota, freshPlaces.width, (user) => popularity.fresh(user))
      : neighbourSource({
          ...freshPlaces,
          embedQueries,
          search: (queries, k, { day }) => index().searchFrom(firstFresh(catalogue, day, freshDays), queries, k),
        });
  const popular = listSource("popular", quota(shares.popular), candidates + 300, (user) => popularity.popular(user));
  const uniform = uniformSource({ quota: quota(shares.uniform), width: quota(shares.uniform) + extra, seed, live });
  const all: Source[] = [nearest, popular, fresh, uniform];
  if (trending)
    all.push(
      listSource("trending", quota(shares.trending), quota(shares.trending) + extra, (user) => trending.popular(user)),
    );
  const own = (share: number): Places => ({ quota: quota(share), width: quota(share) + extra });
  if (shares.followed) all.push(followedSource(catalogue, store, live, own(shares.followed)));
  if (shares.itemToItem) all.push(itemSource(store, index, own(shares.itemToItem)));
  return all.filter(({ quota: places }) => places > 0);
}

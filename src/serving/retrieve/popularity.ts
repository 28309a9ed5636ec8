/**
 * Popularity as of last midnight, kept for serving: a score per video (expected watch time of an impression, ms, smoothed), globally,
 * by segment or over recent days (trending), and the lists of popular and fresh videos made from them.
 *
 * Trending is the global score over counts that halve every few days (Ji, Sun, Zhang & Li, 2020). A limited number of votes per user and
 * day protects the counts against click fraud.
 *
 * A segment's score of a video is its own watch time per impression in the segment, drawn toward global score × how much
 * the segment likes the video's topic × how much its language: with few impressions per cell that prior dominates.
 */
import { durationBoundsMs, formatCount } from "../../data/features/features.js";
import { popularityDefaults, popularityScores } from "../../models/retrievers/popularity.js";
import type { PopularityConfig } from "../../models/retrievers/popularity.js";
import { languages, segmentCount } from "../../types.js";
import type { Catalogue, Day, RequestBatch } from "../../types.js";
import { userSegments } from "../logging-counts.js";
import type { Neighbours, Retriever } from "./retrieve.js";
import { liveOn } from "../slates.js";
import type { VideoCounts } from "../../data/index.js";
import type { SegmentVideoSums, ServingStore } from "../store.js";
import { topPositions } from "./top.js";

/** Which users' and which days' popularity. */
export const popularities = ["global", "segment", "trending"] as const;
export type PopularityBy = (typeof popularities)[number];

/** How popularity is kept. */
export interface ServedPopularityConfig extends PopularityConfig {
  /** `segment` scores by age band × region, `global` the same for all; `trending` is global, and recent counts weigh more. */
  readonly by: PopularityBy;
  /** Days after which a count weighs half, for `trending`. */
  readonly halfLifeDays: number;
  /** Most clicks of a user that count per day, each video once, and their watch time in proportion; 0: all count. Not with `segment`. */
  readonly votesADay: number;
  /** Most videos in a list; longer than a page needs, since watched videos are skipped. */
  readonly listLength: number;
  /** A video is fresh on its upload day and this many days less one after. */
  readonly freshDays: number;
  /** Impressions' worth of the overall rate of a topic (or a language) in a segment's rate of it. */
  readonly liftStrength: number;
}

/**
 * Defaults of served popularity. All clicks count, as on a platform without fraud protection. Measured at small on the tuning seeds 7 and
 * 11, where about 0.2 % of accounts are bots with up to a fifth of all clicks: of the 200 videos ranked first, 26 and 12 had most of their
 * watch time from bots. With 10 votes per day (more than nine in ten people use) it was 6 and 4, and the expected watch time of the 200
 * rose by 7 % in both, to the value without the bots' events (23.2 and 16.2 seconds; 23.2 and 15.8 with votes). Trending is for worlds that
 * change faster than this one: here half-lives from 1 to 7 days found worse videos on both seeds, 14 days equally good ones.
 */
export const servedPopularityDefaults: ServedPopularityConfig = {
  ...popularityDefaults,
  by: "global",
  halfLifeDays: 2,
  votesADay: 0,
  listLength: 500,
  freshDays: 3,
  liftStrength: 200,
};

/** Scores and lists of the open day. */
export interface ServedPopularity {
  /** Recomputes everything from the store's counts; the store must be at midnight before `day`. */
  refresh(day: Day): Promise<void>;
  /** Score of every live video for a user (of the user's segment). [live] ms of watch time per impression */
  scoresOf(user: number): Float32Array;
  /** Live videos by score, best first, ties to the smaller id. */
  popular(user: number): Int32Array;
  /** The fresh ones alone, best first; a new upload's score is its creator's. */
  fresh(user: number): Int32Array;
}

/** Opens popularity over a store. `by: "segment"` needs a store that counts by segment. */
export function createServedPopularity(options: {
  readonly catalogue: Catalogue;
  readonly store: Pick<ServingStore, "videoStats" | "countVideos" | "segmentVideoStats">;
  readonly config?: Partial<ServedPopularityConfig>;
}): ServedPopularity {
  const { catalogue, store } = options;
  const config: ServedPopularityConfig = { ...servedPopularityDefaults, ...options.config };
  checkServedPopularity(config);
  const bySegment = config.by === "segment";
  const segmentOf = userSegments(catalogue);
  const { creator, durationMs } = catalogue.videos;
  const format = Uint8Array.from(durationMs, (ms) => durationBoundsMs.filter((bound) => ms >= bound).length);
  const kinds = { creator, creatorCount: catalogue.creatorCount, format, formatCount };
  const ids = Int32Array.from({ length: catalogue.videos.count }, (_, video) => video);
  let live = 0;
  let freshFrom = 0;
  let global: Float64Array = new Float64Array(0);
  let stats: SegmentVideoSums | undefined;
  let topicLifts: Float64Array = new Float64Array(0);
  let languageLifts: Float64Array = new Float64Array(0);
  // Computed at the first request of a user of the segment: most segments of a small arm have none.
  const scores = new Map<number, Float32Array>();
  const lists = new Map<number, Int32Array>();

  function cellOf(user: number): number {
    return bySegment ? segmentOf[user]! : 0;
  }

  function scoresOf(user: number): Float32Array {
    const cell = cellOf(user);
    let found = scores.get(cell);
    if (!found)
      scores.set(cell, (found = bySegment ? segmentScores(cell) : Float32Array.from(global.subarray(0, live))));
    return found;
  }

  function segmentScores(segment: number): Float32Array {
    const { topic, language } = catalogue.videos;
    const topics = catalogue.topicNames.length;
    const found = new Float32Array(live);
    for (let video = 0; video < live; video++) {
      found[video] =
        global[video]! *
        topicLifts[segment * topics + topic[video]!]! *
        languageLifts[segment * languages.length + language[video]!]!;
    }
    if (!stats) return found;
    for (
      let row = lowerBound(stats.segment, segment, stats.count);
      row < stats.count && stats.segment[row] === segment;
      row++
    ) {
      const video = stats.video[row]!;
      if (video >= live) continue;
      found[video] =
        (stats.watchMs[row]! + config.segmentStrength * found[video]!) /
        (stats.impressions[row]! + config.segmentStrength);
    }
    return found;
  }

  /** One list per cell and kind: even keys hold popular, odd keys fresh lists. */
  function listOf(user: number, fresh: boolean): Int32Array {
    const key = cellOf(user) * 2 + (fresh ? 1 : 0);
    let found = lists.get(key);
    if (!found) {
      const from = fresh ? freshFrom : 0;
      const length = Math.min(config.listLength, live - from);
      found = new Int32Array(length);
      if (length > 0) topPositions(scoresOf(user), ids, from, live, length, found);
      lists.set(key, found);
    }
    return found;
  }

  return {
    async refresh(day: Day): Promise<void> {
      live = liveOn(catalogue, day);
      freshFrom = firstFresh(catalogue, day, config.freshDays);
      global = popularityScores(await countsOf(store, config), kinds, config);
      if (bySegment) {
        if (!store.segmentVideoStats)
          throw new Error("popularity by segment needs a store with segmentVideoStats; use by: global");
        stats = await store.segmentVideoStats();
        topicLifts = segmentLifts(stats, catalogue.videos.topic, catalogue.topicNames.length, config.liftStrength);
        languageLifts = segmentLifts(stats, catalogue.videos.language, languages.length, config.liftStrength);
      }
      scores.clear();
      lists.clear();
    },
    scoresOf,
    popular: (user) => listOf(user, false),
    fresh: (user) => listOf(user, true),
  };
}

/** The counts that the config needs. */
async function countsOf(
  store: Pick<ServingStore, "videoStats" | "countVideos">,
  { by, halfLifeDays, votesADay }: ServedPopularityConfig,
): Promise<VideoCounts> {
  if (by !== "trending" && votesADay === 0) return store.videoStats();
  if (!store.countVideos)
    throw new Error("popularity by trending or votes needs a store with countVideos; use by: global, votesADay: 0");
  return store.countVideos({ ...(by === "trending" && { halfLifeDays }), ...(votesADay > 0 && { votesADay }) });
}

function checkServedPopularity({ by, halfLifeDays, votesADay }: ServedPopularityConfig): void {
  if (!popularities.includes(by))
    throw new RangeError(`popularity: by: ${String(by)}; known: ${popularities.join(", ")}`);
  if (!(halfLifeDays > 0)) throw new RangeError(`popularity: halfLifeDays: ${halfLifeDays}; allowed: numbers above 0`);
  if (!(votesADay >= 0))
    throw new RangeError(`popularity: votesADay: ${votesADay}; allowed: 0 (all clicks count) or more`);
  if (by === "segment" && votesADay > 0)
    throw new RangeError(`popularity: votesADay: ${votesADay}; allowed by segment: 0, whose cells count all clicks`);
}

/**
 * Popularity as a retriever in place of the two-tower: each user gets the list of `popular`. Its lists must be long enough to leave out
 * what a user has watched (`listLength`).
 */
export function popularityRetriever(popularity: ServedPopularity, name = "popularity"): Retriever {
  return {
    name,
    openDay: (day: Day) => popularity.refresh(day),
    neighbours({ count, user }: RequestBatch): Neighbours {
      const lists = Array.from(user.subarray(0, count), (id) => popularity.popular(id));
      const k = Math.max(0, ...lists.map(({ length }) => length)); // whole lists: watched videos are skipped when sources are merged
      const ids = new Int32Array(count * k).fill(-1);
      lists.forEach((list, row) => ids.set(list, row * k));
      return { k, ids };
    },
  };
}

/** The first id uploaded within the last `freshDays` days of `day`; ids are in order of upload. */
export function firstFresh(catalogue: Catalogue, day: Day, freshDays: number): number {
  return lowerBound(catalogue.videos.uploadDay, day - freshDays + 1, liveOn(catalogue, day));
}

/**
 * Smoothed watch time per impression of each kind of video in each segment over the kind's overall; 1 where nothing is known.
 * [segments, kinds]
 */
function segmentLifts(stats: SegmentVideoSums, kindOf: Uint8Array, kinds: number, strength: number): Float64Array {
  const impressions = new Float64Array(segmentCount * kinds);
  const watchMs = new Float64Array(segmentCount * kinds);
  for (let row = 0; row < stats.count; row++) {
    const cell = stats.segment[row]! * kinds + kindOf[stats.video[row]!]!;
    impressions[cell]! += stats.impressions[row]!;
    watchMs[cell]! += stats.watchMs[row]!;
  }
  const lifts = new Float64Array(segmentCount * kinds).fill(1);
  for (let kind = 0; kind < kinds; kind++) {
    let [shown, watched] = [0, 0];
    for (let cell = kind; cell < lifts.length; cell += kinds) {
      shown += impressions[cell]!;
      watched += watchMs[cell]!;
    }
    if (watched === 0) continue;
    const mean = watched / shown;
    for (let cell = kind; cell < lifts.length; cell += kinds)
      lifts[cell] = (watchMs[cell]! + strength * mean) / (impressions[cell]! + strength) / mean;
  }
  return lifts;
}

/** First index below `length` whose value is at least `value`; values do not decrease. */
function lowerBound(values: ArrayLike<number>, value: number, length: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The part of a feature store that popularity reads, in memory: counts by video and what each user has clicked. A study plays hundreds of
 * arms; this opens in a millisecond where the feature store moves tables (tested: the same pages as over the feature store).
 */
import type { VideoCounts } from "../data/index.js";
import type { Impressions } from "../types.js";
import type { ServingStore } from "./store.js";

/** Counts of a log, read once and shared by all arms that start from it. Ads are not counted: their places are bought. */
export interface History {
  readonly stats: VideoCounts;
  /** Clicked (user, video) as user × videos + video. */
  readonly clicked: ReadonlySet<number>;
}

/** The history of a log's days. */
export async function historyOf(
  days: Iterable<Impressions> | AsyncIterable<Impressions>,
  videos: number,
): Promise<History> {
  const stats = newStats(videos);
  const clicked = new Set<number>();
  for await (const events of days) {
    count(stats, events);
    see(clicked, events, videos);
  }
  return { stats, clicked };
}

/** A store that starts from a history, for one arm. It serves no features: those functions throw. */
export function countingStore({ stats: before, clicked }: History): ServingStore {
  const videos = before.clicks.length;
  const stats: VideoCounts = {
    impressions: before.impressions.slice(),
    clicks: before.clicks.slice(),
    watchMs: before.watchMs.slice(),
  };
  const since = new Set<number>();
  const none = (): never => {
    throw new Error("a counting store has no features; allowed: policies that read counts, such as popularity");
  };
  return {
    async append(events) {
      count(stats, events);
    },
    openDay: async () => undefined,
    apply: (events) => see(since, events, videos),
    hasSeen: (user, video) => clicked.has(user * videos + video) || since.has(user * videos + video),
    videoStats: () => stats,
    queryRows: none,
    candidateRows: none,
    rankRows: none,
  };
}

function newStats(videos: number): VideoCounts {
  return { impressions: new Float64Array(videos), clicks: new Float64Array(videos), watchMs: new Float64Array(videos) };
}

function count(
  { impressions, clicks, watchMs }: VideoCounts,
  { count: rows, video, click, watchMs: watched, campaign }: Impressions,
): void {
  for (let i = 0; i < rows; i++) {
    if (campaign[i]! > 0) continue;
    const v = video[i]!;
    impressions[v] = impressions[v]! + 1;
    clicks[v] = clicks[v]! + click[i]!;
    watchMs[v] = watchMs[v]! + watched[i]!;
  }
}

function see(clicked: Set<number>, { count: rows, user, video, click, campaign }: Impressions, videos: number): void {
  for (let i = 0; i < rows; i++) if (click[i] === 1 && campaign[i] === 0) clicked.add(user[i]! * videos + video[i]!);
}

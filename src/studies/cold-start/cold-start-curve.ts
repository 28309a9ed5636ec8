/**
 * How quality grows with what is known: videos uploaded and users who joined in an arm's first days are followed from midnight to midnight.
 * The models stay as they are (they have never met these ids); only the features grow, from the arm's own log. Quality is Spearman's rank
 * correlation, within a user, of a score with the true expected watch time. The same users and videos stand in every age of a curve.
 */
import { columnOf, openStore } from "../../data/index.js";
import { meanInterval, meanOrZero, pairedDifference, spearman, type Interval } from "../../evaluation/index.js";
import { hash32, keyOf } from "../../random.js";
import { openRanker, openTowers } from "../../serving/index.js";
import type { CandidateBatch, Day, RequestBatch, RunControl } from "../../types.js";
import { emptyExpected, openOracle } from "../../world/index.js";
import type { PlayedArm } from "../../pipeline/arms/played-arm.js";
import { openWorldAfter } from "../../pipeline/simulate.js";
import type { Trained } from "../../pipeline/train.js";

/**
 * Scores that are compared with the truth: expected watch time of the ranker, the towers' inner product, watch time per impression so
 * far.
 */
export const knowledgeScores = ["ranker", "two-tower", "popularity"] as const;
export type KnowledgeScore = (typeof knowledgeScores)[number];

/** One age of a cohort: each score's mean correlation with the truth, intervals by user. */
export interface KnowledgePoint {
  readonly age: number; // days since upload or joining, as of the morning: 0 has no impressions yet
  readonly impressions: number; // mean, of a video or by a user, before that morning
  readonly correlation: Readonly<Record<KnowledgeScore, Interval>>;
}

/** The curve of a cohort. */
export interface KnowledgeCurve {
  readonly users: number;
  readonly videos: number;
  readonly points: readonly KnowledgePoint[];
  /** Last age minus first, paired by user. */
  readonly growth: Readonly<Record<KnowledgeScore, Interval>>;
}

/** Both curves. `joined` is undefined where nobody joined early enough. */
export interface ColdStartCurves {
  readonly uploaded: KnowledgeCurve; // new videos for established users
  readonly joined: KnowledgeCurve | undefined; // newcomers for videos live on the first day
}

/** Sizes of the cohorts. */
export interface ColdStartCurveSizes {
  readonly users: number; // at most; default 150
  readonly videos: number; // of an upload day, and for newcomers, at most; default 150
  readonly ages: number; // mornings followed, default 6
}

/** Follows the cohorts of an arm. @throws RangeError when the arm is too short for the ages asked */
export async function coldStartCurves(
  trained: Trained,
  arm: PlayedArm,
  sizes: Partial<ColdStartCurveSizes> = {},
  control: RunControl = {},
): Promise<ColdStartCurves> {
  const { users: mostUsers, videos: mostVideos, ages } = { users: 150, videos: 150, ages: 6, ...sizes };
  const cohortDays = arm.days.slice(0, arm.days.length - ages + 1);
  if (!(ages >= 2) || cohortDays.length === 0)
    throw new RangeError(`ages: ${ages}; allowed: 2 … ${arm.days.length}, the arm's days`);
  const { catalogue, setting } = trained.prepared.log;
  const key = keyOf(setting.seed, "experiments/cold-start-curve");
  const sample = (ids: readonly number[], most: number): number[] =>
    [...ids].sort((a, b) => hash32(key, a) - hash32(key, b) || a - b).slice(0, most);
  const assigned = [...new Set(arm.userDays.user)];
  const usersJoined = (on: (day: Day) => boolean): number[] => {
    const users = assigned.filter((user) => on(catalogue.users.joinDay[user]!));
    return sample(users, mostUsers);
  };
  const videosLive = (from: number, to: number): Int32Array => Int32Array.from(sample(range(from, to), mostVideos));
  const { liveVideos } = catalogue;
  const established = usersJoined((day) => day <= 0);
  const early = videosLive(0, liveVideos[arm.days[0]!]!);
  const uploads = new Map(cohortDays.map((day) => [day, videosLive(liveVideos[day - 1]!, liveVideos[day]!)]));
  const joins = new Map(cohortDays.map((day) => [day, usersJoined((joined) => joined === day)]));
  const [uploaded, joined] = [newCohort(ages), newCohort(ages)];
  const score = await openScores(trained, arm);
  try {
    for (const [done, day] of arm.days.entries()) {
      control.signal?.throwIfAborted();
      await score.openDay(day);
      for (const cohortDay of cohortDays) {
        const age = day - cohortDay;
        if (age < 0 || age >= ages) continue;
        for (const user of established)
          await measure(uploaded, age, user, uploads.get(cohortDay) as Int32Array, score, "video");
        for (const user of joins.get(cohortDay) as number[]) await measure(joined, age, user, early, score, "user");
      }
      control.onProgress?.("cold-start curves", done + 1, arm.days.length);
    }
  } finally {
    await score.close();
  }
  const videos = [...uploads.values()].reduce((sum, ids) => sum + ids.length, 0);
  return {
    uploaded: curveOf(uploaded, videos),
    joined: joined[0]!.user.length === 0 ? undefined : curveOf(joined, early.length),
  };
}

/** What was measured of a cohort at one age. */
interface Age {
  readonly user: number[];
  readonly impressions: number[];
  readonly found: Readonly<Record<KnowledgeScore, number[]>>;
}

function newCohort(ages: number): readonly Age[] {
  return Array.from({ length: ages }, () => ({
    user: [],
    impressions: [],
    found: { ranker: [], "two-tower": [], popularity: [] },
  }));
}

async function measure(
  cohort: readonly Age[],
  age: number,
  user: number,
  videos: Int32Array,
  score: OpenScores,
  of: "user" | "video",
): Promise<void> {
  if (videos.length < 2) return;
  const at = cohort[age]!;
  const scores = await score.of(user, videos);
  at.user.push(user);
  at.impressions.push(meanOrZero(of === "user" ? scores.userImpressions : scores.videoImpressions));
  for (const name of knowledgeScores) {
    const correlation = spearman(scores[name], scores.truth);
    at.found[name].push(Number.isFinite(correlation) ? correlation : 0); // a constant score has no correlation
  }
}

function curveOf(cohort: readonly Age[], videos: number): KnowledgeCurve {
  const [first, last] = [cohort[0]!, cohort[cohort.length - 1]!];
  const each = (make: (name: KnowledgeScore) => Interval): Record<KnowledgeScore, Interval> => ({
    ranker: make("ranker"),
    "two-tower": make("two-tower"),
    popularity: make("popularity"),
  });
  return {
    users: new Set(first.user).size,
    videos,
    points: cohort.map(({ user, impressions, found }, age) => ({
      age,
      impressions: meanOrZero(impressions),
      correlation: each((name) => meanInterval(found[name], user)),
    })),
    growth: each((name) => pairedDifference(first.found[name], last.found[name], first.user)), // same users in the same order at every age
  };
}

type Scores = Readonly<Record<KnowledgeScore | "truth" | "userImpressions" | "videoImpressions", Float64Array>>;

interface OpenScores {
  openDay(day: Day): Promise<void>;
  of(user: number, videos: Int32Array): Promise<Scores>;
  close(): Promise<void>;
}

/** Scores at 20:00 of the opened day, before any visit; the truth is that of the end-of-day snapshot from which the arm started. */
async function openScores(trained: Trained, arm: PlayedArm): Promise<OpenScores> {
  const { log, aggregatesDir } = trained.prepared;
  const world = await openWorldAfter(log);
  const store = await openStore(world.catalogue, { from: aggregatesDir });
  const oracle = openOracle(world);
  const ranker = await openRanker(trained.ranker.artifact.dir);
  const towers = await openTowers(trained.twoTower.artifact.dir);
  let day: Day = -1;
  return {
    async openDay(next): Promise<void> {
      if (day >= 0) await store.appendLog(arm.logDir, [day]);
      day = next;
      await store.openDay(day);
    },
    async of(user, videos): Promise<Scores> {
      const [timeMs, device] = [20 * 3_600_000, world.catalogue.users.device[user]!];
      const requests: RequestBatch = {
        day,
        count: 1,
        request: Float64Array.of(0),
        session: Float64Array.of(0),
        user: Int32Array.of(user),
        page: Uint8Array.of(0),
        timeMs: Int32Array.of(timeMs),
        device: Uint8Array.of(device),
      };
      const candidates: CandidateBatch = {
        count: 1,
        width: videos.length,
        video: videos,
        source: new Uint8Array(videos.length),
      };
      const rows = store.rankRows(requests, candidates);
      const { clickProbability, watchMs } = await ranker.predict(rows);
      const query = await towers.embedQueries(store.queryRows(requests));
      const vectors = await towers.embedCandidates(store.candidateRows(videos));
      const truth = emptyExpected(videos.length);
      oracle.expected(user, videos, { timeMs, device }, truth);
      const counts = (name: string): Float64Array => Float64Array.from(columnOf(rows, name), Math.expm1);
      return {
        ranker: Float64Array.from(videos, (_, i) => clickProbability[i]! * watchMs[i]!),
        "two-tower": Float64Array.from(videos, (_, i) =>
          dot(query, vectors.subarray(i * towers.dims, (i + 1) * towers.dims)),
        ),
        popularity: Float64Array.from(columnOf(rows, "video_watch_rate")),
        truth: Float64Array.from(truth.watchMs),
        userImpressions: counts("user_log_impressions"),
        videoImpressions: counts("video_log_impressions"),
      };
    },
    async close(): Promise<void> {
      await ranker.close();
      await towers.close?.();
      await store.close();
    },
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

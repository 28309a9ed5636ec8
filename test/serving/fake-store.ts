/** A feature store of few columns, by plain loops, and models to go with it: enough for every path of the funnels. */
import { uniform } from "../../src/random.js";
import { userSegments } from "../../src/serving/logging-counts.js";
import type { Predict } from "../../src/serving/rank/rank.js";
import type { VideoCounting, VideoCounts } from "../../src/data/index.js";
import type { SegmentVideoSums, ServingStore } from "../../src/serving/store.js";
import type { Towers } from "../../src/serving/retrieve/tower-index.js";
import type {
  CandidateBatch,
  Catalogue,
  Day,
  FeatureMatrix,
  FeatureSchema,
  Impressions,
  RequestBatch,
} from "../../src/types.js";

export const dims = 4;

/** Unit vectors by hash: what the fake towers see of a user or a video. */
export function vectorOf(kind: number, id: number): number[] {
  const raw = Array.from({ length: dims }, (_, d) => uniform(kind, id, d) - 0.5);
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

/** The fake truth: how well a video suits a user. */
export function affinityOf(user: number, video: number): number {
  const [a, b] = [vectorOf(1, user), vectorOf(2, video)];
  return a.reduce((sum, value, d) => sum + value * b[d]!, 0);
}

const numbersNamed = (names: readonly string[]): FeatureSchema["numbers"] => names.map((name) => ({ name }));
const towerNumbers = numbersNamed(["x0", "x1", "x2", "x3"]);

export interface FakeStore extends ServingStore {
  readonly appended: readonly Impressions[];
  readonly applied: readonly Impressions[];
  readonly days: readonly Day[];
}

export function fakeStore(catalogue: Catalogue): FakeStore {
  const appended: Impressions[] = [];
  const applied: Impressions[] = [];
  const days: Day[] = [];
  const seen = new Set<string>();
  const note = (events: Impressions): void => {
    for (let row = 0; row < events.count; row++)
      if (events.click[row] === 1) seen.add(`${events.user[row]}/${events.video[row]}`);
  };
  const towerRows = (
    category: { name: string; cardinality: number },
    kind: number,
    ids: Int32Array,
  ): FeatureMatrix => ({
    schema: { categories: [category], numbers: towerNumbers },
    count: ids.length,
    categories: Int32Array.from(ids),
    numbers: Float32Array.from(Array.from(ids).flatMap((id) => vectorOf(kind, id))),
  });
  return {
    appended,
    applied,
    days,
    async append(events: Impressions): Promise<void> {
      appended.push(events);
      note(events);
    },
    async openDay(day: Day): Promise<void> {
      days.push(day);
    },
    queryRows: (requests: RequestBatch) =>
      towerRows({ name: "user", cardinality: catalogue.users.count }, 1, requests.user),
    candidateRows: (videos: Int32Array) => towerRows({ name: "video", cardinality: catalogue.videos.count }, 2, videos),
    rankRows(requests: RequestBatch, candidates: CandidateBatch): FeatureMatrix {
      const rows = Array.from(candidates.video, (video, at) => ({
        user: requests.user[Math.floor(at / candidates.width)]!,
        video: Math.max(0, video),
      }));
      return {
        schema: {
          categories: [
            { name: "user", cardinality: catalogue.users.count },
            { name: "video", cardinality: catalogue.videos.count },
          ],
          numbers: numbersNamed(["affinity"]),
        },
        count: rows.length,
        categories: Int32Array.from(rows.flatMap(({ user, video }) => [user, video])),
        numbers: Float32Array.from(rows, ({ user, video }) => affinityOf(user, video)),
      };
    },
    apply(events: Impressions): void {
      applied.push(events);
      note(events);
    },
    hasSeen: (user, video) => seen.has(`${user}/${video}`),
    videoStats() {
      const stats = {
        impressions: new Float64Array(catalogue.videos.count),
        clicks: new Float64Array(catalogue.videos.count),
        watchMs: new Float64Array(catalogue.videos.count),
      };
      for (const events of appended) {
        for (let row = 0; row < events.count; row++) {
          const video = events.video[row]!;
          stats.impressions[video]! += 1;
          stats.clicks[video]! += events.click[row]!;
          stats.watchMs[video]! += events.watchMs[row]!;
        }
      }
      return stats;
    },
    /** By plain loops: each user's clicks of a day once a video, cut to the votes; a day's counts halved for every half-life since. */
    async countVideos({ halfLifeDays = Infinity, votesADay = Infinity }: VideoCounting): Promise<VideoCounts> {
      const zeros = (): Float64Array => new Float64Array(catalogue.videos.count);
      const counts = { impressions: zeros(), clicks: zeros(), watchMs: zeros() };
      const today = days.at(-1)!;
      for (const events of appended) {
        const weight = 2 ** (-(today - 1 - events.day[0]!) / halfLifeDays);
        const watched = new Map<number, Map<number, number>>(); // by user, by video
        for (let row = 0; row < events.count; row++) {
          const [user, video] = [events.user[row]!, events.video[row]!];
          counts.impressions[video]! += weight;
          if (events.click[row] === 0) continue;
          const own = watched.get(user) ?? new Map<number, number>();
          watched.set(user, own.set(video, Math.max(own.get(video) ?? 0, events.watchMs[row]!)));
        }
        for (const own of watched.values()) {
          const vote = Math.min(1, votesADay / own.size);
          for (const [video, watchMs] of own) {
            counts.clicks[video]! += weight * vote;
            counts.watchMs[video]! += weight * vote * watchMs;
          }
        }
      }
      return counts;
    },
    async segmentVideoStats(): Promise<SegmentVideoSums> {
      const segment = userSegments(catalogue);
      const cells = new Map<number, { impressions: number; watchMs: number }>();
      for (const events of appended) {
        for (let row = 0; row < events.count; row++) {
          const key = segment[events.user[row]!]! * catalogue.videos.count + events.video[row]!;
          const cell = cells.get(key) ?? { impressions: 0, watchMs: 0 };
          cells.set(key, { impressions: cell.impressions + 1, watchMs: cell.watchMs + events.watchMs[row]! });
        }
      }
      const keys = [...cells.keys()].sort((a, b) => a - b);
      return {
        count: keys.length,
        segment: Int32Array.from(keys, (key) => Math.floor(key / catalogue.videos.count)),
        video: Int32Array.from(keys, (key) => key % catalogue.videos.count),
        impressions: Float64Array.from(keys, (key) => cells.get(key)!.impressions),
        watchMs: Float64Array.from(keys, (key) => cells.get(key)!.watchMs),
      };
    },
  };
}

/** Towers that hand back the numbers they are given: embeddings are `vectorOf`. */
export const fakeTowers: Towers = {
  id: "fake",
  dims,
  embedQueries: (rows) => rows.numbers.slice(),
  embedCandidates: (rows) => rows.numbers.slice(),
};

/** P(click) rises with affinity; a click is watched for 10 s, video 0's for an hour (so objectives differ). */
export const fakePredict: Predict = (features) => ({
  clickProbability: Float32Array.from({ length: features.count }, (_, row) => 0.5 + 0.4 * features.numbers[row]!),
  watchMs: Float32Array.from({ length: features.count }, (_, row) =>
    features.categories[row * 2 + 1] === 0 ? 3_600_000 : 10_000,
  ),
});

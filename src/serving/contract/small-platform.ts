/** A small platform to ask policies on: catalogues, requests and events of a few dozen ids, made by a hash. */
import { hash32, uniformInt } from "../../random.js";
import type { Catalogue, Impressions, Policy, RequestBatch, SlateBatch } from "../../types.js";

/** Sizes of a small catalogue. */
export interface FakeCatalogueSizes {
  readonly users?: number;
  readonly videos?: number;
  readonly topics?: number;
  readonly creators?: number;
  readonly days?: number;
  /** Videos live on day 0; the rest are uploaded evenly over the days. */
  readonly liveAtStart?: number;
}

/** A catalogue of 20 users and 60 videos, or of other sizes. */
export function fakeCatalogue(sizes: FakeCatalogueSizes = {}): Catalogue {
  const { users = 20, videos = 60, topics = 5, creators = 12, days = 4 } = sizes;
  const { liveAtStart = videos } = sizes;
  const pick = (n: number, purpose: number, count: number): number[] =>
    Array.from({ length: count }, (_, id) => uniformInt(n, 99, id, purpose));
  const liveVideos = Int32Array.from({ length: days }, (_, day) =>
    days === 1 ? videos : Math.floor(liveAtStart + ((videos - liveAtStart) * day) / (days - 1)),
  );
  const uploadDay = Int16Array.from({ length: videos }, (_, video) =>
    video < liveAtStart ? -1 : liveVideos.findIndex((live) => video < live),
  );
  return {
    users: {
      count: users,
      joinDay: new Int16Array(users),
      ageBand: Uint8Array.from(pick(6, 1, users)),
      region: Uint8Array.from(pick(6, 2, users)),
      device: Uint8Array.from(pick(4, 3, users)),
      language: Uint8Array.from(pick(6, 4, users)),
    },
    videos: {
      count: videos,
      uploadDay,
      topic: Uint8Array.from(pick(topics, 5, videos)),
      creator: Int32Array.from(pick(creators, 6, videos)),
      durationMs: Int32Array.from(pick(600_000, 7, videos), (ms) => ms + 15_000),
      language: Uint8Array.from(pick(6, 8, videos)),
      sponsored: new Uint8Array(videos),
    },
    topicNames: Array.from({ length: topics }, (_, topic) => `topic ${topic}`),
    creatorCount: creators,
    liveVideos,
  };
}

/** One page request of each listed user; `page` makes request ids differ between batches. */
export function fakeRequests(day: number, users: readonly number[], page = 0): RequestBatch {
  const session = users.map((user) => (day * 2 ** 24 + user) * 8);
  return {
    day,
    count: users.length,
    session: Float64Array.from(session),
    request: Float64Array.from(session, (id) => id * 64 + page),
    user: Int32Array.from(users),
    page: new Uint8Array(users.length).fill(page),
    timeMs: new Int32Array(users.length).fill(1000 * page),
    device: new Uint8Array(users.length),
  };
}

/** Many requests of one user on one day: every id differs, as over many visits. */
export function manyRequests(day: number, user: number, count: number): RequestBatch {
  const batch = fakeRequests(day, new Array<number>(count).fill(user));
  return { ...batch, request: Float64Array.from({ length: count }, (_, index) => 7_000_000_000 + index * 64) };
}

/** Events of one day, made by a hash: `count` impressions over users and live videos. */
export function fakeEvents(catalogue: Catalogue, day: number, count: number, key = 5): Impressions {
  const live = catalogue.liveVideos[day]!;
  const column = (n: number, purpose: number): number[] =>
    Array.from({ length: count }, (_, row) => uniformInt(n, key, row, day, purpose));
  const click = Uint8Array.from(column(4, 3), (value) => (value === 0 ? 1 : 0));
  return {
    count,
    policies: ["fake"],
    arms: ["only"],
    request: Float64Array.from({ length: count }, (_, row) => row * 64),
    session: Float64Array.from({ length: count }, (_, row) => row),
    user: Int32Array.from(column(catalogue.users.count, 1)),
    video: Int32Array.from(column(live, 2)),
    day: new Int16Array(count).fill(day),
    timeMs: new Int32Array(count),
    page: new Uint8Array(count),
    position: new Uint8Array(count),
    source: new Uint8Array(count),
    policy: new Uint8Array(count),
    component: new Uint8Array(count),
    arm: new Uint8Array(count),
    propensity: new Float64Array(count).fill(1),
    device: new Uint8Array(count),
    click,
    watchMs: Int32Array.from({ length: count }, (_, row) =>
      click[row]! === 1 ? 1000 + (hash32(key, row, 9) % 90_000) : 0,
    ),
    like: new Uint8Array(count),
    share: new Uint8Array(count),
    hide: new Uint8Array(count),
    follow: new Uint8Array(count),
    campaign: new Int16Array(count),
    conversion: new Uint8Array(count),
    revenueMicros: new Int32Array(count),
  };
}

/** Opens days 0 … day, telling the policy of such events each midnight. */
export async function openThrough(policy: Policy, catalogue: Catalogue, day: number, eventsADay = 300): Promise<void> {
  for (let today = 0; today <= day; today++) {
    await policy.openDay(today, today === 0 ? undefined : fakeEvents(catalogue, today - 1, eventsADay));
  }
}

/** One page as plain numbers. */
export function pageOf(slates: SlateBatch, row: number): number[] {
  return Array.from(slates.video.subarray(row * slates.slots, (row + 1) * slates.slots));
}

/**
 * A small made-up catalogue and log for tests, all by hashes: no model of taste, but every column varies, users come back, sessions
 * have several pages, some users join and some videos are uploaded during the log, and some users never come.
 */
import { emptyImpressions } from "../../src/log/impressions.js";
import { hash32, keyOf, uniform, uniformInt } from "../../src/random.js";
import { candidateSources, type Catalogue, type Impressions } from "../../src/types.js";

export interface FakeConfig {
  readonly seed: number;
  readonly users: number;
  readonly videos: number;
  readonly creators: number;
  readonly topics: number;
  readonly days: number;
  /** Chance that a user comes on a day. */
  readonly visits: number;
  readonly slots: number;
}

export const fakeDefaults: FakeConfig = {
  seed: 1,
  users: 40,
  videos: 60,
  creators: 9,
  topics: 5,
  days: 5,
  visits: 0.5,
  slots: 4,
};

export function fakeCatalogue(config: Partial<FakeConfig> = {}): Catalogue {
  const { seed, users, videos, creators, topics, days } = { ...fakeDefaults, ...config };
  const key = keyOf(seed, "catalogue");
  const old = Math.ceil(videos * 0.6); // there before day 0
  const uploadDay = Int16Array.from({ length: videos }, (_, v) =>
    v < old ? v - old : Math.floor(((v - old) * days) / (videos - old)),
  );
  const creator = Int32Array.from({ length: videos }, (_, v) => uniformInt(creators, key, v, 1));
  return {
    users: {
      count: users,
      joinDay: Int16Array.from({ length: users }, (_, u) =>
        uniform(key, u, 2) < 0.8 ? -uniformInt(100, key, u, 3) : uniformInt(days, key, u, 4),
      ),
      ageBand: Uint8Array.from({ length: users }, (_, u) => uniformInt(6, key, u, 5)),
      region: Uint8Array.from({ length: users }, (_, u) => uniformInt(6, key, u, 6)),
      device: Uint8Array.from({ length: users }, (_, u) => uniformInt(4, key, u, 7)),
      language: Uint8Array.from({ length: users }, (_, u) => uniformInt(3, key, u, 8)),
    },
    videos: {
      count: videos,
      uploadDay,
      topic: Uint8Array.from({ length: videos }, (_, v) => uniformInt(topics, key, v, 9)),
      creator,
      durationMs: Int32Array.from({ length: videos }, (_, v) => 5_000 + uniformInt(600_000, key, v, 10)),
      language: Uint8Array.from({ length: videos }, (_, v) => uniformInt(3, key, v, 11)),
      sponsored: Uint8Array.from({ length: videos }, (_, v) => (uniform(key, v, 12) < 0.1 ? 1 : 0)),
    },
    topicNames: Array.from({ length: topics }, (_, t) => `topic-${t}`),
    creatorCount: creators,
    liveVideos: Int32Array.from({ length: days + 1 }, (_, day) => uploadDay.filter((upload) => upload <= day).length),
  };
}

/** One day of impressions: visits by user in order of shard and time, 1–3 pages each, `slots` distinct videos a page. */
export function fakeDay(catalogue: Catalogue, day: number, config: Partial<FakeConfig> = {}): Impressions {
  const { seed, visits, slots } = { ...fakeDefaults, ...config };
  const key = keyOf(seed, "log");
  const live = catalogue.liveVideos[day]!;
  const rows: { user: number; visit: number; page: number; slot: number }[] = [];
  for (let user = 0; user < catalogue.users.count; user++) {
    if (catalogue.users.joinDay[user]! > day || uniform(key, user, day, 1) >= visits) continue;
    for (let visit = 0; visit <= uniformInt(2, key, user, day, 2); visit++) {
      for (let page = 0; page <= uniformInt(3, key, user, day, 3, visit); page++) {
        for (let slot = 0; slot < slots; slot++) rows.push({ user, visit, page, slot });
      }
    }
  }
  const out = emptyImpressions(["logging", "other"], ["all"], rows.length);
  rows.forEach(({ user, visit, page, slot }, i) => {
    const session = (day * 2 ** 24 + user) * 8 + visit;
    const replication = (purpose: number): number => uniform(key, user, day * 8 + visit, page * 16 + slot, purpose);
    const click = replication(4) < 0.3 ? 1 : 0;
    out.session[i] = session;
    out.request[i] = session * 64 + page;
    out.user[i] = user;
    out.video[i] = (hash32(key, user, day * 8 + visit, page) + slot) % live;
    out.day[i] = day;
    out.timeMs[i] = visit * 40_000_000 + uniformInt(30_000_000, key, user, day, 5) + page * 90_000;
    out.page[i] = page;
    out.position[i] = slot;
    out.source[i] = Math.floor(replication(6) * candidateSources.length);
    out.policy[i] = replication(7) < 0.9 ? 0 : 1;
    out.component[i] = Math.floor(uniform(key, user, session, page, 8) * 4);
    out.propensity[i] = 0.01 + replication(9) * 0.99;
    out.device[i] = uniformInt(4, key, user, day, 10, visit);
    out.click[i] = click;
    out.watchMs[i] =
      click * Math.min(Math.floor(replication(11) ** 2 * 90_000), catalogue.videos.durationMs[out.video[i] as number]!);
    out.like[i] = click && replication(12) < 0.2 ? 1 : 0;
    out.share[i] = click && replication(13) < 0.1 ? 1 : 0;
    out.follow[i] = click && replication(17) < 0.3 ? 1 : 0;
    out.hide[i] = replication(14) < 0.03 ? 1 : 0;
    out.conversion[i] = click && replication(15) < 0.05 ? 1 + Math.floor(replication(16) * 2) : 0;
    out.revenueMicros[i] = out.conversion[i] === 0 ? 0 : 1_000_000;
  });
  return out;
}

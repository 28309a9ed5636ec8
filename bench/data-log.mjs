// A log of independent rows for the data bench: every column varies, ids are skewed, one row in two thousand is faulty, some are ads. No
// taste, no world.
import { room } from "./built.mjs";

/** A catalogue of the sizes. */
export async function benchCatalogue({ users, videos, creators, topics, days }, seed) {
  const { keyOf, uniform, uniformInt } = await room("random");
  const key = keyOf(seed, "bench/data/catalogue");
  const of = (Type, n, value) => Type.from({ length: n }, (_, i) => value(i));
  return {
    users: {
      count: users,
      joinDay: new Int16Array(users),
      ageBand: of(Uint8Array, users, (u) => uniformInt(6, key, u, 1)),
      region: of(Uint8Array, users, (u) => uniformInt(6, key, u, 2)),
      device: of(Uint8Array, users, (u) => uniformInt(4, key, u, 3)),
      language: of(Uint8Array, users, (u) => uniformInt(6, key, u, 4)),
    },
    videos: {
      count: videos,
      uploadDay: of(Int16Array, videos, (v) => -1 - Math.floor(((videos - v) * 100) / videos)),
      topic: of(Uint8Array, videos, (v) => uniformInt(topics, key, v, 5)),
      creator: of(Int32Array, videos, (v) => Math.floor(creators * uniform(key, v, 6) ** 2)),
      durationMs: of(Int32Array, videos, (v) => 10_000 + uniformInt(900_000, key, v, 7)),
      language: of(Uint8Array, videos, (v) => uniformInt(6, key, v, 8)),
      sponsored: new Uint8Array(videos),
    },
    topicNames: Array.from({ length: topics }, (_, t) => `topic-${t}`),
    creatorCount: creators,
    liveVideos: new Int32Array(days).fill(videos),
  };
}

/** Writes all days; returns how many impressions. Visits have three pages of ten; a user comes at most once a day. */
export async function writeBenchLog(dir, catalogue, { impressions, days }, seed, signal) {
  const { keyOf, hash32, uniform } = await room("random");
  const { emptyImpressions, writeDay } = await room("log");
  const key = keyOf(seed, "bench/data/log");
  const [users, videos] = [catalogue.users.count, catalogue.videos.count];
  const visits = Math.round(impressions / days / 30);
  if (visits > users) throw new RangeError(`${visits} visits per day of ${users} users; allowed: at most one each`);
  for (let day = 0; day < days; day++) {
    signal?.throwIfAborted();
    const out = emptyImpressions(["bench"], ["bench"], visits * 30);
    // users of the day: a stride through the ids (coprime to counts made of twos and fives), each at most once
    const stride = 1 + 10 * (hash32(key, day) % 1000);
    for (let row = 0; row < out.count; row++) {
      const visit = Math.floor(row / 30);
      const user = (visit * stride + day * 7919) % users;
      const page = Math.floor((row % 30) / 10);
      const slot = row % 10;
      const first = Math.floor(videos * uniform(key, day, visit, page) ** 2);
      const replication = uniform(key, day, row, 9);
      const click = replication < 0.12 ? 1 : 0;
      const video = (first + slot * 37) % videos;
      out.session[row] = (day * 2 ** 24 + user) * 8;
      out.request[row] = out.session[row] * 64 + page;
      out.user[row] = user;
      out.video[row] = video;
      out.day[row] = day;
      out.timeMs[row] = (hash32(key, day, visit) % 80_000_000) + page * 60_000;
      out.page[row] = page;
      out.position[row] = slot;
      out.propensity[row] = 0.01 + 0.9 * replication;
      out.click[row] = click;
      out.watchMs[row] = click * Math.floor(catalogue.videos.durationMs[video] * uniform(key, day, row, 10) ** 2);
      out.like[row] = replication < 0.02 ? 1 : 0;
      out.share[row] = replication < 0.004 ? 1 : 0;
      out.hide[row] = replication > 0.995 ? 1 : 0;
      out.follow[row] = replication < 0.003 ? 1 : 0;
      if (slot === 4 && replication > 0.5) out.campaign[row] = 1 + (visit % 50);
      if (out.campaign[row] > 0 && click === 1) out.revenueMicros[row] = 1000;
      if (row % 2000 === 1999) out.watchMs[row] = 1_000_000_000 * (out.click[row] = 1); // watched longer than any video
    }
    await writeDay(dir, day, out);
  }
  return visits * 30 * days;
}

import { describe, expect, it } from "vitest";
import { shardCount } from "../../src/types.js";
import { attachWorld, openWorld } from "../../src/world/index.js";
import { stateOf } from "../../src/world/world.js";
import { digest, historyOf, playDays, playShard, small, smallWorld, uniformSlates } from "./play.js";

describe("world", () => {
  it("gives the same bytes for the same seed, and others for another", () => {
    const [a, b, c] = [smallWorld(7), smallWorld(7), smallWorld(8)];
    expect(historyOf(a, 0, 3)).toBe(historyOf(b, 0, 3));
    expect(digest(a)).toBe(digest(b));
    expect(historyOf(c, 0, 3)).not.toBe(historyOf(smallWorld(7), 0, 3));
  });

  it("does not depend on the order in which shards run", () => {
    const [a, b] = [smallWorld(), smallWorld()];
    playDays(a, 0, 3);
    for (let day = 0; day < 3; day++) {
      b.openDay(day);
      for (let i = 0; i < shardCount; i++) playShard(b, (i * 37 + 11) % shardCount, (batch) => uniformSlates(b, batch));
      b.closeDay();
    }
    expect(digest(b)).toBe(digest(a));
  });

  it("gives the same state when two attached worlds share the shards", () => {
    const [alone, owner] = [smallWorld(), smallWorld()];
    playDays(alone, 0, 2);
    const hands = [attachWorld(structuredClone(owner.share())), attachWorld(owner.share())];
    for (let day = 0; day < 2; day++) {
      owner.openDay(day);
      // structuredClone of a SharedArrayBuffer shares its memory, as posting to a worker does
      for (let shard = shardCount - 1; shard >= 0; shard--) {
        const hand = hands[shard % 2]!;
        expect(hand.day).toBe(day);
        playShard(hand, shard, (batch) => uniformSlates(hand, batch));
      }
      owner.closeDay();
    }
    expect(digest(owner)).toBe(digest(alone));
    expect(() => hands[0]?.closeDay()).toThrow("attached");
  });

  it("replays a day exactly after restore, also in a fresh world, and refuses another world's snapshot", () => {
    const world = smallWorld(3);
    playDays(world, 0, 2);
    const snapshot = world.snapshot();
    const first = historyOf(world, 2, 4);
    const after = digest(world);
    world.restore(snapshot);
    expect(historyOf(world, 2, 4)).toBe(first);
    expect(digest(world)).toBe(after);
    const fresh = smallWorld(3);
    fresh.restore(structuredClone(snapshot));
    expect(historyOf(fresh, 2, 4)).toBe(first);
    expect(() => smallWorld(4).restore(snapshot)).toThrow("another config, seed or behaviour");
    expect(() => fresh.restore({ ...snapshot, columns: snapshot.columns.slice(1) })).toThrow(
      "damaged snapshot: column 0 has",
    );
    expect(() => smallWorld(3, { clickBase: -2 }).restore(snapshot)).toThrow("another config, seed or behaviour");
  });

  it("lets a world with a later drift plan take over a snapshot, but not one whose past differs", () => {
    const calm = smallWorld(3);
    playDays(calm, 0, 2);
    const snapshot = calm.snapshot();
    const later = smallWorld(3, { drift: [{ day: 3, kind: "concept", strength: 1 }] });
    later.restore(snapshot);
    expect(historyOf(later, 2, 3)).toBe(historyOf(calm, 2, 3)); // the day before the drift is the same
    expect(historyOf(later, 3, 4)).not.toBe(historyOf(calm, 3, 4));
    expect(() => smallWorld(3, { drift: [{ day: 1, kind: "prior", strength: 1 }] }).restore(snapshot)).toThrow(
      "drift plans differ",
    );
  });

  it("moves no other user's attributes when a user is added", () => {
    const [a, b] = [smallWorld(5), smallWorld(5, { users: 121 })];
    const [x, y] = [a.catalogue.users, b.catalogue.users];
    expect(y.count).toBeGreaterThan(x.count);
    for (const column of ["joinDay", "ageBand", "region", "device", "language"] as const)
      expect([...y[column].subarray(0, x.count)]).toEqual([...x[column]]);
    const [p, q] = [stateOf(a), stateOf(b)];
    for (const column of Object.keys(p.users) as (keyof typeof p.users)[]) {
      const width = p.users[column].length / x.count; // ragged columns have several places a user
      expect([...q.users[column].subarray(0, x.count * width)]).toEqual([...p.users[column]]);
    }
    expect([...q.now.mode.subarray(0, p.now.mode.length)]).toEqual([...p.now.mode]);
  });

  it("opens days in order, one at a time, within the horizon", () => {
    const world = smallWorld();
    expect(world.day).toBe(-1);
    expect(() => world.openDay(1)).toThrow("openDay: day 1; allowed: 0");
    expect(() => world.openShard(0)).toThrow("no day is open");
    expect(() => world.closeDay()).toThrow("no day is open");
    world.openDay(0);
    expect(world.day).toBe(0);
    expect(() => world.openDay(1)).toThrow("day 0 is open");
    expect(() => world.snapshot()).toThrow("day 0 is open");
    expect(() => world.openShard(64)).toThrow("unknown shard: 64; allowed: an integer in [0, 63]");
    world.closeDay();
    playDays(world, 1, 8);
    expect(() => world.openDay(8)).toThrow("the horizon is over");
    expect(() => openWorld(small, 0.5)).toThrow("invalid seed: 0.5; allowed: an integer");
  });

  it("freezes users who are not assigned", () => {
    const world = smallWorld(2);
    const assigned = new Uint8Array(world.catalogue.users.count);
    for (let u = 0; u < assigned.length; u += 3) assigned[u] = 1;
    const seen = new Set<number>();
    playDays(world, 0, 3, undefined, (batch) => batch.user.forEach((u) => seen.add(u)), assigned);
    expect(seen.size).toBeGreaterThan(20);
    expect([...seen].every((u) => u % 3 === 0)).toBe(true);
    world.openDay(3);
    expect(() => world.openShard(0, new Uint8Array(3))).toThrow("assigned has 3 users");
  });

  it("brings uploads and newcomers every day of the horizon at about the configured shares", () => {
    const world = smallWorld(2, { users: 2_000, videos: 4_000, days: 10, extraDays: 5 });
    const { users, videos, liveVideos } = world.catalogue;
    expect(liveVideos[0]).toBeGreaterThanOrEqual(2_800);
    expect(liveVideos[9]).toBe(4_000);
    expect(liveVideos[14]).toBe(videos.count);
    for (let d = 1; d < 15; d++) expect(liveVideos[d]! - liveVideos[d - 1]!).toBe(120);
    for (let v = 1; v < videos.count; v++)
      expect(videos.uploadDay[v]!).toBeGreaterThanOrEqual(videos.uploadDay[v - 1]!);
    const joinedBy = (day: number): number => users.joinDay.filter((d) => d <= day).length;
    expect(Math.abs(joinedBy(-1) - 1_700)).toBeLessThan(5);
    expect(Math.abs(joinedBy(9) - 2_000)).toBeLessThan(5);
    expect(users.count).toBe(2_150);
    const arrivals = new Map<number, number>();
    playDays(world, 0, 2, undefined, (batch) =>
      batch.user.forEach((u) => {
        if (!arrivals.has(u)) arrivals.set(u, batch.day);
      }),
    );
    for (let u = 0; u < users.count; u++) if (users.joinDay[u] === 1) expect(arrivals.get(u)).toBe(1); // they join by visiting
  });
});

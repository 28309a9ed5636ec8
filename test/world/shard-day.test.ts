import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs, shardCount } from "../../src/types.js";
import { openWorld } from "../../src/world/index.js";
import type { WorldConfig } from "../../src/world/index.js";
import { playDays, slatesOf, small, smallWorld, uniformSlates } from "./play.js";

describe("a shard's day", () => {
  it("asks for each user at most once a batch, in the order of ids, with pages and times that move forward", () => {
    const world = smallWorld(4, { laterVisit: 0.6 });
    world.openDay(0);
    let secondVisits = 0;
    for (let shard = 0; shard < shardCount; shard++) {
      const day = world.openShard(shard);
      const last = new Map<number, { session: number; page: number; timeMs: number }>();
      const ids = new Set<number>();
      for (let batch = day.next(); batch; batch = day.next()) {
        for (let i = 0; i < batch.count; i++) {
          const [user, session, page, timeMs] = [batch.user[i]!, batch.session[i]!, batch.page[i]!, batch.timeMs[i]!];
          if (i > 0) expect(user).toBeGreaterThan(batch.user[i - 1]!);
          expect(user % shardCount).toBe(shard);
          expect(batch.request[i]).toBe(session * 64 + page);
          expect(Math.floor(session / 8) % 2 ** 24).toBe(user);
          expect(timeMs).toBeLessThan(dayMs);
          ids.add(batch.request[i]!);
          const before = last.get(user);
          if (before) expect(timeMs).toBeGreaterThan(before.timeMs);
          if (before?.session === session) expect(page).toBe(before.page + 1);
          else expect(page).toBe(0);
          if (before && before.session !== session) secondVisits++;
          last.set(user, { session, page, timeMs });
        }
        day.respond(uniformSlates(world, batch));
      }
      const visits = day.visits();
      expect(new Set([...ids].map((id) => Math.floor(id / 64)))).toEqual(new Set(visits.session));
      for (let i = 0; i < visits.count; i++) {
        expect(visits.endMs[i]).toBeGreaterThan(visits.startMs[i]!);
        expect(visits.endMs[i]).toBeLessThanOrEqual(dayMs);
        if (i > 0 && visits.user[i] === visits.user[i - 1])
          expect(visits.startMs[i]).toBeGreaterThan(visits.endMs[i - 1]!);
      }
    }
    expect(secondVisits).toBeGreaterThan(5);
  });

  it("refuses answers that do not fit the batch, unknown videos and repetitions", () => {
    const world = smallWorld();
    world.openDay(0);
    const live = world.catalogue.liveVideos[0]!;
    let day = world.openShard(0);
    let shard = 0;
    let batch = day.next();
    while (!batch) {
      day = world.openShard(++shard);
      batch = day.next();
    }
    const asked = batch;
    const good = uniformSlates(world, asked);
    expect(() => day.next()).toThrow("was not answered");
    expect(() => day.visits()).toThrow("once next() has returned undefined");
    expect(() => day.respond({ ...good, slots: 4 })).toThrow(
      `slates are ${good.count} × 4; allowed: ${good.count} requests × 5 slots`,
    );
    expect(() => day.respond(slatesOf(world, asked, () => [live]))).toThrow(
      `unknown video: ${live}; allowed on day 0: 0 … ${live - 1}`,
    );
    expect(() => day.respond(slatesOf(world, asked, () => [3, 1, 3]))).toThrow("video 3 is twice on one page");
    expect(day.respond(slatesOf(world, asked, () => [])).click.every((c) => c === 0)).toBe(true); // empty slots bring nothing
    expect(() => day.respond(good)).toThrow("nothing to answer");
  });

  it("gives outcomes only after a click, and watches no longer than the video lasts", () => {
    const world = smallWorld(6, { clickBase: 0 });
    const { durationMs, sponsored } = world.catalogue.videos;
    let clicks = 0;
    playDays(world, 0, 3, undefined, (_, slates, feedback) => {
      for (let i = 0; i < feedback.click.length; i++) {
        const v = slates.video[i]!;
        if (feedback.click[i] === 1) {
          clicks++;
          expect(feedback.watchMs[i]).toBeLessThanOrEqual(durationMs[v]!);
        } else
          for (const column of [
            feedback.watchMs,
            feedback.like,
            feedback.share,
            feedback.hide,
            feedback.conversion,
            feedback.revenueMicros,
          ])
            expect(column[i]).toBe(0);
        if (feedback.conversion[i] === 2) expect(sponsored[v]).toBe(1);
        expect(feedback.revenueMicros[i]! > 0).toBe(feedback.conversion[i]! > 0);
      }
    });
    expect(clicks).toBeGreaterThan(500);
  });

  it("gives a video on the same page the same draws in any slot: what is clicked lower is clicked higher", () => {
    const clicked = (order: (page: number[]) => number[]): Map<string, boolean>[] => {
      const world = smallWorld(9, {
        satiationGain: 0,
        rewatch: 0,
        clickBase: -0.5,
        examinationDecay: 1,
        examinationSpread: 0,
      });
      const found = new Map<string, boolean>();
      const places = new Map<string, boolean>();
      world.openDay(0);
      for (let shard = 0; shard < shardCount; shard++) {
        const day = world.openShard(shard);
        const batch = day.next(); // first pages only: later ones depend on what was clicked
        if (!batch) continue;
        const slates = slatesOf(world, batch, (row) =>
          order([...uniformSlates(world, batch).video.subarray(row * 5, row * 5 + 5)]),
        );
        const feedback = day.respond(slates);
        slates.video.forEach((v, i) => {
          const name = `${batch.user[Math.floor(i / 5)]}/${v}`;
          found.set(name, feedback.click[i] === 1);
          places.set(name, i % 5 < 2);
        });
      }
      return [found, places];
    };
    const [low, lowPlace] = clicked((page) => page) as [Map<string, boolean>, Map<string, boolean>];
    const [high] = clicked((page) => page.reverse()) as [Map<string, boolean>];
    let moved = 0;
    let lost = 0;
    let gained = 0;
    for (const [name, click] of low) {
      if (lowPlace.get(name)) continue; // rows 2–4 in one arm stand at 2, 1, 0 in the other
      moved++;
      if (click && !high.get(name)) lost++;
      if (!click && high.get(name)) gained++;
    }
    expect(moved).toBeGreaterThan(100);
    expect(lost).toBe(0);
    expect(gained).toBeGreaterThan(10);
  });

  it("plays any sound config without a fault, and keeps satisfaction in (-1, 1)", () => {
    const config = fc.record({
      users: fc.integer({ min: 1, max: 60 }),
      videos: fc.integer({ min: 20, max: 120 }),
      slots: fc.integer({ min: 1, max: 8 }),
      topics: fc.integer({ min: 2, max: 30 }),
      topicFamilies: fc.integer({ min: 1, max: 2 }),
      creators: fc.integer({ min: 1, max: 30 }),
      tasteStrength: fc.double({ min: 0, max: 5, noNaN: true }),
      clickBase: fc.double({ min: -20, max: 20, noNaN: true }),
      clickTaste: fc.double({ min: 0, max: 20, noNaN: true }),
      watchBase: fc.double({ min: -20, max: 20, noNaN: true }),
      completion: fc.double({ min: 0, max: 1, noNaN: true }),
      pageWeight: fc.double({ min: 0, max: 1, noNaN: true }),
      leaveBase: fc.double({ min: -20, max: 20, noNaN: true }),
      budgetMs: fc.integer({ min: 1_000, max: 86_400_000 }),
      videosAtStart: fc.double({ min: 0.5, max: 1, noNaN: true }),
      usersAtStart: fc.double({ min: 0, max: 1, noNaN: true }),
      days: fc.integer({ min: 1, max: 4 }),
      extraDays: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(config, fc.integer(), (changes, seed) => {
        const world = openWorld(
          { ...small, ...changes, drift: [{ day: 0, kind: "covariate", strength: 0.5 }] } as WorldConfig,
          seed,
        );
        let pages = 0;
        playDays(world, 0, changes.days, undefined, (batch, slates, feedback) => {
          pages += batch.count;
          for (let i = 0; i < feedback.count * feedback.slots; i++) {
            if (!(
              feedback.watchMs[i]! >= 0 && feedback.watchMs[i]! <= world.catalogue.videos.durationMs[slates.video[i]!]!
            ))
              throw new Error(`watch ${feedback.watchMs[i]}`);
          }
        });
        const satisfaction = new Float32Array(world.share().buffers.mutable[3]!);
        return pages >= 0 && satisfaction.every((s) => Math.abs(s) < 1);
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});

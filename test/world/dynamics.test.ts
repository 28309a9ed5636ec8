import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs, shardCount } from "../../src/types.js";
import {
  choiceModels,
  defaults,
  driftKinds,
  driftShapes,
  everything,
  horizonUsers,
  openOracle,
  openWorld,
} from "../../src/world/index.js";
import type { DriftEvent, WorldConfig } from "../../src/world/index.js";
import { look, newViewer, pastLogit } from "../../src/world/choice/choice.js";
import { follow, follows, remember, watchedLately } from "../../src/world/people/memory.js";
import {
  calendarLogit,
  churnProbability,
  recover,
  visitBudgetMs,
  visitProbability,
} from "../../src/world/choice/session.js";
import { followLength, memoryLength } from "../../src/world/state.js";
import { stateOf } from "../../src/world/world.js";
import { digest, playDays, slatesOf, small, smallWorld, uniformSlates } from "./play.js";

describe("what carries over", () => {
  it("is known of every copy of a watched video", () => {
    const world = smallWorld(3, { nearDuplicates: 0.3 });
    const oracle = openOracle(world);
    const copy = Array.from({ length: 400 }, (_, v) => v).find((v) => oracle.duplicateOf(v) !== v) as number;
    const original = oracle.duplicateOf(copy);
    expect(oracle.duplicateOf(original)).toBe(original);
    remember(stateOf(world), 5, copy);
    expect([
      watchedLately(stateOf(world), 5, original),
      watchedLately(stateOf(world), 5, copy),
      watchedLately(stateOf(world), 6, copy),
    ]).toEqual([true, true, false]);
  });

  it("wins clicks for followed creators, of whom the oldest gives way", () => {
    const world = smallWorld(3, { followGain: 0.7, rewatch: 3 });
    const state = stateOf(world);
    const creator = world.catalogue.videos.creator[8]!;
    const viewer = newViewer();
    const past = (): number => {
      look(state, viewer, 4, 0, 0);
      return pastLogit(state, viewer, 8);
    };
    expect(past()).toBe(0);
    follow(state, 4, creator);
    expect(past()).toBeCloseTo(0.7, 12);
    remember(state, 4, 8);
    expect(past()).toBeCloseTo(0.7 - 3, 12);
    for (let c = 0; c < followLength; c++) follow(state, 4, 1_000 + c);
    expect(follows(state, 4, creator)).toBe(false);
    expect([...openOracle(world).followed(4)].sort()).toEqual(
      Array.from({ length: followLength }, (_, c) => 1_000 + c).sort(),
    );
  });

  it("follows after enjoyment: those who follow see and click more of their creators", () => {
    const world = smallWorld(3, { followBase: -1, followGain: 3, users: 400, botShare: 0 });
    const oracle = openOracle(world);
    let [followed, clicksOfFollowed, shownOfFollowed, clicks, shown] = [0, 0, 0, 0, 0];
    playDays(world, 0, 4, undefined, (batch, slates, feedback) => {
      const mine = new Map<number, Set<number>>();
      slates.video.forEach((v, i) => {
        const user = batch.user[Math.floor(i / 5)]!;
        if (!mine.has(user)) mine.set(user, new Set(oracle.followed(user)));
        followed += feedback.follow[i]!;
        if (feedback.follow[i] === 1) return; // followed by this very click
        const of = mine.get(user)?.has(world.catalogue.videos.creator[v]!);
        if (of) {
          shownOfFollowed++;
          clicksOfFollowed += feedback.click[i]!;
        } else {
          shown++;
          clicks += feedback.click[i]!;
        }
      });
    });
    expect(followed).toBeGreaterThan(100);
    expect(clicksOfFollowed / shownOfFollowed).toBeGreaterThan(1.5 * (clicks / shown));
  });

  it("fades between two visits of a day", () => {
    const world = smallWorld(1, { visitKept: 0.5 });
    const { satiation } = stateOf(world).now;
    satiation.fill(1);
    recover(stateOf(world), 2);
    expect([satiation[2 * 20 - 1], satiation[2 * 20], satiation[3 * 20 - 1], satiation[3 * 20]]).toEqual([
      1, 0.5, 0.5, 1,
    ]);
  });

  it("lets the dissatisfied leave for good, on evenings of days with a visit only, at the stated rate", () => {
    const world = smallWorld(2, { users: 3_000, churnBase: 0.1, churnSlope: 2, visitBase: 0, botShare: 0 });
    const state = stateOf(world);
    const oracle = openOracle(world);
    let expected = 0;
    const visited = new Set<number>();
    playDays(
      world,
      0,
      1,
      (batch) => slatesOf(world, batch, () => []),
      (batch) => batch.user.forEach((u) => visited.add(u)),
    );
    for (const u of visited) expected += churnProbability(state, u);
    const gone = Array.from({ length: world.catalogue.users.count }, (_, u) => u).filter((u) => oracle.churned(u));
    expect(gone.every((u) => visited.has(u))).toBe(true);
    expect(Math.abs(gone.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
    for (const u of gone) expect(visitProbability(state, u, 1)).toBe(0);
    const back = new Set<number>();
    playDays(
      world,
      1,
      3,
      (batch) => slatesOf(world, batch, () => []),
      (batch) => batch.user.forEach((u) => back.add(u)),
    );
    expect(gone.some((u) => back.has(u))).toBe(false);
    state.now.satisfaction.fill(0.5);
    expect(churnProbability(state, 1)).toBeCloseTo(0.1 * Math.exp(-1), 9);
  });

  it("brings more people at weekends and by the season", () => {
    const config = { ...defaults, weekendVisits: 0.4, seasonVisits: 0.2 };
    expect([0, 4, 5, 6, 7].map((day) => calendarLogit({ ...config, seasonVisits: 0 }, day))).toEqual([
      0, 0, 0.4, 0.4, 0,
    ]);
    expect(calendarLogit({ ...config, weekendVisits: 0 }, 91)).toBeCloseTo(0.2, 3);
    expect(calendarLogit({ ...config, weekendVisits: 0 }, 274)).toBeCloseTo(-0.2, 3);
    const world = smallWorld(2, {
      users: 3_000,
      usersAtStart: 1,
      weekendVisits: 1,
      seasonVisits: 0,
      churnBase: 0,
      days: 8,
      extraDays: 0,
    });
    const visitors = new Float64Array(8);
    playDays(
      world,
      0,
      8,
      (batch) => slatesOf(world, batch, () => []),
      (batch) =>
        batch.page.forEach((page) => {
          if (page === 0) visitors[batch.day] = visitors[batch.day]! + 1;
        }),
    );
    expect(visitors[5]).toBeGreaterThan(1.15 * visitors[4]!);
    expect(visitors[7]).toBeLessThan(visitors[6]! / 1.1);
  });
});

describe("a world of any sound config", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const event: fc.Arbitrary<DriftEvent> = fc
    .record({
      day: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom(...driftKinds),
      strength: share,
      shape: fc.constantFrom(...driftShapes),
      of: fc.constantFrom("device" as const, "region" as const),
    })
    .map(({ day, kind, strength, shape, of }) => ({
      day,
      kind,
      strength,
      shape,
      ...(shape === "gradual" && { duration: 1 }),
      ...(shape === "recurring" && { period: 2 }),
      ...(kind === "covariate" && { of }),
    }));
  const changes = fc.record({
    users: fc.integer({ min: 1, max: 80 }),
    videos: fc.integer({ min: 40, max: 150 }),
    slots: fc.integer({ min: 1, max: 8 }),
    topics: fc.integer({ min: 3, max: 30 }),
    topicFamilies: fc.integer({ min: 1, max: 3 }),
    familyShare: share,
    uploadRhythm: share,
    nearDuplicates: share,
    botShare: share,
    choiceModel: fc.constantFrom(...choiceModels),
    cascadeContinue: share,
    cascadeAfterClick: share,
    noClickMass: fc.double({ min: 0, max: 20, noNaN: true }),
    followBase: fc.double({ min: -20, max: 20, noNaN: true }),
    followGain: fc.double({ min: 0, max: 20, noNaN: true }),
    visitKept: share,
    weekendVisits: fc.double({ min: -20, max: 20, noNaN: true }),
    churnBase: share,
    churnSlope: fc.double({ min: 0, max: 20, noNaN: true }),
    tasteWalk: fc.double({ min: 0, max: 20, noNaN: true }),
    tasteReinforcement: share,
    clickBase: fc.double({ min: -20, max: 20, noNaN: true }),
    watchBase: fc.double({ min: -20, max: 20, noNaN: true }),
    tasteStrength: fc.double({ min: 0, max: 5, noNaN: true }),
    examinationDecay: fc.double({ min: 0, max: 5, noNaN: true }),
    budgetMs: fc.integer({ min: 1_000, max: 5_000_000 }),
    drift: fc.array(event, { maxLength: 3 }),
  });

  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`broken: ${what}`);
  };

  it(
    "plays without a fault: known ids, probabilities, times that move forward, the time budget kept, the same " +
      "bytes for the same seed",
    () => {
      fc.assert(
        fc.property(changes, fc.integer(), (change, seed) => {
          const config: WorldConfig = { ...small, ...change, days: 3, extraDays: 0 };
          const [world, twin] = [openWorld(config, seed), openWorld(config, seed)];
          const oracle = openOracle(world);
          for (let day = 0; day < 3; day++) {
            world.openDay(day);
            const live = world.catalogue.liveVideos[day]!;
            for (let shard = 0; shard < shardCount; shard++) {
              const open = world.openShard(shard);
              const clock = new Map<number, number>();
              const began = new Map<number, number>();
              for (let batch = open.next(); batch; batch = open.next()) {
                const slates = uniformSlates(world, batch);
                for (let i = 0; i < batch.count; i++) {
                  const [user, timeMs] = [batch.user[i]!, batch.timeMs[i]!];
                  must(
                    user % shardCount === shard &&
                      user < horizonUsers(config) &&
                      timeMs >= 0 &&
                      timeMs < dayMs &&
                      timeMs > (clock.get(user) ?? -1),
                    "user and time",
                  );
                  clock.set(user, timeMs);
                  const session = batch.session[i]!;
                  if (batch.page[i] === 0) began.set(session, timeMs);
                  else
                    must(
                      timeMs - (began.get(session) as number) < visitBudgetMs(stateOf(world), user, day, session % 8),
                      "time budget",
                    );
                  if (shard % 16 !== 0) continue;
                  const expected = oracle.expectedAt(
                    user,
                    slates.video.slice(i * config.slots, (i + 1) * config.slots),
                    {
                      timeMs,
                      device: batch.device[i]!,
                    },
                  );
                  let sum = 0;
                  for (const p of expected.clickProbability) {
                    must(p >= 0 && p <= 1, "click probability");
                    sum += p;
                  }
                  if (config.choiceModel === "multinomial") must(sum <= 1 + 1e-9, "at most one click");
                  for (const p of [
                    oracle.visitProbability(user, day),
                    oracle.churnProbability(user),
                    ...oracle.interests(user),
                  ])
                    must(p >= 0 && p <= 1, "probability");
                }
                const feedback = open.respond(slates);
                feedback.watchMs.forEach((ms, k) =>
                  must(
                    ms >= 0 && slates.video[k]! < live && ms <= world.catalogue.videos.durationMs[slates.video[k]!]!,
                    "watch time",
                  ),
                );
              }
              const visits = open.visits();
              for (let i = 0; i < visits.count; i++)
                must(visits.endMs[i]! > visits.startMs[i]! && visits.endMs[i]! <= dayMs, "visit");
            }
            world.closeDay();
          }
          playDays(twin, 0, 3);
          expect(digest(twin)).toBe(digest(world));
          expect(stateOf(world).now.mode.every((x) => Number.isFinite(x) && Math.abs(x) < 20)).toBe(true);
        }),
        { numRuns: 25, seed: 2 },
      );
    },
    60_000,
  );

  it("takes at most 1 KB a user and 300 B a video, campaigns apart", () => {
    const bytes = (config: WorldConfig): number => {
      const { buffers } = openWorld({ ...config, extraDays: 0 }, 1).share();
      return [...buffers.fixed, ...buffers.mutable].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    };
    const base = { ...everything, users: 2_000, videos: 3_000, creators: 100 };
    const perUser = (bytes({ ...base, users: 4_000 }) - bytes(base)) / 2_000;
    const perVideo = (bytes({ ...base, videos: 6_000 }) - bytes(base)) / 3_000;
    expect(perUser).toBeLessThan(1_024);
    expect(perVideo).toBeLessThan(300);
    expect(perUser).toBeGreaterThan(4 * memoryLength);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventColumns } from "../../src/log/index.js";
import {
  environment,
  herePlayer,
  outside,
  playEpisode,
  rewardOf,
  runPlatform,
  sessionEnvironment,
  type Environment,
} from "../../src/platform/index.js";
import { createUniformPolicy } from "../../src/serving/index.js";
import type { Impressions, Policy } from "../../src/types.js";
import { configFor, openWorld, type World, type WorldConfig } from "../../src/world/index.js";

const config: WorldConfig = {
  ...configFor("tiny"),
  users: 90,
  videos: 200,
  days: 3,
  extraDays: 2,
  slots: 4,
  creators: 20,
};
const uniform = (world: Pick<World, "catalogue">, seed = 3): Policy =>
  createUniformPolicy({ catalogue: world.catalogue, seed, slots: config.slots, name: "uniform" });

/** The first videos of the catalogue, on every page. */
const first = (requests: number): Int32Array =>
  Int32Array.from({ length: requests * config.slots }, (_, i) => i % config.slots);

function bytesOf(events: Impressions): string {
  return JSON.stringify(eventColumns.map(({ field }) => Buffer.from(events[field].slice().buffer).toString("base64")));
}

function play(env: Environment, seed?: number): { rewards: number[]; users: number[]; steps: number } {
  let { observation } = env.reset(seed);
  const rewards: number[] = [];
  const users: number[] = [];
  for (let steps = 1; ; steps++) {
    users.push(...observation.user);
    const step = env.step(first(observation.count));
    rewards.push(...step.reward);
    observation = step.observation;
    if (step.terminated || step.truncated) return { rewards, users, steps };
  }
}

describe("environment", () => {
  it("gives the events of runPlatform, byte by byte", async () => {
    const world = openWorld(config, 5);
    const log: Impressions[] = [];
    const told: (number | undefined)[] = [];
    const listening = (policy: Policy): Policy => ({
      ...policy,
      openDay: (day, yesterday) => (told.push(day, yesterday?.count), policy.openDay(day, yesterday)),
    });
    await runPlatform({
      world,
      arms: [{ name: "uniform", player: herePlayer(world, listening(uniform(world)), "uniform") }],
      firstDay: 0,
      days: 3,
      onDay: ({ events }) => void log.push(events),
    });
    const heard = told.splice(0);
    const env = environment({ config, name: "uniform" });
    const days = await playEpisode(env, listening(uniform(env.reset(5).info)), 5);
    expect(days.map(({ day }) => day)).toEqual([0, 1, 2]);
    expect(log.every(({ count }) => count > 100)).toBe(true);
    expect(days.map(({ events }) => bytesOf(events))).toEqual(log.map(bytesOf));
    expect(told).toEqual(heard);
  });

  it("repeats itself with a seed, differs with another, and goes on to a new world without one", () => {
    const env = environment({ config, seed: 8 });
    const once = play(env, 8);
    expect(play(env, 8)).toEqual(once);
    expect(play(env, 9)).not.toEqual(once);
    play(env, 8);
    const next = play(env);
    expect(next).not.toEqual(once);
    play(env, 8);
    expect(play(env)).toEqual(next);
    expect(play(environment({ config, seed: 8 }))).toEqual(once);
  });

  it("is truncated after its days and never terminated, and ends with no requests", () => {
    const env = environment({ config, days: 2 });
    let { observation } = env.reset(1);
    const seen = new Set<number>();
    for (;;) {
      expect(outside(env.observationSpace, observation, observation.count)).toBeUndefined();
      seen.add(observation.day);
      const step = env.step(first(observation.count));
      expect(step.terminated).toBe(false);
      observation = step.observation;
      if (!step.truncated) continue;
      expect(observation.count).toBe(0);
      break;
    }
    expect([...seen]).toEqual([0, 1]);
    expect(() => env.step(first(0))).toThrow("the episode is over; call reset()");
  });

  it("tells all visits of the shards that ended, once each", () => {
    const env = environment({ config, days: 1 });
    let { observation } = env.reset(4);
    const sessions = new Set<number>();
    let visits = 0;
    let shards = 0;
    for (let over = false; !over;) {
      for (const session of observation.session) sessions.add(session);
      const step = env.step(first(observation.count));
      for (const ended of step.info.ended) [visits, shards] = [visits + ended.count, shards + 1];
      [observation, over] = [step.observation, step.truncated];
    }
    expect(visits).toBe(sessions.size);
    expect(shards).toBeGreaterThan(0);
    expect(shards).toBeLessThanOrEqual(64);
  });

  it("refuses steps before reset, after close, and illegal pages, and plays on after a refused page", () => {
    const env = environment({ config });
    expect(() => env.step(first(1))).toThrow("not reset; call reset() first");
    const { observation } = env.reset(2);
    expect(() => env.step(first(observation.count + 1))).toThrow(/the action has \d+ videos; allowed: \d+/);
    expect(() => env.step(new Int32Array(observation.count * config.slots).fill(1_000_000))).toThrow(
      "unknown video: 1000000",
    );
    expect(() => env.step(new Int32Array(observation.count * config.slots).fill(7))).toThrow(
      "video 7 is twice on one page",
    );
    const step = env.step(first(observation.count));
    const clean = environment({ config });
    clean.reset(2);
    expect(bytesOf(step.info.events)).toBe(bytesOf(clean.step(first(observation.count)).info.events));
    env.close();
    expect(() => env.step(first(1))).toThrow("closed");
    expect(() => env.reset()).toThrow("closed");
    expect(() => environment({ config, days: 6 })).toThrow("days: 6; allowed: an integer in [1, 5]");
    expect(() => environment({ config, reward: "joy" as "clicks" })).toThrow(
      "unknown reward: joy; known: clicks, watchMinutes",
    );
  });

  it("pays by the record: every reward equals a sum over the impressions", () => {
    for (const [name, value] of [
      ["clicks", (e: Impressions, i: number) => e.click[i]],
      ["watchMinutes", (e: Impressions, i: number) => e.watchMs[i]! / 60_000],
      ["revenue", (e: Impressions, i: number) => e.revenueMicros[i]! / 1e6],
    ] as const) {
      const env = environment({ config, reward: name });
      let { observation } = env.reset(1);
      let paid = 0;
      let logged = 0;
      for (let n = 0; n < 150; n++) {
        const step = env.step(first(observation.count));
        paid += step.reward.reduce((a, b) => a + b, 0);
        for (let i = 0; i < step.info.events.count; i++) logged += value(step.info.events, i)!;
        observation = step.observation;
        if (step.truncated) break;
      }
      expect(paid).toBeCloseTo(logged, 9);
      if (name === "clicks") expect(paid).toBeGreaterThan(10);
    }
  });

  it("pays long watches and the satisfaction proxy as their formulas say", () => {
    const requests = { count: 2 } as never;
    const slates = { count: 2, slots: 2, video: Int32Array.of(0, 1, 2, -1) } as never;
    const feedback = {
      click: Uint8Array.of(1, 1, 1, 0),
      watchMs: Int32Array.of(20_000, 19_999, 5_000, 0),
      like: Uint8Array.of(1, 0, 0, 0),
      share: Uint8Array.of(0, 0, 1, 0),
      hide: Uint8Array.of(0, 1, 0, 0),
      follow: Uint8Array.of(0, 0, 1, 0),
    } as never;
    const catalogue = { videos: { durationMs: Int32Array.of(100_000, 100_000, 10_000) } } as never;
    expect(rewardOf("longWatches")(requests, slates, feedback, catalogue)).toEqual(Float64Array.of(1, 1));
    expect(rewardOf("satisfaction")(requests, slates, feedback, catalogue)).toEqual(Float64Array.of(2 - 2.5, 3));
  });

  it("takes a reward of your own and a world of your own", () => {
    const opened: number[] = [];
    const env = environment({
      config,
      reward: ({ count }) => new Float64Array(count).fill(2),
      open: (c, seed) => (opened.push(seed), openWorld(c, seed)),
    });
    const { observation } = env.reset(6);
    expect(env.step(first(observation.count)).reward).toEqual(new Float64Array(observation.count).fill(2));
    expect(opened).toEqual([6]);
  });
});

describe("sessionEnvironment", () => {
  it("is one user's visit: pages in order, terminated by leaving, never truncated", () => {
    const env = sessionEnvironment({ config, seed: 1 });
    const seen = new Set<string>();
    let pages = 0;
    for (let visit = 0; visit < 200; visit++) {
      let { observation, info } = env.reset();
      expect(seen.has(`${info.seed} ${info.session}`)).toBe(false);
      seen.add(`${info.seed} ${info.session}`);
      for (let page = 0, over = false; !over; page++) {
        expect(outside(env.observationSpace, observation, 1)).toBeUndefined();
        expect(observation.page).toBe(page);
        const user = observation.user;
        const step = env.step([0, 1, 2, 3]);
        pages++;
        expect(step.truncated).toBe(false);
        expect(step.reward).toBe(step.info.feedback.click.reduce((a, b) => a + b, 0));
        expect(step.info.events.user.every((one) => one === user)).toBe(true);
        over = step.terminated;
        ({ observation, info } = step);
      }
      expect(() => env.step([0])).toThrow("the visit is over");
    }
    expect(pages).toBeGreaterThan(220);
  });

  it("plays the same visits as the platform would, for a policy that looks only at the request", async () => {
    const batch = environment({ config, days: 1 });
    const days = await playEpisode(
      batch,
      {
        name: "fixed",
        openDay: () => undefined,
        apply: () => undefined,
        recommend: ({ count }) => ({
          count,
          slots: 4,
          video: first(count),
          source: new Uint8Array(count * 4).fill(6),
          propensity: new Float64Array(count * 4).fill(1),
          component: new Uint8Array(count),
        }),
      },
      3,
    );
    const rows = (events: Impressions): string[] =>
      Array.from({ length: events.count }, (_, i) =>
        [
          events.request[i],
          events.position[i],
          events.video[i],
          events.click[i],
          events.watchMs[i],
          events.timeMs[i],
        ].join(" "),
      );
    const env = sessionEnvironment({ config, days: 1 });
    const singles: string[] = [];
    let { observation, info } = env.reset(3);
    for (;;) {
      const step = env.step([0, 1, 2, 3]);
      singles.push(...rows(step.info.events));
      if (!step.terminated) continue;
      ({ observation, info } = env.reset());
      if (info.seed !== 3) break; // the days are over
    }
    expect(observation.day).toBe(0);
    expect(singles.sort()).toEqual(days.flatMap(({ events }) => rows(events)).sort());
  });

  it("repeats itself with a seed whatever legal pages are shown", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.array(fc.uniqueArray(fc.integer({ min: -1, max: 100 }), { maxLength: 4 }), { minLength: 1, maxLength: 20 }),
        (seed, pages) => {
          const run = (): unknown[] => {
            const env = sessionEnvironment({ config });
            env.reset(seed);
            return pages.map((page) => {
              const { reward, terminated, observation } = env.step(page);
              return [reward, observation, terminated ? env.reset().observation : undefined];
            });
          };
          expect(run()).toEqual(run());
        },
      ),
      { numRuns: 15 },
    );
  });

  it("drops the rest of a user's day when a visit is left in the middle, and refuses bad actions", () => {
    const env = sessionEnvironment({ config, seed: 2 });
    expect(() => env.step([0])).toThrow("not reset");
    const one = env.reset();
    const two = env.reset();
    expect(two.info.session).not.toBe(one.info.session);
    expect(two.observation.user).toBeGreaterThan(one.observation.user);
    expect(() => env.step([0, 1, 2, 3, 4])).toThrow("the action has 5 videos; allowed: at most 4");
    expect(() => env.step([0.5])).toThrow("action[0] is 0.5; allowed: ids of videos, or -1");
    expect(env.step([]).reward).toBe(0);
    env.close();
    expect(() => env.reset()).toThrow("closed");
    const nobody = sessionEnvironment({ config: { ...config, usersAtStart: 1, visitBase: -20, botShare: 0 }, days: 1 });
    expect(() => nobody.reset(1)).toThrow(/nobody visits within 1 days/);
  });
});

describe("outside", () => {
  it("names what does not lie in a space", () => {
    const { actionSpace, observationSpace } = environment({ config });
    expect(outside(actionSpace, first(2), 2)).toBeUndefined();
    expect(outside(actionSpace, first(2), 3)).toBe("value has 8 values; allowed: 12, [requests, 4] with 3 requests");
    expect(outside(actionSpace, Int32Array.of(-2, 0, 0, 0), 1)).toBe("value[0] is -2; allowed: integers in [-1, 239]");
    expect(outside(actionSpace, [0, 1, 2, 3], 1)).toBe("value is Array; allowed: Int32Array of [requests, 4]");
    expect(outside(observationSpace, { day: 0.5 }, 1)).toBe("value.day is 0.5; allowed: integers in [0, 4]");
    expect(outside(observationSpace, undefined, 1)).toMatch(/^value is undefined; allowed: a record of day, request/);
  });
});

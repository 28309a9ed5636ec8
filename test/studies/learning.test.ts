import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { registryState, versionsOf } from "../../src/monitoring/index.js";
import { inWorld, setting } from "../../src/pipeline/setting.js";
import { type emptySlates } from "../../src/serving/slates.js";
import { openCreators } from "../../src/studies/learning/creators.js";
import { type LearningRows, openLearner } from "../../src/studies/learning/learner.js";
import { openPages } from "../../src/studies/learning/page-policy.js";
import { type LearningDay, playLearning } from "../../src/studies/learning/play.js";
import { driftPlan, learningPlan, type LearningPolicy } from "../../src/studies/learning/plans.js";
import { learningHypotheses } from "../../src/studies/learning/study.js";
import type { Impressions } from "../../src/types.js";
import { driftTruth, openOracle, openWorld } from "../../src/world/index.js";

const scratch = mkdtempSync(join(tmpdir(), "learning-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const small = { users: 40, videos: 300, creators: 20, days: 4, extraDays: 30 };
const settingIn = (datasets: string) =>
  inWorld(setting({ scale: "tiny", datasets: join(scratch, datasets) }), 5, small);
const play = (policy: LearningPolicy, datasets = "one", options = {}) =>
  playLearning(settingIn(datasets), learningPlan(policy, { users: 40, days: 8 }), options);
const under = (days: readonly LearningDay[]): readonly LearningDay[] => days.slice(7);

const { catalogue, config } = openWorld({ ...settingIn("one").world }, 5);

/** The two topics with the most videos on day 0. */
const topicsOf = Array.from(catalogue.videos.topic.subarray(0, catalogue.liveVideos[0]));
const videosOf = (topic: number): number[] => [...topicsOf.keys()].filter((v) => topicsOf[v] === topic);
const liked = [...new Set(topicsOf)].sort((a, b) => videosOf(b).length - videosOf(a).length).slice(0, 2);

/** Rows in which users of even ids like the first and those of odd ids the second. */
function plantedRows(count: number): LearningRows {
  const videos = liked.map(videosOf);
  const user = Int32Array.from({ length: count }, (_, i) => (i * 7) % 40);
  const topic = Array.from({ length: count }, (_, i) => (i >> 3) % 2);
  return {
    ...{ count, user, day: new Int16Array(count), position: Uint8Array.from(user, (_, i) => i % 10) },
    video: Int32Array.from(topic, (t, i) => videos[t]![i % videos[t]!.length]!),
    label: Float32Array.from(topic, (t, i) => (user[i]! % 2 === t ? 1 : 0)),
    weight: new Float32Array(count).fill(1),
  };
}

describe("the small ranker", () => {
  it("learns who likes which topic, and nothing from rows that are not chosen", () => {
    const learner = openLearner(catalogue, 10, true);
    const rows = plantedRows(4_000);
    expect(learner.fit([rows], 1, () => false)).toBe(0);
    expect(learner.weights.every((w) => w === 0)).toBe(true);
    expect(learner.fit([rows], 1, (_, row) => row < 2_000)).toBe(4_000);
    const right = learner.predict(rows).filter((p, i) => p > 0.5 === rows.label[i]! > 0.5).length;
    expect(right / rows.count).toBeGreaterThan(0.95);
  });

  it("gives pages the logit that it predicts, less the position", () => {
    const learner = openLearner(catalogue, 10, true);
    const rows = plantedRows(500);
    learner.fit([rows], 1, () => true);
    learner.weights.fill(0, 1, 11); // positions
    const ofUser = new Float64Array(config.topics);
    const p = learner.predict(rows);
    for (const row of [0, 17, 400]) {
      const [u, v] = [rows.user[row]!, rows.video[row]!];
      learner.ofUser(u, ofUser);
      const logit = learner.ofVideo(v, 0) + ofUser[catalogue.videos.topic[v]!]! + learner.ofLanguages(u, v);
      expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(p[row]!, 5);
    }
  });

  it("moves a user's own weights alone within the day", () => {
    const learner = openLearner(catalogue, 10, true);
    const rows = plantedRows(100);
    const before = learner.copy().weights;
    learner.learnOwn(rows, 0, 1);
    const moved = Array.from(learner.weights.keys()).filter((cell) => learner.weights[cell] !== before[cell]);
    expect(moved).toHaveLength(2);
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(
      learner.weights.length - catalogue.users.count * (1 + config.topics),
    );
  });
});

describe("its pages", () => {
  it("are random without a model, the best without exploration, and never hold what was clicked", () => {
    const learner = openLearner(catalogue, 10, true);
    learner.fit([plantedRows(4_000)], 1, () => true);
    const seen = Array.from({ length: catalogue.users.count }, () => new Set<number>());
    const open = (model: typeof learner | undefined, policy: LearningPolicy) => {
      const parts = { catalogue, seed: 5, slots: 10, seen, interests: () => new Float64Array(config.topics).fill(1) };
      const pages = openPages({ ...parts, policy, champion: () => model, rowsOf: () => plantedRows(0) });
      void pages.openDay(0, undefined);
      const requests = {
        ...{ day: 0, count: 1, request: Float64Array.of(64), session: Float64Array.of(1), user: Int32Array.of(2) },
        ...{ page: new Uint8Array(1), timeMs: new Int32Array(1), device: new Uint8Array(1) },
      };
      return pages.recommend(requests) as ReturnType<typeof emptySlates>;
    };
    const topics = (page: { readonly video: Int32Array }) =>
      new Set(Array.from(page.video, (v) => catalogue.videos.topic[v]));
    expect(topics(open(undefined, { name: "x", when: 1 })).size).toBeGreaterThan(3);
    const greedy: LearningPolicy = { name: "x", when: 1, temperature: 0, randomPages: 0 };
    const page = open(learner, greedy);
    expect([...topics(page)]).toEqual([liked[0]]); // user 2 is even
    expect([...page.propensity]).toEqual(new Array(10).fill(1));
    seen[2]!.add(page.video[0]!);
    expect(open(learner, greedy).video).not.toContain(page.video[0]!);
    const organic = open(learner, { ...greedy, organic: 1 });
    expect(topics(organic).size).toBeGreaterThan(3);
  });
});

describe("creators who answer", () => {
  it("add clickbait where what is shown has more of it than what is uploaded, within [0, 1]", () => {
    const world = openWorld({ ...config }, 5);
    const creators = openCreators(config);
    creators.know(openOracle(world), world.catalogue);
    const baits = Array.from({ length: 300 }, (_, v) => creators.bait(v));
    const most = baits.indexOf(Math.max(...baits));
    const given = creators.behaviour.watchMean!(0.5, { video: most } as never);
    expect(given).toBe(0.5);
    for (let day = 0; day < 200; day++)
      creators.answer({ count: 1, video: Int32Array.of(most) } as unknown as Impressions, 300, 0.5);
    expect(creators.shift).toBeGreaterThan(0.2);
    expect(Math.max(...Array.from({ length: 300 }, (_, v) => creators.bait(v)))).toBeLessThanOrEqual(1);
    const least = baits.indexOf(Math.min(...baits));
    expect(creators.behaviour.watchMean!(0.5, { video: least } as never)).toBeLessThan(0.5);
    expect(creators.behaviour.clickLogit!(0, { video: least } as never)).toBeGreaterThan(0);
  });
});

describe("the platform that learns on", () => {
  it("resumes a run that was stopped, with the same bytes, and has the same registry", async () => {
    const policy: LearningPolicy = { name: "x", when: 1, window: 3, replay: 0.5, incentive: 0.2 };
    const whole = await play(policy, "whole", { models: true });
    const stop = (last: number) => (run: { readonly days: readonly unknown[] }) => {
      if (run.days.length === last) throw new Error(`stopped after ${last} days`);
    };
    await expect(play(policy, "parts", { models: true, onDay: stop(5) })).rejects.toThrow("stopped after 5 days");
    await expect(play(policy, "parts", { models: true, onDay: stop(11) })).rejects.toThrow("stopped after 11 days");
    const parts = await play(policy, "parts", { models: true });
    const textOf = (dir: string): string => readFileSync(join(dir, "run.json"), "utf8");
    expect(textOf(parts.dir)).toBe(textOf(whole.dir));
    const registry = join(parts.dir, "registry");
    const versions = versionsOf(registry);
    expect(versions).toEqual(versionsOf(join(whole.dir, "registry")));
    expect(versions.length).toBe(parts.days.at(-1)!.version);
    expect(registryState(registry).aliases.champion).toBe(versions.length);
    const model = `models/${versions.length}.bin`;
    expect(readFileSync(join(parts.dir, model))).toEqual(readFileSync(join(whole.dir, model)));
  });

  it("fits when its policy says so, and counts what that costs", async () => {
    const fits = async (policy: LearningPolicy) => under((await play(policy)).days).filter(({ rows }) => rows > 0);
    expect(await fits({ name: "never", when: "never" })).toHaveLength(0);
    expect((await fits({ name: "3", when: 3 })).map(({ day }) => day - 7)).toEqual([2, 5]);
    const [warm, all] = [
      await fits({ name: "warm", when: 1, window: 1, warm: true }),
      await fits({ name: "all", when: 1, window: "all" }),
    ];
    expect(warm).toHaveLength(8);
    expect(warm[7]!.rows).toBeLessThan(all[7]!.rows / 5);
    const online = (await play({ name: "online", when: "stream", window: 1 })).days;
    expect(online.at(-1)!.minutes).not.toBe(
      (await play({ name: "warm", when: 1, window: 1, warm: true })).days.at(-1)!.minutes,
    );
  });

  it("loses at least nothing against the best page, and twins begin alike", async () => {
    const [one, other] = [await play({ name: "never", when: "never" }), await play({ name: "3", when: 3 })];
    for (const { regret, loop } of one.days) {
      expect(regret).toBeGreaterThanOrEqual(0);
      for (const share of [loop.videoGini, loop.creatorGini, loop.reached, loop.bait]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
    }
    expect(one.days.slice(0, 10)).toEqual(
      other.days
        .slice(0, 10)
        .map((day, i) => ({ ...day, decision: one.days[i]!.decision }))
        .map((day, i) => (i === 9 ? one.days[9] : day)),
    );
  });
});

describe("plans", () => {
  it("drift where their phases begin", () => {
    const drift = driftPlan(60);
    const changes = driftTruth({ ...config, days: 67, extraDays: 0, drift });
    expect(
      changes
        .filter(({ change }) => change === "onset")
        .map(({ event, day }) => [event, day])
        .slice(0, 3),
    ).toEqual([
      [0, 22],
      [1, 37],
      [2, 52],
    ]);
  });

  it("are refused with the field, the value and what is allowed", () => {
    const plan =
      (policy: Partial<LearningPolicy>, days = 20) =>
      () =>
        learningPlan({ name: "x", when: 1, ...policy }, { users: 9, days });
    expect(plan({ when: 0 })).toThrow("when: 0; allowed: never, alarm, stream or days");
    expect(plan({ window: 1.5 })).toThrow("window: 1.5; allowed: all, or days of at least 1");
    expect(plan({ organic: 2 })).toThrow("organic: 2; allowed: 0 … 1");
    expect(plan({}, 7)).toThrow("days: 7; allowed: a whole number from 8 to 365");
    expect(learningHypotheses("loops").every(({ allowed: [from, to] }) => from < to)).toBe(true);
  });
});

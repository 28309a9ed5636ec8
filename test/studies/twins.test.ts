import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/data/index.js";
import { twinStatistics } from "../../src/evaluation/index.js";
import {
  judgeTwins,
  pageValue,
  policyValue,
  studyTwins,
  twinWorld,
  type TwinPair,
  type TwinPlan,
} from "../../src/studies/index.js";
import { twinsVerb } from "../../src/commands/twins.js";
import {
  openWorldAfter,
  pastOf,
  play,
  setting,
  simulateLog,
  type Arm,
  type LocalArm,
  type Past,
  type Played,
  type SimulatedLog,
} from "../../src/pipeline/index.js";
import { withUniformPages } from "../../src/pipeline/arms/popularity.js";
import { twinSums } from "../../src/studies/twins/metrics.js";
import { countingStore, createUniformPolicy, openPopularityFunnel } from "../../src/serving/index.js";
import { userDayColumns } from "../../src/platform/index.js";
import { openOracle } from "../../src/world/index.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-twins-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const chosen = setting({
  scale: "tiny",
  seed: 5,
  datasets: scratch,
  world: { users: 160, videos: 300, days: 4, extraDays: 6 },
});
const popularity: Arm = { name: "popularity", policy: { kind: "popularity" } };
const uniform: Arm = { name: "uniform", policy: { kind: "uniform" } };
const oracle: Arm = { name: "oracle", policy: { kind: "oracle", goal: "watch" } };
const far: TwinPair = { name: "far", distance: "far", control: uniform, treatment: popularity };
const plan: TwinPlan = { pairs: [far], users: 120, days: 4, horizons: [1, 4], replications: 2, before: 3 };
let log: SimulatedLog;
let past: Past;

beforeAll(async () => {
  log = await simulateLog(chosen);
  past = pastOf(log);
}, 60_000);

describe("a play on the evening's copy", () => {
  it("repeats to the byte in one replication, and is another under another", async () => {
    const [one, again, other] = [await playIn(popularity, 0), await playIn(popularity, 0), await playIn(popularity, 1)];
    for (const name of userDayColumns)
      expect(Buffer.from(again.userDays[name].buffer).equals(Buffer.from(one.userDays[name].buffer)), name).toBe(true);
    expect(other.userDays.user).toEqual(one.userDays.user);
    expect(other.userDays.watchMs).not.toEqual(one.userDays.watchMs);
  });

  it("assigns people only, however many bots there are", async () => {
    const crowded = await simulateLog(
      setting({
        scale: "tiny",
        seed: 6,
        datasets: scratch,
        world: { users: 100, videos: 200, days: 2, extraDays: 2, botShare: 0.3 },
      }),
    );
    const truth = openOracle(await openWorldAfter(crowded));
    const { assigned, userDays } = await play(pastOf(crowded), uniform, { users: 80, days: 1, replication: 0 });
    const bots = (users: Iterable<number>): number => [...users].filter((user) => truth.bot(user) !== undefined).length;
    const people = [...assigned.keys()].filter((user) => assigned[user] === 1);
    expect(bots(assigned.keys())).toBeGreaterThan(5);
    expect(bots(people)).toBe(0);
    expect(people.length).toBeLessThan(80); // drawn, then left out
    expect(bots(userDays.user)).toBe(0);
    expect(userDays.count).toBeGreaterThan(30);
  });

  it("shows the same pages over counts in memory as over the feature store", async () => {
    const config = { candidates: chosen.sizes.online.candidates, rerank: { slots: chosen.world.slots } };
    const overFeatures: LocalArm = {
      name: "popularity",
      policy: {
        async open({ world: { catalogue }, seed, name }) {
          const store = await openStore(catalogue);
          await store.appendLog(log.dir, log.days, {});
          return {
            policy: openPopularityFunnel({ catalogue, seed, name, store, config }),
            close: () => store.close(),
          };
        },
      },
    };
    const slow = await play(past, overFeatures, { users: 120, days: 3, replication: 0 });
    const quick = await play(past, popularity, { users: 120, days: 3, replication: 0 });
    expect(quick.userDays).toEqual(slow.userDays);
    const store = countingStore(await past.history());
    expect(() => store.candidateRows(Int32Array.of(0))).toThrow("a counting store has no features");
  }, 60_000);

  const playIn = (arm: Arm, replication: number): Promise<Played> =>
    play(past, arm, { users: 120, days: 4, replication, horizons: [1, 4] });
});

describe("twins", () => {
  it("with equal arms differ by exactly 0 in every metric, whatever their names", async () => {
    const same: TwinPair = {
      name: "same",
      distance: "near",
      control: popularity,
      treatment: { ...popularity, name: "popularity again" },
    };
    const { rows } = await twinWorld(log, { ...plan, pairs: [same], horizons: [4] });
    expect(rows.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(["watchMinutes", "clicks", "ctr", "visits", "day1Return", "satisfaction"]),
    );
    for (const row of rows)
      expect([
        row.metric,
        row.difference,
        row.firstDifference,
        row.standardError,
        row.kept,
        row.replication.observed,
      ]).toEqual([row.metric, 0, 0, 0, 0, 0]);
  });

  it("with another draws keep only what the users bring", async () => {
    // one arm, many replications: the users' part is the correlation of two plays; so must be that of "equal twins with another draws"
    const replications = 6;
    const plays = [];
    for (let replication = 0; replication < replications; replication++)
      plays.push(
        twinSums(
          await play(past, uniform, { users: 120, days: 4, replication, horizons: [4] }),
          log.setting.world.days,
          4,
        ).metrics,
      );
    const between: number[] = [];
    for (let a = 0; a < replications; a++)
      for (let b = a + 1; b < replications; b++) between.push(twinStatistics(plays[a]!.visits, plays[b]!.visits).rho);
    const users = between.reduce((sum, rho) => sum + rho, 0) / between.length;
    const again: TwinPair = {
      name: "same",
      distance: "near",
      control: uniform,
      treatment: { ...uniform, name: "uniform again" },
    };
    const { rows } = await twinWorld(log, { ...plan, pairs: [again], replications, horizons: [4] });
    const visits = rows.find((row) => row.metric === "visits")!;
    expect(visits.kept).toBe(0); // ρ = 1 with common random numbers
    expect(1 - 2 * visits.keptOtherDraws).toBeCloseTo(users, 1);
    expect(users).toBeGreaterThan(0.1);
    expect(users).toBeLessThan(0.9);
  });

  it("see the far pair's difference, and the first day's visits are the same in both arms", async () => {
    const { rows } = await twinWorld(log, plan);
    const of = (metric: string, horizon: number): (typeof rows)[number] =>
      rows.find((row) => row.metric === metric && row.horizon === horizon)!;
    expect(of("visits", 1).difference).toBe(0); // nobody knows the arm before the first page
    expect(of("watchMinutes", 4).difference).toBeGreaterThan(2 * of("watchMinutes", 4).standardError);
    for (const row of rows) {
      expect(row.kept, row.metric).toBeLessThanOrEqual(1);
      expect(row.cupedKept, row.metric).toBeLessThanOrEqual(1);
    }
  });

  it("refuse one name for two arms, and plans that cannot be played", async () => {
    const clash: TwinPair = { ...far, treatment: { name: "uniform", policy: { kind: "popularity" } } };
    await expect(studyTwins(chosen, { pairs: [clash] })).rejects.toThrow("arm uniform is two different arms");
    await expect(studyTwins(chosen, { replications: 1 })).rejects.toThrow(
      "invalid replications: 1; allowed: a whole number from 2",
    );
    await expect(studyTwins(chosen, { seeds: 1 })).rejects.toThrow("invalid seeds: 1; allowed: a whole number from 2");
    await expect(studyTwins(chosen, { days: 3, horizons: [4] })).rejects.toThrow(
      "invalid horizon: 4; allowed: a whole number from 1 to 3",
    );
  });
});

describe("a study", () => {
  it(
    "gives the same numbers from threads, is loaded when it is whole, and stops when told to",
    { timeout: 120_000 },
    async () => {
      const options = { pairs: [far], users: 60, days: 2, replications: 2, seeds: 2, before: 2 };
      const one = await studyTwins(chosen, options);
      const two = await studyTwins({ ...chosen, workers: 2, datasets: join(scratch, "threads") }, options);
      expect(two.summaries).toEqual(one.summaries);
      const again = await studyTwins(chosen, options);
      expect(again.worlds.map(({ artifact }) => artifact.made)).toEqual([false, false]);
      expect(again.summaries).toEqual(one.summaries);
      expect(one.summaries.map(({ horizon }) => horizon)).toContain(2);
      await expect(
        studyTwins(chosen, { ...options, remake: true }, { signal: AbortSignal.abort(new Error("enough")) }),
      ).rejects.toThrow("enough");
    },
  );

  it("writes a run with the table's numbers", { timeout: 60_000 }, async () => {
    const options = {
      pairs: [far],
      users: 60,
      days: 2,
      replications: 2,
      seeds: 2,
      before: 2,
      results: join(scratch, "results"),
    };
    const answer = await twinsVerb(chosen, {}, options);
    for (const words of ["2/(1−ρ)", "CUPED", "Watch time"]) expect(answer.text).toContain(words);
    expect(answer.json["worlds"] as readonly unknown[]).toHaveLength(2);
  });

  it("turns shares of variance into factors, mean first: equal twins are a factor without bound", () => {
    const spread = {
      groups: 12,
      twins: 1,
      ab: 4,
      cuped: 2,
      expectedTwins: 2,
      expectedAb: 4,
      expectedCuped: 4,
      factor: 4,
    };
    const replication = { replications: 2, observed: 3, independent: 2 };
    const row = {
      pair: "far",
      metric: "visits",
      horizon: 1,
      users: 10,
      control: 1,
      treatment: 1,
      difference: 0,
      firstDifference: 0,
      standardError: 1,
      abStandardError: 2,
      keptOtherDraws: 0.5,
      cupedKept: 0.8,
      cupedCorrelation: 0.4,
      spread,
      replication,
    } as const;
    const artifact = { kind: "twins", id: "", dir: "", made: true, manifest: {} as never };
    const worlds = [0.1, 0.3].map((kept, seed) => ({ seed, artifact, rows: [{ ...row, kept }] }));
    const [summary] = judgeTwins(worlds, [far]);
    expect(summary!.factor.estimate).toBeCloseTo(1 / 0.2, 12);
    expect(summary!.rho.estimate).toBeCloseTo(0.6, 12);
    expect(summary!.rhoOtherDraws.estimate).toBe(0);
    expect(summary!.cupedFactor.low).toBeCloseTo(1.25, 12);
    expect(summary!.checked).toEqual({ twins: 0.5, ab: 1, cuped: 0.5 });
    expect([summary!.checkedFactor, summary!.tie]).toEqual([4, 1.5]);
    const equal = judgeTwins(
      [0, 0].map((kept, seed) => ({ seed, artifact, rows: [{ ...row, kept }] })),
      [far],
    )[0]!;
    expect([equal.factor.estimate, equal.rho.estimate]).toEqual([Infinity, 1]);
    expect(judgeTwins(worlds.slice(0, 1), [far])).toEqual([]);
  });
});

describe("the value of a policy", () => {
  it("is the mean over replications, higher for the oracle than at random", { timeout: 60_000 }, async () => {
    const options = { users: 120, days: 3, worlds: 3 };
    const random = await policyValue(past, uniform, options);
    const best = await policyValue(past, oracle, options);
    const mean = random.byReplication.watchMinutes.reduce((a, b) => a + b, 0) / 3;
    expect(random.metrics.watchMinutes.estimate).toBeCloseTo(mean, 12);
    expect(new Set(random.byReplication.watchMinutes).size).toBe(3);
    expect(best.metrics.watchMinutes.estimate).toBeGreaterThan(2 * random.metrics.watchMinutes.estimate);
    expect(random.metrics.day7Return.estimate).toBeNaN();
    expect(random.userStandardError.watchMinutes).toBeGreaterThan(0);
    await expect(policyValue(past, uniform, { ...options, worlds: 1 })).rejects.toThrow("invalid worlds: 1");
  });

  it(
    "of one page is exact: what uniform pages are worth agrees with playing them, and the oracle's page is worth most",
    { timeout: 60_000 },
    async () => {
      const draws = 24;
      const random = await pageValue(past, uniform, { users: 120, draws });
      const best = await pageValue(past, oracle, { users: 120 });
      const popular = await pageValue(past, popularity, { users: 120, draws });
      expect(best.watchMinutes.estimate).toBeGreaterThan(popular.watchMinutes.estimate);
      expect(popular.watchMinutes.estimate).toBeGreaterThan(random.watchMinutes.estimate);
      const { metrics } = await policyValue(past, uniform, { users: 120, days: 4, worlds: 3 });
      expect(random.clicks.estimate / chosen.world.slots / metrics.ctr.estimate).toBeGreaterThan(0.75);
      expect(random.clicks.estimate / chosen.world.slots / metrics.ctr.estimate).toBeLessThan(1.35);
      await expect(pageValue(past, uniform, { users: 9, draws: 0 })).rejects.toThrow(
        "invalid draws: 0; allowed: a whole number from 1 to 64",
      );
    },
  );
});

describe("random pages in between", () => {
  it("take their share of pages, by a hash of the request", async () => {
    const world = await openWorldAfter(log);
    const day = log.setting.world.days;
    world.openDay(day);
    const count = 4_000;
    const requests = {
      day,
      count,
      request: Float64Array.from({ length: count }, (_, i) => (day * 16_777_216 + i) * 512),
      session: new Float64Array(count),
      user: Int32Array.from({ length: count }, (_, i) => i % 100),
      page: new Uint8Array(count),
      timeMs: new Int32Array(count),
      device: new Uint8Array(count),
    };
    const make = async (share: number): Promise<Uint8Array> => {
      const [main, other] = ["main", "other"].map((name) =>
        createUniformPolicy({ catalogue: log.catalogue, seed: name === "main" ? 1 : 2, slots: 3, name }),
      );
      const mixed = withUniformPages(main!, other!, share, 7);
      await mixed.openDay(day, undefined);
      const [got, plain] = [await mixed.recommend(requests), await main!.recommend(requests)];
      return Uint8Array.from({ length: count }, (_, row) =>
        Number(got.video.subarray(row * 3, row * 3 + 3).some((video, k) => video !== plain.video[row * 3 + k])),
      );
    };
    const changed = (await make(0.05)).reduce((a, b) => a + b, 0) / count;
    expect(changed).toBeGreaterThan(0.038);
    expect(changed).toBeLessThan(0.062);
    expect((await make(0)).includes(1)).toBe(false);
    await expect(make(1.5)).rejects.toThrow("uniformPages is 1.5; it must be in [0, 1]");
  });
});

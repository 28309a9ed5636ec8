import { describe, expect, it } from "vitest";
import { withAdLoad, retentionSlope } from "../../../src/studies/validity/retention-slope.js";
import { recoverMany } from "../../../src/studies/validity/jobs.js";
import { allShards, atOnce, openDays, rounds } from "../../../src/platform/rounds.js";
import { randomPages } from "../../../src/studies/validity/random-pages.js";
import { recoverWorld } from "../../../src/studies/validity/recover-world.js";
import { verdictOf, perturbations } from "../../../src/studies/validity/robustness.js";
import { playStudyWorld, studyArmNames } from "../../../src/studies/validity/study-world.js";
import { createUniformPolicy } from "../../../src/serving/uniform-policy.js";
import { checkConfig, defaults, openWorld, type WorldConfig } from "../../../src/world/index.js";

const config: WorldConfig = {
  ...defaults,
  users: 150,
  videos: 800,
  creators: 40,
  days: 6,
  extraDays: 0,
  topics: 8,
  topicFamilies: 4,
  usersAtStart: 1,
  botShare: 0,
};
const sizes = { users: 80, days: 6, adUsers: 80, adDays: 5 };
const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe("random pages", () => {
  const pages = randomPages(config, 3, 3);

  it("count each impression once, as clicks and as truth", () => {
    expect(total(pages.positions.impressions)).toBe(pages.impressions);
    expect(total(pages.fit.impressions) + total(pages.held.impressions)).toBe(pages.impressions);
    expect(total(pages.fit.sum) + total(pages.held.sum)).toBe(total(pages.positions.clicks));
  });

  it("have as many clicks as the truth expects, within four standard errors", () => {
    const expected = total(pages.fitTruth.sum) + total(pages.heldTruth.sum);
    const deviation = Math.sqrt(expected - total(pages.fitTruth.squares) - total(pages.heldTruth.squares));
    expect(Math.abs(total(pages.positions.clicks) - expected)).toBeLessThan(4 * deviation);
    expect(deviation).toBeLessThan(0.1 * expected); // so the line above can fail
  });

  it("have a true examination of 1 in the first slot that falls from there", () => {
    expect(pages.examination[0]).toBeCloseTo(1, 12);
    for (let k = 1; k < config.slots; k++) expect(pages.examination[k]!).toBeLessThan(pages.examination[k - 1]!);
  });
});

describe("ad load", () => {
  const adConfig: WorldConfig = { ...config, campaigns: 12, sponsored: 0.1, adIrritation: 0.3 };

  it("puts as many ads on a page as the user's lot says, each with its campaign's video, none twice", () => {
    const world = openWorld(adConfig, 5);
    const { catalogue } = world;
    const policy = withAdLoad({
      policy: createUniformPolicy({ catalogue, seed: 5, slots: 10 }),
      catalogue,
      seed: 5,
      load: (user) => (user % 2 === 0 ? 3 : 0),
    });
    const loads = new Map<number, number>();
    for (const day of openDays(world, 0, 1)) {
      void policy.openDay(day, undefined);
      for (const { requests, respond } of rounds(world, allShards)) {
        const slates = atOnce(policy.recommend(requests));
        respond(slates);
        const { video, campaign, count, slots } = slates;
        for (let row = 0; row < count; row++) {
          const ads = [...campaign!.subarray(row * slots, (row + 1) * slots)];
          ads.forEach(
            (code, k) => code > 0 && expect(video[row * slots + k]).toBe(catalogue.campaigns!.video[code - 1]),
          );
          expect(new Set(video.subarray(row * slots, (row + 1) * slots)).size).toBe(slots);
          const shown = ads.filter((code) => code > 0).length;
          expect(shown).toBeLessThanOrEqual(requests.user[row]! % 2 === 0 ? 3 : 0);
          loads.set(shown, (loads.get(shown) ?? 0) + 1);
        }
      }
    }
    expect(loads.get(3)!).toBeGreaterThan(0.8 * (loads.get(1) ?? 0) + (loads.get(2) ?? 0)); // few users are wanted by fewer than three
  });

  it("lowers satisfaction and return in twin worlds, and its experiment's interval is finite where the load is heavy", () => {
    const result = retentionSlope({ ...adConfig, users: 400, days: 8 }, 6);
    expect(result.satisfactionEffect).toBeLessThan(-0.1);
    expect(result.trueReturnEffect).toBeLessThan(-0.03);
    expect(result.trueDoseEffect).toBeLessThan(0);
    expect(result.returnPerSatisfaction).toBeGreaterThan(0);
    expect(result.returnEffect.low).toBeLessThan(result.returnEffect.high);
  });

  it("needs campaigns", () => {
    const { catalogue } = openWorld(config, 5);
    expect(() =>
      withAdLoad({ policy: createUniformPolicy({ catalogue, seed: 5 }), catalogue, seed: 5, load: () => 1 }),
    ).toThrow("ad load needs campaigns; the world has 0");
  });
});

describe("recovery worlds", () => {
  it("give the same numbers for the same seed, in this thread or in others", async () => {
    const here = await recoverMany(defaults, [1, 2], sizes, 1);
    expect(await recoverMany(defaults, [1, 2], sizes, 2)).toEqual(here);
    expect(here[0]!.cases).not.toEqual(here[1]!.cases);
    expect(recoverWorld(defaults, 2, sizes).cases).toEqual(here[1]!.cases);
  });

  it("stop when asked, with the reason", async () => {
    const stop = new AbortController();
    const steps: number[] = [];
    const running = recoverMany(defaults, [1, 2, 3, 4], sizes, 1, {
      signal: stop.signal,
      onProgress: (_, done) => {
        steps.push(done);
        stop.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    expect(steps).toEqual([1]);
  });
});

describe("study worlds", () => {
  it("are sound configs, all of them different", () => {
    const worlds = perturbations(defaults);
    for (const { change } of worlds) expect(() => checkConfig({ ...defaults, ...change })).not.toThrow();
    expect(new Set(worlds.map(({ change }) => JSON.stringify(change))).size).toBe(worlds.length);
  });

  it(
    "play every recommender on the same users from the same evening: the oracle of watch time is the best, " +
      "click greed clicks most",
    async () => {
      const study = {
        name: "as it is",
        seed: 4,
        base: defaults,
        change: {},
        sizes: { users: 200, videos: 500, logDays: 5, playDays: 4, seeds: 1 },
      };
      const { arms } = await playStudyWorld(study);
      expect(Object.keys(arms)).toEqual([...studyArmNames]);
      for (const policy of studyArmNames) expect(arms[policy].user).toEqual(arms.uniform.user);
      const watch = studyArmNames.map((policy) => total(arms[policy].watchMs));
      expect(watch.indexOf(Math.max(...watch))).toBe(studyArmNames.indexOf("watch oracle"));
      expect(total(arms["topic affinity"].watchMs)).toBeGreaterThan(1.5 * total(arms.uniform.watchMs));
      expect(total(arms["click oracle"].clicks)).toBeGreaterThan(total(arms["watch oracle"].clicks));
      expect((await playStudyWorld(study)).arms).toEqual(arms);
    },
  );

  it("judge a claim by the side its interval lies on", () => {
    expect(verdictOf({ low: 0.1, high: 0.2 }, "higher")).toBe("holds");
    expect(verdictOf({ low: 0.1, high: 0.2 }, "lower")).toBe("flips");
    expect(verdictOf({ low: -0.2, high: -0.1 }, "lower")).toBe("holds");
    expect(verdictOf({ low: -0.1, high: 0.1 }, "lower")).toBe("undecided");
    expect(verdictOf({ low: NaN, high: NaN }, "higher")).toBe("undecided");
  });
});

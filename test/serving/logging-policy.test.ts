import { describe, expect, it } from "vitest";
import { policyComponents } from "../../src/types.js";
import { createLoggingPolicy } from "../../src/serving/logging-policy.js";
import type { LoggingPolicy } from "../../src/serving/logging-policy.js";
import { fakeCatalogue, fakeEvents, fakeRequests, manyRequests, openThrough, pageOf } from "./fakes.js";
import { policyContract } from "./policy-contract.js";

policyContract("logging", ({ catalogue, seed, slots }) => createLoggingPolicy({ catalogue, seed, config: { slots } }));

/** The mixture by its definition: the probability of a whole prefix under each component, then their ratio. */
function bruteForce(policy: LoggingPolicy, user: number, page: readonly number[], position: number): number {
  const { popularityShare, affinityShare, uniformShare } = policy.config;
  const { popularity, affinity } = policy.weights(user);
  const mixtureOfPrefix = (length: number): number => {
    let total = 0;
    for (const [share, weights] of [
      [popularityShare, popularity],
      [affinityShare, affinity],
      [uniformShare, popularity.map(() => 1)],
    ] as const) {
      let probability = share;
      for (let k = 0; k < length; k++) {
        let left = 0;
        for (let video = 0; video < weights.length; video++)
          if (!page.slice(0, k).includes(video)) left += weights[video]!;
        probability *= weights[page[k]!]! / left;
      }
      total += probability;
    }
    return total;
  };
  return mixtureOfPrefix(position + 1) / mixtureOfPrefix(position);
}

describe("the logging policy", () => {
  const six = fakeCatalogue({ videos: 6, topics: 3, creators: 6 });

  it("logs the mixture's conditional propensity, equal to its definition on a catalogue of six videos", async () => {
    const policy = createLoggingPolicy({
      catalogue: six,
      seed: 1,
      config: { slots: 6, popularityPower: 3, affinityPower: 3 },
    });
    await openThrough(policy, six, 2, 200);
    const slates = policy.recommend(manyRequests(2, 4, 300));
    for (let row = 0; row < slates.count; row++) {
      const page = pageOf(slates, row);
      for (let position = 0; position < 6; position++) {
        expect(slates.propensity[row * 6 + position]).toBeCloseTo(bruteForce(policy, 4, page, position), 10);
      }
    }
  });

  it("draws whole pages as often as the product of its propensities says", async () => {
    const policy = createLoggingPolicy({ catalogue: six, seed: 2, config: { slots: 2 } });
    await openThrough(policy, six, 2, 200);
    const pages = 60_000;
    const slates = policy.recommend(manyRequests(2, 3, pages));
    const expected = new Map<string, number>();
    const seen = new Map<string, number>();
    for (let row = 0; row < pages; row++) {
      const page = pageOf(slates, row).join();
      seen.set(page, (seen.get(page) ?? 0) + 1);
      expected.set(page, slates.propensity[row * 2]! * slates.propensity[row * 2 + 1]!);
    }
    expect(expected.size).toBe(30);
    expect([...expected.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    for (const [page, p] of expected)
      expect(Math.abs((seen.get(page) as number) / pages - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / pages));
  });

  it("draws each component's share of pages, and says which component drew", async () => {
    const policy = createLoggingPolicy({
      catalogue: six,
      seed: 3,
      config: { slots: 2, popularityShare: 0.5, affinityShare: 0.2, uniformShare: 0.3 },
    });
    await openThrough(policy, six, 1);
    const pages = 20_000;
    const { component } = policy.recommend(manyRequests(1, 3, pages));
    for (const [name, share] of [
      ["popularity", 0.5],
      ["affinity", 0.2],
      ["uniform", 0.3],
    ] as const) {
      const drawn = component.filter((code) => policyComponents[code] === name).length / pages;
      expect(Math.abs(drawn - share)).toBeLessThan(4.5 * Math.sqrt((share * (1 - share)) / pages));
    }
  });

  it("keeps exact propensities when one video holds nearly all the weight", async () => {
    const policy = createLoggingPolicy({
      catalogue: six,
      seed: 4,
      config: { slots: 4, popularityPower: 12, affinityPower: 8, videoPrior: 0.1, floor: 1e-3 },
    });
    const events = fakeEvents(six, 0, 300);
    await policy.openDay(0, undefined);
    await policy.openDay(1, {
      ...events,
      watchMs: events.watchMs.map((ms, row) => (events.video[row] === 2 ? 500_000 : ms)),
    });
    const slates = policy.recommend(manyRequests(1, 4, 200));
    for (let row = 0; row < slates.count; row++) {
      const page = pageOf(slates, row);
      for (let position = 0; position < 4; position++) {
        const exact = bruteForce(policy, 4, page, position);
        expect(slates.propensity[row * 4 + position]! / exact).toBeCloseTo(1, 8);
      }
    }
  });

  it("raises a user's clicked topic and a long-watched video above the rest", async () => {
    const catalogue = fakeCatalogue({ videos: 40, topics: 4, creators: 8 });
    const policy = createLoggingPolicy({ catalogue, seed: 5 });
    const events = fakeEvents(catalogue, 0, 2000);
    const liked = 1;
    const click = events.click.map((_, row) =>
      events.user[row] === 7 && catalogue.videos.topic[events.video[row]!] === liked
        ? 1
        : events.user[row] === 7
          ? 0
          : 1,
    );
    const watchMs = Int32Array.from(click, (clicked, row) =>
      clicked === 0 ? 0 : events.video[row] === 9 ? 100_000 : 10_000,
    );
    await policy.openDay(0, undefined);
    await policy.openDay(1, { ...events, click, watchMs });
    const { affinity, popularity } = policy.weights(7);
    const ofTopic = (topic: number): number => {
      const relative = Array.from(affinity, (weight, video) =>
        catalogue.videos.topic[video] === topic ? weight / policy.weights(0).affinity[video]! : 0,
      );
      return Math.max(...relative);
    };
    for (const topic of [0, 2, 3]) expect(ofTopic(liked)).toBeGreaterThan(2 * ofTopic(topic));
    const sameTopic = Array.from(popularity, (weight, video) => ({ weight, video })).filter(
      ({ video }) => catalogue.videos.topic[video] === catalogue.videos.topic[9],
    );
    expect(sameTopic.sort((a, b) => b.weight - a.weight)[0]?.video).toBe(9);
  });

  it("knows the same whether a history was observed or came midnight by midnight", async () => {
    const catalogue = fakeCatalogue();
    const [live, read] = [createLoggingPolicy({ catalogue, seed: 6 }), createLoggingPolicy({ catalogue, seed: 6 })];
    await openThrough(live, catalogue, 3);
    for (const day of [2, 0, 1]) read.observe(fakeEvents(catalogue, day, 300));
    read.openDay(3, undefined);
    expect(read.recommend(fakeRequests(3, [1, 2]))).toEqual(live.recommend(fakeRequests(3, [1, 2])));
  });

  it("learns nothing of today before midnight", async () => {
    const catalogue = fakeCatalogue();
    const policy = createLoggingPolicy({ catalogue, seed: 7 });
    await openThrough(policy, catalogue, 1);
    const before = policy.recommend(fakeRequests(1, [1, 2]));
    policy.apply(fakeEvents(catalogue, 1, 500));
    expect(policy.recommend(fakeRequests(1, [1, 2]))).toEqual(before);
  });

  it("learns nothing from a history observed during the day before midnight, of users who came and users who did not", async () => {
    const catalogue = fakeCatalogue();
    const [told, spared] = [createLoggingPolicy({ catalogue, seed: 7 }), createLoggingPolicy({ catalogue, seed: 7 })];
    for (const policy of [told, spared]) {
      await openThrough(policy, catalogue, 2);
      policy.recommend(fakeRequests(2, [1]));
    }
    told.observe(fakeEvents(catalogue, 1, 500));
    const users = [1, 2, 3, 4, 5];
    expect(told.recommend(fakeRequests(2, users))).toEqual(spared.recommend(fakeRequests(2, users)));
    for (const policy of [told, spared]) policy.openDay(3, undefined);
    expect(told.recommend(fakeRequests(3, users))).not.toEqual(spared.recommend(fakeRequests(3, users)));
  });

  it("refuses shares that do not sum to 1 and a floor of 0, naming the field", () => {
    expect(() => createLoggingPolicy({ catalogue: six, seed: 1, config: { uniformShare: 0.5 } })).toThrow(
      /shares sum to 1\.3/,
    );
    expect(() => createLoggingPolicy({ catalogue: six, seed: 1, config: { floor: 0 } })).toThrow(
      /floor: 0; allowed: a number above 0/,
    );
    expect(() => createLoggingPolicy({ catalogue: six, seed: 1, config: { slots: 0 } })).toThrow(/slots: 0/);
  });
});

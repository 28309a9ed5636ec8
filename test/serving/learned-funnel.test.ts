import { describe, expect, it } from "vitest";
import { createLearnedFunnel, isNewcomer } from "../../src/serving/learned-funnel.js";
import type { LearnedFunnelConfig } from "../../src/serving/learned-config.js";
import { createRules } from "../../src/serving/rerank/rules.js";
import { openPopularityFunnel } from "../../src/serving/popularity-funnel.js";
import { candidateSources } from "../../src/types.js";
import type { Catalogue } from "../../src/types.js";
import { affinityOf, fakePredict, fakeStore, fakeTowers } from "./fake-store.js";
import { fakeCatalogue, fakeRequests, openThrough, pageOf } from "./fakes.js";
import { policyContract } from "./policy-contract.js";

const open = (
  catalogue: Catalogue,
  seed: number,
  config: Partial<LearnedFunnelConfig> = {},
): ReturnType<typeof createLearnedFunnel> =>
  createLearnedFunnel({
    catalogue,
    store: fakeStore(catalogue),
    seed,
    towers: fakeTowers,
    predict: fakePredict,
    config: { candidates: 40, ...config },
  });

policyContract("learned funnel", ({ catalogue, seed, slots }) =>
  open(catalogue, seed, { rerank: { slots, temperature: 0.5 } }),
);
policyContract(
  "learned funnel, segment fallback, exact search, uniform and popular fresh sources",
  ({ catalogue, seed, slots }) =>
    open(catalogue, seed, {
      rerank: { slots, temperature: 0.5, similarity: { topic: 0.3, creator: 0.2, embedding: 0.5 } },
      coldStart: "segment-popularity",
      exactSearch: true,
      popularBy: "trending",
      votesADay: 2,
      freshBy: "popularity",
      shares: { twoTower: 0.4, popular: 0.2, fresh: 0.2, uniform: 0.2 },
    }),
);

policyContract("learned funnel, all sources and rules, DPP, 8-bit index", ({ catalogue, seed, slots }) =>
  withEverything(catalogue, seed, slots),
);

/** Every source, a rule of each kind but pins (which may repeat what was watched), and the other kind of diversity. */
function withEverything(catalogue: Catalogue, seed: number, slots: number): ReturnType<typeof createLearnedFunnel> {
  const fake = fakeStore(catalogue);
  const rules = createRules(
    {
      rules: [
        ...(catalogue.videos.count > 3 ? [{ name: "off", action: "block", videos: [3] }] : []),
        { name: "up", action: "boost", topics: [catalogue.topicNames[0]!], by: 1.5 },
        { name: "few", action: "cap", topics: [catalogue.topicNames[1]!], most: 3 },
      ],
    },
    catalogue,
  );
  const last = fakeCatalogue().videos.count - 1;
  return createLearnedFunnel({
    catalogue,
    store: {
      ...fake,
      followedCreators: (user) => [user % catalogue.creatorCount],
      sequenceRows: ({ count, user }) => ({
        count,
        width: 1,
        length: new Int32Array(count).fill(1),
        video: Int32Array.from(user.subarray(0, count), (id) => (id * 7) % last),
        dwellMs: new Int32Array(count),
      }),
    },
    seed,
    towers: fakeTowers,
    predict: fakePredict,
    rules: () => rules,
    config: {
      candidates: 50,
      index: { dtype: "i8" },
      shares: { twoTower: 0.3, popular: 0.1, fresh: 0.1, uniform: 0, trending: 0.1, followed: 0.2, itemToItem: 0.2 },
      rerank: { slots, temperature: 0.5, diversity: "dpp", freshness: 0.2 },
    },
  });
}

describe("explaining a page", () => {
  it("gives the page that recommend gives, with sources, features, versions, and stages", async () => {
    const catalogue = fakeCatalogue();
    const policy = withEverything(catalogue, 1, 4);
    await policy.openDay(0, undefined);
    const { slates, trace } = await policy.explain(fakeRequests(0, [8]));
    expect(slates.video).toEqual((await policy.recommend(fakeRequests(0, [8]))).video);
    expect(trace.sources.map(({ source }) => source)).toEqual([
      "two-tower",
      "popular",
      "fresh",
      "trending",
      "followed",
      "item-to-item",
    ]);
    expect(trace.sources.reduce((sum, { taken }) => sum + taken, 0)).toBe(50);
    expect(trace.stages.map(({ stage }) => stage)).toEqual(["retrieve", "rank", "rerank", "total"]);
    expect(trace.features.length).toBeGreaterThan(0);
    expect(Object.keys(trace.versions)).toEqual(["towers", "index", "rules"]);
    expect(trace.removed.some(({ reason }) => reason === "rule off") || slates.video.includes(3)).toBe(true);
    expect(slates.video).not.toContain(3);
  });
});

const plain = { slots: 4, temperature: 0, mmrLambda: 1, creatorCap: 99 };

describe("the learned funnel", () => {
  it("shows the unwatched videos that its models score highest", async () => {
    const catalogue = fakeCatalogue({ creators: 60 });
    const policy = open(catalogue, 1, { objective: "click", rerank: plain });
    await openThrough(policy, catalogue, 0);
    const byAffinity = Array.from({ length: 60 }, (_, video) => video).sort(
      (a, b) => affinityOf(8, b) - affinityOf(8, a),
    );
    expect(pageOf(await policy.recommend(fakeRequests(0, [8])), 0)).toEqual(byAffinity.slice(0, 4));
  });

  it("follows its objective: an hour's watch outweighs a likelier click", async () => {
    const catalogue = fakeCatalogue({ creators: 60 });
    const policy = open(catalogue, 1, { candidates: 60, objective: "watch", rerank: plain });
    await policy.openDay(0, undefined);
    expect(pageOf(await policy.recommend(fakeRequests(0, [8])), 0)[0]).toBe(0);
  });

  it("shows a new upload on its first day, by its embedding alone", async () => {
    const catalogue = fakeCatalogue({ liveAtStart: 30, creators: 60 });
    const policy = open(catalogue, 1, { objective: "click", rerank: { ...plain, slots: 1 } });
    await openThrough(policy, catalogue, 1);
    const live = catalogue.liveVideos[1]!;
    const users = Array.from({ length: 20 }, (_, user) => user);
    const slates = await policy.recommend(fakeRequests(1, users));
    const best = users.filter((user) => {
      const top = Array.from({ length: live }, (_, video) => video).sort(
        (a, b) => affinityOf(user, b) - affinityOf(user, a),
      )[0]!;
      return top >= 30 && slates.video[user] === top;
    });
    expect(best.length).toBeGreaterThan(0);
    expect(slates.video.every((video) => video < live)).toBe(true);
  });

  it("refreshes its index on schedule, and only then asks for old videos' rows again", async () => {
    const catalogue = fakeCatalogue({ liveAtStart: 30, days: 5 });
    const asked: number[][] = [];
    const store = fakeStore(catalogue);
    const watched = {
      ...store,
      candidateRows: (videos: Int32Array) => (asked.push(Array.from(videos)), store.candidateRows(videos)),
    };
    const policy = createLearnedFunnel({
      catalogue,
      store: watched,
      seed: 1,
      towers: fakeTowers,
      predict: fakePredict,
      config: { refreshDays: 2 },
    });
    await openThrough(policy, catalogue, 4);
    const live = Array.from(catalogue.liveVideos);
    expect(asked.map((videos) => [videos[0], videos.length])).toEqual([
      [0, live[0]],
      [live[0], live[1]! - live[0]!],
      [0, live[2]],
      [live[2], live[3]! - live[2]!],
      [0, live[4]],
    ]);
  });

  it("draws from every source with a share", async () => {
    const catalogue = fakeCatalogue({ videos: 200, liveAtStart: 150 });
    const policy = open(catalogue, 1, {
      candidates: 20,
      shares: { twoTower: 0.25, popular: 0.25, fresh: 0.25, uniform: 0.25 },
      rerank: { slots: 10, temperature: 5 },
    });
    await openThrough(policy, catalogue, 2);
    const slates = await policy.recommend(
      fakeRequests(
        2,
        Array.from({ length: 20 }, (_, user) => user),
      ),
    );
    expect(new Set(Array.from(slates.source, (code) => candidateSources[code]))).toEqual(
      new Set(["two-tower", "popular", "fresh", "uniform"]),
    );
  });

  it("gives newcomers what is popular in their segment when told to, and everyone else what it gave before", async () => {
    const base = fakeCatalogue({ videos: 80 });
    const joinDay = new Int16Array(20);
    joinDay.set([2, 2], 4); // users 4 and 5 joined on day 2
    const catalogue = { ...base, users: { ...base.users, joinDay } };
    expect([isNewcomer(catalogue, 4, 2, 1), isNewcomer(catalogue, 4, 3, 1), isNewcomer(catalogue, 0, 0, 5)]).toEqual([
      true,
      false,
      false,
    ]);
    const rerank = { slots: 6 };
    const [metadata, fallback] = [
      open(catalogue, 1, { rerank }),
      open(catalogue, 1, { rerank, coldStart: "segment-popularity" }),
    ];
    const popularity = openPopularityFunnel({
      catalogue,
      store: fakeStore(catalogue),
      seed: 1,
      config: { candidates: 40, popularity: { by: "segment" }, rerank },
    });
    for (const policy of [metadata, fallback, popularity]) await openThrough(policy, catalogue, 2);
    const requests = fakeRequests(2, [3, 4, 5, 6]);
    const [ofMetadata, ofFallback, ofPopularity] = [
      await metadata.recommend(requests),
      await fallback.recommend(requests),
      await popularity.recommend(requests),
    ];
    for (const row of [0, 3]) expect(pageOf(ofFallback, row)).toEqual(pageOf(ofMetadata, row));
    for (const row of [1, 2]) {
      expect(pageOf(ofFallback, row)).toEqual(pageOf(ofPopularity, row));
      expect(pageOf(ofFallback, row)).not.toEqual(pageOf(ofMetadata, row));
    }
  });

  it("reports features and model apart within the rank stage", async () => {
    const catalogue = fakeCatalogue();
    let clock = 0;
    const policy = createLearnedFunnel({
      catalogue,
      store: fakeStore(catalogue),
      seed: 1,
      towers: fakeTowers,
      predict: fakePredict,
      now: () => clock++,
      budget: { total: 1e9 },
    });
    await policy.openDay(0, undefined);
    await policy.recommend(fakeRequests(0, [1]));
    expect(policy.timings().map(({ stage }) => stage)).toEqual([
      "features",
      "model",
      "retrieve",
      "rank",
      "rerank",
      "total",
    ]);
    expect(policy.timings().find(({ stage }) => stage === "total")!.withinBudget).toBe(true);
  });

  it("refuses configs out of range, naming the field", () => {
    const catalogue = fakeCatalogue();
    expect(() => open(catalogue, 1, { shares: { twoTower: 0.9, popular: 0.2, fresh: 0, uniform: 0 } })).toThrow(
      /shares sum to 1\.1/,
    );
    expect(() => open(catalogue, 1, { coldStart: "guess" as "metadata-tower" })).toThrow(
      /unknown coldStart: guess; known: metadata-tower, segment-popularity/,
    );
    expect(() => open(catalogue, 1, { popularBy: "fame" as "global" })).toThrow(
      /unknown popularBy: fame; known: global, segment, trending/,
    );
    expect(() => open(catalogue, 1, { candidates: 0 })).toThrow(/candidates: 0/);
  });
});

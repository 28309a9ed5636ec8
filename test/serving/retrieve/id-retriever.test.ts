import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLearnedFunnel } from "../../../src/serving/learned-funnel.js";
import { idRetriever } from "../../../src/serving/retrieve/id-retriever.js";
import { candidateSources } from "../../../src/types.js";
import type { Catalogue } from "../../../src/types.js";
import { affinityOf, fakePredict, fakeStore, fakeTowers } from "../fake-store.js";
import { fakeCatalogue, fakeRequests, openThrough, pageOf } from "../fakes.js";
import { policyContract } from "../policy-contract.js";

const byAffinity = (catalogue: Catalogue) => ({
  itemCount: catalogue.videos.count,
  score: (users: Int32Array) =>
    Float32Array.from({ length: users.length * catalogue.videos.count }, (_, at) =>
      affinityOf(users[Math.floor(at / catalogue.videos.count)]!, at % catalogue.videos.count),
    ),
});

policyContract("learned funnel, an id retriever", ({ catalogue, seed, slots }) => {
  const store = fakeStore(catalogue);
  return createLearnedFunnel({
    catalogue,
    store,
    seed,
    towers: fakeTowers,
    predict: fakePredict,
    retriever: idRetriever(byAffinity(catalogue), { name: "affinity", store }),
    config: { candidates: 40, rerank: { slots, temperature: 0.5 } },
  });
});

describe("a retriever that knows users by id", () => {
  it("offers what a naive loop does: live, known, unwatched, above the lowest score, best first, ties to the smaller id", async () => {
    const scores = fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 24, maxLength: 24 });
    const facts = fc.record({
      scores,
      live: fc.integer({ min: 1, max: 12 }),
      known: fc.integer({ min: 1, max: 12 }),
      seen: fc.uniqueArray(fc.integer({ min: 0, max: 11 })),
      k: fc.integer({ min: 1, max: 14 }),
    });
    await fc.assert(
      fc.asyncProperty(facts, async ({ scores: all, live, known, seen, k }) => {
        const fitted = {
          itemCount: 12,
          score: (users: Int32Array) =>
            Float32Array.from(Array.from(users).flatMap((user) => all.slice(user * 12, user * 12 + 12))),
        };
        const retriever = idRetriever(fitted, {
          name: "plain",
          store: { hasSeen: (user, video) => user === 1 && seen.includes(video) },
          known,
        });
        await retriever.openDay(0, live);
        const found = await retriever.neighbours(fakeRequests(0, [1, 0]), k);
        for (const [row, user] of [1, 0].entries()) {
          const own = all.slice(user * 12, user * 12 + Math.min(live, known));
          const naive = own
            .map((score, video) => ({ score, video }))
            .filter(({ score, video }) => score > Math.min(...own) && !(user === 1 && seen.includes(video)))
            .sort((a, b) => b.score - a.score || a.video - b.video);
          expect(Array.from(found.ids.subarray(row * k, row * k + k))).toEqual(
            Array.from({ length: k }, (_, place) => naive[place]?.video ?? -1),
          );
        }
      }),
    );
  });

  it("goes down a long list when its head is watched", async () => {
    const items = 500;
    const fitted = { itemCount: items, score: () => Float32Array.from({ length: items }, (_, video) => items - video) };
    const retriever = idRetriever(fitted, { name: "plain", store: { hasSeen: (_, video) => video < 400 } });
    await retriever.openDay(0, items);
    expect(Array.from((await retriever.neighbours(fakeRequests(0, [0]), 5)).ids)).toEqual([400, 401, 402, 403, 404]);
  });

  it("leaves a user of whom it knows nothing to the other sources", async () => {
    const catalogue = fakeCatalogue({ videos: 80 });
    const store = fakeStore(catalogue);
    const fitted = {
      itemCount: 80,
      score: (users: Int32Array) =>
        Float32Array.from({ length: users.length * 80 }, (_, at) => (users[Math.floor(at / 80)] === 3 ? 0 : at % 80)),
    };
    const policy = createLearnedFunnel({
      catalogue,
      store,
      seed: 1,
      towers: fakeTowers,
      predict: fakePredict,
      retriever: idRetriever(fitted, { name: "plain", store }),
      config: { candidates: 20, rerank: { slots: 12, temperature: 5 } },
    });
    await openThrough(policy, catalogue, 1);
    const slates = await policy.recommend(fakeRequests(1, [3, 4]));
    const sources = (row: number): string[] =>
      Array.from(slates.source.subarray(row * 12, row * 12 + 12), (code) => candidateSources[code]!);
    expect(sources(0)).not.toContain("other");
    expect(sources(1)).toContain("other");
    expect(pageOf(slates, 0).every((video) => video >= 0)).toBe(true);
  });

  it("has the planted favourite shown first, as the two-tower would", async () => {
    const catalogue = fakeCatalogue({ creators: 60 });
    const store = fakeStore(catalogue);
    const policy = createLearnedFunnel({
      catalogue,
      store,
      seed: 1,
      towers: fakeTowers,
      predict: fakePredict,
      retriever: idRetriever(byAffinity(catalogue), { name: "affinity", store }),
      config: {
        candidates: 20,
        objective: "click",
        shares: { twoTower: 1, popular: 0, fresh: 0, uniform: 0 },
        rerank: { slots: 4, temperature: 0, mmrLambda: 1, creatorCap: 99 },
      },
    });
    await openThrough(policy, catalogue, 0);
    const order = Array.from({ length: 60 }, (_, video) => video).sort((a, b) => affinityOf(8, b) - affinityOf(8, a));
    expect(pageOf(await policy.recommend(fakeRequests(0, [8])), 0)).toEqual(order.slice(0, 4));
  });

  it("refuses scores that are not finite or not one a video", async () => {
    const store = { hasSeen: () => false };
    const wrong = idRetriever({ itemCount: 3, score: () => Float32Array.of(1, NaN, 2) }, { name: "mine", store });
    await wrong.openDay(0, 3);
    expect(() => wrong.neighbours(fakeRequests(0, [0]), 2)).toThrow(
      "retriever mine: the score of video 1 is NaN; allowed: finite numbers",
    );
    const short = idRetriever({ itemCount: 3, score: () => new Float32Array(2) }, { name: "mine", store });
    await short.openDay(0, 3);
    expect(() => short.neighbours(fakeRequests(0, [0]), 2)).toThrow(
      "retriever mine: 2 scores; expected 1 users × 3 videos",
    );
  });
});

import { describe, expect, it } from "vitest";
import { createLearnedFunnel } from "../../../src/serving/learned-funnel.js";
import { sequenceRetriever } from "../../../src/serving/retrieve/sequence-retriever.js";
import type { SequenceTower } from "../../../src/serving/retrieve/sequence-retriever.js";
import type { Catalogue, Impressions } from "../../../src/types.js";
import { dims, fakePredict, fakeStore, fakeTowers, vectorOf } from "../fake-store.js";
import { fakeCatalogue, fakeRequests } from "../fakes.js";
import { policyContract } from "../policy-contract.js";

/** A query is the embedding of the newest watch, so that its nearest video is that one. */
const newest = (catalogue: Catalogue): SequenceTower => ({
  id: "newest",
  dims,
  vectors: Float32Array.from(Array.from({ length: catalogue.videos.count }, (_, video) => vectorOf(2, video)).flat()),
  embedSequences: ({ count, width, length, video }) =>
    Float32Array.from(
      Array.from({ length: count }, (_, row) =>
        length[row] === 0 ? new Array<number>(dims).fill(0) : vectorOf(2, video[row * width + length[row]! - 1]!),
      ).flat(),
    ),
});

/** Keeps the last watches of each user, as the feature store does. */
function watches(start: Readonly<Record<number, readonly number[]>>) {
  const of = new Map<number, number[]>(Object.entries(start).map(([user, list]) => [Number(user), [...list]]));
  return {
    watch: (user: number, video: number) => of.set(user, [...(of.get(user) ?? []), video]),
    apply(events: Impressions): void {
      for (let row = 0; row < events.count; row++)
        if (events.click[row] === 1) this.watch(events.user[row]!, events.video[row]!);
    },
    sequenceRows({ count, user }: { count: number; user: Int32Array }) {
      const lists = Array.from(user, (id) => of.get(id) ?? []).slice(0, count);
      const video = new Int32Array(count * 50).fill(-1);
      lists.forEach((list, row) => video.set(list, row * 50));
      return {
        count,
        width: 50,
        length: Int32Array.from(lists, (list) => list.length),
        video,
        dwellMs: new Int32Array(count * 50),
      };
    },
  };
}

policyContract("learned funnel, a sequence retriever", ({ catalogue, seed, slots }) =>
  createLearnedFunnel({
    catalogue,
    store: fakeStore(catalogue),
    seed,
    towers: fakeTowers,
    predict: fakePredict,
    config: { candidates: 40, rerank: { slots, temperature: 0.5 } },
    retriever: sequenceRetriever({
      name: "newest",
      tower: newest(catalogue),
      store: watches({ 0: [1], 3: [4, 2], 7: [1, 2, 3] }),
    }),
  }),
);

describe("a retriever that reads the last watches", () => {
  it("offers what is nearest to the sequence, approximately and exactly alike, and nothing to a user without watches", async () => {
    const catalogue = fakeCatalogue({ videos: 40 });
    const lists = await Promise.all(
      [false, true].map(async (exact) => {
        const retriever = sequenceRetriever({
          name: "newest",
          tower: newest(catalogue),
          store: watches({ 2: [9, 5] }),
          exact,
        });
        await retriever.openDay(0, 40);
        const { k, ids } = await retriever.neighbours(fakeRequests(0, [2, 6]), 7);
        return [Array.from(ids.subarray(0, k)), Array.from(ids.subarray(k))];
      }),
    );
    const nearest = Array.from({ length: 40 }, (_, video) => ({
      video,
      cosine: vectorOf(2, video).reduce((sum, value, d) => sum + value * vectorOf(2, 5)[d]!, 0),
    }));
    const naive = nearest
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, 7)
      .map(({ video }) => video);
    for (const [known, unknown] of lists) expect([known, unknown]).toEqual([naive, new Array(7).fill(-1)]);
    expect(naive[0]).toBe(5);
  });

  it("moves with each watch, and offers a new upload from its first day on", async () => {
    const catalogue = fakeCatalogue({ videos: 40, liveAtStart: 30 });
    const store = watches({ 2: [35] }); // an id that the day has not reached stands for a later taste
    const retriever = sequenceRetriever({ name: "newest", tower: newest(catalogue), store, exact: true });
    await retriever.openDay(0, 30);
    const best = async (): Promise<number> => (await retriever.neighbours(fakeRequests(0, [2]), 1)).ids[0]!;
    expect(await best()).toBeLessThan(30);
    await retriever.openDay(3, 40);
    expect(await best()).toBe(35);
    store.watch(2, 11);
    expect(await best()).toBe(11);
  });

  it("refuses to search before a day is open, and a tower of other dimensions", async () => {
    const catalogue = fakeCatalogue();
    const closed = sequenceRetriever({ name: "mine", tower: newest(catalogue), store: watches({}) });
    await expect(closed.neighbours(fakeRequests(0, [1]), 3)).rejects.toThrow(
      "retriever mine: no day is open: call openDay first",
    );
    const wrong = sequenceRetriever({
      name: "mine",
      tower: { ...newest(catalogue), embedSequences: () => new Float32Array(3) },
      store: watches({}),
    });
    await wrong.openDay(0, 20);
    await expect(wrong.neighbours(fakeRequests(0, [1]), 3)).rejects.toThrow(
      "retriever mine: 3 values; expected 1 sequences × 4",
    );
  });

  it("tells nothing of a video that its catalogue does not have", async () => {
    const catalogue = fakeCatalogue({ videos: 10 });
    const retriever = sequenceRetriever({
      name: "newest",
      tower: newest(catalogue),
      store: watches({ 1: [3] }),
      exact: true,
    });
    await retriever.openDay(0, 10);
    const { ids } = await retriever.neighbours(fakeRequests(0, [1]), 30);
    expect(
      Array.from(ids)
        .filter((video) => video >= 0)
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

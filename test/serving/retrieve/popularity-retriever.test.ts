import { describe, expect, it } from "vitest";
import { createLearnedFunnel } from "../../../src/serving/learned-funnel.js";
import { createServedPopularity, popularityRetriever } from "../../../src/serving/retrieve/popularity.js";
import { fakePredict, fakeStore, fakeTowers } from "../fake-store.js";
import { fakeCatalogue, fakeEvents, fakeRequests } from "../fakes.js";
import { policyContract } from "../policy-contract.js";

for (const by of ["global", "segment", "trending"] as const) {
  policyContract(`learned funnel, retrieval by ${by} popularity`, ({ catalogue, seed, slots }) => {
    const store = fakeStore(catalogue);
    const retriever = popularityRetriever(createServedPopularity({ catalogue, store, config: { by } }));
    return createLearnedFunnel({
      catalogue,
      store,
      seed,
      towers: fakeTowers,
      predict: fakePredict,
      retriever,
      config: { candidates: 40, rerank: { slots, temperature: 0.5 } },
    });
  });
}

describe("retrieval by popularity", () => {
  it("gives each user the list that popularity has for them, new every midnight", async () => {
    const catalogue = fakeCatalogue({ users: 40, videos: 30 });
    const store = fakeStore(catalogue);
    const popularity = createServedPopularity({ catalogue, store, config: { by: "segment", listLength: 10 } });
    const retriever = popularityRetriever(popularity);
    const rows = async (): Promise<number[][]> => {
      const { k, ids } = await retriever.neighbours(fakeRequests(0, [3, 8]), 4);
      return [0, 1].map((row) => Array.from(ids.subarray(row * k, (row + 1) * k)));
    };
    await retriever.openDay(0, 30);
    const before = await rows();
    await store.append(fakeEvents(catalogue, 0, 4000));
    await retriever.openDay(1, 30);
    const after = await rows();
    expect(after).not.toEqual(before);
    expect(after).toEqual([3, 8].map((user) => Array.from(popularity.popular(user))));
    expect(after[0]).not.toEqual(after[1]);
  });
});

import { describe, expect, it } from "vitest";
import { openPopularityFunnel } from "../../src/serving/popularity-funnel.js";
import { candidateSources } from "../../src/types.js";
import { fakeStore } from "./fake-store.js";
import { fakeCatalogue, fakeEvents, fakeRequests, openThrough, pageOf } from "./fakes.js";
import { policyContract } from "./policy-contract.js";

policyContract("popularity funnel", ({ catalogue, seed, slots }) =>
  openPopularityFunnel({
    catalogue,
    store: fakeStore(catalogue),
    seed,
    config: { rerank: { slots, temperature: 0.5 } },
  }),
);

describe("the popularity funnel", () => {
  it("shows the most watched unwatched videos first when nothing is explored or diversified", async () => {
    const catalogue = fakeCatalogue({ creators: 60 });
    const store = fakeStore(catalogue);
    const policy = openPopularityFunnel({
      catalogue,
      store,
      seed: 1,
      config: {
        popularity: { videoStrength: 1, videoClicks: 1 },
        rerank: { slots: 5, temperature: 0, mmrLambda: 1, creatorCap: 99 },
      },
    });
    await policy.openDay(0, undefined);
    const events = fakeEvents(catalogue, 0, 6000);
    const loved = [17, 33, 4, 51, 8, 29];
    // all but users 2 and 6 click everything; of those two, user 6 has clicked 33
    const click = events.click.map((_, row) =>
      ![2, 6].includes(events.user[row]!) || (events.user[row] === 6 && events.video[row] === 33) ? 1 : 0,
    );
    const watchMs = Int32Array.from(
      events.video,
      (video, row) => click[row]! * (loved.includes(video) ? 1_000_000 / 2 ** loved.indexOf(video) : 1000),
    );
    await policy.openDay(1, { ...events, watchMs, click });
    const slates = await policy.recommend(fakeRequests(1, [2, 6]));
    expect(pageOf(slates, 0)).toEqual([17, 33, 4, 51, 8]);
    expect(pageOf(slates, 1)).toEqual([17, 4, 51, 8, 29]); // user 6 has watched 33
    expect(candidateSources[slates.source[0]!]).toBe("popular");
  });

  it("tells the store of each day once, in order, and of each batch", async () => {
    const catalogue = fakeCatalogue();
    const store = fakeStore(catalogue);
    const policy = openPopularityFunnel({ catalogue, store, seed: 1 });
    await openThrough(policy, catalogue, 3);
    policy.apply(fakeEvents(catalogue, 3, 10));
    expect([store.days, store.appended.map(({ day }) => day[0]), store.applied.length]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2],
      1,
    ]);
  });
});

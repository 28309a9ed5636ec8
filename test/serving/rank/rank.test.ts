import { describe, expect, it } from "vitest";
import { createPopularityRank, createRank } from "../../../src/serving/rank/rank.js";
import type { Objective, Predict } from "../../../src/serving/rank/rank.js";
import type { CandidateBatch } from "../../../src/types.js";
import { fakePredict, fakeStore } from "../fake-store.js";
import { fakeCatalogue, fakeRequests } from "../fakes.js";

const catalogue = fakeCatalogue();
const store = fakeStore(catalogue);
const candidates: CandidateBatch = {
  count: 3,
  width: 3,
  video: Int32Array.of(0, 1, 2, 5, 0, -1, 9, 8, 7),
  source: new Uint8Array(9),
};
const requests = fakeRequests(0, [2, 4, 6]);

describe("the learned ranker", () => {
  it("scores watch time as P(click) times watch time given a click, and clicks as P(click)", async () => {
    const [watch, click] = [
      await createRank({ store, predict: fakePredict, objective: "watch" })(requests, candidates),
      await createRank({ store, predict: fakePredict, objective: "click" })(requests, candidates),
    ];
    for (const at of [0, 1, 2, 3, 4, 6, 7, 8]) {
      expect(watch[at]! / (click[at]! * (candidates.video[at] === 0 ? 3_600_000 : 10_000))).toBeCloseTo(1, 5);
    }
    expect([watch[5], click[5]]).toEqual([-Infinity, -Infinity]); // padding
  });

  it("gives the same scores whatever the chunks", async () => {
    const whole = await createRank({ store, predict: fakePredict, objective: "watch", chunkRows: 1000 })(
      requests,
      candidates,
    );
    const calls: number[] = [];
    const counted: Predict = (features) => (calls.push(features.count), fakePredict(features));
    expect(
      await createRank({ store, predict: counted, objective: "watch", chunkRows: 6 })(requests, candidates),
    ).toEqual(whole);
    expect(calls).toEqual([6, 3]);
    expect(
      await createRank({ store, predict: fakePredict, objective: "watch", chunkRows: 1 })(requests, candidates),
    ).toEqual(whole);
  });

  it("scores by the value where the ranker predicts one, and says what is allowed where it does not", async () => {
    const valued: Predict = (features) => ({
      ...(fakePredict(features) as { clickProbability: Float32Array; watchMs: Float32Array }),
      value: Float32Array.from({ length: features.count }, (_, row) => -features.categories[row * 2 + 1]!),
    });
    const scores = await createRank({ store, predict: valued, objective: "value" })(requests, candidates);
    expect(Array.from(scores)).toEqual(Array.from(candidates.video, (video) => (video < 0 ? -Infinity : -video)));
    await expect(createRank({ store, predict: fakePredict, objective: "value" })(requests, candidates)).rejects.toThrow(
      "rank: objective value: this ranker predicts no value; allowed: watch, click, or a multi-task ranker",
    );
  });

  it("refuses NaN predictions with the video, and unknown objectives", async () => {
    const broken: Predict = (features) => ({
      ...(fakePredict(features) as { clickProbability: Float32Array }),
      watchMs: new Float32Array(features.count).fill(NaN),
    });
    await expect(createRank({ store, predict: broken, objective: "watch" })(requests, candidates)).rejects.toThrow(
      /video 0 is predicted click .* watch NaN ms/,
    );
    expect(() => createRank({ store, predict: fakePredict, objective: "likes" as Objective })).toThrow(
      /unknown objective: likes; known: watch, click, value$/,
    );
  });
});

describe("the popularity ranker", () => {
  it("looks scores up by video, the user's own table", async () => {
    const scores = await createPopularityRank((user) => Float64Array.from({ length: 60 }, (_, video) => video * user))(
      requests,
      candidates,
    );
    expect(Array.from(scores)).toEqual([0, 2, 4, 20, 0, -Infinity, 54, 48, 42]);
  });
});

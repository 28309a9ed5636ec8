import { describe, expect, it } from "vitest";
import { createLearnedFunnel } from "../../../src/serving/learned-funnel.js";
import { rankedBy } from "../../../src/serving/rank/ranked-by.js";
import type { FeatureMatrix } from "../../../src/types.js";
import { fakeStore, fakeTowers } from "../fake-store.js";
import { fakeCatalogue, fakeRequests, openThrough, pageOf } from "../fakes.js";
import { policyContract } from "../policy-contract.js";

const always = (...scores: readonly number[]) => ({
  score: (features: FeatureMatrix) =>
    Float32Array.from({ length: features.count }, (_, row) => scores[row % scores.length]!),
});
const rowsOf = (count: number): FeatureMatrix => ({
  schema: { categories: [], numbers: [{ name: "x" }] },
  count,
  categories: new Int32Array(0),
  numbers: new Float32Array(count),
});
/** Likes a user's videos by affinity; the watch model likes the later half of the catalogue. */
const click = {
  score: ({ count, numbers }: FeatureMatrix) =>
    Float32Array.from({ length: count }, (_, row) => 0.5 + 0.4 * numbers[row]!),
};
const watch = {
  score: ({ count, categories, numbers }: FeatureMatrix) =>
    Float32Array.from(
      { length: count },
      (_, row) => (categories[row * 2 + 1]! >= 30 ? 0.5 : 0.1) + 0.05 * numbers[row]!,
    ),
};

policyContract("learned funnel, ranked by two models", ({ catalogue, seed, slots }) =>
  createLearnedFunnel({
    catalogue,
    store: fakeStore(catalogue),
    seed,
    towers: fakeTowers,
    predict: rankedBy(click, watch),
    config: { candidates: 40, rerank: { slots, temperature: 0.5 } },
  }),
);

describe("any two models as a ranker", () => {
  it("makes a watch time of which click × watch are the second model's odds in minutes", async () => {
    const { clickProbability, watchMs } = await rankedBy(always(0.5, 0.01, 1e-9), always(0.5, 0.2, 0.75))(rowsOf(3));
    expect(Array.from(clickProbability, (p, row) => (p * watchMs[row]!) / 60_000)).toEqual([
      expect.closeTo(1, 6),
      expect.closeTo(0.25, 6),
      expect.closeTo(3 * 1e-3, 6),
    ]);
  });

  it("stays finite where probabilities round to 0 and 1", async () => {
    const { watchMs } = await rankedBy(always(0), always(1))(rowsOf(1));
    expect(Number.isFinite(watchMs[0]!)).toBe(true);
  });

  it("ranks by its click model for the click objective, by its watch model for the watch objective", async () => {
    const catalogue = fakeCatalogue({ creators: 60 });
    for (const [objective, expected] of [
      ["click", 0],
      ["watch", 1],
    ] as const) {
      const policy = createLearnedFunnel({
        catalogue,
        store: fakeStore(catalogue),
        seed: 1,
        towers: fakeTowers,
        predict: rankedBy(
          {
            score: ({ count, categories }) =>
              Float32Array.from({ length: count }, (_, row) => (categories[row * 2 + 1] === 7 ? 0.9 : 0.1)),
          },
          {
            score: ({ count, categories }) =>
              Float32Array.from({ length: count }, (_, row) => (categories[row * 2 + 1] === 9 ? 0.9 : 0.1)),
          },
        ),
        config: { candidates: 60, objective, rerank: { slots: 1, temperature: 0, mmrLambda: 1 } },
      });
      await openThrough(policy, catalogue, 0);
      expect(pageOf(await policy.recommend(fakeRequests(0, [8])), 0)).toEqual([[7, 9][expected]]);
    }
  });

  it("refuses models that give other than one score a row", () => {
    expect(() => rankedBy(always(0.5), { score: () => new Float32Array(2) })(rowsOf(3))).toThrow(
      "ranker: 3 clicks and 2 watches predicted; expected 3, one per row",
    );
  });
});

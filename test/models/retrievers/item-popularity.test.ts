import { describe, expect, it } from "vitest";
import { fitItemPopularity, recencyWeights } from "../../../src/models/retrievers/item-popularity.js";

describe("item popularity", () => {
  const pairs = {
    userCount: 3,
    itemCount: 3,
    user: Int32Array.of(0, 1, 2, 0, 1, 2),
    item: Int32Array.of(0, 0, 0, 1, 1, 2),
  };
  const day = [0, 1, 2, 8, 9, 9];

  it("counts pairs, and of late by weights that halve with each half-life", () => {
    expect(Array.from(fitItemPopularity(pairs).scores)).toEqual([3, 2, 1]);
    expect(Array.from(recencyWeights(day, 10, 1), (weight) => Math.log2(weight))).toEqual([-9, -8, -7, -1, 0, 0]);
    const trending = Array.from(fitItemPopularity({ ...pairs, weight: recencyWeights(day, 10, 1) }).scores);
    expect(
      trending
        .map((score, item) => ({ score, item }))
        .sort((a, b) => b.score - a.score)
        .map(({ item }) => item),
    ).toEqual([1, 2, 0]);
    expect(Array.from(fitItemPopularity({ ...pairs, weight: recencyWeights(day, 10, 1e9) }).scores)).toEqual([3, 2, 1]);
  });

  it("refuses a half-life of 0 and pairs that have not happened yet", () => {
    expect(() => recencyWeights(day, 10, 0)).toThrow("halfLifeDays is 0; allowed: numbers above 0");
    expect(() => recencyWeights(day, 9, 2)).toThrow("day is 9 in pair 4; allowed: before 9");
  });
});

import { describe, expect, test } from "vitest";
import { params } from "../../src/lab/params.js";

describe("params", () => {
  test("fill in what is not said and keep what is", () => {
    expect(params({ scale: "small", seed: undefined, workers: 2 })).toEqual({ scale: "small", seed: 42, workers: 2 });
  });

  test("check a notebook's own parameters by their rules", () => {
    const rules = { days: { min: 1, max: 60, whole: true }, policy: ["random", "popularity"] as const };
    expect(params({ days: 14, policy: "random" }, rules)).toMatchObject({
      days: 14,
      policy: "random",
      scale: "lesson",
    });
    expect(() => params({ days: 1.5, policy: "random" }, rules)).toThrow(
      "days is 1.5; allowed: whole numbers in [1, 60]",
    );
    expect(() => params({ days: 5, policy: "best" }, rules)).toThrow('policy is "best"; allowed: random, popularity');
    expect(() => params({ days: 5 }, rules)).toThrow("policy is missing; allowed: random, popularity");
  });

  test("say the fault, the value and what is allowed", () => {
    expect(() => params({ scale: "huge" })).toThrow('scale is "huge"; allowed: tiny, lesson, small, full, million');
    expect(() => params({ seed: -1 })).toThrow("seed is -1; allowed: whole numbers in [0, 2147483647]");
    expect(() => params({ workers: NaN })).toThrow("workers is null; allowed: whole numbers in [1, 64]");
    expect(() => params({ sede: 1 })).toThrow("unknown parameter: sede; known: scale, seed, workers");
  });
});

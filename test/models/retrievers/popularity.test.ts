import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { popularityScores, shrunkMeans, smoothedRates } from "../../../src/models/retrievers/popularity.js";

const counts = (impressions: number[], watchMs: number[]) => ({
  impressions: Float64Array.from(impressions),
  watchMs: Float64Array.from(watchMs),
});

describe("popularity", () => {
  it("is (sum + strength × prior) / (impressions + strength)", () => {
    expect([...shrunkMeans(counts([0, 10], [0, 500]), [20, 20], 10)]).toEqual([20, 35]);
  });

  const oneFormat = (creator: number[], creatorCount: number) => ({
    creator: Int32Array.from(creator),
    creatorCount,
    format: creator.map(() => 0),
    formatCount: 1,
  });

  it("draws an unseen video to its creator's rate and an unseen creator to the global mean", () => {
    const rates = smoothedRates(
      Float64Array.of(100, 0, 0),
      Float64Array.of(1000, 0, 0),
      oneFormat([0, 0, 1], 2),
      10,
      0,
    );
    expect([...rates]).toEqual([0.1, 0.1, 0.1]);
    const mixed = smoothedRates(
      Float64Array.of(10, 30, 0, 0),
      Float64Array.of(100, 100, 0, 0),
      oneFormat([0, 1, 0, 2], 3),
      10,
      100,
    );
    expect(mixed[2]).toBeCloseTo(0.15, 12); // (10 + 100 × 0.2) / (100 + 100)
    expect(mixed[3]).toBeCloseTo(0.2, 12);
    expect(mixed[0]! < mixed[1]!).toBe(true);
  });

  it("tells a creator's own effect from that of the format the creator prefers", () => {
    // format 1 is clicked four times as often as format 0; creator 0 does as its formats do, creator 1 twice as well
    const kinds = { creator: Int32Array.of(0, 0, 1, 1, 1), creatorCount: 2, format: [0, 1, 0, 1, 1], formatCount: 2 };
    const shown = Float64Array.of(1e6, 1e6, 1e3, 1e3, 0);
    const clicks = Float64Array.of(0.05e6, 0.2e6, 0.1e3, 0.4e3, 0);
    const rates = smoothedRates(clicks, shown, kinds, 1, 0);
    expect(rates[0]).toBeCloseTo(0.05, 3);
    expect(rates[4]).toBeCloseTo(0.4, 2); // never shown: its format's 0.2 × its creator's 2
  });

  it("is the click rate × the watch time per click, so that a clicked but unwatched video falls behind", () => {
    const impressions = new Float64Array(2).fill(1e6);
    const scores = popularityScores(
      { impressions, clicks: Float64Array.of(3e5, 1e5), watchMs: Float64Array.of(3e5 * 2000, 1e5 * 30_000) },
      oneFormat([0, 1], 2),
    );
    expect(scores[0]! / 600).toBeCloseTo(1, 1);
    expect(scores[1]! / 3000).toBeCloseTo(1, 1);
  });

  it("lies between the raw mean and the prior", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 0, max: 500 }),
        (n, sum, prior, strength) => {
          const [score] = shrunkMeans(counts([n], [sum]), [prior], strength);
          expect(score).toBeGreaterThanOrEqual(Math.min(sum / n, prior) - 1e-9);
          expect(score).toBeLessThanOrEqual(Math.max(sum / n, prior) + 1e-9);
        },
      ),
    );
  });

  it("refuses what it cannot count", () => {
    const none = { ...counts([0], [0]), clicks: new Float64Array(1) };
    expect(() => popularityScores(none, oneFormat([3], 2))).toThrow("creator of video 0 is 3; allowed: 0 to 1");
    expect(() => popularityScores(none, { ...oneFormat([1], 2), format: [7] })).toThrow(
      "format of video 0 is 7; allowed: 0 to 0",
    );
    expect(() => shrunkMeans(counts([0], [0]), [0], NaN)).toThrow("strength is NaN");
  });
});

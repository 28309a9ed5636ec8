import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addImpressions,
  credibilityStrength,
  decayCounts,
  emptyCounts,
  popularityScores,
  segmentCount,
  segmentOf,
  segmentPopularityScores,
  shrunkMeans,
  smoothedRates,
  topK,
} from "../../src/models/popularity.js";
import { keyOf, normal } from "../../src/random.js";

const counts = (impressions: number[], watchMs: number[]) => ({ impressions: Float64Array.from(impressions), watchMs: Float64Array.from(watchMs) });

describe("popularity", () => {
  it("is (sum + strength × prior) / (impressions + strength)", () => {
    expect([...shrunkMeans(counts([0, 10], [0, 500]), [20, 20], 10)]).toEqual([20, 35]);
  });

  const oneFormat = (creator: number[], creatorCount: number) => ({ creator: Int32Array.from(creator), creatorCount, format: creator.map(() => 0), formatCount: 1 });

  it("draws an unseen video to its creator's rate and an unseen creator to the global mean", () => {
    const rates = smoothedRates(Float64Array.of(100, 0, 0), Float64Array.of(1000, 0, 0), oneFormat([0, 0, 1], 2), 10, 0);
    expect([...rates]).toEqual([0.1, 0.1, 0.1]);
    const mixed = smoothedRates(Float64Array.of(10, 30, 0, 0), Float64Array.of(100, 100, 0, 0), oneFormat([0, 1, 0, 2], 3), 10, 100);
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
    const scores = popularityScores({ impressions, clicks: Float64Array.of(3e5, 1e5), watchMs: Float64Array.of(3e5 * 2000, 1e5 * 30_000) }, oneFormat([0, 1], 2));
    expect(scores[0]! / 600).toBeCloseTo(1, 1);
    expect(scores[1]! / 3000).toBeCloseTo(1, 1);
  });

  it("lies between the raw mean and the prior", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 500 }), (n, sum, prior, strength) => {
        const [score] = shrunkMeans(counts([n], [sum]), [prior], strength);
        expect(score).toBeGreaterThanOrEqual(Math.min(sum / n, prior) - 1e-9);
        expect(score).toBeLessThanOrEqual(Math.max(sum / n, prior) + 1e-9);
      }),
    );
  });

  it("by segment falls back to the global score where the segment has seen nothing", () => {
    const scores = Float64Array.of(50, 70);
    const bySegment = segmentPopularityScores(counts([0, 0, 100, 0], [0, 0, 15_000, 0]), scores, { segmentStrength: 100 });
    expect([...bySegment]).toEqual([50, 70, 100, 70]);
  });

  it("names segments by age band and region, each once", () => {
    const seen = new Set<number>();
    for (let age = 0; age < 6; age++) for (let region = 0; region < 6; region++) seen.add(segmentOf(age, region));
    expect(seen.size).toBe(segmentCount);
    expect(Math.max(...seen)).toBe(segmentCount - 1);
  });

  it("adds impressions whatever their order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1e6 }))), (list) => {
        const forwards = emptyCounts(4);
        const backwards = emptyCounts(4);
        const turned = [...list].reverse();
        addImpressions(forwards, list.map(([v]) => v), list.map(([, ms]) => ms));
        addImpressions(backwards, turned.map(([v]) => v), turned.map(([, ms]) => ms));
        expect(forwards).toEqual(backwards);
        expect(forwards.impressions.reduce((a, b) => a + b)).toBe(list.length);
      }),
    );
  });

  it("halves what happened a half-life ago", () => {
    let trend = decayCounts(emptyCounts(1), counts([8], [800]), 2);
    for (let day = 0; day < 2; day++) trend = decayCounts(trend, emptyCounts(2), 2);
    expect(trend.impressions[0]).toBeCloseTo(4, 10);
    expect(trend.watchMs[0]).toBeCloseTo(400, 10);
    expect(trend.impressions[1]).toBe(0);
  });

  it("finds the strength that made the data: variance within / variance between", () => {
    const key = keyOf(1, "credibility");
    const videos = 3000, each = 20;
    const made = emptyCounts(videos);
    const squares = new Float64Array(videos);
    for (let v = 0; v < videos; v++) {
      const mean = 100 + 10 * normal(key, v, 999);
      for (let i = 0; i < each; i++) {
        const x = mean + 40 * normal(key, v, i);
        made.impressions[v]!++;
        made.watchMs[v]! += x;
        squares[v]! += x * x;
      }
    }
    expect(credibilityStrength(made, squares)).toBeGreaterThan(13);
    expect(credibilityStrength(made, squares)).toBeLessThan(19.5); // 40² / 10² = 16
  });

  it("trusts no video more than the rest where all means are alike", () => {
    expect(credibilityStrength(counts([2, 2], [10, 10]), Float64Array.of(82, 82))).toBe(Infinity);
  });

  it("lists the best with ties to the smaller id, and what exists when asked for more", () => {
    expect([...topK([3, 9, 9, 1], 3)]).toEqual([1, 2, 0]);
    expect([...topK([3, 9], 5)]).toEqual([1, 0]);
    expect([...topK([9, 9, 1, 5, 7], 1, 2, 5)]).toEqual([2]);
  });

  it("refuses what it cannot count", () => {
    expect(() => addImpressions(emptyCounts(2), [2], [5])).toThrow("impression 0 is of 2; allowed: 0 to 1");
    expect(() => addImpressions(emptyCounts(2), [1], [])).toThrow("watchMs holds 0 values; expected 1");
    const none = { ...emptyCounts(1), clicks: new Float64Array(1) };
    expect(() => popularityScores(none, oneFormat([3], 2))).toThrow("creator of video 0 is 3; allowed: 0 to 1");
    expect(() => popularityScores(none, { ...oneFormat([1], 2), format: [7] })).toThrow("format of video 0 is 7; allowed: 0 to 0");
    expect(() => segmentPopularityScores(emptyCounts(3), new Float64Array(2))).toThrow("segment counts hold 3 cells");
    expect(() => shrunkMeans(emptyCounts(1), [0], NaN)).toThrow("strength is NaN");
    expect(() => decayCounts(emptyCounts(1), emptyCounts(1), 0)).toThrow("halfLifeDays is 0");
    expect(() => topK([1], NaN)).toThrow("k is NaN");
  });
});

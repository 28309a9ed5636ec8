import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  conditionalPropensities,
  pagePropensity,
  poolsByRequest,
  positionPropensities,
  positionTable,
  type PagePool,
} from "../../../src/evaluation/counterfactual/propensities.js";
import { uniform } from "../../../src/random.js";
import { createExplore } from "../../../src/serving/rerank/explore.js";
import { createLoggingPolicy } from "../../../src/serving/logging-policy.js";
import { createRerank } from "../../../src/serving/rerank/rerank.js";
import { emptySlates } from "../../../src/serving/slates.js";
import { fakeCatalogue, fakeRequests, manyRequests, openThrough, pageOf } from "../../serving/fakes.js";
import type { SlateBatch } from "../../../src/types.js";

/** Every page of `slots` of the videos, in every order. */
function pagesOf(videos: readonly number[], slots: number): number[][] {
  if (slots === 0) return [[]];
  return videos.flatMap((video) =>
    pagesOf(
      videos.filter((other) => other !== video),
      slots - 1,
    ).map((rest) => [video, ...rest]),
  );
}

const one = (logits: readonly number[], share = 1, first = 10) => ({
  share,
  video: Int32Array.from(logits, (_, i) => first + i),
  logit: Float64Array.from(logits),
});

/** A mixture whose parts do not hold the same videos. */
const mixture: PagePool = [one([2, 0, -1, 0.5, 0], 0.6), one([0, 0, 0, 0, 0, 0], 0.3, 9), one([-30, 4, 4], 0.1, 12)];

/** How often each video is at each position: within 4.5 standard errors of what the table says, for every cell. */
function expectFrequencies(slates: SlateBatch, pool: PagePool): void {
  const { count, slots } = slates;
  const { video, probability } = positionTable(pool, slots);
  const row = new Map([...video].map((id, i) => [id, i]));
  const seen = new Float64Array(video.length * slots);
  slates.video.forEach((id, at) => seen[row.get(id)! * slots + (at % slots)]!++);
  for (const [cell, p] of probability.entries())
    expect(Math.abs(seen[cell]! / count - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / count) + 1 / count);
}

/** How often the first two videos are this pair, as a statistic that is chi-square with `cells - 1` degrees of freedom. */
function pairFit(slates: SlateBatch, pool: PagePool): number {
  const { count, slots, video } = slates;
  const seen = new Map<string, number>();
  for (let row = 0; row < count; row++) {
    const pair = `${video[row * slots]} ${video[row * slots + 1]}`;
    seen.set(pair, (seen.get(pair) ?? 0) + 1);
  }
  let [statistic, cells, restSeen, rest] = [0, 0, count, 1];
  for (const [pair, n] of seen) {
    const p = pagePropensity(pool, pair.split(" ").map(Number));
    if (p * count < 20) continue; // rare pairs are one cell
    statistic += (n - p * count) ** 2 / (p * count);
    restSeen -= n;
    rest -= p;
    cells++;
  }
  statistic += (restSeen - rest * count) ** 2 / (rest * count);
  return (statistic - cells) / Math.sqrt(2 * cells); // about normal
}

describe("propensities from a pool", () => {
  it("of pages sum to 1, and give those of positions when pages are enumerated", () => {
    const pages = pagesOf([9, 10, 11, 12, 13, 14], 3);
    const probability = pages.map((page) => pagePropensity(mixture, page));
    expect(probability.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    const table = positionTable(mixture, 3);
    const enumerated = new Float64Array(table.video.length * 3);
    for (const [i, page] of pages.entries())
      for (const [k, video] of page.entries()) enumerated[table.video.indexOf(video) * 3 + k]! += probability[i]!;
    table.probability.forEach((p, cell) => expect(p).toBeCloseTo(enumerated[cell]!, 8));
    const page = [12, 9, 14];
    const expected = page.map((video, k) => enumerated[table.video.indexOf(video) * 3 + k]!);
    positionPropensities(mixture, page).forEach((p, k) => expect(p).toBeCloseTo(expected[k]!, 8));
  });

  it("of positions are exact for any weights: equal to enumeration, sums of 1 by position", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -25, max: 25, noNaN: true }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (logits, slots) => {
          const pool = [one(logits)];
          const { video, probability } = positionTable(pool, slots);
          const filled = Math.min(slots, logits.length);
          const enumerated = new Float64Array(video.length * slots);
          for (const page of pagesOf([...video], filled)) {
            const p = pagePropensity(pool, page);
            for (const [k, id] of page.entries()) enumerated[video.indexOf(id) * slots + k]! += p;
          }
          probability.forEach((p, cell) => expect(Math.abs(p - enumerated[cell]!)).toBeLessThan(1e-7));
          for (let k = 0; k < slots; k++) {
            const sum = probability.filter((_, cell) => cell % slots === k).reduce((all, p) => all + p, 0);
            expect(sum).toBeCloseTo(k < filled ? 1 : 0, 7);
          }
        },
      ),
    );
  });

  it("are 0 for a video outside the pool, and from there on for those conditional on it", () => {
    const pool = [one([0, 0, 0])];
    expect([...conditionalPropensities(pool, [10, 99, 11])]).toEqual([1 / 3, 0, 0]);
    expect(pagePropensity(pool, [10, 99])).toBe(0);
    const [first, second] = positionPropensities(pool, [10, 99]);
    expect(first).toBeCloseTo(1 / 3, 9);
    expect(second).toBe(0);
  });

  it("recovers both kinds from 200,000 pages drawn from the pool that the funnel's re-ranking logged", () => {
    const catalogue = fakeCatalogue({ videos: 80, topics: 9, creators: 40 });
    const config = { slots: 3, pool: 50, depth: 80, temperature: 0.2, poolShare: 1 };
    const rerank = createRerank({ catalogue, seed: 11, config });
    const video = Int32Array.from({ length: 80 }, (_, place) => place);
    const candidates = { count: 1, width: 80, video, source: new Uint8Array(80) };
    const scores = Float32Array.from(video, (id) => uniform(5, id) ** 2);
    const page = rerank(fakeRequests(0, [3]), candidates, scores);
    const [pool] = [...poolsByRequest(page.pools!).values()];
    conditionalPropensities(pool!, pageOf(page, 0)).forEach((p, k) => expect(p).toBeCloseTo(page.propensity[k]!, 9));
    const { video: drawnFrom, logit } = pool![0]!;
    expect(drawnFrom.length).toBe(50);
    const explore = createExplore({ seed: 12, temperature: 1 });
    const slates = emptySlates(200_000, 3);
    const open = { size: 50, video: drawnFrom, source: new Uint8Array(50), score: logit };
    for (let row = 0; row < slates.count; row++) explore(open, row * 64, slates, row);
    expectFrequencies(slates, pool!);
    expect(Math.abs(pairFit(slates, pool!))).toBeLessThan(4.5);
  });

  it("recovers both kinds from 200,000 pages of the logging policy's mixture", async () => {
    const catalogue = fakeCatalogue({ videos: 40, topics: 3, creators: 12 });
    const policy = createLoggingPolicy({ catalogue, seed: 4, config: { slots: 3, poolShare: 0.0002 } });
    await openThrough(policy, catalogue, 2, 400);
    const slates = policy.recommend(manyRequests(2, 4, 200_000));
    const pools = poolsByRequest(slates.pools!);
    expect(pools.size).toBeGreaterThan(15);
    expect(pools.size).toBeLessThan(80);
    const [pool] = [...pools.values()];
    for (let r = 0; r < slates.count; r += 9_973)
      conditionalPropensities(pool!, pageOf(slates, r)).forEach((p, k) =>
        expect(p).toBeCloseTo(slates.propensity[r * 3 + k]!, 9),
      );
    expectFrequencies(slates, pool!);
    expect(Math.abs(pairFit(slates, pool!))).toBeLessThan(4.5);
  });

  it("refuses pools whose shares do not sum to 1, and a video twice", () => {
    const pools = {
      count: 2,
      request: Float64Array.of(64, 64),
      component: Uint8Array.of(0, 0),
      share: Float64Array.of(0.5, 0.5),
      video: Int32Array.of(1, 2),
      logit: Float64Array.of(0, 0),
    };
    expect(() => poolsByRequest(pools)).toThrow(/shares of the pool of request 64 sum to 0.5; allowed: 1/);
    const twice = { ...pools, share: Float64Array.of(1, 1), video: Int32Array.of(1, 1) };
    expect(() => poolsByRequest(twice)).toThrow("pool of request 64 holds a video twice; allowed: each once");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createExplore, newPool } from "../../../src/serving/rerank/explore.js";
import type { Pool } from "../../../src/serving/rerank/explore.js";
import { emptySlates } from "../../../src/serving/slates.js";
import { pageOf } from "../fakes.js";

function poolOf(scores: readonly number[]): Pool {
  const pool = newPool(scores.length);
  scores.forEach((score, item) => {
    pool.video[item] = 10 + item;
    pool.score[item] = score;
  });
  pool.size = scores.length;
  return pool;
}

describe("exploration", () => {
  it("logs the Plackett–Luce propensity of each position, by its definition", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0.05, max: 5, noNaN: true }),
        fc.nat(),
        (scores, temperature, request) => {
          const slates = emptySlates(1, scores.length);
          createExplore({ seed: 1, temperature })(poolOf(scores), request, slates, 0);
          const page = pageOf(slates, 0);
          expect(new Set(page).size).toBe(scores.length);
          for (const [k, video] of page.entries()) {
            const left = page.slice(k).map((id) => Math.exp((scores[id - 10]! - scores[video - 10]!) / temperature));
            expect(slates.propensity[k]).toBeCloseTo(1 / left.reduce((sum, weight) => sum + weight, 0), 9);
          }
          expect(slates.propensity[scores.length - 1]).toBe(1); // nothing else was left
        },
      ),
    );
  });

  it("draws pages as often as the product of their propensities says, and the alternatives sum to 1", () => {
    const explore = createExplore({ seed: 2, temperature: 0.5 });
    const pool = poolOf([1, 0.7, 0.1, 0]);
    const pages = 40_000;
    const slates = emptySlates(pages, 2);
    for (let row = 0; row < pages; row++) explore(pool, 9_000_000_000 + row * 64, slates, row);
    const seen = new Map<string, number>();
    const probability = new Map<string, number>();
    for (let row = 0; row < pages; row++) {
      const page = pageOf(slates, row).join();
      seen.set(page, (seen.get(page) ?? 0) + 1);
      probability.set(page, slates.propensity[row * 2]! * slates.propensity[row * 2 + 1]!);
    }
    expect(probability.size).toBe(12);
    expect([...probability.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    for (const [page, p] of probability)
      expect(Math.abs(seen.get(page)! / pages - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / pages));
  });

  it("shows the best first at temperature 0, ties to the smaller id, with propensity 1", () => {
    const slates = emptySlates(1, 3);
    createExplore({ seed: 3, temperature: 0 })(poolOf([0.2, 0.9, 0.2, 0.9]), 64, slates, 0);
    expect(pageOf(slates, 0)).toEqual([11, 13, 10]);
    expect(Array.from(slates.propensity)).toEqual([1, 1, 1]);
  });

  it("does not depend on the order of the pool", () => {
    const [forward, backward] = [emptySlates(1, 3), emptySlates(1, 3)];
    const pool = poolOf([0.3, 0.6, 0.1, 0.2]);
    const reversed = newPool(4);
    for (let item = 0; item < 4; item++) {
      reversed.video[item] = pool.video[3 - item]!;
      reversed.score[item] = pool.score[3 - item]!;
    }
    reversed.size = 4;
    const explore = createExplore({ seed: 4, temperature: 1 });
    explore(pool, 128, forward, 0);
    explore(reversed, 128, backward, 0);
    expect(forward.video).toEqual(backward.video);
  });

  it("survives scores a thousand temperatures apart", () => {
    const slates = emptySlates(1, 2);
    createExplore({ seed: 5, temperature: 0.001 })(poolOf([1e3, -1e3]), 64, slates, 0);
    expect(pageOf(slates, 0)).toEqual([10, 11]);
    expect(Array.from(slates.propensity)).toEqual([1, 1]);
  });

  it("refuses NaN scores and negative temperatures", () => {
    expect(() => createExplore({ seed: 1, temperature: 1 })(poolOf([1, NaN]), 64, emptySlates(1, 1), 0)).toThrow(
      /score of video 11 is NaN/,
    );
    expect(() => createExplore({ seed: 1, temperature: -1 })).toThrow(/temperature: -1/);
  });
});

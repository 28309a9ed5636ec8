import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniform, uniformInt } from "../../../src/random.js";
import { createRerank } from "../../../src/serving/rerank/rerank.js";
import type { CandidateBatch } from "../../../src/types.js";
import { fakeCatalogue, fakeRequests, manyRequests, pageOf } from "../fakes.js";

const catalogue = fakeCatalogue({ videos: 60, topics: 4, creators: 9 });

function candidatesOf(rows: readonly (readonly number[])[]): CandidateBatch {
  const width = Math.max(...rows.map((row) => row.length));
  const video = new Int32Array(rows.length * width).fill(-1);
  rows.forEach((row, at) => video.set(row, at * width));
  return { count: rows.length, width, video, source: new Uint8Array(video.length).fill(3) };
}

const sharp = { slots: 3, pool: 3, depth: 3, mmrLambda: 1, temperature: 0, creatorCap: 99 };

describe("re-ranking", () => {
  it("shows each video once although it came from two sources, by its better score", () => {
    const rerank = createRerank({ catalogue, seed: 1, config: { ...sharp, depth: 5 } });
    const slates = rerank(
      fakeRequests(0, [1]),
      candidatesOf([[7, 8, 7, 9, -1]]),
      Float32Array.of(0.1, 0.5, 0.9, 0.2, 7),
    );
    expect(pageOf(slates, 0)).toEqual([7, 8, 9]);
    expect(Array.from(slates.source)).toEqual([3, 3, 3]);
  });

  it("keeps the creator cap on every page that exploration may draw, and no page holds a video twice", () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.integer({ min: 1, max: 3 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (key, creatorCap, mmrLambda) => {
          const rerank = createRerank({
            catalogue,
            seed: key,
            config: { slots: 6, pool: 12, depth: 12, creatorCap, mmrLambda, temperature: 0.5 },
          });
          const row = Array.from({ length: 40 }, (_, place) => uniformInt(60, key, place));
          const requests = manyRequests(0, 3, 20);
          const candidates = candidatesOf(Array.from({ length: 20 }, () => row));
          const slates = rerank(
            requests,
            candidates,
            Float32Array.from(candidates.video, (video) => uniform(key, video, 9)),
          );
          for (let page = 0; page < 20; page++) {
            const shown = pageOf(slates, page).filter((video) => video >= 0);
            expect(new Set(shown).size).toBe(shown.length);
            for (const video of shown) {
              const ofCreator = shown.filter(
                (other) => catalogue.videos.creator[other] === catalogue.videos.creator[video],
              );
              expect(ofCreator.length).toBeLessThanOrEqual(creatorCap);
            }
            const available = new Map<number, number>();
            for (const video of new Set(row))
              available.set(
                catalogue.videos.creator[video]!,
                (available.get(catalogue.videos.creator[video]!) ?? 0) + 1,
              );
            const possible = [...available.values()].reduce((sum, n) => sum + Math.min(n, creatorCap), 0);
            expect(shown.length).toBe(Math.min(6, possible)); // looks past `depth` rather than leave a page short
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("obeys filters", () => {
    const rerank = createRerank({
      catalogue,
      seed: 1,
      config: sharp,
      filters: [{ reason: "parity", forbids: (requests, row, video) => video % 2 !== requests.user[row]! % 2 }],
    });
    const candidates = candidatesOf([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
    const slates = rerank(
      fakeRequests(0, [4, 7]),
      candidates,
      Float32Array.from(candidates.video, (video) => video),
    );
    expect([pageOf(slates, 0), pageOf(slates, 1)]).toEqual([
      [6, 4, 2],
      [5, 3, 1],
    ]);
  });

  it("draws from the pool as often as the logged propensities say", () => {
    const pages = 20_000;
    const rerank = createRerank({ catalogue, seed: 5, config: { slots: 2, pool: 4, depth: 8, temperature: 0.3 } });
    const row = [3, 11, 24, 35, 41, 52];
    const candidates = candidatesOf(Array.from({ length: pages }, () => row));
    const slates = rerank(
      manyRequests(0, 3, pages),
      candidates,
      Float32Array.from(candidates.video, (video) => uniform(3, video)),
    );
    const seen = new Map<string, number>();
    const probability = new Map<string, number>();
    for (let page = 0; page < pages; page++) {
      const shown = pageOf(slates, page).join();
      seen.set(shown, (seen.get(shown) ?? 0) + 1);
      probability.set(shown, slates.propensity[page * 2]! * slates.propensity[page * 2 + 1]!);
    }
    expect([...probability.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    for (const [shown, p] of probability)
      expect(Math.abs(seen.get(shown)! / pages - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / pages));
  });

  it("does not depend on the scale of the scores", () => {
    const candidates = candidatesOf([[3, 11, 24, 35, 41, 52]]);
    const scores = Float32Array.from(candidates.video, (video) => video);
    const pages = [1, 1000].map((scale) =>
      createRerank({ catalogue, seed: 5, config: { slots: 3, pool: 4, depth: 8 } })(
        fakeRequests(0, [2]),
        candidates,
        scores.map((score) => score * scale - scale),
      ),
    );
    expect(pages[0]!.video).toEqual(pages[1]!.video);
    for (let slot = 0; slot < 3; slot++) expect(pages[0]!.propensity[slot]).toBeCloseTo(pages[1]!.propensity[slot]!, 5);
  });

  it("refuses NaN scores, scores of another shape, and a pool smaller than a page", () => {
    const rerank = createRerank({ catalogue, seed: 1, config: sharp });
    expect(() => rerank(fakeRequests(0, [1]), candidatesOf([[5, 6]]), Float32Array.of(1, NaN))).toThrow(
      /score of video 6 is NaN/,
    );
    expect(() => rerank(fakeRequests(0, [1]), candidatesOf([[5, 6]]), Float32Array.of(1))).toThrow(
      /1 scores; expected 1 requests × 2 candidates/,
    );
    expect(() => createRerank({ catalogue, seed: 1, config: { slots: 8, pool: 6 } })).toThrow(
      /pool: 6; allowed: an integer of at least 8/,
    );
    expect(() =>
      createRerank({ catalogue, seed: 1, config: { similarity: { topic: 0, creator: 0, embedding: 1 } } }),
    ).toThrow(/no embeddings/);
  });
});

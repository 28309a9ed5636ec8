import { describe, expect, it } from "vitest";
import { uniform } from "../../../src/random.js";
import { createDuplicates, perceptualHash } from "../../../src/serving/rerank/duplicates.js";
import { createRerank } from "../../../src/serving/rerank/rerank.js";
import { newTrace } from "../../../src/serving/trace.js";
import { configFor, openOracle, openWorld, thumbnail } from "../../../src/world/index.js";
import { fakeCatalogue, fakeRequests, pageOf } from "../fakes.js";

const size = 32;

/** A smooth picture of a key, brighter by `light`, with noise. */
function picture(key: number, light = 0, noise = 0): Uint8Array {
  const out = new Uint8Array(size * size * 3);
  for (let at = 0; at < out.length; at++) {
    const [x, y] = [Math.floor(at / 3) % size, Math.floor(at / 3 / size)];
    let value = 128;
    for (let wave = 1; wave < 6; wave++)
      value += 20 * Math.cos((wave * (x * uniform(key, wave, 0) + y * uniform(key, wave, 1))) / 4 + key);
    out[at] = Math.max(0, Math.min(255, value + light + noise * (uniform(key, at, 9) - 0.5)));
  }
  return out;
}

const bits = (a: [number, number], b: [number, number]): number =>
  [0, 1].reduce((sum, half) => sum + ((a[half]! ^ b[half]!) >>> 0).toString(2).replace(/0/g, "").length, 0);

describe("perceptual hash", () => {
  it("has 32 of 64 bits set, does not change with light, little with noise, much with the picture", () => {
    for (let key = 0; key < 20; key++) {
      const hash = perceptualHash(picture(key));
      const set = bits(hash, [0, 0]);
      expect(set).toBeGreaterThan(28);
      expect(set).toBeLessThan(33);
      expect(bits(hash, perceptualHash(picture(key, 20)))).toBeLessThanOrEqual(2);
      expect(bits(hash, perceptualHash(picture(key, -8, 24)))).toBeLessThanOrEqual(12);
      expect(bits(hash, perceptualHash(picture(key + 1)))).toBeGreaterThan(12);
    }
    expect(() => perceptualHash(new Uint8Array(100))).toThrow("picture of 100 bytes; allowed: size × size × 3");
  });
});

describe("near-duplicates", () => {
  it("finds most of the world's copies, and takes few other videos for one", () => {
    const world = openWorld({ ...configFor("tiny"), users: 50, videos: 1_500, creators: 75 }, 3);
    const oracle = openOracle(world);
    const { videos } = world.catalogue;
    const find = createDuplicates(videos, (video) => thumbnail(world, video));
    let [copies, found, pairs, wrong] = [0, 0, 0, 0];
    for (let video = 0; video < videos.count; video++) {
      const original = oracle.duplicateOf(video);
      if (original !== video) {
        copies++;
        if (find(video, [original]) === original) found++;
      }
      const other = (video * 7 + 1) % videos.count;
      if (oracle.duplicateOf(other) === original) continue;
      pairs++;
      if (find(video, [other]) >= 0) wrong++;
    }
    expect(copies).toBeGreaterThan(10);
    expect(found / copies).toBeGreaterThan(0.7);
    expect(wrong / pairs).toBeLessThan(0.005);
  });

  it("a page shows the best of them, the trace says of which it is one, and pictures are asked for once", () => {
    const catalogue = fakeCatalogue({ videos: 8, creators: 8 });
    catalogue.videos.language.fill(0);
    catalogue.videos.durationMs.fill(60_000).set([90_000], 6);
    const asked: number[] = [];
    const duplicateOf = createDuplicates(catalogue.videos, (video) => {
      asked.push(video);
      return picture(video === 5 || video === 6 ? 2 : video, 10); // 5 and 6 look like 2; 6 has another length
    });
    const config = { slots: 8, pool: 8, depth: 8, mmrLambda: 1, temperature: 0, creatorCap: 9 };
    const rerank = createRerank({ catalogue, seed: 1, config, duplicateOf });
    const video = Int32Array.from({ length: 8 }, (_, v) => v);
    const trace = newTrace();
    const candidates = { count: 1, width: 8, video, source: new Uint8Array(8) };
    const page = pageOf(
      rerank(
        fakeRequests(0, [1]),
        candidates,
        Float32Array.from(video, (v) => 10 - v),
        trace,
      ),
      0,
    );
    expect(page).toEqual([0, 1, 2, 3, 4, 6, 7, -1]);
    expect(trace.removed).toEqual([{ row: 0, video: 5, stage: "rerank", reason: "duplicate of 2" }]);
    expect(new Set(asked).size).toBe(asked.length);
  });
});

import { describe, expect, it } from "vitest";
import { motifOf, paletteOf } from "../../../src/world/content/motifs.js";
import { trait, traitWidth } from "../../../src/world/state.js";
import { thumbnail, thumbnails } from "../../../src/world/content/thumbnail.js";
import { stateOf } from "../../../src/world/world.js";
import { smallWorld } from "../play.js";

const world = smallWorld(8, { videos: 3_000, creators: 60, topics: 20, nearDuplicates: 0.1, mislabelled: 0.1 });
const state = stateOf(world);
const { count, creator } = world.catalogue.videos;
const { original } = state.videos;
const ids = Array.from({ length: count }, (_, v) => v);
const originals = ids.filter((v) => original[v] === v);
const pixels = thumbnails(world, ids, 16);
const size = 16 * 16 * 3;
const topicOf = (v: number): number => state.traits[v * traitWidth + trait.topic]!;

const distance = (a: Float64Array | Uint8Array, b: Float64Array | Uint8Array): number => {
  let squares = 0;
  for (let i = 0; i < size; i++) squares += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(squares / size);
};
const image = (v: number): Uint8Array => pixels.subarray(v * size, (v + 1) * size);

/** Share of the second half of `videos` whose class is that of the nearest mean image of the first half. */
function nearestCentroid(videos: readonly number[], classOf: (v: number) => number): number {
  const half = videos.filter((_, i) => i % 2 === 0);
  const means = new Map<number, { sum: Float64Array; n: number }>();
  for (const v of half) {
    const mean = means.get(classOf(v)) ?? { sum: new Float64Array(size), n: 0 };
    image(v).forEach((x, i) => {
      mean.sum[i] = mean.sum[i]! + x;
    });
    mean.n++;
    means.set(classOf(v), mean);
  }
  const centroids = [...means].map(([name, { sum, n }]) => ({ name, mean: sum.map((x) => x / n) }));
  const rest = videos.filter((v, i) => i % 2 === 1 && means.has(classOf(v)));
  const right = rest.filter((v) => {
    const image16 = image(v);
    return (
      centroids.reduce(
        (best, c) => {
          const d = distance(image16, c.mean);
          return d < best.d ? { d, name: c.name } : best;
        },
        { d: Infinity, name: -1 },
      ).name === classOf(v)
    );
  });
  return right.length / rest.length;
}

describe("thumbnails", () => {
  it("tell the true topic to who compares raw pixels", () => {
    expect(nearestCentroid(originals, topicOf)).toBeGreaterThan(0.75); // the commonest topic has about a tenth
  });

  it("tell the creator within a topic far better than chance", () => {
    const byTopic = Array.from({ length: 20 }, (_, t) => originals.filter((v) => topicOf(v) === t)).filter(
      (videos) => new Set(videos.map((v) => creator[v])).size > 2,
    );
    const right = byTopic.map((videos) => nearestCentroid(videos, (v) => creator[v]!));
    const commonest = byTopic.map((videos) =>
      Math.max(
        ...[...new Set(videos.map((v) => creator[v]))].map(
          (c) => videos.filter((v) => creator[v] === c).length / videos.length,
        ),
      ),
    );
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(right)).toBeGreaterThan(mean(commonest) + 0.25);
  });

  it("are the same for the same seed and video, whichever is asked for first, and others for another seed", () => {
    const again = smallWorld(8, { videos: 3_000, creators: 60, topics: 20, nearDuplicates: 0.1, mislabelled: 0.1 });
    expect(thumbnail(again, 1234, 16)).toEqual(image(1234));
    const other = smallWorld(9, { videos: 3_000, creators: 60, topics: 20, nearDuplicates: 0.1, mislabelled: 0.1 });
    expect(thumbnail(other, 1234, 16)).not.toEqual(image(1234));
  });

  it("of near-duplicates are nearly always nearest to their originals, though not equal", () => {
    const copies = ids.filter((v) => original[v] !== v).slice(0, 100);
    expect(copies.length).toBe(100);
    let nearest = 0;
    for (const v of copies) {
      const own = distance(image(v), image(original[v]!));
      expect(own).toBeGreaterThan(0);
      if (originals.every((w) => w === original[v] || distance(image(v), image(w)) > own)) nearest++;
    }
    expect(nearest / copies.length).toBeGreaterThan(0.9);
    const mean = (pairs: readonly (readonly [number, number])[]): number =>
      pairs.reduce((sum, [a, b]) => sum + distance(image(a), image(b)), 0) / pairs.length;
    const strangers = mean(copies.map((v, i) => [v, originals[(i * 37) % originals.length]!]));
    expect(mean(copies.map((v) => [v, original[v]!]))).toBeLessThan(0.5 * strangers);
  });

  it("show clickbait by a red frame, looks by contrast, and a long video by a dark badge", () => {
    const bait = (v: number): number => state.traits[v * traitWidth + trait.bait]!;
    const corner = (v: number): number => {
      const [r, g, b] = image(v);
      return (r as number) - ((g as number) + (b as number)) / 2;
    };
    const sorted = [...originals].sort((a, b) => bait(a) - bait(b));
    const mean = (videos: readonly number[], of: (v: number) => number): number =>
      videos.reduce((sum, v) => sum + of(v), 0) / videos.length;
    expect(mean(sorted.slice(-200), corner)).toBeGreaterThan(mean(sorted.slice(0, 200), corner) + 100);

    const calm = originals.filter((v) => bait(v) < 0.2);
    const looks = (v: number): number => state.traits[v * traitWidth + trait.looks]!;
    const contrast = (v: number): number => {
      const p = image(v);
      const m = p.reduce((a, b) => a + b, 0) / size;
      return Math.sqrt(p.reduce((a, b) => a + (b - m) ** 2, 0) / size);
    };
    const byLooks = [...calm].sort((a, b) => looks(a) - looks(b));
    expect(mean(byLooks.slice(-150), contrast)).toBeGreaterThan(mean(byLooks.slice(0, 150), contrast) + 5);

    const badge = (v: number): number => image(v)[(14 * 16 + 15) * 3 - 6]!; // lower right
    const isLong = (v: number): boolean => state.traits[v * traitWidth + trait.short] !== 1;
    expect(mean(calm.filter(isLong), badge)).toBeLessThan(
      mean(
        calm.filter((v) => !isLong(v)),
        badge,
      ) - 30,
    );
  });

  it("come in the sizes asked for, one after another, and cover the byte range", () => {
    expect(thumbnail(world, 3)).toHaveLength(32 * 32 * 3);
    expect(thumbnails(world, [3, 5], 32)).toEqual(Uint8Array.from([...thumbnail(world, 3), ...thumbnail(world, 5)]));
    expect(thumbnail(world, 3, 8)).toHaveLength(192);
    expect(Math.max(...pixels.subarray(0, size * 40)) - Math.min(...pixels.subarray(0, size * 40))).toBeGreaterThan(
      200,
    );
    expect(() => thumbnail(world, 3, 7)).toThrow("size: 7; allowed: an integer in [8, 512]");
    expect(() => thumbnail(world, count)).toThrow(`unknown video: ${count}; allowed: 0 … ${count - 1}`);
    expect(() => thumbnails(world, [0, 1.5])).toThrow("unknown video: 1.5");
  });

  it("are drawn fast: 32 × 32 in less than 0.2 ms of CPU", () => {
    thumbnails(world, ids.slice(0, 200)); // warm
    const cpuMs = [1, 2, 3].map((batch) => {
      const before = process.cpuUsage();
      thumbnails(world, ids.slice(batch * 500, (batch + 1) * 500));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000 / 500;
    });
    expect(Math.min(...cpuMs)).toBeLessThan(0.2);
  });
});

describe("motifs and palettes", () => {
  it("are finite everywhere, fill neither all nor nothing, and differ from topic to topic", () => {
    const filled = Array.from({ length: 20 }, (_, topic) => {
      const motif = motifOf(topic);
      let mask = "";
      for (let v = -1; v <= 1; v += 0.1)
        for (let u = -1; u <= 1; u += 0.1) {
          const d = motif(u, v);
          expect(Number.isFinite(d)).toBe(true);
          mask += d < 0 ? "#" : ".";
        }
      const share = mask.replaceAll(".", "").length / mask.length;
      expect(share).toBeGreaterThan(0.08);
      expect(share).toBeLessThan(0.85);
      return mask;
    });
    expect(new Set(filled).size).toBe(20);
    expect(new Set(Array.from({ length: 40 }, (_, t) => JSON.stringify(paletteOf(t)))).size).toBe(40);
    for (let t = 0; t < 255; t++)
      for (const channel of [...paletteOf(t).top, ...paletteOf(t).bottom, ...paletteOf(t).motif])
        expect(channel >= 0 && channel <= 255).toBe(true);
  });
});

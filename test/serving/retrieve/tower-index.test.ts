import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTowerIndex, saveTowerIndex } from "../../../src/serving/retrieve/tower-index.js";
import { affinityOf, fakeStore, fakeTowers, vectorOf } from "../fake-store.js";
import { fakeCatalogue } from "../fakes.js";
import type { FeatureMatrix } from "../../../src/types.js";

const catalogue = fakeCatalogue();
const store = fakeStore(catalogue);
const base = { towers: fakeTowers, store, videos: 60 };
const query = Float32Array.from(vectorOf(1, 3));
const best = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, row) => from + row)
    .sort((a, b) => affinityOf(3, b) - affinityOf(3, a))
    .slice(0, 5);

describe("the tower index", () => {
  it.each([true, false])(
    "finds the nearest among the live videos, and new uploads once it has grown (exact: %s)",
    async (exact) => {
      const index = await openTowerIndex({ ...base, live: 30, exact });
      expect(Array.from(index.search(query, 5).ids)).toEqual(best(0, 30));
      await index.grow(60);
      expect(index.count).toBe(60);
      expect(Array.from(index.search(query, 5).ids)).toEqual(best(0, 60));
      expect(Array.from(index.searchFrom(40, query, 5).ids)).toEqual(best(40, 60));
      expect(Array.from(index.searchFrom(60, query, 5).ids)).toEqual([-1]); // nothing is fresh
      expect(Array.from(index.search(query, 500).ids).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 60 }, (_, id) => id),
      );
    },
  );

  it.each([true, false])(
    "keeps old embeddings while it grows, and takes new ones when refreshed (exact: %s)",
    async (exact) => {
      let turned = 1;
      const turning = {
        ...fakeTowers,
        embedCandidates: (rows: FeatureMatrix) => rows.numbers.map((value) => turned * value),
      };
      const index = await openTowerIndex({ ...base, towers: turning, live: 30, exact });
      const away = query.map((value) => -value);
      turned = -1;
      await index.grow(30);
      expect(Array.from(index.search(query, 5).ids)).toEqual(best(0, 30));
      await index.refresh(40);
      expect(index.count).toBe(40);
      expect(Array.from(index.search(away, 5).ids)).toEqual(best(0, 40));
    },
  );

  it("loads a saved index, adds what was uploaded since, and refuses another model's or a later day's", async () => {
    const dir = await mkdtemp(join(tmpdir(), "stagecraft-index-"));
    try {
      const path = join(dir, "videos.index");
      await saveTowerIndex(path, { ...base, live: 40 });
      const index = await openTowerIndex({ ...base, live: 50, path });
      expect(Array.from(index.search(query, 5).ids)).toEqual(best(0, 50));
      await expect(openTowerIndex({ ...base, live: 30, path })).rejects.toThrow(/holds 40 videos; only 30 are live/);
      await expect(openTowerIndex({ ...base, towers: { ...fakeTowers, id: "other" }, live: 50, path })).rejects.toThrow(
        /belongs to model fake/,
      );
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("swaps a saved index in while searches go on; a damaged one, and one of another model, leave the old one in place", async () => {
    const dir = await mkdtemp(join(tmpdir(), "stagecraft-index-"));
    try {
      const path = join(dir, "videos.index");
      await saveTowerIndex(path, { ...base, live: 40 });
      const index = await openTowerIndex({ ...base, live: 50 });
      index.remove(Int32Array.of(best(0, 50)[0]!, 999));
      expect(index.search(query, 50).ids).not.toContain(best(0, 50)[0]);
      let answers = 0;
      let swapping = true;
      const reading = (async (): Promise<void> => {
        while (swapping) {
          expect(Array.from(index.search(query, 5).ids.subarray(1))).toEqual(
            expect.arrayContaining(best(0, 50).slice(2, 5)),
          );
          answers++;
          await new Promise(setImmediate);
        }
      })();
      await index.swap(path);
      swapping = false;
      await reading;
      expect(answers).toBeGreaterThan(0);
      expect(Array.from(index.search(query, 5).ids)).toEqual(best(0, 50)); // what was removed is back, what it lacked was added

      const bytes = await readFile(path);
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(path, bytes);
      index.remove(Int32Array.of(best(0, 50)[0]!));
      await expect(index.swap(path)).rejects.toThrow(/damaged index .*sha256/);
      await expect(index.swap(join(dir, "none"))).rejects.toThrow(/no complete index/);
      expect(Array.from(index.search(query, 4).ids)).toEqual(best(0, 50).slice(1)); // still the one that lacks the removed video
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("keeps vectors in 8 bits and finds nearly what it finds with 32", async () => {
    const index = await openTowerIndex({ ...base, live: 60, build: { dtype: "i8" } });
    const found = index.search(query, 5);
    expect(new Set([...found.ids, ...best(0, 60)]).size).toBeLessThanOrEqual(6);
    const [first] = [...found.scores];
    expect(Math.abs(first! - affinityOf(3, found.ids[0]!))).toBeLessThan(0.02);
  });

  it("searches many fresh videos by an index of their own, which grows with the day", async () => {
    const many = 12_050;
    const catalogue = fakeCatalogue({ videos: many });
    const index = await openTowerIndex({ ...base, store: fakeStore(catalogue), videos: many, live: many - 10 });
    const exact = index.searchFrom(30, query, 20);
    await index.openFresh(30);
    const found = index.searchFrom(30, query, 20);
    expect(found.ids.every((id) => id >= 30)).toBe(true);
    expect(found.scores[19]!).toBeGreaterThan(exact.scores[19]! - 0.01);
    await index.grow(many);
    expect(index.searchFrom(30, query, many).ids).toContain(many - 1);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
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
});

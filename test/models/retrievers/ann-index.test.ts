import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildIndex, loadIndex } from "../../../src/models/retrievers/ann-index.js";
import { exactSearch } from "../../../src/models/retrievers/exact-search.js";
import { keyOf, normal } from "../../../src/random.js";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "ann-index-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function unitVectors(n: number, dims: number, name: string): Float32Array {
  const key = keyOf(1, name);
  const vectors = new Float32Array(n * dims);
  for (let row = 0; row < n; row++) {
    const values = Array.from({ length: dims }, (_, d) => normal(key, row, d));
    const length = Math.hypot(...values);
    values.forEach((value, d) => (vectors[row * dims + d] = value / length));
  }
  return vectors;
}

const square = Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1); // four unit vectors in the plane

describe("exact search", () => {
  it("ranks by inner product with ties to the smaller id", () => {
    const found = exactSearch(square, 2, Float32Array.of(1, 1), 3);
    expect([...found.ids]).toEqual([0, 1, 2]);
    expect([...found.scores]).toEqual([1, 1, -1]);
  });

  it("says the same of a query alone and among any number of others", () => {
    const vectors = unitVectors(60, 5, "exact vectors");
    const queries = unitVectors(7, 5, "exact queries");
    for (let count = 1; count <= 7; count++) {
      const batch = exactSearch(vectors, 5, queries.subarray(0, count * 5), 10);
      for (let q = 0; q < count; q++) {
        const single = exactSearch(vectors, 5, queries.subarray(q * 5, q * 5 + 5), 10);
        expect(batch.ids.subarray(q * 10, q * 10 + 10)).toEqual(single.ids);
        expect(batch.scores.subarray(q * 10, q * 10 + 10)).toEqual(single.scores);
      }
    }
  });

  it("agrees with sorting all inner products", () => {
    const vectors = unitVectors(80, 6, "sorted vectors");
    const query = unitVectors(1, 6, "sorted query");
    const scores = Array.from({ length: 80 }, (_, v) =>
      query.reduce((sum, value, d) => sum + value * vectors[v * 6 + d]!, 0),
    );
    const order = scores.map((_, v) => v).sort((a, b) => scores[b]! - scores[a]!);
    expect([...exactSearch(vectors, 6, query, 80).ids]).toEqual(order);
  });

  it("pads with -1 where fewer exist and uses given ids", () => {
    const found = exactSearch(square, 2, Float32Array.of(0, 1, 0, 1), 5, Int32Array.of(10, 20, 30, 40));
    expect([...found.ids]).toEqual([20, 10, 30, 40, -1, 20, 10, 30, 40, -1]);
  });
});

describe("an index", () => {
  it("finds most of what exact search finds", () => {
    const vectors = unitVectors(3000, 16, "vectors");
    const queries = unitVectors(100, 16, "queries");
    const index = buildIndex(vectors, 16);
    const found = index.search(queries, 50);
    const exact = exactSearch(vectors, 16, queries, 50);
    let hits = 0;
    for (let q = 0; q < 100; q++) {
      const truth = new Set(exact.ids.subarray(q * 50, q * 50 + 50));
      for (const id of found.ids.subarray(q * 50, q * 50 + 50)) if (truth.has(id)) hits++;
    }
    expect(hits / 5000).toBeGreaterThan(0.95);
    for (let i = 1; i < 50; i++) expect(found.scores[i]).toBeLessThanOrEqual(found.scores[i - 1]!);
    expect(Math.abs(found.scores[0]! - exact.scores[0]!)).toBeLessThan(2e-3);
  });

  it("ranks a planted vector first, alone and within a batch", () => {
    const vectors = unitVectors(500, 8, "planted");
    const index = buildIndex(vectors, 8, { dtype: "f32" });
    const queries = vectors.subarray(8 * 100, 8 * 110);
    const batch = index.search(queries, 3);
    for (let q = 0; q < 10; q++) {
      expect(batch.ids[q * 3]).toBe(100 + q);
      const single = index.search(queries.subarray(q * 8, q * 8 + 8), 3);
      expect([...single.ids]).toEqual([...batch.ids.subarray(q * 3, q * 3 + 3)]);
      expect([...single.scores]).toEqual([...batch.scores.subarray(q * 3, q * 3 + 3)]);
    }
  });

  it("gives what exists when asked for more, ties to the smaller id, nothing when empty", () => {
    const index = buildIndex(square, 2, { ids: Int32Array.of(7, 5, 3, 1) });
    expect([...index.search(Float32Array.of(1, 0), 6).ids]).toEqual([7, 1, 5, 3, -1, -1]);
    const empty = buildIndex(new Float32Array(0), 2);
    expect([...empty.search(Float32Array.of(1, 0, 0, 1), 2).ids]).toEqual([-1, -1, -1, -1]);
    expect(index.search(new Float32Array(0), 2).ids.length).toBe(0);
  });

  it("finds videos added later and refuses an id twice", () => {
    const index = buildIndex(square.subarray(0, 4), 2);
    index.add(Int32Array.of(9), Float32Array.of(0, -1));
    expect(index.count).toBe(3);
    expect(index.search(Float32Array.of(0, -1), 1).ids[0]).toBe(9);
    expect(() => index.add(Int32Array.of(9), Float32Array.of(0, -1))).toThrow("id 9 is in the index already");
    expect(() => index.add(Int32Array.of(4, 4), square.subarray(0, 4))).toThrow("id 4 is given twice");
    expect(() => index.add(Int32Array.of(-1), Float32Array.of(0, -1))).toThrow("id is -1");
    expect(() => index.add(Int32Array.of(1, 2), Float32Array.of(0, -1))).toThrow("ids hold 2 values; expected 1");
    expect(index.count).toBe(3);
  });

  it("reads the part of a larger array it is given", () => {
    const padded = Float32Array.of(9, 9, ...square);
    const index = buildIndex(padded.subarray(2), 2);
    expect([...index.search(padded.subarray(4, 6), 1).ids]).toEqual([1]); // (0, 1), not what stands at the buffer's start
  });

  it("refuses what would end the process or give wrong answers", () => {
    const index = buildIndex(square, 2);
    for (const k of [NaN, 0, -1, 1.5, Infinity])
      expect(() => index.search(Float32Array.of(1, 0), k)).toThrow(`k is ${k}; allowed: whole numbers from 1`);
    expect(() => index.search(Float32Array.of(NaN, 0), 1)).toThrow("queries hold NaN in row 0");
    expect(() => index.search(Float32Array.of(1, 0, 0), 1)).toThrow(
      "queries hold 3 values; allowed: a multiple of 2 dims",
    );
    expect(() => index.search(Uint8Array.of(1, 0) as unknown as Float32Array, 1)).toThrow(
      "queries are not a Float32Array",
    );
    expect(() => buildIndex(Float32Array.of(1, NaN), 2)).toThrow("vectors hold NaN in row 0");
    expect(() => buildIndex(Float32Array.of(3, 4), 2)).toThrow("vector 0 has length 5.000; allowed: 1");
    expect(() => buildIndex(Float32Array.of(0, 0), 2)).toThrow("vector 0 has length 0.000");
    expect(() => buildIndex(square, 2, { connectivity: NaN })).toThrow("connectivity is NaN");
    expect(() => buildIndex(square, 2, { dtype: "i4" as "f16" })).toThrow("dtype is i4; allowed: f16, f32, i8");
    expect(() => buildIndex(square, 0)).toThrow("dims is 0");
  });
});

describe("an index on disk", () => {
  it("has the same bytes when built again and the same answers when loaded", async () => {
    const vectors = unitVectors(800, 8, "disk");
    const queries = unitVectors(20, 8, "disk queries");
    const index = buildIndex(vectors, 8, { modelId: "m1" });
    await index.save(join(dir, "a.usearch"));
    await buildIndex(vectors, 8, { modelId: "m1" }).save(join(dir, "b.usearch"));
    expect(await readFile(join(dir, "b.usearch"))).toEqual(await readFile(join(dir, "a.usearch")));
    expect(await readFile(join(dir, "b.usearch.json"))).toEqual(await readFile(join(dir, "a.usearch.json")));
    const loaded = await loadIndex(join(dir, "a.usearch"), { modelId: "m1", dims: 8 });
    expect(loaded.search(queries, 10)).toEqual(index.search(queries, 10));
    expect(loaded.count).toBe(800);
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("goes on growing after it is loaded", async () => {
    const path = join(dir, "grow.usearch");
    await buildIndex(square.subarray(0, 4), 2).save(path);
    const loaded = await loadIndex(path);
    loaded.add(Int32Array.of(2), Float32Array.of(-1, 0));
    expect([...loaded.search(Float32Array.of(-1, 0), 1).ids]).toEqual([2]);
    await loaded.save(path);
    expect((await loadIndex(path)).count).toBe(3);
  });

  it("refuses the index of another model or of other dims", async () => {
    const path = join(dir, "mine.usearch");
    await buildIndex(square, 2, { modelId: "mine" }).save(path);
    await expect(loadIndex(path, { modelId: "yours" })).rejects.toThrow(
      "belongs to model mine; the model is yours: build the index again",
    );
    await expect(loadIndex(path, { dims: 32 })).rejects.toThrow("has 2 dims; the model has 32");
  });

  it("refuses flipped bits, cut files, garbage and missing parts before the native library sees them", async () => {
    const path = join(dir, "bad.usearch");
    await buildIndex(square, 2).save(path);
    const bytes = await readFile(path);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1]! ^= 1;
    await writeFile(path, flipped);
    await expect(loadIndex(path)).rejects.toThrow("damaged index");
    await writeFile(path, bytes.subarray(0, 10));
    await expect(loadIndex(path)).rejects.toThrow(`it has 10 bytes, expected ${bytes.length}`);
    await rm(path);
    await expect(loadIndex(path)).rejects.toThrow("the file is missing");
    await writeFile(path, bytes);
    expect((await loadIndex(path)).count).toBe(4);
    await writeFile(`${path}.json`, "{}");
    await expect(loadIndex(path)).rejects.toThrow("its manifest is not one");
    await rm(`${path}.json`);
    await expect(loadIndex(path)).rejects.toThrow("no complete index at");
  });
});

import { describe, expect, it } from "vitest";
import type { TrainingSet } from "../../../src/data/index.js";
import { checkQuality, loggedRows } from "../../../src/studies/benchmark/world-rows.js";

const count = 4000;
const userOf = (row: number): number => Math.floor(row / 10);
const column = (of: (row: number) => number): Float64Array => Float64Array.from({ length: count }, (_, row) => of(row));

/** Rows whose feature is their own number, so that a row can be told after it was picked; every third one clicked, watched and liked. */
const set = {
  count,
  features: {
    schema: { categories: [{ name: "user", cardinality: 400 }], numbers: [{ name: "row" }] },
    count,
    categories: Int32Array.from(column(userOf)),
    numbers: Float32Array.from(column((row) => row)),
  },
  request: column((row) => userOf(row) * 2 ** 34),
  position: Uint8Array.from(column((row) => row % 10)),
  user: Int32Array.from(column(userOf)),
  video: Int32Array.from(column((row) => row % 2)),
  click: Uint8Array.from(column((row) => Number(row % 3 === 0))),
  watchMs: Int32Array.from(column((row) => (row % 3 === 0 ? 1000 + row : 0))),
  like: Uint8Array.from(column((row) => Number(row % 3 === 0))),
  hide: Uint8Array.from(column((row) => Number(row % 7 === 0))),
  conversion: new Uint8Array(count),
} as unknown as TrainingSet;
const catalogue = { videos: { durationMs: Int32Array.of(30_000, 60_000) } } as unknown as Parameters<
  typeof loggedRows
>[1];

describe("rows to learn from", () => {
  it("are the log's own where the data are whole", () => {
    const rows = loggedRows(set, catalogue, 1);
    expect(rows.features).toBe(set.features);
    expect(Array.from(rows.click)).toEqual(Array.from(set.click));
    expect(Array.from(rows.watchMs)).toEqual(Array.from(set.watchMs));
    expect([rows.durationMs[0], rows.durationMs[1]]).toEqual([30_000, 60_000]);
  });

  it("are of a share of the users, whole users each, a smaller share's among a larger one's", () => {
    const usersAt = (volume: number): Set<number> =>
      new Set(loggedRows(set, catalogue, 1, { volume, noise: 0 }).features.categories);
    const [few, more] = [usersAt(0.1), usersAt(0.5)];
    expect(few.size).toBeGreaterThan(20);
    expect(few.size).toBeLessThan(65);
    expect(more.size).toBeGreaterThan(160);
    expect(more.size).toBeLessThan(240);
    for (const user of few) expect(more.has(user)).toBe(true);
    const { features, click } = loggedRows(set, catalogue, 1, { volume: 0.1, noise: 0 });
    expect(features.count).toBe(10 * few.size);
    features.numbers.forEach((row, i) => expect(click[i]).toBe(set.click[row]));
  });

  it("have as many clicks turned round as asked for, and a click that is gone or made up is not watched", () => {
    const rows = loggedRows(set, catalogue, 1, { volume: 1, noise: 0.2 });
    const turned = Array.from({ length: count }, (_, row) => row).filter((row) => rows.click[row] !== set.click[row]);
    expect(turned.length / count).toBeGreaterThan(0.18);
    expect(turned.length / count).toBeLessThan(0.22);
    for (const row of turned)
      expect([rows.watchMs[row], rows.like[row], rows.hide[row]]).toEqual([0, 0, set.hide[row]]);
    const kept = Array.from({ length: count }, (_, row) => row).filter((row) => !turned.includes(row));
    for (const row of kept) expect(rows.watchMs[row]).toBe(set.watchMs[row]);
    expect(Array.from(set.click)).toEqual(Array.from(column((row) => Number(row % 3 === 0)))); // the log itself is left as it is
  });

  it("are spoilt alike by one seed, and otherwise by another", () => {
    const clicks = (seed: number): number[] =>
      Array.from(loggedRows(set, catalogue, seed, { volume: 0.5, noise: 0.3 }).click);
    expect(clicks(1)).toEqual(clicks(1));
    expect(clicks(1)).not.toEqual(clicks(2));
  });

  it("refuse a volume of nothing and noise beyond a coin's", () => {
    expect(() => checkQuality({ volume: 0, noise: 0 })).toThrow(
      "invalid volume: 0; allowed: a share of users above 0, at most 1",
    );
    expect(() => checkQuality({ volume: 1, noise: 0.6 })).toThrow("invalid noise: 0.6; allowed: from 0 to 0.5");
  });
});

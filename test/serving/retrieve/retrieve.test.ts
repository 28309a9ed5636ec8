import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listSource, merge, neighbourSource, uniformSource } from "../../../src/serving/retrieve/retrieve.js";
import type { MergeOptions, Neighbours, Source } from "../../../src/serving/retrieve/retrieve.js";
import { candidateSources } from "../../../src/types.js";
import type { CandidateBatch } from "../../../src/types.js";
import { fakeRequests } from "../fakes.js";

const lists = (source: Source["source"], quota: number, list: readonly number[]): Source =>
  listSource(source, quota, list.length, () => Int32Array.from(list));
const mergeOf = (
  sources: readonly Source[],
  width: number,
  rest: Partial<MergeOptions> = {},
): ReturnType<typeof merge> =>
  merge({ sources, width, videos: 100, live: () => 100, hasSeen: () => false, atLeast: 1, ...rest });
const rowOf = (batch: CandidateBatch, row: number): number[] =>
  Array.from(batch.video.subarray(row * batch.width, (row + 1) * batch.width));

describe("merging sources", () => {
  it("takes each source's quota, then fills from the sources in order, each video once", async () => {
    const batch = await mergeOf(
      [lists("two-tower", 2, [1, 2, 3, 4]), lists("popular", 2, [2, 9, 8, 7])],
      6,
    )(fakeRequests(0, [0]));
    expect(rowOf(batch, 0)).toEqual([1, 2, 9, 8, 3, 4]);
    expect(Array.from(batch.source, (code) => candidateSources[code])).toEqual([
      "two-tower",
      "two-tower",
      "popular",
      "popular",
      "two-tower",
      "two-tower",
    ]);
  });

  it("leaves out what the user has watched and what is not live, and pads", async () => {
    const retrieve = mergeOf([lists("popular", 2, [1, 50, 2, 3])], 4, {
      live: () => 50,
      hasSeen: (user, video) => user === 7 && video === 2,
    });
    const batch = await retrieve(fakeRequests(0, [7, 8]));
    expect([rowOf(batch, 0), rowOf(batch, 1)]).toEqual([
      [1, 3, -1, -1],
      [1, 2, 3, -1],
    ]);
  });

  it("brings watched videos back rather than leave a page short", async () => {
    const retrieve = mergeOf([lists("popular", 2, [1, 2, 3, 4])], 6, {
      hasSeen: (_, video) => video !== 3,
      atLeast: 3,
    });
    expect(rowOf(await retrieve(fakeRequests(0, [7])), 0)).toEqual([3, 1, 2, -1, -1, -1]);
  });

  it("gives as many different unwatched videos as there are, up to the width, whatever the sources", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: -1, max: 30 }), { minLength: 1, maxLength: 20 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 8, max: 30 }),
        async (offers, width) => {
          const sources = offers.map((list) => lists("other", 2, list));
          const row = rowOf(
            await mergeOf(sources, width, { hasSeen: (_, video) => video % 3 === 0, atLeast: 0 })(fakeRequests(0, [1])),
            0,
          );
          const found = row.filter((video) => video >= 0);
          const possible = new Set(offers.flat().filter((video) => video >= 0 && video % 3 !== 0));
          expect(new Set(found).size).toBe(found.length);
          expect(found.every((video) => possible.has(video))).toBe(true);
          expect(found.length).toBe(Math.min(width, possible.size));
        },
      ),
    );
  });

  it("refuses quotas beyond the width, naming them", () => {
    expect(() => mergeOf([lists("popular", 5, [1]), lists("fresh", 6, [2])], 10)).toThrow(
      /popular 5, fresh 6; allowed: integers that sum to at most 10/,
    );
  });
});

describe("sources", () => {
  it("by neighbours pass on what the search finds for each query", async () => {
    const search = (queries: Float32Array, k: number): Neighbours => ({
      k,
      ids: Int32Array.from(Array.from(queries).flatMap((user) => [user, user + 1, -1])),
    });
    const source = neighbourSource({
      source: "two-tower",
      quota: 2,
      width: 3,
      embedQueries: (requests) => Float32Array.from(requests.user),
      search,
    });
    const batch = await source.retrieve(fakeRequests(0, [4, 9]));
    expect([rowOf(batch, 0), rowOf(batch, 1)]).toEqual([
      [4, 5, -1],
      [9, 10, -1],
    ]);
  });

  it("by chance give a user the same live videos on every page of a day, and others the next day", async () => {
    const source = uniformSource({ quota: 5, width: 8, seed: 3, live: () => 40 });
    const first = await source.retrieve(fakeRequests(1, [3], 0));
    expect((await source.retrieve(fakeRequests(1, [3], 5))).video).toEqual(first.video);
    expect((await source.retrieve(fakeRequests(2, [3], 0))).video).not.toEqual(first.video);
    expect(first.video.every((video) => video >= 0 && video < 40)).toBe(true);
  });
});

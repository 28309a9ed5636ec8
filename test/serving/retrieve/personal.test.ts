import { describe, expect, it } from "vitest";
import { exactSearch } from "../../../src/models/retrievers/exact-search.js";
import { followedSource, itemSource } from "../../../src/serving/retrieve/personal.js";
import type { CandidateBatch } from "../../../src/types.js";
import { fakeCatalogue, fakeRequests } from "../fakes.js";

const catalogue = fakeCatalogue({ users: 4, videos: 12, creators: 3, days: 2, liveAtStart: 10 });
catalogue.videos.creator.set([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
const rowOf = ({ video, width }: CandidateBatch, row: number): number[] => [
  ...video.subarray(row * width, (row + 1) * width),
];

describe("videos of followed creators", () => {
  it("are the newest live ones of all the creators a user follows, so many of each", async () => {
    const follows: Record<number, number[]> = { 0: [0, 2], 1: [1] };
    const store = { followedCreators: (user: number): number[] => follows[user] ?? [] };
    const source = (width: number, each: number): Promise<CandidateBatch> | CandidateBatch =>
      followedSource(catalogue, store, () => 10, { quota: 2, width }, each).retrieve(fakeRequests(0, [0, 1, 2]));
    const batch = await source(5, 2);
    expect([rowOf(batch, 0), rowOf(batch, 1), rowOf(batch, 2)]).toEqual([
      [9, 8, 6, 5, -1],
      [7, 4, -1, -1, -1], // 10 is not live
      [-1, -1, -1, -1, -1],
    ]);
    expect(rowOf(await source(3, 9), 0)).toEqual([9, 8, 6]);
  });

  it("need a store that knows them", () => {
    expect(() => followedSource(catalogue, {}, () => 10, { quota: 1, width: 1 })).toThrow(
      /needs a store with followedCreators/,
    );
  });
});

describe("item to item", () => {
  it("offers the neighbours of the last watches in turn, the latest first", async () => {
    // videos on a circle: neighbours are the nearest ids
    const vectors = Float32Array.from({ length: 24 }, (_, at) => {
      const angle = (Math.PI * Math.floor(at / 2)) / 12;
      return at % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
    });
    const index = {
      vectors,
      dims: 2,
      search: (queries: Float32Array, k: number) => exactSearch(vectors, 2, queries, k),
    };
    const watched = [[1, 9, 4], []];
    const store = {
      sequenceRows: ({ count }: { count: number }) => ({
        count,
        width: 3,
        length: Int32Array.from(watched, (one) => one.length),
        video: Int32Array.from(watched.flatMap((one) => [...one, -1, -1, -1].slice(0, 3))),
        dwellMs: new Int32Array(count * 3),
      }),
    };
    const retrieve = (seeds: number): Promise<CandidateBatch> | CandidateBatch =>
      itemSource(store, () => index, { quota: 2, width: 6 }, seeds).retrieve(fakeRequests(0, [0, 1]));
    const batch = await retrieve(2);
    expect(rowOf(batch, 0)).toEqual([4, 9, 3, 8, 5, 10]); // of 4 and 9; a video is its own nearest, watched ones are skipped later
    expect(rowOf(batch, 1)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(rowOf(await retrieve(1), 0).slice(0, 3)).toEqual([4, 3, 5]);
  });
});

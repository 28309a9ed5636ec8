import { describe, expect, it } from "vitest";
import { blocklist, languageFilter } from "../../../src/serving/retrieve/filters.js";
import { listSource, merge } from "../../../src/serving/retrieve/retrieve.js";
import { newTrace } from "../../../src/serving/trace.js";
import { fakeCatalogue, fakeRequests } from "../fakes.js";

const catalogue = fakeCatalogue({ users: 4, videos: 20 });
catalogue.videos.language.fill(1).set([0, 2, 0], 3); // videos 3, 4, 5
catalogue.users.language.fill(0);
const everything = listSource("popular", 3, 20, () => Int32Array.from({ length: 20 }, (_, v) => v));
const found = (batch: { video: Int32Array }): number[] => [...batch.video].filter((video) => video >= 0);

describe("filters", () => {
  it("a language filter keeps the user's own language and those given to everybody", async () => {
    const by = async (also: number[]): Promise<number[]> =>
      found(await mergeBy([languageFilter(catalogue, also)], [])(fakeRequests(0, [2])));
    expect(await by([])).toEqual([3, 5]);
    expect(await by([2])).toEqual([3, 4, 5]);
  });

  it("a takedown holds for the next request, and back again; unknown videos block nothing", async () => {
    const list = blocklist(20);
    const retrieve = mergeBy([list], []);
    expect(found(await retrieve(fakeRequests(0, [0])))).toContain(7);
    list.block([7]);
    expect(found(await retrieve(fakeRequests(0, [0])))).not.toContain(7);
    expect(() => list.block([8, 20])).toThrow("unknown video: 20; allowed: 0 … 19");
    list.unblock([7]);
    expect(found(await retrieve(fakeRequests(0, [0])))).toEqual(Array.from({ length: 20 }, (_, v) => v));
  });

  it("never relaxes a filter, unlike what was watched, and the trace names the first that forbade", async () => {
    const list = blocklist(20);
    list.block([3]);
    const trace = newTrace();
    const retrieve = mergeBy([list, languageFilter(catalogue)], [5]);
    expect(found(await retrieve(fakeRequests(0, [0]), trace))).toEqual([5]); // 5 was watched, and comes back
    const reasonOf = (video: number): string[] =>
      trace.removed.filter((one) => one.video === video).map((one) => one.reason);
    expect([reasonOf(3)[0], reasonOf(4)[0], reasonOf(5)[0]]).toEqual(["blocked", "language", "seen"]);
    expect(trace.sources).toEqual([{ row: 0, source: "popular", offered: 20, taken: 1 }]);
  });
});

function mergeBy(
  filters: Parameters<typeof merge>[0]["filters"] & object,
  seen: readonly number[],
): ReturnType<typeof merge> {
  return merge({
    sources: [everything],
    width: 20,
    videos: 20,
    live: () => 20,
    hasSeen: (_, video) => seen.includes(video),
    atLeast: 1,
    filters,
  });
}

import { describe, expect, it } from "vitest";
import { createServedPopularity, firstFresh } from "../../src/serving/popularity.js";
import { segmentsOf } from "../../src/serving/logging-counts.js";
import { fakeStore } from "./fake-store.js";
import { fakeCatalogue, fakeEvents } from "./fakes.js";

const catalogue = fakeCatalogue({ liveAtStart: 40, days: 5, users: 200 });

describe("served popularity", () => {
  it("lists live videos by score, best first, fresh ones apart", async () => {
    const store = fakeStore(catalogue);
    await store.append(fakeEvents(catalogue, 0, 3000));
    const popularity = createServedPopularity({ catalogue, store, config: { freshDays: 2, listLength: 12 } });
    await popularity.refresh(3);
    const live = catalogue.liveVideos[3]!;
    const scores = popularity.scoresOf(0);
    expect(scores.length).toBe(live);
    const sorted = Array.from({ length: live }, (_, video) => video).sort((a, b) => scores[b]! - scores[a]! || a - b);
    expect(Array.from(popularity.popular(0))).toEqual(sorted.slice(0, 12));
    const fresh = sorted.filter((video) => catalogue.videos.uploadDay[video]! >= 2);
    expect(fresh.length).toBeGreaterThan(0);
    expect(Array.from(popularity.fresh(0))).toEqual(fresh.slice(0, 12));
    expect(firstFresh(catalogue, 3, 2)).toBe(Math.min(...fresh));
  });

  it("by segment differs between segments as their watch time does, and keeps to the global score where nothing is known", async () => {
    const store = fakeStore(catalogue);
    const segment = segmentsOf(catalogue);
    const events = fakeEvents(catalogue, 0, 20_000);
    const [loving, other] = [segment[0]!, segment.find((value) => value !== segment[0])!];
    const lovedTopic = catalogue.videos.topic[5]!;
    const watchMs = events.watchMs.map((_, row) => (segment[events.user[row]!] === loving && catalogue.videos.topic[events.video[row]!] === lovedTopic ? 90_000 : 10_000));
    await store.append({ ...events, watchMs });
    const [global, by] = [createServedPopularity({ catalogue, store }), createServedPopularity({ catalogue, store, config: { by: "segment" } })];
    await global.refresh(1);
    await by.refresh(1);
    const [lover, stranger] = [segment.indexOf(loving), segment.indexOf(other)];
    expect(by.scoresOf(lover)[5]!).toBeGreaterThan(2 * by.scoresOf(stranger)[5]!);
    const elsewhere = catalogue.videos.topic.findIndex((topic) => topic !== lovedTopic);
    expect(by.scoresOf(stranger)[elsewhere]! / global.scoresOf(stranger)[elsewhere]!).toBeCloseTo(1, 1);
  });

  it("before any event scores all alike, without NaN", async () => {
    const popularity = createServedPopularity({ catalogue, store: fakeStore(catalogue), config: { by: "segment" } });
    await popularity.refresh(0);
    expect(new Set(popularity.scoresOf(3))).toEqual(new Set([0]));
    expect(Array.from(popularity.popular(3)).slice(0, 3)).toEqual([0, 1, 2]);
  });

  it("by segment says so when the store does not count by segment", async () => {
    const { segmentVideoStats: _, ...store } = fakeStore(catalogue);
    await expect(createServedPopularity({ catalogue, store, config: { by: "segment" } }).refresh(0)).rejects.toThrow(/segmentVideoStats/);
  });
});

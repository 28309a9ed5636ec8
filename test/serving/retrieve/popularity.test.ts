import { describe, expect, it } from "vitest";
import { createServedPopularity, firstFresh } from "../../../src/serving/retrieve/popularity.js";
import type { ServedPopularityConfig } from "../../../src/serving/retrieve/popularity.js";
import { userSegments } from "../../../src/serving/logging-counts.js";
import { fakeStore } from "../fake-store.js";
import { fakeCatalogue, fakeEvents } from "../fakes.js";

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
    const segment = userSegments(catalogue);
    const events = fakeEvents(catalogue, 0, 20_000);
    const [loving, other] = [segment[0]!, segment.find((value) => value !== segment[0])!];
    const lovedTopic = catalogue.videos.topic[5]!;
    const watchMs = events.watchMs.map((_, row) =>
      segment[events.user[row]!] === loving && catalogue.videos.topic[events.video[row]!] === lovedTopic
        ? 90_000
        : 10_000,
    );
    await store.append({ ...events, watchMs });
    const [global, by] = [
      createServedPopularity({ catalogue, store }),
      createServedPopularity({ catalogue, store, config: { by: "segment" } }),
    ];
    await global.refresh(1);
    await by.refresh(1);
    const [lover, stranger] = [segment.indexOf(loving), segment.indexOf(other)];
    expect(by.scoresOf(lover)[5]!).toBeGreaterThan(2 * by.scoresOf(stranger)[5]!);
    const elsewhere = catalogue.videos.topic.findIndex((topic) => topic !== lovedTopic);
    expect(by.scoresOf(stranger)[elsewhere]! / global.scoresOf(stranger)[elsewhere]!).toBeCloseTo(1, 1);
  });

  it("trending puts what is watched of late before what was watched most, global popularity the other way round", async () => {
    const store = fakeStore(catalogue);
    const day = (on: number, loved: number) => {
      const events = fakeEvents(catalogue, 0, 4000);
      return {
        ...events,
        day: new Int16Array(4000).fill(on),
        watchMs: events.watchMs.map((ms, row) =>
          events.click[row] === 0 ? 0 : events.video[row] === loved ? 500_000 : Math.min(ms, 5_000),
        ),
      };
    };
    for (const events of [day(0, 7), day(1, 7), day(2, 7), day(3, 11)]) await store.append(events);
    await store.openDay(4);
    const leader = async (config: Partial<ServedPopularityConfig>): Promise<number> => {
      const popularity = createServedPopularity({ catalogue, store, config });
      await popularity.refresh(4);
      const scores = popularity.scoresOf(0);
      return scores[7]! > scores[11]! ? 7 : 11;
    };
    expect([
      await leader({}),
      await leader({ by: "trending", halfLifeDays: 0.5 }),
      await leader({ by: "trending", halfLifeDays: 100 }),
    ]).toEqual([7, 11, 7]);
  });

  it("with votes is not bought by one account that watches a video all day", async () => {
    const store = fakeStore(catalogue);
    const events = fakeEvents(catalogue, 0, 3000);
    const bought = 9;
    const bot = Array.from({ length: 3000 }, (_, row) => row).filter((row) => row % 5 === 0);
    for (const row of bot) {
      events.user[row] = 13;
      events.click[row] = 1;
      events.watchMs[row] = events.video[row] === bought ? 600_000 : 600;
    }
    await store.append(events);
    await store.openDay(1);
    const rankOf = async (votesADay: number): Promise<number> => {
      const popularity = createServedPopularity({ catalogue, store, config: { votesADay } });
      await popularity.refresh(1);
      return Array.from(popularity.popular(0)).indexOf(bought);
    };
    expect(await rankOf(0)).toBe(0);
    expect(await rankOf(2)).toBeGreaterThan(5);
  });

  it("refuses what it cannot count, naming it", async () => {
    const store = fakeStore(catalogue);
    const make = (config: Partial<ServedPopularityConfig>) => () =>
      createServedPopularity({ catalogue, store, config });
    expect(make({ by: "fame" as "global" })).toThrow("popularity: by: fame; known: global, segment, trending");
    expect(make({ halfLifeDays: 0 })).toThrow("popularity: halfLifeDays: 0; allowed: numbers above 0");
    expect(make({ votesADay: -1 })).toThrow("popularity: votesADay: -1; allowed: 0 (all clicks count) or more");
    expect(make({ votesADay: 5, by: "segment" })).toThrow("votesADay: 5; allowed by segment: 0");
    const { countVideos: _, ...plain } = store;
    await expect(
      createServedPopularity({ catalogue, store: plain, config: { by: "trending" } }).refresh(1),
    ).rejects.toThrow(/needs a store with countVideos/);
  });

  it("before any event scores all alike, without NaN", async () => {
    const popularity = createServedPopularity({ catalogue, store: fakeStore(catalogue), config: { by: "segment" } });
    await popularity.refresh(0);
    expect(new Set(popularity.scoresOf(3))).toEqual(new Set([0]));
    expect(Array.from(popularity.popular(3)).slice(0, 3)).toEqual([0, 1, 2]);
  });

  it("by segment says so when the store does not count by segment", async () => {
    const { segmentVideoStats: _, ...store } = fakeStore(catalogue);
    await expect(createServedPopularity({ catalogue, store, config: { by: "segment" } }).refresh(0)).rejects.toThrow(
      /segmentVideoStats/,
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, type FeatureStore } from "../../../src/data/store/store.js";
import type { VideoCounting } from "../../../src/data/sets/video-counts.js";
import type { Impressions } from "../../../src/types.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";

const catalogue = fakeCatalogue();
const log = [0, 1, 2, 3].map((day) => {
  const events = fakeDay(catalogue, day);
  for (let row = 0; row < events.count; row++) {
    if (row % 11 === 0)
      events.campaign[row] = 1; // ads count for nothing
    else if (events.user[row] === 5)
      [events.click[row], events.watchMs[row]] = [
        1,
        Math.min(40_000, catalogue.videos.durationMs[events.video[row]!]!),
      ]; // an account that clicks everything
  }
  return events;
});
let store: FeatureStore;
beforeAll(async () => {
  store = await openStore(catalogue);
  for (const events of log) await store.append(events);
  await store.openDay(3);
});
afterAll(() => store.close());

/** By plain loops over the events of days 0 to 2. */
function naive({ halfLifeDays = Infinity, votesADay = Infinity }: VideoCounting) {
  const counts = { impressions: new Float64Array(60), clicks: new Float64Array(60), watchMs: new Float64Array(60) };
  for (const [day, events] of log.slice(0, 3).entries()) {
    const weight = 0.5 ** ((2 - day) / halfLifeDays);
    const kept = (events: Impressions): number[] =>
      Array.from({ length: events.count }, (_, row) => row).filter((row) => events.campaign[row] === 0);
    for (const row of kept(events)) counts.impressions[events.video[row]!]! += weight;
    for (const user of new Set(events.user)) {
      const own = kept(events).filter((row) => events.user[row] === user && events.click[row] === 1);
      const videos = [...new Set(own.map((row) => events.video[row]!))];
      for (const video of videos) {
        const watches = own.filter((row) => events.video[row] === video).map((row) => events.watchMs[row]!);
        const capped = votesADay < Infinity;
        counts.clicks[video]! += weight * (capped ? Math.min(1, votesADay / videos.length) : watches.length);
        counts.watchMs[video]! +=
          weight *
          (capped ? Math.min(1, votesADay / videos.length) * Math.max(...watches) : watches.reduce((a, b) => a + b, 0));
      }
    }
  }
  return counts;
}

describe("counting videos", () => {
  it.each([
    {},
    { halfLifeDays: 1 },
    { halfLifeDays: 0.3 },
    { votesADay: 2 },
    { votesADay: 1.5, halfLifeDays: 2 },
    { votesADay: 1000 },
  ])("gives what a naive loop gives: %o", async (counting) => {
    const [found, expected] = [await store.countVideos(counting), naive(counting)];
    for (const name of ["impressions", "clicks", "watchMs"] as const) {
      found[name].forEach((value, video) =>
        expect(Math.abs(value - expected[name][video]!)).toBeLessThanOrEqual(
          1e-5 * Math.max(1, expected[name][video]!),
        ),
      );
    }
    expect(found.clicks.some((value) => value > 0)).toBe(true);
  });

  it("with neither is what the snapshot counts", async () => {
    const { impressions, clicks, watchMs } = store.videoStats();
    expect(await store.countVideos({})).toEqual({ impressions, clicks, watchMs });
  });

  it("gives an account that clicks everything no more than its votes", async () => {
    const of = async (counting: VideoCounting): Promise<number> =>
      (await store.countVideos(counting)).clicks.reduce((a, b) => a + b, 0);
    const everyone = log
      .slice(0, 3)
      .map(
        (events) =>
          new Set(Array.from(events.user).filter((_, row) => events.click[row] === 1 && events.campaign[row] === 0))
            .size,
      );
    expect(await of({ votesADay: 1 })).toBeLessThanOrEqual(everyone.reduce((a, b) => a + b, 0) + 1e-6);
    expect(await of({ votesADay: 1 })).toBeLessThan(await of({}));
  });

  it("refuses a half-life or votes of nothing", async () => {
    await expect(store.countVideos({ halfLifeDays: 0 })).rejects.toThrow("halfLifeDays is 0; allowed: numbers above 0");
    await expect(store.countVideos({ votesADay: NaN })).rejects.toThrow("votesADay is NaN; allowed: numbers above 0");
  });
});

import { describe, expect, it, onTestFinished } from "vitest";
import { openAggregates } from "../../../src/data/tables/aggregates.js";
import { readWatches, sequencesOf, WatchRings } from "../../../src/data/store/sequence.js";
import { stalenessAt } from "../../../src/data/features/staleness.js";
import { openStore } from "../../../src/data/store/store.js";
import { concatImpressions, sliceImpressions } from "../../../src/log/impressions.js";
import type { Impressions } from "../../../src/types.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";

const catalogue = fakeCatalogue();
/** Days in order of request, as serving meets them, with an ad here and there. */
const log = [0, 1, 2, 3].map((day) => {
  const events = fakeDay(catalogue, day);
  const order = Array.from({ length: events.count }, (_, i) => i).sort(
    (a, b) => events.request[a]! - events.request[b]!,
  );
  const sorted = concatImpressions(order.map((i) => sliceImpressions(events, i, i + 1)));
  for (let i = 0; i < sorted.count; i += 9) sorted.campaign[i] = 2;
  return sorted;
});

function* pages(events: Impressions): Generator<Impressions> {
  for (let from = 0, to = 0; from < events.count; from = to) {
    while (to < events.count && events.request[to] === events.request[from]) to++;
    yield sliceImpressions(events, from, to);
  }
}

describe("sequences", () => {
  it.each([50, 3])(
    "are the same offline, by offsets into the event table, and online, by rings (length %i)",
    async (length) => {
      const all = await openAggregates(catalogue);
      const online = await openAggregates(catalogue);
      onTestFinished(() => (all.close(), online.close()));
      for (const events of log) await all.append(events);
      const watches = await readWatches(all);
      const rings = new WatchRings(catalogue, length);
      let [compared, full] = [0, 0];
      for (const [day, events] of log.entries()) {
        if (day > 0) await online.append(log[day - 1]!);
        await rings.openDay(online, day);
        for (const page of pages(events)) {
          const one = { count: 1, user: page.user.slice(0, 1), request: page.request.slice(0, 1) };
          const served = rings.read(one);
          const { from, to } = sequencesOf(watches, one, length);
          expect([...served.video.subarray(0, served.length[0])]).toEqual([...watches.video.subarray(from[0], to[0])]);
          expect([...served.dwellMs.subarray(0, served.length[0])]).toEqual([
            ...watches.dwellMs.subarray(from[0], to[0]),
          ]);
          expect(served.video.subarray(served.length[0]).every((video) => video === -1)).toBe(true);
          compared += served.length[0]!;
          if (served.length[0] === length) full++;
          rings.apply(page);
        }
      }
      expect(compared).toBeGreaterThan(100);
      if (length === 3) expect(full).toBeGreaterThan(20);
    },
  );

  it("hold exactly the clicks on content before the page, as a loop finds them", async () => {
    const aggregates = await openAggregates(catalogue);
    onTestFinished(() => aggregates.close());
    for (const events of log) await aggregates.append(events);
    const watches = await readWatches(aggregates);
    const every = concatImpressions(log);
    const last = log[3]!;
    const { from, to } = sequencesOf(watches, last, 1000);
    for (let row = 0; row < last.count; row += 5) {
      const expected = Array.from({ length: every.count }, (_, i) => i)
        .filter(
          (i) =>
            every.user[i] === last.user[row] &&
            every.click[i] === 1 &&
            every.campaign[i] === 0 &&
            every.request[i]! < last.request[row]!,
        )
        .sort((a, b) => every.request[a]! - every.request[b]! || every.position[a]! - every.position[b]!);
      expect([...watches.video.subarray(from[row], to[row])]).toEqual(expected.map((i) => every.video[i]));
      expect([...watches.dwellMs.subarray(from[row], to[row])]).toEqual(expected.map((i) => every.watchMs[i]));
    }
  });

  it("are kept by a store that is asked to", async () => {
    const store = await openStore(catalogue, { sequences: true });
    const plain = await openStore(catalogue);
    onTestFinished(async () => (await store.close(), await plain.close()));
    await store.append(log[0]!);
    await store.openDay(1);
    await plain.openDay(1);
    const user = Int32Array.of(log[0]!.user[log[0]!.click.indexOf(1)]!);
    const before = store.sequenceRows({ count: 1, user }).length[0]!;
    const page = {
      ...sliceImpressions(log[1]!, 1, 2),
      user,
      video: Int32Array.of(7),
      click: Uint8Array.of(1),
      campaign: Int16Array.of(0),
      watchMs: Int32Array.of(1234),
    };
    store.apply(page);
    const after = store.sequenceRows({ count: 1, user });
    expect(after.length[0]).toBe(before + 1);
    expect([after.video[before], after.dwellMs[before]]).toEqual([7, 1234]);
    store.apply({ ...page, campaign: Int16Array.of(1) });
    expect(store.sequenceRows({ count: 1, user })).toEqual(after);
    expect(() => plain.sequenceRows({ count: 1, user })).toThrow("open it with { sequences: true }");
  });
});

describe("staleness", () => {
  const stale = (days: readonly number[], day: number, ms: number): string[] => [
    ...new Set(
      stalenessAt(days, day, ms)
        .filter((f) => f.stale)
        .map((f) => f.owner),
    ),
  ];

  it("is none when last night's aggregates are there, and on day 0", () => {
    expect(stale([0, 1, 2], 3, 86_399_999)).toEqual([]);
    expect(stale([], 0, 5)).toEqual([]);
  });

  it("is the night's job's when a night is missing: the age says how many", () => {
    expect(stale([0, 1], 3, 5)).toEqual(["prepare"]);
    const ages = new Map(stalenessAt([0, 1, 7], 3, 5).map(({ feature, ageMs }) => [feature, ageMs]));
    expect([ages.get("user_click_rate"), ages.get("session_clicks"), ages.get("topic")]).toEqual([86_400_005, 0, 0]);
  });

  it("is shown by the store", async () => {
    const store = await openStore(catalogue);
    onTestFinished(() => store.close());
    await store.append(log[0]!);
    await store.openDay(2);
    expect(store.staleness(0).find(({ feature }) => feature === "user_click_rate")).toMatchObject({
      ageMs: 86_400_000,
      stale: false,
    });
    expect(store.staleness(1).find(({ feature }) => feature === "user_click_rate")).toMatchObject({
      ageMs: 86_400_001,
      stale: true,
      owner: "prepare",
    });
  });
});

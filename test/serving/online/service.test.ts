import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { columnOf } from "../../../src/data/features/matrix.js";
import { rankSchema } from "../../../src/data/features/schemas.js";
import { trainingRows } from "../../../src/data/features/training.js";
import { writeDay } from "../../../src/log/append.js";
import { sliceImpressions } from "../../../src/log/impressions.js";
import type { FeatureAnswer } from "../../../src/serving/online/contract.js";
import { eventsOfColumns } from "../../../src/serving/online/event-columns.js";
import { lmdbStore, type OnlineStore } from "../../../src/serving/online/online-store.js";
import { redisStore } from "../../../src/serving/online/redis-store.js";
import { devices, type Impressions } from "../../../src/types.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";
import { temporaryFolder } from "../../support/folder.js";
import { opened } from "./fake-service.js";

const catalogue = fakeCatalogue();

/** A day's pages, in order of request. */
function pagesOf(events: Impressions): Impressions[] {
  const pages = new Map<number, number[]>();
  for (let i = 0; i < events.count; i++) pages.set(events.request[i]!, [...(pages.get(events.request[i]!) ?? []), i]);
  return [...pages.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, [first, ...rest]]) => sliceImpressions(events, first!, first! + 1 + rest.length));
}

/** What may be beneath the memory; Redis where a tier of services has one. */
const redis = process.env["STAGECRAFT_REDIS"];
const stores: [string, (dir: string) => OnlineStore | Promise<OnlineStore>][] = [
  ["lmdb", (dir) => lmdbStore(join(dir, "users"))],
  ...(redis === undefined ? [] : [["redis", (dir: string) => redisStore(redis, dir)] as (typeof stores)[number]]),
];

describe("features over HTTP", () => {
  it.each(stores)(
    "over %s equal the offline join's on a replayed log, over midnights and a restart",
    async (_, store) => {
      const few = fakeCatalogue({ users: 24 });
      const dir = temporaryFolder();
      const days = [0, 1, 2];
      for (const day of days) await writeDay(dir, day, fakeDay(few, day));
      const offline = await trainingRows({ catalogue: few, logDir: dir, days });
      const events = temporaryFolder();
      const open = async (): ReturnType<typeof opened> =>
        opened({ catalogue: few, dir: events, online: await store(events) });
      let server = await open();
      const online = new Map<string, number[]>(rankSchema(few).numbers.map(({ name }) => [name, []]));
      for (const { name } of rankSchema(few).categories) online.set(name, []);
      let replayed = 0;
      for (const day of days) {
        if (day > 0) expect((await server.ask("/admin/day", { day })).status).toBe(200);
        for (const page of pagesOf(fakeDay(few, day))) {
          if (replayed++ % 60 === 30) {
            await server.stop(); // its memory is gone; what users did today is not
            server = await open();
          }
          const context = {
            day,
            timeMs: page.timeMs[0]!,
            session: page.session[0]!,
            page: page.page[0]!,
            device: devices[page.device[0]!]!,
          };
          const asked = { user: page.user[0]!, context, videos: [...page.video.subarray(0, page.count)] };
          const { status, body } = await server.ask("/features", asked);
          expect({ status, body: status === 200 ? "" : body }).toEqual({ status: 200, body: "" });
          for (const { name, values } of (body as FeatureAnswer).features) online.get(name)!.push(...values);
          expect(await server.ask("/events", { events: eventsOfColumns(page) })).toEqual({
            status: 200,
            body: { accepted: page.count, duplicates: 0 },
          });
        }
      }
      expect(replayed).toBeGreaterThan(60);
      for (const [name, values] of online) {
        const expected = columnOf(offline.features, name);
        expect({ name, rows: values.length }).toEqual({ name, rows: offline.count });
        const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
        if (name !== "position") expect({ name, worst: worst <= 1e-6 ? 0 : worst }).toEqual({ name, worst: 0 });
      }
    },
  );
});

describe("a stage that fails", () => {
  const late = { deadlines: { rank: 0 } };

  it("ranker late: the light ranker; the answer says so, and it is counted", async () => {
    const { page, ask } = await opened(late);
    const answer = await page({ user: 3 });
    expect(answer.degraded).toEqual([{ stage: "rank", to: "light", reason: "late" }]);
    expect(answer.items).toHaveLength(5);
    await sleep(20);
    const { body } = await ask("/metrics");
    expect(body).toContain('stagecraft_fallbacks_total{stage="rank",to="light",reason="late"} 1');
    expect(body).toContain("stagecraft_late_answers_total 1");
  });

  it("each of the others, one after another", async () => {
    const { page, behaviour, store } = await opened();
    const healthy = { ...behaviour };
    expect((await page({ user: 3 })).degraded).toEqual([]);
    behaviour.predict = async () => Promise.reject(new Error("broken"));
    expect((await page({ user: 3 })).degraded).toEqual([{ stage: "rank", to: "light", reason: "failed" }]);
    behaviour.predict = async (rows) => ({
      clickProbability: new Float32Array(rows.count).fill(NaN),
      watchMs: new Float32Array(rows.count),
    });
    expect((await page({ user: 3 })).degraded).toEqual([{ stage: "rank", to: "light", reason: "failed" }]);
    Object.assign(behaviour, healthy);
    behaviour.embedQueries = async () => Promise.reject(new Error("broken"));
    const popular = await page({ user: 3, trace: true });
    expect(popular.degraded).toEqual([{ stage: "retrieve", to: "popular", reason: "failed" }]);
    expect(popular.trace!.sources.map(({ source }) => source)).toEqual(["popular"]);
    Object.assign(behaviour, healthy);
    const { rankRows } = store;
    store.rankRows = (): never => {
      throw new Error("no features");
    };
    expect((await page({ user: 3 })).degraded).toEqual([{ stage: "rank", to: "retrieval", reason: "failed" }]);
    store.rankRows = rankRows.bind(store);
    expect((await page({ user: 3 })).degraded).toEqual([]);
  });

  it("somebody unknown gets a page of what is popular, in their language first", async () => {
    const { page } = await opened();
    const language = "zh";
    for (const asked of [{ user: 40 }, { user: 2_000_000_000 }, { profile: { language } }, {}]) {
      const answer = await page(asked);
      expect(answer.degraded).toEqual([{ stage: "user", to: "segment", reason: "unknown" }]);
      expect(answer.user).toBeNull();
      expect(answer.items).toHaveLength(5);
    }
    const exact = await page({ profile: { language }, tuning: { exploration: 0, diversity: 0 } });
    expect(exact.items.map(({ video }) => catalogue.videos.language[video])).toEqual([2, 2, 2, 2, 2]);
  });
});

describe("a trace", () => {
  it("changes nothing, and names what was seen, what left and what moved, with the reason", async () => {
    const { page, ask } = await opened();
    const plain = await page({ user: 3 });
    const seen = plain.items[0]!.video;
    const event = { id: "seen", user: 3, video: seen, session: plain.session, day: plain.day, timeMs: 1, page: 0 };
    expect((await ask("/events", { events: [{ ...event, position: 0, click: 1, watchMs: 1 }] })).status).toBe(200);
    const { items, trace } = await page({ user: 3, trace: true });
    expect((await page({ user: 3 })).items).toEqual(items);
    expect(trace!.removed).toContainEqual({ video: seen, stage: "retrieve", reason: "seen" });
    const shown = items.map(({ video }) => video);
    expect(trace!.removed.filter(({ video }) => shown.includes(video))).toEqual([]);
    for (const { reason } of [...trace!.removed, ...trace!.moved]) expect(reason).toMatch(/^[a-z]/);
    const order = trace!.candidates.filter(({ position }) => position !== null);
    expect(order.map(({ video, position }) => shown[position!] === video)).not.toContain(false);
  });
  it("of a page with ads, where there are campaigns, tells whom they moved", async () => {
    const ad = catalogue.videos.count - 1;
    const one = (value: number): Int32Array => Int32Array.of(value);
    const campaigns = { count: 1, regions: Uint8Array.of(255), ageBands: Uint8Array.of(255), video: one(ad) };
    const priced = { ...campaigns, bidMicros: one(90_000), dailyBudgetMicros: one(9_000_000) };
    const { page } = await opened({ catalogue: { ...catalogue, campaigns: priced } });
    const plain = await page({ user: 3 });
    expect(plain.items.map(({ campaign }) => campaign)).toEqual([0, 0, 0, 0, 0]);
    const { items, trace } = await page({ user: 3, tuning: { adLoad: 5 }, trace: true });
    expect(items.map(({ campaign }) => campaign)).toEqual([0, 0, 0, 1, 0]);
    expect(items[3]).toMatchObject({ video: ad, source: "ad" });
    expect(trace!.moved).toContainEqual({ video: plain.items[3]!.video, from: 3, to: 4, reason: "below an ad" });
  });
});

describe("a swap", () => {
  it("while requests come: none fails, and each is answered by the old set or by the new one", async () => {
    const root = temporaryFolder();
    const { page, ask } = await opened({ artifacts: root });
    const seen = new Set<string>();
    let swapping = true;
    const asking = (async (): Promise<void> => {
      while (swapping) seen.add((await page({ user: 3 })).versions["ranker"]!);
    })();
    for (const name of ["a", "b", "c"])
      expect((await ask("/admin/swap", { rankerDir: join(root, name) })).status).toBe(200);
    await expect.poll(() => seen.has(join(root, "c")), { timeout: 10_000 }).toBe(true); // a page may have begun before the last swap
    swapping = false;
    await asking;
  });

  it("to something damaged, or elsewhere, keeps the old set and says why", async () => {
    const root = temporaryFolder();
    const { page, ask } = await opened({ artifacts: root });
    const damaged = await ask("/admin/swap", { rankerDir: join(root, "damaged") });
    expect(damaged).toMatchObject({
      status: 422,
      body: { error: expect.stringMatching(/^the present models stay: damaged/) },
    });
    for (const rankerDir of ["/etc", join(root, "../x"), root, "relative"])
      expect((await ask("/admin/swap", { rankerDir })).status).toBe(422);
    expect((await page({ user: 3 })).versions).toMatchObject({ ranker: "ranker 1", generation: "1" });
    expect((await ask("/metrics")).body).toContain('stagecraft_swaps_total{outcome="refused"} 1');
  });
});

describe("events", () => {
  const event = (position: number, more = {}): object => ({
    ...{ id: `p${position}`, user: 3, video: position, session: 24, day: 0, timeMs: 0, page: 0, position },
    ...more,
  });

  it("move the visit's features and what was seen before they are acknowledged; once, however often they are sent", async () => {
    const { ask, page } = await opened();
    const events = [event(0, { click: 1, watchMs: 9000 }), event(1)];
    for (const accepted of [2, 0, 0])
      expect((await ask("/events", { events })).body).toEqual({ accepted, duplicates: 2 - accepted });
    const { body } = await ask("/features", { user: 3, context: { session: 24, page: 1 }, videos: [7] });
    const value = (name: string): number => (body as FeatureAnswer).features.find((f) => f.name === name)!.values[0]!;
    expect(value("session_impressions")).toBeCloseTo(Math.log(3), 6);
    expect(value("session_watch")).toBeCloseTo(Math.log(10), 6);
    const shown = await page({ user: 3, trace: true });
    expect(shown.session).toBe(24);
    expect(shown.trace!.candidates.map(({ video }) => video)).not.toContain(0);
  });

  it("that cannot be are refused, all of the call, with the place and the reason", async () => {
    const { ask } = await opened();
    const cases: [object, string][] = [
      [event(1, { user: 4000 }), "events/1: unknown user: 4000; allowed: accounts that exist on day 0"],
      [event(1, { video: 59 }), "events/1: unknown video: 59; allowed: 0 … "],
      [event(1, { day: 1 }), "events/1: day is 1; allowed: the open day, 0"],
      [event(1, { watchMs: 5 }), "events/1: watchMs is 5 without a click; allowed: 0"],
      [event(1, { campaign: 1 }), "events/1: campaign is 1; allowed: 0 … 0"],
    ];
    for (const [wrong, reason] of cases)
      expect(await ask("/events", { events: [event(0), wrong] })).toMatchObject({
        status: 422,
        body: { error: expect.stringContaining(reason) as string },
      });
    expect((await ask("/events", { events: [event(0)] })).body).toEqual({ accepted: 1, duplicates: 0 });
  });
});

import { readFileSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAggregates } from "../../../src/data/tables/aggregates.js";
import { columnOf, emptyMatrix } from "../../../src/data/features/matrix.js";
import { candidateSchema, querySchema, rankSchema } from "../../../src/data/features/schemas.js";
import { openStore, type FeatureStore, type StoreOptions } from "../../../src/data/store/store.js";
import { writeDay } from "../../../src/log/append.js";
import { emptyImpressions } from "../../../src/log/impressions.js";
import type { CandidateBatch, RequestBatch } from "../../../src/types.js";
import { temporaryFolder } from "../../support/folder.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";

const catalogue = fakeCatalogue();
const log = [0, 1, 2].map((day) => fakeDay(catalogue, day));

async function opened(options: StoreOptions = {}): Promise<FeatureStore> {
  const store = await openStore(catalogue, options);
  onTestFinished(() => store.close());
  return store;
}

async function withHistory(): Promise<FeatureStore> {
  const store = await opened();
  for (const events of log) await store.append(events);
  return store;
}

async function writtenLog(): Promise<string> {
  const dir = temporaryFolder();
  for (const [day, events] of log.entries()) await writeDay(dir, day, events);
  return dir;
}

const requests: RequestBatch = {
  day: 3,
  count: 3,
  request: Float64Array.of(640, 1280, 1920),
  session: Float64Array.of(10, 20, 30),
  user: Int32Array.of(4, 11, 39),
  page: Uint8Array.of(0, 1, 2),
  timeMs: Int32Array.of(0, 40_000_000, 86_399_999),
  device: Uint8Array.of(0, 1, 3),
};
const candidates: CandidateBatch = {
  count: 3,
  width: 4,
  video: Int32Array.of(5, 59, 0, 7, 1, -1, 2, -1, 30, 31, 32, 33),
  source: new Uint8Array(12),
};

describe("a store", () => {
  it("gives the same rows whether history comes from the log, from memory or from saved aggregates", async () => {
    const memory = await withHistory();
    const fromLog = await opened();
    await fromLog.appendLog(await writtenLog(), [0, 1, 2]);
    const folder = temporaryFolder();
    await fromLog.saveAggregates(folder);
    const loaded = await opened({ from: folder });
    const threaded = await opened({ from: folder, threads: 2 });
    expect(loaded.aggregates.days).toEqual([0, 1, 2]);
    await memory.openDay(3);
    const expected = memory.rankRows(requests, candidates);
    for (const store of [fromLog, loaded, threaded]) {
      await store.openDay(3);
      expect(store.rankRows(requests, candidates)).toEqual(expected);
      expect(store.queryRows(requests)).toEqual(memory.queryRows(requests));
      expect(store.videoStats()).toEqual(memory.videoStats());
    }
  });

  it("saves equal aggregates as equal bytes, in whatever order the days came", async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const backwards = await opened();
    for (const events of [...log].reverse()) await backwards.append(events);
    await (await withHistory()).saveAggregates(a);
    await backwards.saveAggregates(b);
    expect(readdirSync(a)).toEqual(readdirSync(b));
    expect(readdirSync(a)).toHaveLength(13);
    for (const name of readdirSync(a))
      expect({ name, same: readFileSync(join(a, name)).equals(readFileSync(join(b, name))) }).toEqual({
        name,
        same: true,
      });
  });

  it("saves equal bytes when days are checked and added at the same time, and keeps whole days when one is refused", async () => {
    const [a, b, dir] = [temporaryFolder(), temporaryFolder(), await writtenLog()];
    await (await withHistory()).saveAggregates(a);
    const two = await opened({ threads: 2 });
    await two.appendLog(dir, [0, 1, 2]);
    await two.saveAggregates(b);
    for (const name of readdirSync(a))
      expect({ name, same: readFileSync(join(a, name)).equals(readFileSync(join(b, name))) }).toEqual({
        name,
        same: true,
      });
    await writeDay(dir, 1, {
      ...log[1]!,
      user: new Int32Array(log[1]?.count ?? 0).fill(5_000),
    });
    const half = await opened({ threads: 2 });
    await expect(half.appendLog(dir, [0, 1, 2])).rejects.toThrow(/impressions of day 1 fail expectations \(known_user/);
    expect(half.aggregates.days).toEqual([0]);
    await half.openDay(1);
    expect(half.videoStats().impressions.reduce((x, y) => x + y, 0)).toBe(log[0]?.count);
    await expect(half.appendLog(dir, [2, 2])).rejects.toThrow("day 2 is requested twice");
  });

  it("counts only days before the opened one", async () => {
    const store = await withHistory();
    await store.openDay(2);
    expect(store.day).toBe(2);
    const { impressions, clicks, watchMs, likes, hides } = store.videoStats();
    const before = [log[0], log[1]].flatMap((events) => (events ? [events] : []));
    const total = (pick: (events: (typeof log)[number]) => Uint8Array | Int32Array): number =>
      before.reduce((sum, events) => sum + Array.from(pick(events)).reduce((a, b) => a + b, 0), 0);
    const sum = (column: Float64Array): number => column.reduce((a, b) => a + b, 0);
    expect(sum(impressions)).toBe(before.reduce((a, events) => a + events.count, 0));
    expect(sum(clicks)).toBe(total((events) => events.click));
    expect(sum(watchMs)).toBe(total((events) => events.watchMs));
    expect(sum(likes)).toBe(total((events) => events.like));
    expect(sum(hides)).toBe(total((events) => events.hide));
    const video = log[0]?.video[0]!;
    expect(impressions[video]).toBe(
      before.reduce((a, events) => a + events.video.filter((v) => v === video).length, 0),
    );
  });

  it("counts by segment and video what a loop counts", async () => {
    const store = await withHistory();
    await store.openDay(3);
    const stats = await store.segmentVideoStats();
    const expected = new Map<string, [number, number, number]>();
    for (const events of log) {
      for (let i = 0; i < events.count; i++) {
        const user = events.user[i]!;
        const key = `${catalogue.users.ageBand[user]! * 6 + catalogue.users.region[user]!}/${events.video[i]}`;
        const cell = expected.get(key) ?? [0, 0, 0];
        expected.set(key, [cell[0] + 1, cell[1] + events.click[i]!, cell[2] + events.watchMs[i]!]);
      }
    }
    expect(stats.count).toBe(expected.size);
    const found = Array.from({ length: stats.count }, (_, i) => [
      `${stats.segment[i]}/${stats.video[i]}`,
      [stats.impressions[i], stats.clicks[i], stats.watchMs[i]],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it("has seen what was clicked before the day, and today after apply; midnight forgets neither", async () => {
    const store = await opened();
    await store.append(log[0] ?? emptyImpressions([], []));
    const pairs = (events: (typeof log)[number]): Set<string> =>
      new Set(
        Array.from({ length: events.count }, (_, i) => i)
          .filter((i) => events.click[i] === 1)
          .map((i) => `${events.user[i]}/${events.video[i]}`),
      );
    const all = (): Set<string> => {
      const out = new Set<string>();
      for (let user = 0; user < 40; user++)
        for (let video = 0; video < 60; video++) if (store.hasSeen(user, video)) out.add(`${user}/${video}`);
      return out;
    };
    const [first, second] = [pairs(log[0]!), pairs(log[1]!)];
    await store.openDay(1);
    expect(all()).toEqual(first);
    store.apply(log[1]!);
    expect(all()).toEqual(new Set([...first, ...second]));
    await store.append(log[1]!);
    await store.openDay(2);
    expect(all()).toEqual(new Set([...first, ...second]));
    expect([...second].some((pair) => !first.has(pair))).toBe(true);
  });

  it("gives each request of a batch the rows it would get alone", async () => {
    const store = await withHistory();
    await store.openDay(3);
    const together = store.rankRows(requests, candidates);
    const query = store.queryRows(requests);
    for (let r = 0; r < 3; r++) {
      const one = Object.fromEntries(
        Object.entries(requests).map(([key, value]) => [
          key,
          typeof value === "number" ? value : value.slice(r, r + 1),
        ]),
      );
      const request = { ...one, day: 3, count: 1 } as unknown as RequestBatch;
      const rows = store.rankRows(request, {
        count: 1,
        width: 4,
        video: candidates.video.slice(4 * r, 4 * r + 4),
        source: new Uint8Array(4),
      });
      const width = rows.schema.numbers.length;
      expect(rows.numbers).toEqual(together.numbers.slice(4 * r * width, 4 * (r + 1) * width));
      expect(store.queryRows(request).numbers).toEqual(
        query.numbers.slice(r * query.schema.numbers.length, (r + 1) * query.schema.numbers.length),
      );
    }
  });

  it("gives pads the finite row of video 0", async () => {
    const store = await withHistory();
    await store.openDay(3);
    const rows = store.rankRows(requests, candidates);
    expect([...columnOf(rows, "video_id")]).toEqual([5, 59, 0, 7, 1, 0, 2, 0, 30, 31, 32, 33]);
    expect(rows.numbers.every(Number.isFinite)).toBe(true);
    expect([...columnOf(store.candidateRows(Int32Array.of(-1, 3)), "video_id")]).toEqual([0, 3]);
  });

  it("fills a given matrix in place, and refuses one that is too small", async () => {
    const store = await withHistory();
    await store.openDay(3);
    const into = emptyMatrix(rankSchema(catalogue), 20);
    into.numbers.fill(9);
    const rows = store.rankRows(requests, candidates, into);
    expect(rows).toEqual(store.rankRows(requests, candidates));
    expect(rows.numbers.buffer).toBe(into.numbers.buffer);
    expect(() => store.rankRows(requests, candidates, emptyMatrix(rankSchema(catalogue), 11))).toThrow(
      "into has 11 rows; 12 are needed",
    );
    expect(() => store.rankRows(requests, { ...candidates, count: 2 })).toThrow(
      "candidates are of 2 requests; there are 3",
    );
  });

  it("forgets a visit at midnight and when the next one begins", async () => {
    const store = await withHistory();
    await store.openDay(3);
    const clicksSoFar = (session: number): number => {
      const rows = store.rankRows({ ...requests, session: Float64Array.of(session, 0, 0) }, candidates);
      return Math.round(Math.exp(columnOf(rows, "session_clicks")[0]!) - 1);
    };
    const page = {
      ...emptyImpressions(["p"], ["a"], 3),
      session: Float64Array.of(10, 10, 10),
      user: Int32Array.of(4, 4, 4),
      video: Int32Array.of(1, 2, 3),
      click: Uint8Array.of(1, 0, 1),
    };
    expect(clicksSoFar(10)).toBe(0);
    store.apply(page);
    expect(clicksSoFar(10)).toBe(2);
    expect(clicksSoFar(11)).toBe(0);
    store.apply({ ...page, session: Float64Array.of(11, 11, 11) });
    expect(clicksSoFar(11)).toBe(2);
    await store.openDay(3);
    expect(clicksSoFar(11)).toBe(0);
  });

  it("works with no history at all, and says that a day must be opened first", async () => {
    const store = await opened();
    expect(() => store.rankRows(requests, candidates)).toThrow("no day is open");
    expect(() => store.day).toThrow("no day is open");
    expect(() => store.candidateRows(Int32Array.of(3))).toThrow("no day is open");
    await store.append(emptyImpressions([], []));
    await store.openDay(0);
    expect(store.candidateRows(Int32Array.of(3)).schema).toEqual(candidateSchema(catalogue));
    const rows = store.rankRows(requests, candidates);
    expect(rows.numbers.every(Number.isFinite)).toBe(true);
    expect([...columnOf(rows, "video_click_rate")].map((rate) => rate.toFixed(6))).toEqual(Array(12).fill("0.100000"));
    expect([...columnOf(rows, "user_topic_click_lift")]).toEqual(Array(12).fill(0));
    expect(store.queryRows(requests).schema).toEqual(querySchema(catalogue));
    expect(store.videoStats().impressions).toEqual(new Float64Array(60));
  });
});

describe("aggregates", () => {
  it("take a day once", async () => {
    const store = await withHistory();
    await expect(store.append(log[1]!)).rejects.toThrow("day 1 is already in the aggregates; days there: 0, 1, 2");
    await expect(store.appendLog(await writtenLog(), [2])).rejects.toThrow("day 2 is already in the aggregates");
  });

  it("refuse the log of another world, and add nothing of it", async () => {
    const big = fakeCatalogue({ users: 90, seed: 2 });
    const store = await opened();
    await expect(store.append(fakeDay(big, 1))).rejects.toThrow(
      /impressions in memory: \d+ of \d+ impressions of day 1 fail expectations \(known_user \d+.*is the log from another world/,
    );
    expect(store.aggregates.days).toEqual([]);
    await store.append(log[1]!);
    await store.openDay(2);
    expect(store.videoStats().impressions.reduce((a, b) => a + b, 0)).toBe(log[1]?.count);
  });

  it("stop at an abort between days, keeping whole days", async () => {
    const dir = await writtenLog();
    const aggregates = await openAggregates(catalogue);
    onTestFinished(() => aggregates.close());
    const stop = new AbortController();
    const control = {
      signal: stop.signal,
      onProgress: (_: string, done: number): void => (done === 2 ? stop.abort(new Error("stop")) : undefined),
    };
    await expect(aggregates.appendLog(dir, [0, 1, 2], control)).rejects.toThrow("stop");
    expect(aggregates.days).toEqual([0, 1]);
  });

  it.each([
    [
      "cut short",
      (dir: string) => truncateSync(join(dir, "video_days.parquet"), 100),
      /damaged or foreign aggregates in .*; delete that folder/,
    ],
    [
      "without a table",
      (dir: string) => rmSync(join(dir, "user_days.parquet")),
      /damaged or foreign aggregates in .*user_days/,
    ],
    [
      "without its last file",
      (dir: string) => rmSync(join(dir, "aggregates.json")),
      /no aggregates in .*prepare the features first/,
    ],
  ])("are refused when saved %s", async (_, damage, fault) => {
    const dir = temporaryFolder();
    await (await withHistory()).saveAggregates(dir);
    damage(dir);
    await expect(openStore(catalogue, { from: dir })).rejects.toThrow(fault);
  });

  it("are refused by another catalogue", async () => {
    const dir = temporaryFolder();
    await (await withHistory()).saveAggregates(dir);
    await expect(openStore(fakeCatalogue({ users: 41 }), { from: dir })).rejects.toThrow(
      "they are of 40 users and 60 videos; this catalogue has 41 and 60",
    );
  });
});

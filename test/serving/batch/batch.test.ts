import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lmdbBatches, redisBatches, type BatchStore } from "../../../src/serving/batch/batch-store.js";
import { lookUp, rankAhead, type RankedAhead } from "../../../src/serving/batch/ranked-ahead.js";
import { createSettings } from "../../../src/serving/online/settings.js";
import { firstRequests } from "../../../src/serving/requests.js";
import { fakeCatalogue } from "../../support/fake-log.js";
import { temporaryFolder } from "../../support/folder.js";
import { opened } from "../online/fake-service.js";

const redis = process.env["STAGECRAFT_REDIS"];
const stores: [string, () => () => BatchStore | Promise<BatchStore>][] = [
  [
    "lmdb",
    () =>
      (
        (dir) => () =>
          lmdbBatches(join(dir, "batch"))
      )(temporaryFolder()),
  ],
  ...(redis === undefined
    ? []
    : [
        [
          "redis",
          () =>
            (
              (of) => () =>
                redisBatches(redis, of)
            )(temporaryFolder()),
        ] as (typeof stores)[number],
      ]),
];
const ranked = (first: number, top = 4): RankedAhead => ({
  video: Int32Array.from({ length: top }, (_, i) => first + i),
  score: Float32Array.from({ length: top }, (_, i) => 1 / (i + 1)),
  source: new Uint8Array(top).fill(1),
});
const many = (from: number, to: number, first: number): Map<number, RankedAhead> =>
  new Map(Array.from({ length: to - from }, (_, i) => [from + i, ranked(first)]));

describe.each(stores)("batches in %s", (_, place) => {
  async function store(open: () => BatchStore | Promise<BatchStore>): Promise<BatchStore> {
    const one = await open();
    onTestFinished(() => one.close());
    return one;
  }

  it("are read when they are current, as they were written; a run that was killed resumes after the last users written", async () => {
    const open = place();
    const first = await open();
    const name = "a";
    expect(await first.begin(name)).toBe(0);
    await first.write(name, 64, many(0, 64, 100));
    expect((await first.read(3))?.version).not.toBe(name);
    await first.close();
    const second = await store(open);
    expect(await second.begin(name)).toBe(64);
    await second.write(name, 70, many(64, 70, 200));
    await second.publish(name);
    expect(await second.read(3)).toEqual({ version: name, ranked: ranked(100) });
    expect(await second.read(69)).toEqual({ version: name, ranked: ranked(200) });
    expect(await second.read(70)).toBeUndefined();
    expect(await second.begin(name)).toBe(Infinity);
  });

  it("are swapped at once: a reader sees the old one or the new one, whole", async () => {
    const writer = await store(place());
    for (const version of [1, 2, 3, 4]) {
      const name = String(version);
      await writer.begin(name);
      const seen: string[] = [];
      const reading = (async (): Promise<void> => {
        for (let i = 0; i < 60; i++) {
          const found = await writer.read(i % 50);
          if (version === 1 && found === undefined) continue;
          expect(found!.ranked.video[0]).toBe(Number(found!.version) * 1000);
          seen.push(found!.version);
        }
      })();
      for (let from = 0; from < 50; from += 10)
        await writer.write(name, from + 10, many(from, from + 10, version * 1000));
      await writer.publish(name);
      await reading;
      expect((await writer.read(49))!.version).toBe(name);
      expect(new Set(seen).size).toBeLessThanOrEqual(2);
    }
    expect(await writer.begin("1")).toBe(0); // gone: it begins again
  });
});

describe("candidates ranked ahead", () => {
  const catalogue = fakeCatalogue({ users: 150 });
  const video = Int32Array.from({ length: 6 }, (_, v) => v);
  const candidates = (count: number): { count: number; width: number; video: Int32Array; source: Uint8Array } => ({
    ...{ count, width: 6, source: new Uint8Array(6 * count).fill(2) },
    video: Int32Array.from({ length: 6 * count }, (_, at) => (at % 6 === 5 ? -1 : at % 6)),
  });
  const stages = {
    retrieve: (requests: { count: number }) => candidates(requests.count),
    rank: (requests: { count: number; user: Int32Array }) =>
      Float32Array.from({ length: 6 * requests.count }, (_, at) => ((at % 6) + requests.user[Math.floor(at / 6)]!) % 5),
  };

  it("are everybody's who has an account, best first; a later start leaves the first out", async () => {
    const all = new Map<number, RankedAhead>();
    for await (const { ranked: some } of rankAhead(catalogue, stages, { day: 0, top: 3 }))
      for (const [user, one] of some) all.set(user, one);
    const here = [...catalogue.users.joinDay.keys()].filter((user) => catalogue.users.joinDay[user]! <= 0);
    expect([...all.keys()]).toEqual(here);
    expect([...all.get(here[1]!)!.video]).toEqual([0, 1, 2].map((i) => (14 - i - here[1]!) % 5));
    expect([...all.get(here[1]!)!.score]).toEqual([4, 3, 2]);
    let first = Infinity;
    for await (const { ranked: some } of rankAhead(catalogue, stages, { day: 0, top: 3, from: 64 }))
      first = Math.min(first, ...some.keys());
    expect(first).toBeGreaterThanOrEqual(64);
  });

  it("lose what was seen since, while enough are left; a stranger gets what is popular", () => {
    const requests = firstRequests(0, Int32Array.of(7, 8, 9), new Uint8Array(3), 0);
    const options = {
      ...{ top: 4, atLeast: 2 },
      hasSeen: (user: number, id: number) => (user === 7 ? id === 100 : user === 8 && id !== 103),
      popular: () => ({ count: 1, width: 6, video, source: new Uint8Array(6) }),
    };
    const { candidates: found, scores } = lookUp(requests, (user) => (user === 9 ? undefined : ranked(100)), options);
    expect([...found.video]).toEqual([-1, 101, 102, 103, 100, 101, 102, 103, 0, 1, 2, 3]);
    expect([...scores.subarray(0, 4)]).toEqual([-Infinity, 0.5, Math.fround(1 / 3), 0.25]);
    expect([...scores.subarray(8)]).toEqual([-0, -1, -2, -3]);
  });
});

describe("a service in batch mode", () => {
  it("looks pages up, obeys takedowns at once, falls down the ladder for whom the batch does not know, and follows a swap", async () => {
    const batch = lmdbBatches(join(temporaryFolder(), "batch"));
    await expect(opened({ batch })).rejects.toThrow(/there is no batch/);
    const kept = lmdbBatches(join(temporaryFolder(), "batch"));
    await kept.begin("old");
    await kept.write("old", 10, new Map([[3, ranked(10, 12)]]));
    await kept.publish("old");
    let file: object = {};
    const settings = async (of: Parameters<typeof createSettings>[1]): Promise<ReturnType<typeof createSettings>> =>
      Promise.resolve(createSettings(file, of));
    const { page, ask, behaviour } = await opened({ batch: kept, settings });
    behaviour.predict = async () => Promise.reject(new Error("no model runs"));
    const first = await page({ user: 3, tuning: { exploration: 0, diversity: 0 }, trace: true });
    expect(first.degraded).toEqual([]);
    expect(first.versions["batch"]).toBe("old");
    expect(first.items[0]!.video).toBe(10);
    expect(first.items.every(({ video }) => video >= 10 && video < 22)).toBe(true);
    const { degraded, items } = await page({ user: 4 });
    expect(degraded).toEqual([{ stage: "retrieve", to: "segment", reason: "unknown" }]);
    expect(items).toHaveLength(5);
    file = { blocked: [10] };
    expect((await ask("/admin/swap", {})).status).toBe(200);
    expect((await page({ user: 3 })).items.map(({ video }) => video)).not.toContain(10);
    await kept.begin("new");
    await kept.write("new", 10, new Map([[3, ranked(30, 12)]]));
    expect((await page({ user: 3 })).versions["batch"]).toBe("old");
    await kept.publish("new");
    const after = await page({ user: 3 });
    expect(after.versions["batch"]).toBe("new");
    expect(after.items.every(({ video }) => video >= 30)).toBe(true);
  });
});

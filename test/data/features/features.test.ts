import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { features } from "../../../src/data/features/features.js";
import { columnOf } from "../../../src/data/features/matrix.js";
import { querySchema, rankSchema } from "../../../src/data/features/schemas.js";
import { openStore } from "../../../src/data/store/store.js";
import { longWatchMs } from "../../../src/data/sql/training.js";
import { retrievalRows, trainingRows, type TrainingSet } from "../../../src/data/features/training.js";
import { writeDay } from "../../../src/log/append.js";
import { concatImpressions, sliceImpressions } from "../../../src/log/impressions.js";
import type { CandidateBatch, FeatureMatrix, Impressions, RequestBatch } from "../../../src/types.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";

const catalogue = fakeCatalogue();
const days = [0, 1, 2, 3, 4];
const log = days.map((day) => fakeDay(catalogue, day));
let dir = "";
let set: TrainingSet;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
  for (const [day, events] of log.entries()) await writeDay(dir, day, events);
  set = await trainingRows({ catalogue, logDir: dir, days });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The pages of a day, in order of request, as the serving side would meet them. */
function pagesOf(events: Impressions): { requests: RequestBatch; candidates: CandidateBatch; rows: Impressions }[] {
  const order = Array.from({ length: events.count }, (_, i) => i).sort(
    (a, b) => events.request[a]! - events.request[b]!,
  );
  const sorted = concatImpressions(order.map((i) => sliceImpressions(events, i, i + 1)));
  const pages = [];
  for (let from = 0; from < sorted.count;) {
    let to = from;
    while (to < sorted.count && sorted.request[to] === sorted.request[from]) to++;
    const rows = sliceImpressions(sorted, from, to);
    const requests: RequestBatch = {
      day: rows.day[0]!,
      count: 1,
      request: rows.request.slice(0, 1),
      session: rows.session.slice(0, 1),
      user: rows.user.slice(0, 1),
      page: rows.page.slice(0, 1),
      timeMs: rows.timeMs.slice(0, 1),
      device: rows.device.slice(0, 1),
    };
    pages.push({ requests, candidates: { count: 1, width: rows.count, video: rows.video, source: rows.source }, rows });
    from = to;
  }
  return pages;
}

/** Replays traffic through a store, page by page, as an arm would; the rows it served with, in the training set's order. */
async function served(): Promise<{ rank: FeatureMatrix; query: FeatureMatrix }> {
  const store = await openStore(catalogue);
  const rank: FeatureMatrix[] = [];
  const query: FeatureMatrix[] = [];
  for (const [day, events] of log.entries()) {
    if (day > 0) await store.append(log[day - 1]!);
    await store.openDay(day);
    for (const { requests, candidates, rows } of pagesOf(events)) {
      const one = store.queryRows(requests);
      rank.push(store.rankRows(requests, candidates));
      for (let i = 0; i < rows.count; i++) query.push(one);
      store.apply(rows);
    }
  }
  await store.close();
  const { concatMatrices } = await import("../../../src/data/features/matrix.js");
  return { rank: concatMatrices(rank), query: concatMatrices(query) };
}

describe("offline and online", () => {
  it.each(["rank", "query"] as const)(
    "give the same value of every feature on replayed traffic (%s rows)",
    async (kind) => {
      const online = (await served())[kind];
      const retrieval = await retrievalRows({ catalogue, logDir: dir, days });
      const offline = kind === "rank" ? set.features : retrieval.query;
      const keep = Int32Array.from(set.watchMs.keys()).filter((i) => kind === "rank" || isLong(i));
      expect(keep.length).toBe(offline.count);
      expect(keep.length).toBeGreaterThan(30);
      for (const { name } of [...offline.schema.categories, ...offline.schema.numbers]) {
        const [left, right] = [columnOf(offline, name), columnOf(online, name)];
        let worst = 0;
        for (const [i, row] of keep.entries()) worst = Math.max(worst, Math.abs(left[i]! - right[row]!));
        if (name === "position")
          expect(worst).toBe(3); // the one feature that serving does not know
        else expect({ name, worst: worst <= 1e-6 ? 0 : worst }).toEqual({ name, worst: 0 });
      }
    },
  );

  it("are not equal by being empty: every feature takes several values, none of them NaN", () => {
    for (const { name } of features) {
      const values = new Set(columnOf(set.features, name));
      expect({ name, several: values.size > 1 && ![...values].some(Number.isNaN) }).toEqual({ name, several: true });
    }
  });

  it("give categories below their cardinality", () => {
    for (const { name, cardinality } of [...set.features.schema.categories]) {
      expect({ name, below: Math.max(...columnOf(set.features, name)) < cardinality }).toEqual({ name, below: true });
      expect(Math.min(...columnOf(set.features, name))).toBeGreaterThanOrEqual(0);
    }
  });
});

const isLong = (i: number): boolean =>
  set.click[i] === 1 &&
  (set.watchMs[i]! >= longWatchMs || 2 * set.watchMs[i]! >= catalogue.videos.durationMs[set.video[i]!]!);

/** Sums over a naive loop through all impressions that match. */
function naive(match: (events: Impressions, i: number) => boolean): {
  impressions: number;
  clicks: number;
  watch: number;
  lastDay: number;
} {
  const out = { impressions: 0, clicks: 0, watch: 0, lastDay: -1 };
  for (const events of log) {
    for (let i = 0; i < events.count; i++) {
      if (!match(events, i)) continue;
      out.impressions++;
      out.clicks += events.click[i]!;
      out.watch += events.watchMs[i]! / 1000;
      out.lastDay = Math.max(out.lastDay, events.day[i]!);
    }
  }
  return out;
}

describe("features of the SQL equal a naive loop's", () => {
  const { topic, creator } = catalogue.videos;
  const smooth = (sum: number, count: number, prior: number, weight: number): number =>
    (sum + weight * prior) / (count + weight);
  const rowsToTry = (): number[] =>
    Array.from({ length: set.count }, (_, i) => i).filter((i) => i % 23 === 0 || i > set.count - 5);
  const globalRates = (day: number): { click: number; watch: number; perClick: number } => {
    const all = naive((e, i) => e.day[i]! < day);
    return {
      click: smooth(all.clicks, all.impressions, 0.1, 20),
      watch: smooth(all.watch, all.impressions, 3, 20),
      perClick: smooth(all.watch, all.clicks, 30, 20),
    };
  };
  const check = (name: string, expected: (row: number, day: number, user: number, video: number) => number): void => {
    const values = columnOf(set.features, name);
    for (const row of rowsToTry()) {
      expect(values[row]).toBeCloseTo(expected(row, set.day[row]!, set.user[row]!, set.video[row]!), 5);
    }
  };

  it("user_click_rate", () =>
    check("user_click_rate", (_, day, user) => {
      const own = naive((e, i) => e.day[i]! < day && e.user[i] === user);
      return smooth(own.clicks, own.impressions, globalRates(day).click, 30);
    }));

  it("user_inactive_days", () =>
    check("user_inactive_days", (_, day, user) => {
      const own = naive((e, i) => e.day[i]! < day && e.user[i] === user);
      return Math.log(1 + (own.lastDay < 0 ? 30 : day - own.lastDay));
    }));

  it("user_topic_watch_lift", () =>
    check("user_topic_watch_lift", (_, day, user, video) => {
      const own = naive((e, i) => e.day[i]! < day && e.user[i] === user);
      const pair = naive((e, i) => e.day[i]! < day && e.user[i] === user && topic[e.video[i]!] === topic[video]);
      const prior = smooth(own.watch, own.impressions, globalRates(day).watch, 30);
      return Math.log(smooth(pair.watch, pair.impressions, prior, 20) / prior);
    }));

  it("user_creator_watch_lift", () =>
    check("user_creator_watch_lift", (_, day, user, video) => {
      const own = naive((e, i) => e.day[i]! < day && e.user[i] === user);
      const pair = naive((e, i) => e.day[i]! < day && e.user[i] === user && creator[e.video[i]!] === creator[video]);
      const prior = smooth(own.watch, own.clicks, globalRates(day).perClick, 10);
      return Math.log(smooth(pair.watch, pair.clicks, prior, 3) / prior);
    }));

  it("video_click_rate, through creator and topic", () =>
    check("video_click_rate", (_, day, __, video) => {
      const before = (e: Impressions, i: number): boolean => e.day[i]! < day;
      const own = naive((e, i) => before(e, i) && e.video[i] === video);
      const sameTopic = naive((e, i) => before(e, i) && topic[e.video[i]!] === topic[video]);
      const parent = naive(
        (e, i) => before(e, i) && topic[e.video[i]!] === topic[video] && creator[e.video[i]!] === creator[video],
      );
      const topicRate = smooth(sameTopic.clicks, sameTopic.impressions, globalRates(day).click, 200);
      return smooth(own.clicks, own.impressions, smooth(parent.clicks, parent.impressions, topicRate, 60), 40);
    }));

  it("segment_topic_click_lift", () =>
    check("segment_topic_click_lift", (_, day, user, video) => {
      const { ageBand, region } = catalogue.users;
      const before = (e: Impressions, i: number): boolean => e.day[i]! < day && topic[e.video[i]!] === topic[video];
      const peers = naive(
        (e, i) => before(e, i) && ageBand[e.user[i]!] === ageBand[user] && region[e.user[i]!] === region[user],
      );
      const all = naive(before);
      const prior = smooth(all.clicks, all.impressions, globalRates(day).click, 200);
      return Math.log(smooth(peers.clicks, peers.impressions, prior, 200) / prior);
    }));

  it("session_topic_clicks and session_watch", () => {
    const earlier = (row: number) => (e: Impressions, i: number) =>
      e.session[i] === set.session[row] && e.request[i]! < set.request[row]!;
    check("session_topic_clicks", (row, _, __, video) =>
      Math.log(1 + naive((e, i) => earlier(row)(e, i) && topic[e.video[i]!] === topic[video]).clicks),
    );
    check("session_watch", (row) => Math.log(1 + naive(earlier(row)).watch));
  });

  it("video_age_days, language_match and hour_bucket", () => {
    check("video_age_days", (_, day, __, video) => Math.log(1 + Math.max(0, day - catalogue.videos.uploadDay[video]!)));
    check("language_match", (_, __, user, video) =>
      Number(catalogue.users.language[user] === catalogue.videos.language[video]),
    );
    check("hour_bucket", (row) => Math.floor(set.timeMs[row]! / 3_600_000 / 3));
  });
});

describe("point in time", () => {
  it("a change in the future never changes an earlier row", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1000 }), async (day, pick) => {
        const events = log[day]!;
        const i = pick % events.count;
        const changed = concatImpressions([events]);
        changed.click[i] = 1;
        changed.watchMs[i] = catalogue.videos.durationMs[events.video[i]!]!;
        changed.hide[i] = 1 - events.hide[i]!;
        const folder = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
        try {
          for (const d of days) await writeDay(folder, d, d === day ? changed : log[d]!);
          const after = await trainingRows({ catalogue, logDir: folder, days });
          const [categories, numbers] = [rankSchema(catalogue).categories.length, rankSchema(catalogue).numbers.length];
          let later = 0;
          for (let row = 0; row < set.count; row++) {
            const same =
              equal(set.features.numbers, after.features.numbers, row, numbers) &&
              equal(set.features.categories, after.features.categories, row, categories);
            const laterPageOfVisit = set.session[row] === events.session[i] && set.request[row]! > events.request[i]!;
            if (set.day[row]! > day || laterPageOfVisit) later += same ? 0 : 1;
            else expect({ row, same }).toEqual({ row, same: true });
          }
          if (day < 4) expect(later).toBeGreaterThan(0); // the change does reach what comes after
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 3, examples: [[1, 7]] }, // each builds all training rows again
    );
  });

  it("rows of a day do not depend on which other days are asked for", async () => {
    const alone = await trainingRows({ catalogue, logDir: dir, days: [3] });
    const first = set.day.indexOf(3);
    const width = rankSchema(catalogue).numbers.length;
    expect(alone.count).toBe(log[3]?.count);
    expect([...alone.features.numbers]).toEqual([
      ...set.features.numbers.subarray(first * width, (first + alone.count) * width),
    ]);
  });
});

function equal(a: Float32Array | Int32Array, b: Float32Array | Int32Array, row: number, width: number): boolean {
  for (let k = row * width; k < (row + 1) * width; k++) if (!Object.is(a[k], b[k])) return false;
  return true;
}

describe("training rows", () => {
  it("carry every impression's outcome, ordered by day, request and position", () => {
    expect(set.count).toBe(log.reduce((sum, events) => sum + events.count, 0));
    for (let row = 1; row < set.count; row++) {
      const key = (i: number): number[] => [set.day[i]!, set.request[i]!, set.position[i]!];
      const [a, b] = [key(row - 1), key(row)];
      const at = a.findIndex((value, k) => value !== b[k]);
      expect(a[at]! < b[at]!).toBe(true);
    }
    const all = concatImpressions(log);
    const byKey = new Map(Array.from({ length: all.count }, (_, i) => [`${all.request[i]}/${all.position[i]}`, i]));
    const fields = [
      "session",
      "user",
      "video",
      "day",
      "timeMs",
      "page",
      "source",
      "component",
      "propensity",
      "click",
      "watchMs",
      "like",
      "share",
      "hide",
      "conversion",
      "revenueMicros",
    ] as const;
    for (let row = 0; row < set.count; row++) {
      const i = byKey.get(`${set.request[row]}/${set.position[row]}`) as number;
      for (const field of fields) expect(set[field][row]).toBe(all[field][i]);
    }
  });

  it("of the retriever are the long watches, with weight 1", async () => {
    const positives = await retrievalRows({ catalogue, logDir: dir, days: [2, 1] });
    const expected = Array.from({ length: set.count }, (_, i) => i).filter(
      (i) => (set.day[i] === 1 || set.day[i] === 2) && isLong(i),
    );
    expect([...positives.video]).toEqual(expected.map((i) => set.video[i]));
    expect([...positives.user]).toEqual(expected.map((i) => set.user[i]));
    expect(positives.query.schema).toEqual(querySchema(catalogue));
    expect(positives.weight).toEqual(new Float32Array(expected.length).fill(1));
  });

  it("stop at an abort, and name a day that is not there", async () => {
    const control = { signal: AbortSignal.abort(new Error("stop")) };
    await expect(trainingRows({ catalogue, logDir: dir, days: [1], control })).rejects.toThrow("stop");
    await expect(trainingRows({ catalogue, logDir: dir, days: [9] })).rejects.toThrow("no log of day 9");
  });
});

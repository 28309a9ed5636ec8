import fc from "fast-check";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAggregates } from "../../../src/data/tables/aggregates.js";
import { expectations } from "../../../src/data/tables/expectations.js";
import { sqlOf, sqlTables } from "../../../src/data/sql-text.js";
import { trainingRows } from "../../../src/data/features/training.js";
import { writeDay } from "../../../src/log/append.js";
import { openDatabase } from "../../../src/log/database.js";
import { concatImpressions, emptyImpressions } from "../../../src/log/impressions.js";
import type { Impressions } from "../../../src/types.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";

const catalogue = fakeCatalogue({ users: 200 });
const clean = fakeDay(catalogue, 2);

function copy(): Impressions {
  return concatImpressions([clean]);
}

/** Row 0 of day 2 spoilt in one way each; the key is the expectation it must fail. */
const faults: Readonly<Record<string, (events: Impressions) => void>> = {
  known_user: (e) => void (e.user[0] = 5_000),
  known_video: (e) => void (e.video[0] = 5_000),
  time_in_day: (e) => void (e.timeMs[0] = 86_400_000),
  request_of_session: (e) => void (e.page[0] = 9),
  user_has_joined: (e) => void (e.user[0] = catalogue.users.joinDay.findIndex((day) => day > 2)),
  video_is_live: (e) => void (e.video[0] = catalogue.videos.count - 1),
  propensity_in_range: (e) => void (e.propensity[0] = Number.NaN),
  flag_is_0_or_1: (e) => void (e.like[0] = 2),
  no_watch_without_click: (e) => {
    e.click[0] = 0;
    e.watchMs[0] = 1;
  },
  watch_within_duration: (e) => {
    e.click[0] = 1;
    e.watchMs[0] = catalogue.videos.durationMs[e.video[0]!]! + 1;
  },
  revenue_not_negative: (e) => void (e.revenueMicros[0] = -1),
  one_row_a_position: (e) => void (e.position[1] = e.position[0]!),
  one_video_once_a_page: (e) => void (e.video[1] = e.video[0]!),
};

describe("expectations", () => {
  it("are the same ones, in the same order, in the list and in the SQL", () => {
    const named = [...sqlOf("checked_impressions", { day: 0 }).matchAll(/THEN '(\w+)'/g)].map(([, name]) => name);
    expect(named).toEqual(expectations.map(({ name }) => name));
  });

  it.each(Object.entries(faults))(
    "set aside just the rows that fail %s, whole and with the reason",
    async (name, spoil) => {
      const aggregates = await openAggregates(catalogue);
      onTestFinished(() => aggregates.close());
      const events = copy();
      spoil(events);
      await aggregates.append(events);
      const copies = name.startsWith("one_") ? 2 : 1;
      expect(aggregates.quality).toEqual([{ day: 2, rows: clean.count, ads: 0, failed: { [name]: copies } }]);
      const kept = await aggregates.database.query("SELECT sum(impressions) AS n FROM video_days");
      expect(kept.n?.[0]).toBe(clean.count - copies);
      const { reason, request_id, position, propensity, policy } = await aggregates.database.query(
        `SELECT * FROM quarantined ORDER BY propensity = ${Number.isNaN(events.propensity[0]) ? 0 : events.propensity[0]} DESC`,
      );
      expect([reason, request_id?.[0], position?.[0], propensity?.[0]]).toEqual([
        Array(copies).fill(name),
        events.request[0],
        events.position[0],
        events.propensity[0],
      ]);
      expect(policy?.[0]).toBe(events.policies[events.policy[0]!]);
    },
  );

  it("find a row of another day and a missing value", async () => {
    const database = await openDatabase();
    onTestFinished(() => database.close());
    await database.exec(`
      CREATE TABLE users AS SELECT 0 AS user_id, 0 AS join_day, 0 AS segment;
      CREATE TABLE videos AS SELECT 0 AS video_id, 0 AS upload_day, 0 AS topic, 0 AS creator, 0 AS duration_bucket, 9 AS duration_ms;
      CREATE TABLE raw_events AS SELECT 64 AS request_id, 1 AS session_id, 0 AS user_id, 0 AS video_id, n AS day, CASE WHEN n = 1 THEN 5 END AS time_ms, 0 AS page, n AS position,
        0.5 AS propensity, 0 AS click, 0 AS watch_ms, 0 AS "like", 0 AS share, 0 AS hide, 0 AS follow, n AS campaign, 0 AS revenue_micros FROM (VALUES (0), (1)) t(n)`);
    const { reason } = await database.query(
      `SELECT reason FROM (${sqlOf("checked_impressions", { day: 0 })}) t ORDER BY position`,
    );
    expect(reason).toEqual(["no_missing_value", "day_of_partition"]);
  });

  it("set aside every copy of a position, and no other row, however a page is filled", async () => {
    const database = await openDatabase();
    onTestFinished(() => database.close());
    await database.exec(`
      CREATE TABLE users AS SELECT 0 AS user_id, 0 AS join_day, 0 AS segment;
      CREATE TABLE videos AS SELECT CAST(v AS INTEGER) AS video_id, 0 AS upload_day, 0 AS topic, 0 AS creator, 0 AS duration_bucket, 9 AS duration_ms FROM range(200) t(v)`);
    const page = fc.array(fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 60,
    });
    const inOrder = fc.integer({ min: 1, max: 120 }).map((slots) => Array.from({ length: slots }, (_, slot) => slot));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(page, inOrder), { minLength: 1, maxLength: 4 }), async (pages) => {
        const rows = pages.flatMap((positions, p) =>
          positions.map((position, video) => ({
            p,
            position,
            video,
            copies: positions.filter((other) => other === position).length,
          })),
        );
        await database.exec(`
          CREATE OR REPLACE TABLE raw_events AS
          SELECT CAST(p AS BIGINT) AS request_id, CAST(0 AS BIGINT) AS session_id, 0 AS user_id, video AS video_id, 0 AS day, 0 AS time_ms, p AS page, position, 0.5 AS propensity,
            0 AS click, 0 AS watch_ms, 0 AS "like", 0 AS share, 0 AS hide, 0 AS follow, 0 AS campaign, 0 AS revenue_micros
          FROM (VALUES ${rows.map(({ p, position, video }) => `(${p}, ${position}, ${video})`).join(", ")}) t(p, position, video)`);
        const found = await database.query(
          `SELECT coalesce(reason, '') AS reason FROM (${sqlOf("checked_impressions", { day: 0 })}) t ORDER BY page, video_id`,
        );
        expect(found.reason).toEqual(rows.map(({ copies }) => (copies > 1 ? "one_row_a_position" : "")));
      }),
      { numRuns: 40 },
    );
  });

  it("keep quarantined rows through saving and loading", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const events = copy();
    events.hide[3] = 7;
    const aggregates = await openAggregates(catalogue);
    onTestFinished(() => aggregates.close());
    await aggregates.append(events);
    await aggregates.save(folder);
    const loaded = await openAggregates(catalogue, { from: folder });
    onTestFinished(() => loaded.close());
    expect(loaded.quality).toEqual(aggregates.quality);
    expect(await loaded.database.query("SELECT reason, hide FROM quarantined")).toEqual({
      reason: ["flag_is_0_or_1"],
      hide: Uint8Array.of(7),
    });
  });
});

describe("ads", () => {
  it("are kept apart: no organic count, training row or visit sees them, and campaign_days counts them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const events = copy();
    let [ads, clicks] = [0, 0];
    for (let i = 0; i < events.count; i += 5) {
      events.campaign[i] = 3;
      ads++;
      clicks += events.click[i]!;
    }
    await writeDay(folder, 2, events);
    const aggregates = await openAggregates(catalogue);
    onTestFinished(() => aggregates.close());
    await aggregates.appendLog(folder, [2]);
    const query = (sql: string): ReturnType<typeof aggregates.database.query> => aggregates.database.query(sql);
    expect(await query("SELECT campaign, impressions, clicks FROM campaign_days")).toEqual({
      campaign: Int32Array.of(3),
      impressions: Int32Array.of(ads),
      clicks: Int32Array.of(clicks),
    });
    expect((await query("SELECT sum(impressions) AS n FROM user_days")).n?.[0]).toBe(clean.count - ads);
    const rows = await trainingRows({ catalogue, logDir: folder, days: [2] });
    expect(rows.count).toBe(clean.count - ads);
    expect(rows.features.count).toBe(rows.count);
    expect(rows.features.numbers.length).toBe(rows.count * rows.features.schema.numbers.length);
  });
});

describe("an empty day", () => {
  it("is a day on which nobody came: counted by the aggregates, refused by the training join", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await writeDay(folder, 1, emptyImpressions(["logging"], ["all"]));
    const aggregates = await openAggregates(catalogue);
    onTestFinished(() => aggregates.close());
    await aggregates.appendLog(folder, [1]);
    expect(aggregates.quality).toEqual([{ day: 1, rows: 0, ads: 0, failed: {} }]);
    await expect(trainingRows({ catalogue, logDir: folder, days: [1] })).rejects.toThrow(
      /day 1 is empty: .* has no impressions; leave the day out/,
    );
  });
});

describe("SQL files", () => {
  it("are the ones on the list, one SELECT each, without DuckDB's own words", () => {
    const files = readdirSync(new URL("../../../src/data/sql", import.meta.url))
      .filter((name) => name.endsWith(".sql"))
      .map((name) => name.slice(0, -4));
    expect(files.sort()).toEqual([...sqlTables].sort());
    for (const name of files) {
      const text = readFileSync(new URL(`../../../src/data/sql/${name}.sql`, import.meta.url), "utf8");
      const sql = text.replace(/--.*$/gm, "");
      expect({
        name,
        opens: /^\s*(SELECT|WITH)\b/.test(sql),
        foreign: /\b(ASOF|QUALIFY|PIVOT|read_parquet|ALL BY|EXCLUDE)\b|::|;|"/i.exec(sql)?.[0],
      }).toEqual({ name, opens: true, foreign: undefined });
    }
  });

  it("want each of their parameters, and no other", () => {
    expect(() => sqlOf("user_base")).toThrow(
      "parameter day of sql/user_base.sql is undefined; allowed: a finite number",
    );
    expect(() => sqlOf("user_base", { day: 1, dya: 2 })).toThrow(
      "unknown parameter of sql/user_base.sql: dya; known: day",
    );
  });
});

import { existsSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { dayPath, writeDay } from "../../src/log/index.js";
import { openDatabase, quoteText } from "../../src/log/database.js";
import { eventColumns } from "../../src/log/events.js";
import { concatImpressions, emptyImpressions } from "../../src/log/impressions.js";
import { days, readDay, readDays } from "../../src/log/read.js";
import { temporaryFolder } from "../support/folder.js";
import { fakeCatalogue, fakeDay } from "../support/fake-log.js";

const catalogue = fakeCatalogue({ users: 600 });
const day2 = fakeDay(catalogue, 2);

describe("a day of the log", () => {
  it("comes back from Parquet as it was written, in order, with its names", async () => {
    const dir = temporaryFolder();
    expect(day2.count).toBeGreaterThan(2048); // more than one data chunk
    const path = await writeDay(dir, 2, day2);
    expect(path).toBe(join(dir, "day=002", "impressions.parquet"));
    expect(await readDay(dir, 2)).toEqual(day2);
  });

  it("may be empty", async () => {
    const dir = temporaryFolder();
    const none = emptyImpressions(["p"], ["a"]);
    await writeDay(dir, 0, none);
    expect(await readDay(dir, 0)).toEqual(none);
  });

  it("has equal bytes for equal rows and other bytes for other rows", async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const [one, two] = [await writeDay(a, 2, day2), await writeDay(b, 2, fakeDay(catalogue, 2))];
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    const other = fakeDay(catalogue, 2, { seed: 2 });
    expect(readFileSync(await writeDay(b, 2, other)).equals(readFileSync(one))).toBe(false);
  });

  it("has the schema's names and types in the file, words where codes were", async () => {
    const dir = temporaryFolder();
    const path = await writeDay(dir, 2, day2);
    const database = await openDatabase();
    const file = `read_parquet(${quoteText(path)}, hive_partitioning = false)`;
    const types = await database.describe(`SELECT * FROM ${file}`);
    expect([...types]).toEqual(eventColumns.map(({ name, type }) => [name, type]));
    const words = await database.query(`SELECT DISTINCT policy FROM ${file} ORDER BY 1`);
    expect(words.policy).toEqual(["logging", "other"]);
    const sums = await database.query(`SELECT sum(watch_ms) AS watch, sum(click) AS clicks FROM ${file}`);
    expect([...(sums.watch as Float64Array)]).toEqual([day2.watchMs.reduce((a, b) => a + b, 0)]);
    expect([...(sums.clicks as Float64Array)]).toEqual([day2.click.reduce((a, b) => a + b, 0)]);
    database.close();
  });

  it("is not written when a row is of another day or out of range", async () => {
    const dir = temporaryFolder();
    await expect(writeDay(dir, 3, day2)).rejects.toThrow("row 0 is of day 2; allowed in this partition: 3");
    const bad = { ...day2, propensity: new Float64Array(day2.count) };
    await expect(writeDay(dir, 2, bad)).rejects.toThrow("column propensity is 0 in row 0");
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("reading the log", () => {
  it("lists complete days only: what a killed run staged does not count", async () => {
    const dir = temporaryFolder();
    await writeDay(dir, 11, fakeDay({ ...catalogue, liveVideos: new Int32Array(12).fill(9) }, 11));
    await writeDay(dir, 2, day2);
    mkdirSync(join(dir, "day=003"));
    writeFileSync(join(dir, "day=003", ".staged-00000000-1-0-0-0-impressions.parquet"), "half");
    mkdirSync(join(dir, "notes"));
    expect(await days(dir)).toEqual([2, 11]);
    expect(await days(join(dir, "nowhere"))).toEqual([]);
  });

  it("joins several days in the order asked for, and stops at an abort", async () => {
    const dir = temporaryFolder();
    const day1 = fakeDay(catalogue, 1);
    await writeDay(dir, 1, day1);
    await writeDay(dir, 2, day2);
    expect(await readDays(dir, [2, 1])).toEqual(concatImpressions([day2, day1]));
    await expect(readDays(dir, [1], { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });

  it("names the days there are when one is absent", async () => {
    const dir = temporaryFolder();
    await writeDay(dir, 2, day2);
    await expect(readDay(dir, 5)).rejects.toThrow(/no log of day 5: .* does not exist; days there: 2/);
  });

  it.each([
    ["cut short", (path: string) => truncateSync(path, 1000)],
    ["empty", (path: string) => truncateSync(path, 0)],
    ["not Parquet", (path: string) => writeFileSync(path, "hello hello hello hello")],
  ])("says which file is damaged when it is %s", async (_, damage) => {
    const dir = temporaryFolder();
    damage(await writeDay(dir, 2, day2));
    await expect(readDay(dir, 2)).rejects.toThrow(/damaged or foreign log file .*day=002.*; delete that day's folder/);
  });

  it.each([
    [
      "of another version",
      "SELECT * FROM i",
      "schema_version: '1', policies: '[]', arms: '[]'",
      /schema version 1; known: 2, 3/,
    ],
    ["without a version", "SELECT * FROM i", "", /schema version none; known: 2, 3/],
    [
      "with a column missing",
      "SELECT * EXCLUDE (click) FROM i",
      "schema_version: '2', policies: '[]', arms: '[]'",
      /column click is missing; expected UTINYINT/,
    ],
    [
      "with a column of another type",
      "SELECT * REPLACE (CAST(day AS INTEGER) AS day) FROM i",
      "schema_version: '2', policies: '[]', arms: '[]'",
      /column day is INTEGER; expected SMALLINT/,
    ],
    [
      "with an unknown source",
      "SELECT * REPLACE ('astrology' AS source) FROM i",
      `schema_version: '2', policies: '["logging","other"]', arms: '["all"]'`,
      /astrology/,
    ],
    [
      "of another day",
      "SELECT * REPLACE (CAST(3 AS SMALLINT) AS day) FROM i",
      `schema_version: '2', policies: '["logging","other"]', arms: '["all"]'`,
      /row 0 is of day 3/,
    ],
    [
      "with a click out of range",
      "SELECT * REPLACE (CAST(3 AS UTINYINT) AS click) FROM i",
      `schema_version: '2', policies: '["logging","other"]', arms: '["all"]'`,
      /column click is 3 in row 0/,
    ],
  ])("refuses a file %s", async (_, select, metadata, fault) => {
    const dir = temporaryFolder();
    const path = await writeDay(dir, 2, day2);
    const database = await openDatabase();
    await database.exec(`CREATE TABLE i AS FROM read_parquet(${quoteText(path)}, hive_partitioning = false)`);
    await database.exec(
      `COPY (${select}) TO ${quoteText(path)} (FORMAT parquet${metadata && `, KV_METADATA {${metadata}}`})`,
    );
    database.close();
    await expect(readDay(dir, 2)).rejects.toThrow(fault);
  });

  it("removes nothing of the old day when writing the new one fails", async () => {
    const dir = temporaryFolder();
    await writeDay(dir, 2, day2);
    await expect(writeDay(dir, 2, { ...day2, click: new Uint8Array(1) })).rejects.toThrow("column click has 1 rows");
    expect(await readDay(dir, 2)).toEqual(day2);
    expect(existsSync(dayPath(dir, 2)) && readdirSync(dirname(dayPath(dir, 2)))).toEqual(["impressions.parquet"]);
  });
});

/** What a log may bring that it should not: each fault is a clear error or has a stated default, and nothing is lost. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAggregates, type Aggregates } from "../../src/data/tables/aggregates.js";
import { failedRows } from "../../src/data/tables/expectations.js";
import { leakTest } from "../../src/data/features/leak.js";
import { columnOf } from "../../src/data/features/matrix.js";
import { retrievalRows, trainingRows } from "../../src/data/features/training.js";
import { dayPath, memoryType } from "../../src/log/index.js";
import { openDatabase, quoteText } from "../../src/log/database.js";
import { eventColumns, readableVersions, schemaVersion } from "../../src/log/events.js";
import { emptyImpressions } from "../../src/log/impressions.js";
import { readDay } from "../../src/log/read.js";
import { encode, fitEncoding } from "../../src/models/network/encoding.js";
import { fakeCatalogue, fakeDay } from "../support/fake-log.js";
import { matrixOf, schemaOf } from "../support/fake-rows.js";
import { temporaryFolder } from "../support/folder.js";

const catalogue = fakeCatalogue({ users: 200 });
const clean = fakeDay(catalogue, 0);

/**
 * A log of one day, written by SQL over its rows and not by `writeDay`: `select` may spoil them, `version` is what the
 * file says of itself.
 */
async function logOf(select: string, version: number | "none" = schemaVersion): Promise<string> {
  const dir = temporaryFolder();
  mkdirSync(join(dir, "day=000"));
  const database = await openDatabase();
  const said = version === "none" ? "" : `schema_version: '${version}', `;
  await database.putTable(
    "rows",
    eventColumns.map((column) => ({ name: column.name, type: memoryType(column, clean), values: clean[column.field] })),
  );
  await database.exec(
    `COPY (${select}) TO ${quoteText(dayPath(dir, 0))} (FORMAT parquet, KV_METADATA {${said}policies: ` +
      `'["logging","other"]', arms: '["all"]'})`,
  );
  database.close();
  return dir;
}

async function opened(): Promise<Aggregates> {
  const aggregates = await openAggregates(catalogue);
  onTestFinished(() => aggregates.close());
  return aggregates;
}

/** Each way in that takes a log. */
const entries: readonly (readonly [name: string, take: (dir: string) => Promise<unknown>])[] = [
  ["reading", (dir) => readDay(dir, 0)],
  ["the aggregates", async (dir) => (await opened()).appendLog(dir, [0])],
  ["training rows", (logDir) => trainingRows({ catalogue, logDir, days: [0] })],
  ["retrieval rows", (logDir) => retrievalRows({ catalogue, logDir, days: [0] })],
];

describe.each(entries)("a log file, to %s,", (_, take) => {
  it.each([
    [
      "a column that is not in the schema",
      "SELECT *, 1 AS mood FROM rows",
      /day=000.*: unknown column: mood; known: request_id, session_id, /,
    ],
    [
      "a column under another name",
      "SELECT * RENAME (watch_ms AS watch_tiem) FROM rows",
      /day=000.*: column watch_ms is missing; expected INTEGER; unknown columns there: watch_tiem; delete that day's folder and simulate again/,
    ],
    [
      "a column that is missing",
      "SELECT * EXCLUDE (click) FROM rows",
      /day=000.*: column click is missing; expected UTINYINT; delete/,
    ],
    [
      "a column of another type",
      "SELECT * REPLACE (CAST(watch_ms AS DOUBLE) AS watch_ms) FROM rows",
      /day=000.*: column watch_ms is DOUBLE; expected INTEGER/,
    ],
  ])("refuses %s by its name", async (_fault, select, message) => {
    await expect(take(await logOf(select))).rejects.toThrow(message);
  });

  it.each([1, schemaVersion + 1, "none"] as const)(
    "refuses the schema of another release (version %s), and says which it knows",
    async (version) => {
      await expect(take(await logOf("SELECT * FROM rows", version))).rejects.toThrow(
        new RegExp(`day=000.*: schema version ${version}; known: ${readableVersions.join(", ")}; delete`),
      );
    },
  );
});

describe("a word that the schema does not know", () => {
  it.each(entries.filter(([name]) => name !== "the aggregates"))(
    "is named to %s, with the words that it knows",
    async (_, take) => {
      const dir = await logOf(
        "SELECT * REPLACE (CASE WHEN position = 1 THEN 'watch' ELSE CAST(device AS VARCHAR) END AS device) FROM rows",
      );
      await expect(take(dir)).rejects.toThrow(
        /day=000.*: unknown device: watch; known: phone, tablet, desktop, tv; delete/,
      );
    },
  );

  it("is named to the leak test", async () => {
    const logDir = await logOf("SELECT * REPLACE ('guess' AS policy) FROM rows");
    await expect(leakTest({ catalogue, logDir, day: 0 })).rejects.toThrow(
      /day=000.*: unknown policy: guess; known: logging, other; delete/,
    );
  });

  it("does not keep the aggregates from counting, which read no device", async () => {
    const aggregates = await opened();
    await aggregates.appendLog(await logOf("SELECT * REPLACE ('watch' AS device) FROM rows"), [0]);
    expect(aggregates.quality).toEqual([{ day: 0, rows: clean.count, ads: 0, failed: {} }]);
  });
});

describe("rows with a missing, a NaN or an infinite value, or of an unknown id", () => {
  const one = "request_id = (SELECT min(request_id) FROM rows) AND position = 0";
  it.each([
    [
      "a missing click",
      `CASE WHEN ${one} THEN NULL ELSE click END AS click`,
      "no_missing_value",
      /column click is NULL in row \d+/,
    ],
    [
      "a missing page",
      `CASE WHEN ${one} THEN NULL ELSE request_id END AS request_id`,
      "no_missing_value",
      /column request_id is NULL in row \d+/,
    ],
    [
      "a propensity of NaN",
      `CASE WHEN ${one} THEN CAST('nan' AS DOUBLE) ELSE propensity END AS propensity`,
      "propensity_in_range",
      /column propensity is NaN in row \d+; allowed: 0 to 1/,
    ],
    [
      "an infinite propensity",
      `CASE WHEN ${one} THEN CAST('inf' AS DOUBLE) ELSE propensity END AS propensity`,
      "propensity_in_range",
      /column propensity is Infinity in row \d+; allowed: 0 to 1/,
    ],
    [
      "a video that is in no catalogue",
      `CASE WHEN ${one} THEN 99999 ELSE video_id END AS video_id`,
      "known_video",
      undefined,
    ],
  ])(
    "are kept whole in the quarantine, counted and left out of the features: %s",
    async (_, replaced, reason, message) => {
      const dir = await logOf(`SELECT * REPLACE (${replaced}) FROM rows`);
      const aggregates = await opened();
      await aggregates.appendLog(dir, [0]);
      const [quality] = aggregates.quality;
      expect(quality).toEqual({ day: 0, rows: clean.count, ads: 0, failed: { [reason]: 1 } });
      const { reason: kept, arm } = await aggregates.database.query("SELECT reason, arm FROM quarantined");
      expect([kept, arm]).toEqual([[reason], ["all"]]);
      expect((await trainingRows({ catalogue, logDir: dir, days: [0] })).count).toBe(clean.count - 1);
      if (message === undefined)
        expect((await readDay(dir, 0)).count).toBe(clean.count); // reading knows no catalogue
      else await expect(readDay(dir, 0)).rejects.toThrow(message);
    },
  );

  it("are refused with their counts where they are most of a day: a column that is missing in all rows", async () => {
    const dir = await logOf("SELECT * REPLACE (CAST(NULL AS INTEGER) AS watch_ms) FROM rows");
    const aggregates = await opened();
    await expect(aggregates.appendLog(dir, [0])).rejects.toThrow(
      new RegExp(
        `${clean.count} of ${clean.count} impressions of day 0 fail expectations \\(no_missing_value ` +
          `${clean.count}\\); at most 5 % may be quarantined`,
      ),
    );
    expect(aggregates.days).toEqual([]);
    expect((await aggregates.database.query("SELECT count(*) AS n FROM quarantined")).n?.[0]).toBe(0);
  });
});

describe("an empty day", () => {
  it("reads as no rows, counts as a day on which nobody came, adds nothing from memory, and makes no training rows", async () => {
    const dir = await logOf("SELECT * FROM rows LIMIT 0");
    expect((await readDay(dir, 0)).count).toBe(0);
    const aggregates = await opened();
    await aggregates.append(emptyImpressions(["logging"], ["all"]));
    expect(aggregates.days).toEqual([]);
    await aggregates.appendLog(dir, [0]);
    expect(aggregates.quality.map((day) => [day.day, day.rows, failedRows(day)])).toEqual([[0, 0, 0]]);
    for (const rows of [trainingRows, retrievalRows])
      await expect(rows({ catalogue, logDir: dir, days: [0] })).rejects.toThrow(
        /day 0 is empty: .*; leave the day out/,
      );
  });
});

describe("feature rows", () => {
  const schema = schemaOf({ user: 200, topic: 6 }, ["age", "clicks", "watch"]);
  const rows = matrixOf(schema, 12, (i) => ({ categories: [i % 4, i % 3], numbers: [i, i * i, 1 - i] }));

  it("of a category never seen in training are out of vocabulary: table row 0, and nothing else changes", () => {
    const encoding = fitEncoding(rows);
    const unseen = { ...rows, categories: rows.categories.with(1, 5).with(3, 5_000) }; // within the cardinality, and beyond
    const [before, after] = [encode(rows, encoding), encode(unseen, encoding)];
    expect([before.categories[1], before.categories[3]].every((row) => row !== undefined && row > 0)).toBe(true);
    expect(after.categories).toEqual(before.categories.with(1, 0).with(3, 0));
    expect(after.numbers).toEqual(before.numbers);
  });

  it.each([
    ["NaN in one row", NaN, 5, 6],
    ["an infinite value", Infinity, 5, 6],
    ["NaN in all rows", NaN, 0, 12],
  ])("with %s are refused by the feature's name, in fitting and in encoding", (_, value, from, to) => {
    const numbers = rows.numbers.slice();
    for (let row = from; row < to; row++) numbers[row * 3 + 1] = value;
    const message = `number clicks is ${value} in row ${from}; allowed: finite numbers`;
    expect(() => fitEncoding({ ...rows, numbers })).toThrow(message);
    expect(() => encode({ ...rows, numbers }, fitEncoding(rows))).toThrow(message);
  });

  it("of a feature that is the same everywhere are encoded as 0, the mean", () => {
    const same = { ...rows, numbers: rows.numbers.slice().fill(7) };
    expect([...encode(same, fitEncoding(same)).numbers]).toEqual(Array(36).fill(0));
  });

  it("name the known features when an unknown one is asked for", () => {
    expect(() => columnOf(rows, "watch_tiem")).toThrow(
      "unknown feature: watch_tiem; known: user, topic, age, clicks, watch",
    );
  });
});

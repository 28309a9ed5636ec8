/** One day's raw events into the aggregate tables, on one connection: whole or not at all. */
import { eventColumns, quoteName, typeSql, type Database } from "../../log/index.js";
import type { Day } from "../../types.js";
import {
  checkRows,
  checkedColumns,
  expectations,
  failedRows,
  refuseMostlyBad,
  type DayQuality,
} from "./expectations.js";
import { aggregateTables, insertAggregate } from "../sql/aggregates.js";
import { dropPacked, packTable } from "../sql/packed.js";
import { sqlOf } from "../sql-text.js";

/**
 * Raw events by name: a table that has at least `checkedColumns`, which of its rows, and a table that has all columns, for the
 * quarantine.
 */
export interface RawSource {
  readonly name: string;
  readonly events: string;
  readonly where?: string;
  readonly whole: () => Promise<string>;
}

const flags: readonly string[] = ["click", "like", "share", "hide", "follow"];

/** What the aggregates read of checked rows, in the types that DuckDB sums and scans fastest. */
const keptColumns: readonly string[] = [
  ...checkedColumns.filter((name) => name !== "page" && name !== "propensity" && !flags.includes(name)).map(quoteName),
  ...flags.map((name) => `CAST(${quoteName(name)} AS INTEGER) AS ${quoteName(name)}`),
  "segment",
  "topic",
  "creator",
  "duration_bucket",
  `CAST(reason AS ${typeSql({ names: expectations.map(({ name }) => name) })}) AS reason`,
];

/**
 * Adds a day to all aggregate tables and its faulty rows to `quarantined`, after `before` is done: work that must finish first, such as
 * the previous day on another connection. Until then the day is not visible.
 * @throws Error when most rows fail their expectations, or what `before` throws; nothing is added then
 */
export async function addDay(
  database: Database,
  source: RawSource,
  day: Day,
  before?: Promise<void>,
): Promise<DayQuality> {
  const { events, where = "TRUE" } = source;
  try {
    const quality = await checkRows(
      database,
      `SELECT ${checkedColumns.map(quoteName).join(", ")} FROM ${events} WHERE ${where}`,
      day,
      keptColumns,
    );
    refuseMostlyBad(quality, source.name);
    await database.exec(`
      CREATE OR REPLACE TEMP VIEW ads AS ${sqlOf("ads")};
      ${packTable("pages", sqlOf("pages"), "here")};
      BEGIN`);
    try {
      await database.exec(aggregateTables.map((table) => insertAggregate(table)).join(";\n"));
      if (failedRows(quality) > 0) await quarantine(database, source, day);
      await before;
      await database.exec("COMMIT");
    } catch (error) {
      await database.exec("ROLLBACK");
      throw error;
    }
    return quality;
  } finally {
    await database.exec(
      `${dropPacked("pages")}; DROP VIEW IF EXISTS ads; DROP VIEW IF EXISTS impressions; ${dropPacked("checked_impressions")}`,
    );
  }
}

/** The complete faulty rows: the pages they belong to are read and checked again, since expectations look at single pages only. */
async function quarantine(database: Database, { where = "TRUE", whole }: RawSource, day: Day): Promise<void> {
  const columns = eventColumns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${typeSql(type)})`).join(", ");
  await database.exec(`
    CREATE OR REPLACE TEMP TABLE faulty_pages AS
    SELECT * FROM ${await whole()}
    WHERE ${where} AND (request_id IS NULL OR request_id IN (SELECT c.request_id FROM checked_impressions c WHERE c.reason IS NOT NULL));
    CREATE OR REPLACE TEMP VIEW raw_events AS SELECT * FROM faulty_pages;
    INSERT INTO quarantined
    WITH checked_impressions AS (${sqlOf("checked_impressions", { day })}) SELECT ${columns}, reason FROM (${sqlOf("quarantine")}) bad;
    DROP TABLE faulty_pages`);
}

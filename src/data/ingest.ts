/** One day's raw events into the aggregate tables: checked on one connection, added on the same or another, whole or not at all. */
import { eventColumns, quoteName, typeSql, type Database } from "../log/index.js";
import type { Day } from "../types.js";
import { checkedColumns, failedRows, qualityOf, refuseMostlyBad, type DayQuality } from "./expectations.js";
import { aggregateTables, insertAggregate } from "./sql/aggregates.js";
import { sqlOf } from "./sql-text.js";

/** Raw events by name: a table that has at least `checkedColumns`, which of its rows, and a table that has all columns, for the quarantine. */
export interface RawSource {
  readonly name: string;
  readonly events: string;
  readonly where?: string;
  readonly whole: () => Promise<string>;
}

/** A day whose rows stand checked in `table`. */
export interface CheckedDay {
  readonly source: RawSource;
  readonly table: string;
  readonly quality: DayQuality;
}

/** Makes `table` of a day's rows with what the catalogue and the expectations say of them. @throws Error when they mostly fail */
export async function checkSource(database: Database, source: RawSource, day: Day, table: string): Promise<CheckedDay> {
  const { events, where = "" } = source;
  await database.exec(`
    CREATE OR REPLACE TEMP VIEW raw_events AS SELECT ${checkedColumns.map(quoteName).join(", ")} FROM ${events} ${where};
    CREATE OR REPLACE TABLE ${table} AS ${sqlOf("checked_impressions", { day })}`);
  const quality = await qualityOf(database, table, day);
  refuseMostlyBad(quality, source.name);
  return { source, table, quality };
}

/** Adds a checked day to all aggregate tables and its faulty rows to `quarantined`, and drops its table. */
export async function insertDay(database: Database, { source, table, quality }: CheckedDay): Promise<void> {
  await database.exec(`
    DROP TABLE IF EXISTS checked_impressions;
    CREATE OR REPLACE TEMP VIEW checked_impressions AS SELECT * FROM ${table};
    CREATE OR REPLACE TEMP VIEW impressions AS ${sqlOf("impressions")};
    CREATE OR REPLACE TEMP VIEW ads AS ${sqlOf("ads")};
    BEGIN`);
  try {
    await database.exec(aggregateTables.map(insertAggregate).join(";\n"));
    if (failedRows(quality) > 0) await quarantine(database, source, quality.day);
    await database.exec("COMMIT");
  } catch (error) {
    await database.exec("ROLLBACK");
    throw error;
  } finally {
    await database.exec(`DROP VIEW ads; DROP VIEW impressions; DROP VIEW checked_impressions; DROP TABLE ${table}`);
  }
}

/** The faulty rows again, this time whole. */
async function quarantine(database: Database, { where = "", whole }: RawSource, day: Day): Promise<void> {
  const columns = eventColumns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${typeSql(type)})`).join(", ");
  await database.exec(`
    CREATE OR REPLACE TEMP VIEW raw_events AS SELECT * FROM ${await whole()} ${where};
    INSERT INTO quarantined
    WITH checked_impressions AS (${sqlOf("checked_impressions", { day })}) SELECT ${columns}, reason FROM (${sqlOf("quarantine")}) bad`);
}

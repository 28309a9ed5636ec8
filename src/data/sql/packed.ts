/**
 * Packed tables: rows in one STRUCT column, with a view that shows its fields as columns, so that readers see a plain table.
 * DuckDB sketches how many distinct values each column of a table has (HyperLogLog), which takes longer than to store them; for a struct
 * it does not. This saves two thirds of the time to fill a table; reading takes hardly longer.
 */
import { quoteName } from "../../log/index.js";

/** A column of a packed table. */
export interface PackedColumn {
  readonly name: string;
  readonly type: "INTEGER" | "BIGINT";
}

/** Creates an empty packed table `<name>_rows` and the view `<name>` of it. */
export function createPacked(name: string, columns: readonly PackedColumn[]): string {
  return `
    CREATE TABLE ${rowsOf(name)} (packed STRUCT(${columns.map((column) => `${quoteName(column.name)} ${column.type}`).join(", ")}));
    CREATE VIEW ${quoteName(name)} AS SELECT unnest(packed) FROM ${rowsOf(name)}`;
}

/** Adds the rows of a SELECT that gives all columns. */
export function insertPacked(name: string, columns: readonly PackedColumn[], select: string): string {
  const typed = columns.map(
    (column) => `CAST(${quoteName(column.name)} AS ${column.type}) AS ${quoteName(column.name)}`,
  );
  return `INSERT INTO ${rowsOf(name)} SELECT packed FROM (SELECT ${typed.join(", ")} FROM (${select}) plain) packed`;
}

/** Makes (or replaces) a packed table of what a SELECT gives: private to the connection, or visible to all connections. */
export function packTable(name: string, select: string, seen: "here" | "everywhere"): string {
  const own = seen === "here" ? "TEMP" : "";
  return `
    CREATE OR REPLACE ${own} TABLE ${rowsOf(name)} AS SELECT packed FROM (${select}) packed;
    CREATE OR REPLACE ${own} VIEW ${quoteName(name)} AS SELECT unnest(packed) FROM ${rowsOf(name)}`;
}

/** Drops what `packTable` made. */
export function dropPacked(name: string): string {
  return `DROP VIEW IF EXISTS ${quoteName(name)}; DROP TABLE IF EXISTS ${rowsOf(name)}`;
}

function rowsOf(name: string): string {
  return quoteName(`${name}_rows`);
}

/**
 * The SQL of `data/`: one file per table under `sql/`, each one SELECT in standard SQL that DuckDB and Spark SQL both run (window
 * functions, no ASOF, no QUALIFY). Parameters are numbers, named `:day`; Spark takes the same markers as named arguments.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hashOf } from "../artifacts/index.js";

/** The tables that have a file, in the order in which each can be made from raw_users, raw_videos, raw_events and the ones before it. */
export const sqlTables = [
  "users",
  "videos",
  "checked_impressions",
  "quarantine",
  "impressions",
  "ads",
  "pages",
  "sessions",
  "video_days",
  "user_days",
  "user_topic_days",
  "user_format_days",
  "segment_topic_days",
  "segment_video_days",
  "user_creator_days",
  "user_video_days",
  "campaign_days",
  "watches",
  "global_base",
  "user_rates",
  "user_base",
  "video_base",
  "creator_base",
  "user_topic_base",
  "user_format_base",
  "segment_topic_base",
  "user_creator_base",
  "last_watches",
  "session_requests",
  "session_topics",
] as const;

/** A table that has a file under `sql/`. */
export type SqlTable = (typeof sqlTables)[number];

const texts = new Map<SqlTable, string>();

/**
 * The SELECT of a table with its parameters put in.
 * @throws Error on a parameter that is missing, unknown or not a finite number.
 * @example sqlOf("user_base", { day: 3 })
 */
export function sqlOf(table: SqlTable, parameters: Readonly<Record<string, number>> = {}): string {
  const used = new Set<string>();
  const sql = rawSql(table).replace(/:([a-z][a-z0-9_]*)/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined || !Number.isFinite(value))
      throw new Error(`parameter ${name} of sql/${table}.sql is ${value}; allowed: a finite number`);
    used.add(name);
    return String(value);
  });
  const unknown = Object.keys(parameters).find((name) => !used.has(name));
  if (unknown !== undefined)
    throw new Error(`unknown parameter of sql/${table}.sql: ${unknown}; known: ${[...used].join(", ") || "none"}`);
  return sql;
}

/** Changes when any file under `sql/` changes: part of the identity of the artifacts made with them. */
export function sqlHash(): string {
  return hashOf(sqlTables.map(rawSql));
}

/** The file's text without comments. A build by the compiler alone has no SQL next to it; the files of the sources are used then. */
function rawSql(table: SqlTable): string {
  let text = texts.get(table);
  if (text === undefined) {
    const built = new URL(`./sql/${table}.sql`, import.meta.url);
    const path = fileURLToPath(existsSync(built) ? built : new URL(`../../src/data/sql/${table}.sql`, import.meta.url));
    text = readFileSync(path, "utf8").replace(/--.*$/gm, "").trim();
    texts.set(table, text);
  }
  return text;
}

/**
 * Tables to which a closed day adds rows: integer sums (exact in any order), visits and watches. Their SELECTs are next to this file,
 * one file each.
 */
import { sqlOf, type SqlTable } from "../sql-text.js";
import { createPacked, insertPacked, type PackedColumn } from "./packed.js";

/** One such table: `day`, its keys (which identify its rows and order them), and its values. */
export interface AggregateTable {
  readonly name: SqlTable;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

const counts = ["impressions", "clicks", "watch_ms"] as const;

/** All tables. */
export const aggregateTables: readonly AggregateTable[] = [
  { name: "video_days", keys: ["video_id"], values: [...counts, "likes", "shares", "hides"] },
  { name: "user_days", keys: ["user_id"], values: [...counts, "hides"] },
  { name: "user_topic_days", keys: ["user_id", "topic"], values: counts },
  { name: "user_format_days", keys: ["user_id", "duration_bucket"], values: counts },
  { name: "segment_topic_days", keys: ["segment", "topic"], values: counts },
  { name: "segment_video_days", keys: ["segment", "video_id"], values: counts },
  { name: "user_creator_days", keys: ["user_id", "creator"], values: ["clicks", "watch_ms", "follows"] },
  { name: "user_video_days", keys: ["user_id", "video_id"], values: ["clicks"] },
  { name: "campaign_days", keys: ["campaign"], values: [...counts, "revenue_micros"] },
  {
    name: "sessions",
    keys: ["session_id"],
    values: ["user_id", "start_ms", "last_page_ms", "pages", ...counts, "likes", "hides"],
  },
  { name: "watches", keys: ["user_id", "request_id", "slot"], values: ["video_id", "time_ms", "watch_ms"] },
];

/** Ids of visits and requests, and sums that may exceed 2^31 on a day of a large platform. */
const wide: ReadonlySet<string> = new Set(["session_id", "request_id", "watch_ms", "revenue_micros"]);

/** Creates an empty table. */
export function createAggregate(table: AggregateTable): string {
  return createPacked(table.name, columnsOf(table));
}

/**
 * Adds rows to a table, in any order: reading and saving order by the keys. `select` gives its columns; default: the day in
 * `impressions` and `ads`.
 */
export function insertAggregate(table: AggregateTable, select: string = sqlOf(table.name)): string {
  return insertPacked(table.name, columnsOf(table), select);
}

function columnsOf({ keys, values }: AggregateTable): PackedColumn[] {
  return ["day", ...keys, ...values].map((name) => ({ name, type: wide.has(name) ? "BIGINT" : "INTEGER" }));
}

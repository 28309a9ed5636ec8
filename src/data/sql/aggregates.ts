/** Daily aggregates: what a closed day adds to each entity, as integer sums (exact in any order). Standard SQL. */

/** One aggregate table: `day`, its keys, and sums over the day's impressions. */
export interface AggregateTable {
  readonly name: string;
  readonly keys: readonly string[];
  /** Column name → SQL over `day_events`, summed. */
  readonly sums: Readonly<Record<string, string>>;
  /** Which impressions count; all when absent. */
  readonly where?: string;
}

const counts = { impressions: "1", clicks: "click", watch_ms: "watch_ms" } as const;

/** All aggregate tables. */
export const aggregateTables: readonly AggregateTable[] = [
  { name: "video_days", keys: ["video_id"], sums: { ...counts, likes: "liked", shares: "shared", hides: "hidden" } },
  { name: "user_days", keys: ["user_id"], sums: { ...counts, hides: "hidden" } },
  { name: "user_topic_days", keys: ["user_id", "topic"], sums: counts },
  { name: "user_format_days", keys: ["user_id", "duration_bucket"], sums: counts },
  { name: "segment_topic_days", keys: ["segment", "topic"], sums: counts },
  { name: "segment_video_days", keys: ["segment", "video_id"], sums: counts },
  // Impressions of a creator without a click would make this the largest table by far, for little.
  { name: "user_creator_days", keys: ["user_id", "creator"], sums: { clicks: "click", watch_ms: "watch_ms" }, where: "click = 1" },
  { name: "user_video_days", keys: ["user_id", "video_id"], sums: { clicks: "click" }, where: "click = 1" },
];

/** Creates an empty aggregate table. */
export function createAggregate({ name, keys, sums }: AggregateTable): string {
  const columns = ["day INTEGER", ...keys.map((key) => `${key} INTEGER`), ...Object.keys(sums).map((sum) => `${sum} BIGINT`)];
  return `CREATE TABLE ${name} (${columns.join(", ")})`;
}

/** The impressions of `source` with what the catalogue says of them. */
export function createDayEvents(source: string): string {
  return `
    CREATE OR REPLACE TEMP TABLE day_events AS
    SELECT i.day, i.user_id, i.video_id, u.segment, v.topic, v.creator, v.duration_bucket,
           i.click, i.watch_ms, i."like" AS liked, i.share AS shared, i.hide AS hidden
    FROM ${source} i
    JOIN users u ON u.user_id = i.user_id
    JOIN videos v ON v.video_id = i.video_id`;
}

/** Adds the days in `day_events` to an aggregate table. */
export function insertAggregate({ name, keys, sums, where }: AggregateTable): string {
  const list = Object.values(sums).map((sum) => `CAST(sum(${sum}) AS BIGINT)`);
  return `
    INSERT INTO ${name}
    SELECT day, ${keys.join(", ")}, ${list.join(", ")}
    FROM day_events ${where === undefined ? "" : `WHERE ${where}`}
    GROUP BY day, ${keys.join(", ")}
    ORDER BY day, ${keys.join(", ")}`;
}

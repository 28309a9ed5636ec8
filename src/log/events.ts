/**
 * The event schema, version 3: one row per impression with its outcome, and beside it, for a share of requests, the pool that the page
 * was drawn from (pools.ts). Names, types and ranges of `Impressions` (types.ts) in Parquet. A change of meaning or type is a new version;
 * readers refuse versions they do not know. Version 2 had no pools and is read as it is; 1 had no follows and no ads.
 */
import { candidateSources, conversions, dayMs, devices, policyComponents, type Impressions } from "../types.js";

/** Version of the schema; kept in each Parquet file's key-value metadata. */
export const schemaVersion = 3;

/** Versions that can be read. */
export const readableVersions: readonly number[] = [2, schemaVersion];

/** Columns of `Impressions` that hold one value per row. */
export type EventField = Exclude<keyof Impressions, "count" | "policies" | "arms" | "pools">;

/** Parquet types as DuckDB names them; `names` says what a code in memory is called in the file. */
export type EventType = "BIGINT" | "INTEGER" | "SMALLINT" | "UTINYINT" | "DOUBLE" | "VARCHAR";

/**
 * One column of the schema. For VARCHAR columns `min`–`max` bound the code in memory, and `names` are the values it stands for
 * ("policies" and "arms": as the file's metadata lists them).
 */
export interface EventColumn {
  readonly name: string;
  readonly field: EventField;
  readonly type: EventType;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[] | "policies" | "arms";
  readonly description: string;
}

/** Largest value of each type, unless a column says less. */
const most = {
  BIGINT: Number.MAX_SAFE_INTEGER,
  INTEGER: 2 ** 31 - 1,
  SMALLINT: 32_767,
  UTINYINT: 255,
  DOUBLE: 1,
  VARCHAR: 254,
};

type Row = readonly [
  name: string,
  field: EventField,
  type: EventType,
  unit: string,
  description: string,
  limit?: number | EventColumn["names"],
];

const rows: readonly Row[] = [
  ["request_id", "request", "BIGINT", "id", "page request: session_id * 64 + page"],
  ["session_id", "session", "BIGINT", "id", "visit: (day * 2^24 + user_id) * 8 + visit of the day"],
  ["user_id", "user", "INTEGER", "id", "the user who requested the page"],
  ["video_id", "video", "INTEGER", "id", "what was shown"],
  ["day", "day", "SMALLINT", "days", "day since the world began"],
  ["time_ms", "timeMs", "INTEGER", "ms", "time of the request since midnight", dayMs - 1],
  ["page", "page", "UTINYINT", "count", "page within the visit, from 0", 63],
  ["position", "position", "UTINYINT", "count", "slot on the page, from 0"],
  ["source", "source", "VARCHAR", "name", "where the candidate came from", candidateSources],
  ["policy", "policy", "VARCHAR", "name", "policy that answered", "policies"],
  ["component", "component", "VARCHAR", "name", "part of a mixture policy that drew the page", policyComponents],
  ["arm", "arm", "VARCHAR", "name", "arm of the experiment", "arms"],
  [
    "propensity",
    "propensity",
    "DOUBLE",
    "probability",
    "P(this video at this position | positions before it, request), over 0",
  ],
  ["device", "device", "VARCHAR", "name", "device of the visit", devices],
  ["click", "click", "UTINYINT", "0 or 1", "clicked", 1],
  ["watch_ms", "watchMs", "INTEGER", "ms", "watched; 0 without a click"],
  ["like", "like", "UTINYINT", "0 or 1", "liked", 1],
  ["share", "share", "UTINYINT", "0 or 1", "shared", 1],
  ["hide", "hide", "UTINYINT", "0 or 1", "asked to see fewer such videos", 1],
  ["follow", "follow", "UTINYINT", "0 or 1", "followed the video's creator", 1],
  ["campaign", "campaign", "SMALLINT", "id", "campaign + 1 of an ad; 0: content"],
  ["conversion", "conversion", "VARCHAR", "name", "subscription or sponsored purchase that followed", conversions],
  ["revenue_micros", "revenueMicros", "INTEGER", "micros", "revenue in millionths of the currency unit"],
];

/** All columns, in the order of the file. */
export const eventColumns: readonly EventColumn[] = rows.map(([name, field, type, unit, description, limit]) => {
  const column = { name, field, type, unit, min: 0, description };
  if (typeof limit === "number" || limit === undefined) return { ...column, max: limit ?? most[type] };
  return { ...column, max: typeof limit === "string" ? most[type] : limit.length - 1, names: limit };
});

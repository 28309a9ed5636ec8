/**
 * The event schema, version 2 (1 had no follows and no ads): one row per impression with its outcome. Names, types and ranges of
 * `Impressions` (types.ts) in Parquet. A change of meaning or type is a new version; readers refuse versions they do not know.
 */
import { candidateSources, conversions, dayMs, devices, policyComponents, type Impressions } from "../types.js";

/** Version of the schema; kept in each Parquet file's key-value metadata. */
export const schemaVersion = 2;

/** Columns of `Impressions` that hold one value per row. */
export type EventField = Exclude<keyof Impressions, "count" | "policies" | "arms">;

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

const int32 = 2 ** 31 - 1;
const safe = Number.MAX_SAFE_INTEGER;

/** All columns, in the order of the file. */
export const eventColumns: readonly EventColumn[] = [
  {
    name: "request_id",
    field: "request",
    type: "BIGINT",
    unit: "id",
    min: 0,
    max: safe,
    description: "page request: session_id * 64 + page",
  },
  {
    name: "session_id",
    field: "session",
    type: "BIGINT",
    unit: "id",
    min: 0,
    max: safe,
    description: "visit: (day * 2^24 + user_id) * 8 + visit of the day",
  },
  {
    name: "user_id",
    field: "user",
    type: "INTEGER",
    unit: "id",
    min: 0,
    max: int32,
    description: "the user who requested the page",
  },
  { name: "video_id", field: "video", type: "INTEGER", unit: "id", min: 0, max: int32, description: "what was shown" },
  {
    name: "day",
    field: "day",
    type: "SMALLINT",
    unit: "days",
    min: 0,
    max: 32767,
    description: "day since the world began",
  },
  {
    name: "time_ms",
    field: "timeMs",
    type: "INTEGER",
    unit: "ms",
    min: 0,
    max: dayMs - 1,
    description: "time of the request since midnight",
  },
  {
    name: "page",
    field: "page",
    type: "UTINYINT",
    unit: "count",
    min: 0,
    max: 63,
    description: "page within the visit, from 0",
  },
  {
    name: "position",
    field: "position",
    type: "UTINYINT",
    unit: "count",
    min: 0,
    max: 255,
    description: "slot on the page, from 0",
  },
  {
    name: "source",
    field: "source",
    type: "VARCHAR",
    unit: "name",
    min: 0,
    max: candidateSources.length - 1,
    names: candidateSources,
    description: "where the candidate came from",
  },
  {
    name: "policy",
    field: "policy",
    type: "VARCHAR",
    unit: "name",
    min: 0,
    max: 254,
    names: "policies",
    description: "policy that answered",
  },
  {
    name: "component",
    field: "component",
    type: "VARCHAR",
    unit: "name",
    min: 0,
    max: policyComponents.length - 1,
    names: policyComponents,
    description: "part of a mixture policy that drew the page",
  },
  {
    name: "arm",
    field: "arm",
    type: "VARCHAR",
    unit: "name",
    min: 0,
    max: 254,
    names: "arms",
    description: "arm of the experiment",
  },
  {
    name: "propensity",
    field: "propensity",
    type: "DOUBLE",
    unit: "probability",
    min: 0,
    max: 1,
    description: "P(this video at this position | positions before it, request), over 0",
  },
  {
    name: "device",
    field: "device",
    type: "VARCHAR",
    unit: "name",
    min: 0,
    max: devices.length - 1,
    names: devices,
    description: "device of the visit",
  },
  { name: "click", field: "click", type: "UTINYINT", unit: "0 or 1", min: 0, max: 1, description: "clicked" },
  {
    name: "watch_ms",
    field: "watchMs",
    type: "INTEGER",
    unit: "ms",
    min: 0,
    max: int32,
    description: "watched; 0 without a click",
  },
  { name: "like", field: "like", type: "UTINYINT", unit: "0 or 1", min: 0, max: 1, description: "liked" },
  { name: "share", field: "share", type: "UTINYINT", unit: "0 or 1", min: 0, max: 1, description: "shared" },
  {
    name: "hide",
    field: "hide",
    type: "UTINYINT",
    unit: "0 or 1",
    min: 0,
    max: 1,
    description: "asked to see fewer such videos",
  },
  {
    name: "follow",
    field: "follow",
    type: "UTINYINT",
    unit: "0 or 1",
    min: 0,
    max: 1,
    description: "followed the video's creator",
  },
  {
    name: "campaign",
    field: "campaign",
    type: "SMALLINT",
    unit: "id",
    min: 0,
    max: 32767,
    description: "campaign + 1 of an ad; 0: content",
  },
  {
    name: "conversion",
    field: "conversion",
    type: "VARCHAR",
    unit: "name",
    min: 0,
    max: conversions.length - 1,
    names: conversions,
    description: "subscription or sponsored purchase that followed",
  },
  {
    name: "revenue_micros",
    field: "revenueMicros",
    type: "INTEGER",
    unit: "micros",
    min: 0,
    max: int32,
    description: "revenue in millionths of the currency unit",
  },
];

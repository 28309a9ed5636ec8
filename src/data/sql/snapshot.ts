/**
 * Snapshots: every "midnight" feature as of midnight before a day, over aggregates of earlier days only. One table per entity: the
 * file `<entity>_base.sql` next to this one (counts as doubles holding integers, so that sums do not depend on order; rates of
 * parents), and the features' own SQL over it.
 */
import { features as all, recentDays, type FeatureDefinition, type FeatureEntity } from "../features/features.js";
import { sqlOf, type SqlTable } from "../sql-text.js";
import { packTable } from "./packed.js";

/** A snapshot table: which entity's features, keyed by which columns. */
export interface SnapshotTable {
  readonly name: string;
  readonly entity: FeatureEntity;
  readonly keys: readonly string[];
  readonly base: SqlTable;
}

/** All snapshot tables in the order in which they are made. */
export const snapshotTables: readonly SnapshotTable[] = [
  { name: "snap_user", entity: "user", keys: ["user_id"], base: "user_base" },
  { name: "snap_video", entity: "video", keys: ["video_id"], base: "video_base" },
  { name: "snap_creator", entity: "creator", keys: ["creator"], base: "creator_base" },
  { name: "snap_user_topic", entity: "user_topic", keys: ["user_id", "topic"], base: "user_topic_base" },
  { name: "snap_user_format", entity: "user_format", keys: ["user_id", "duration_bucket"], base: "user_format_base" },
  { name: "snap_segment_topic", entity: "segment_topic", keys: ["segment", "topic"], base: "segment_topic_base" },
  { name: "snap_user_creator", entity: "user_creator", keys: ["user_id", "creator"], base: "user_creator_base" },
];

/**
 * `snap_global` (one row of overall rates) and `snap_user_rates` (the prior of each user's pairs): made before the others, which use
 * them.
 */
export function createGlobal(day: number): string {
  return `
    CREATE OR REPLACE TABLE snap_global AS ${sqlOf("global_base", { day })};
    CREATE OR REPLACE TABLE snap_user_rates AS ${sqlOf("user_rates", { day })}`;
}

/** Makes one snapshot table: keys and the entity's midnight features as FLOAT. */
export function createSnapshot(
  table: SnapshotTable,
  day: number,
  features: readonly FeatureDefinition[] = all,
): string {
  return packTable(table.name, selectSnapshot(table, day, features), "everywhere");
}

/** The SELECT of a snapshot table. */
export function selectSnapshot(
  { entity, keys, base }: SnapshotTable,
  day: number,
  features: readonly FeatureDefinition[] = all,
): string {
  const list = features.filter(
    (feature) => feature.entity === entity && feature.kind === "number" && feature.available === "midnight",
  );
  const columns = list.map((feature) => `CAST(${feature.sql} AS FLOAT) AS ${feature.name}`);
  const parameters: Readonly<Record<string, number>> =
    base === "video_base" ? { day, recent_days: recentDays } : { day };
  return `
    SELECT ${[...keys, ...columns].join(", ")}
    FROM (${sqlOf(base, parameters)}) base`;
}

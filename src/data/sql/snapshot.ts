/**
 * Snapshots: every "midnight" feature as of midnight before a day, over aggregates of earlier days only. One table an entity,
 * made by one query: a base (counts as doubles holding integers, so that sums do not depend on order; rates of parents) and the features' own SQL over it.
 * Standard SQL: window functions, no ASOF.
 */
import { featuresWhere, recentDays, seconds, smoothed, type FeatureEntity } from "../features.js";

/** A snapshot table: which entity's features, keyed by which columns. */
export interface SnapshotTable {
  readonly name: string;
  readonly entity: FeatureEntity;
  readonly keys: readonly string[];
  readonly base: (day: number) => string;
}

/** Prior rates before anything was seen, and the weight in impressions (or clicks) they carry. */
const unseen = { clickRate: 0.1, watchRate: 3, watchPerClick: 30, likeRate: 0.05, hideRate: 0.005, weight: 20 } as const;

/** `snap_global`: one row of overall smoothed rates; watch in seconds. Made before the others, which use it. */
export function createGlobal(day: number): string {
  const { weight } = unseen;
  return `
    CREATE OR REPLACE TEMP TABLE snap_global AS
    SELECT ${smoothed("clicks", "impressions", String(unseen.clickRate), weight)} AS global_click_rate,
           ${smoothed(seconds("watch_ms"), "impressions", String(unseen.watchRate), weight)} AS global_watch_rate,
           ${smoothed(seconds("watch_ms"), "clicks", String(unseen.watchPerClick), weight)} AS global_watch_per_click,
           ${smoothed("likes", "clicks", String(unseen.likeRate), weight)} AS global_like_rate,
           ${smoothed("hides", "impressions", String(unseen.hideRate), weight)} AS global_hide_rate
    FROM (SELECT ${["impressions", "clicks", "watch_ms", "likes", "hides"].map(sumOf).join(", ")} FROM video_days WHERE day < ${day})`;
}

/** All snapshot tables in the order in which they are made. */
export const snapshotTables: readonly SnapshotTable[] = [
  { name: "snap_user", entity: "user", keys: ["user_id"], base: userBase },
  { name: "snap_video", entity: "video", keys: ["video_id"], base: videoBase },
  { name: "snap_creator", entity: "creator", keys: ["creator"], base: creatorBase },
  { name: "snap_user_topic", entity: "user_topic", keys: ["user_id", "topic"], base: (day) => userPairBase(day, "user_topic_days", "topic") },
  { name: "snap_user_format", entity: "user_format", keys: ["user_id", "duration_bucket"], base: (day) => userPairBase(day, "user_format_days", "duration_bucket") },
  { name: "snap_segment_topic", entity: "segment_topic", keys: ["segment", "topic"], base: segmentTopicBase },
  { name: "snap_user_creator", entity: "user_creator", keys: ["user_id", "creator"], base: userCreatorBase },
];

/** Makes one snapshot table: keys and the entity's midnight features as FLOAT. */
export function createSnapshot(table: SnapshotTable, day: number): string {
  const list = featuresWhere({ entity: table.entity, kind: "number", available: "midnight" });
  const columns = list.map((feature) => `CAST(${feature.sql} AS FLOAT) AS ${feature.name}`);
  return `
    CREATE OR REPLACE TEMP TABLE ${table.name} AS
    SELECT ${[...table.keys, ...columns].join(", ")}
    FROM (${table.base(day)}) base`;
}

/** Per user: impressions, clicks, watch_ms, hides, inactive_days, account_days, and the global rates. */
function userBase(day: number): string {
  return `
    SELECT u.user_id, ${orZero("t.impressions")}, ${orZero("t.clicks")}, ${orZero("t.watch_ms")}, ${orZero("t.hides")},
           coalesce(CAST(${day} - t.last_day AS DOUBLE), 30e0) AS inactive_days,
           CAST(greatest(${day} - u.join_day, 0) AS DOUBLE) AS account_days, g.*
    FROM users u
    LEFT JOIN (SELECT user_id, ${sums}, ${sumOf("hides")}, max(day) AS last_day FROM user_days WHERE day < ${day} GROUP BY user_id) t
      ON t.user_id = u.user_id
    CROSS JOIN snap_global g`;
}

/** Per video: its counts, recent counts, age_days, and parent rates (creator within topic, drawn to topic, drawn to all). */
function videoBase(day: number): string {
  const over = (by: string, prefix: string): string =>
    ["impressions", "clicks", "watch_ms"].map((name) => `sum(${name}) OVER (PARTITION BY ${by}) AS ${prefix}_${name}`).join(", ");
  const rates = (child: string, parent: string, weights: readonly [number, number]): string => `
           ${smoothed(`${child}_clicks`, `${child}_impressions`, `${parent}_click_rate`, weights[0])} AS ${child}_click_rate,
           ${smoothed(seconds(`${child}_watch_ms`), `${child}_impressions`, `${parent}_watch_rate`, weights[0])} AS ${child}_watch_rate,
           ${smoothed(seconds(`${child}_watch_ms`), `${child}_clicks`, `${parent}_watch_per_click`, weights[1])} AS ${child}_watch_per_click`;
  return `
    WITH counts AS (
      SELECT v.video_id, v.topic, v.creator, CAST(greatest(${day} - v.upload_day, 0) AS DOUBLE) AS age_days,
             ${["impressions", "clicks", "watch_ms", "likes", "hides", "recent_impressions", "recent_watch_ms"].map((name) => orZero(`t.${name}`)).join(", ")}
      FROM videos v
      LEFT JOIN (
        SELECT video_id, ${sums}, ${sumOf("likes")}, ${sumOf("hides")},
               CAST(sum(CASE WHEN day >= ${day - recentDays} THEN impressions ELSE 0 END) AS DOUBLE) AS recent_impressions,
               CAST(sum(CASE WHEN day >= ${day - recentDays} THEN watch_ms ELSE 0 END) AS DOUBLE) AS recent_watch_ms
        FROM video_days WHERE day < ${day} GROUP BY video_id
      ) t ON t.video_id = v.video_id
    ), families AS (
      SELECT *, ${over("topic", "topic")}, ${over("creator, topic", "parent")} FROM counts
    ), topics AS (
      SELECT *, ${rates("topic", "global", [200, 50])} FROM families CROSS JOIN snap_global
    )
    SELECT *, ${rates("parent", "topic", [60, 15])} FROM topics`;
}

/** Per creator: impressions, clicks, watch_ms over the creator's videos, and the global rates. Creators without videos have a row, too. */
function creatorBase(day: number): string {
  return `
    SELECT c.creator, ${orZero("t.impressions")}, ${orZero("t.clicks")}, ${orZero("t.watch_ms")}, g.*
    FROM (SELECT DISTINCT creator FROM videos) c
    LEFT JOIN (
      SELECT v.creator, ${sums} FROM video_days d JOIN videos v ON v.video_id = d.video_id WHERE d.day < ${day} GROUP BY v.creator
    ) t ON t.creator = c.creator
    CROSS JOIN snap_global g`;
}

/** The user's own smoothed rates (watch in seconds), the prior of the user's pairs, and user_watch_ms. */
function userRates(day: number): string {
  return `
    SELECT user_id, watch_ms AS user_watch_ms,
           ${smoothed("clicks", "impressions", "global_click_rate", 30)} AS user_click_rate,
           ${smoothed(seconds("watch_ms"), "impressions", "global_watch_rate", 30)} AS user_watch_rate,
           ${smoothed(seconds("watch_ms"), "clicks", "global_watch_per_click", 10)} AS user_watch_per_click
    FROM (SELECT user_id, ${sums} FROM user_days WHERE day < ${day} GROUP BY user_id) CROSS JOIN snap_global`;
}

/** Per user and topic (or format) that met: impressions, clicks, watch_ms, and the user's own rates. */
function userPairBase(day: number, table: string, key: string): string {
  return `
    SELECT t.*, r.user_watch_ms, r.user_click_rate, r.user_watch_rate
    FROM (SELECT user_id, ${key}, ${sums} FROM ${table} WHERE day < ${day} GROUP BY user_id, ${key}) t
    JOIN (${userRates(day)}) r ON r.user_id = t.user_id`;
}

/** Per user and creator with a click: clicks, watch_ms, and the user's own watch per click. */
function userCreatorBase(day: number): string {
  return `
    SELECT t.*, r.user_watch_per_click
    FROM (SELECT user_id, creator, ${sumOf("clicks")}, ${sumOf("watch_ms")} FROM user_creator_days WHERE day < ${day} GROUP BY user_id, creator) t
    JOIN (${userRates(day)}) r ON r.user_id = t.user_id`;
}

/** Per segment and topic that met: impressions, clicks, watch_ms, and the topic's rates over all segments. */
function segmentTopicBase(day: number): string {
  return `
    SELECT t.*,
           ${smoothed("topic_clicks", "topic_impressions", "global_click_rate", 200)} AS topic_click_rate,
           ${smoothed(seconds("topic_watch_ms"), "topic_impressions", "global_watch_rate", 200)} AS topic_watch_rate
    FROM (
      SELECT *, sum(impressions) OVER (PARTITION BY topic) AS topic_impressions, sum(clicks) OVER (PARTITION BY topic) AS topic_clicks,
             sum(watch_ms) OVER (PARTITION BY topic) AS topic_watch_ms
      FROM (SELECT segment, topic, ${sums} FROM segment_topic_days WHERE day < ${day} GROUP BY segment, topic)
    ) t CROSS JOIN snap_global`;
}

const sums = ["impressions", "clicks", "watch_ms"].map(sumOf).join(", ");

function sumOf(name: string): string {
  return `CAST(coalesce(sum(${name}), 0) AS DOUBLE) AS ${name}`;
}

function orZero(column: string): string {
  return `coalesce(${column}, 0e0) AS ${column.slice(column.indexOf(".") + 1)}`;
}

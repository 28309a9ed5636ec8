/**
 * The offline point-in-time join: each impression of a day with the snapshot as of that day's midnight and with its visit as it stood
 * before the page. Standard SQL: window functions over earlier requests, joins by key, no ASOF.
 */
import type { Catalogue } from "../../types.js";
import { features, featureNamed, spreadOverTopics, type FeatureDefinition, type FeatureEntity } from "../features.js";

/** Watched at least this long (ms), or at least half of the video, after a click: a long watch, the retriever's positive. */
export const longWatchMs = 20_000;

/** Outcome and key columns every training row carries. */
const carried = `i.request_id, i.session_id, i.user_id, i.video_id, i.day, i.time_ms, i.page, i.position AS slot, i.source, i.component,
      i.policy, i.propensity, i.click, i.watch_ms, i."like" AS liked, i.share AS shared, i.hide AS hidden, i.conversion, i.revenue_micros`;

/** The visit before each page: `session_requests` (s) and, by topic of the rows shown, `session_topics` (st). */
function sessionTables(source: string): string {
  const before = (sum: string): string => `CAST(coalesce(sum(${sum}) OVER earlier, 0) AS DOUBLE) AS ${sum}`;
  return `
    pages AS (
      SELECT session_id, request_id, count(*) AS impressions, sum(click) AS clicks, sum(watch_ms) AS watch_ms
      FROM ${source} GROUP BY session_id, request_id
    ), session_requests AS (
      SELECT request_id, ${before("impressions")}, ${before("clicks")}, ${before("watch_ms")} FROM pages
      WINDOW earlier AS (PARTITION BY session_id ORDER BY request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), topic_pages AS (
      SELECT i.session_id, i.request_id, v.topic, count(*) AS impressions, sum(i.click) AS clicks
      FROM ${source} i JOIN videos v ON v.video_id = i.video_id GROUP BY i.session_id, i.request_id, v.topic
    ), session_topics AS (
      SELECT request_id, topic, ${before("impressions")}, ${before("clicks")} FROM topic_pages
      WINDOW earlier AS (PARTITION BY session_id, topic ORDER BY request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )`;
}

/** Which joined table holds an entity's midnight features, and on which keys it is joined to `i`, `u`, `v`. */
const joins: Readonly<Partial<Record<FeatureEntity, readonly [table: string, on: string]>>> = {
  user: ["snap_user", "snap_user.user_id = i.user_id"],
  video: ["snap_video", "snap_video.video_id = i.video_id"],
  creator: ["snap_creator", "snap_creator.creator = v.creator"],
  user_topic: ["snap_user_topic", "snap_user_topic.user_id = i.user_id AND snap_user_topic.topic = v.topic"],
  user_format: ["snap_user_format", "snap_user_format.user_id = i.user_id AND snap_user_format.duration_bucket = v.duration_bucket"],
  segment_topic: ["snap_segment_topic", "snap_segment_topic.segment = u.segment AND snap_segment_topic.topic = v.topic"],
  user_creator: ["snap_user_creator", "snap_user_creator.user_id = i.user_id AND snap_user_creator.creator = v.creator"],
};

/** All impressions of `source` (one day) with every feature, ordered by request and slot. Feature columns are named `f_<name>`. */
export function selectTraining(source: string): string {
  return `
    WITH ${sessionTables(source)}
    SELECT ${carried}, ${features.map(featureColumn).join(", ")}
    FROM ${source} i
    JOIN users u ON u.user_id = i.user_id
    JOIN videos v ON v.video_id = i.video_id
    ${Object.values(joins).map(([table, on]) => `LEFT JOIN ${table} ON ${on}`).join("\n    ")}
    JOIN session_requests s ON s.request_id = i.request_id
    JOIN session_topics st ON st.request_id = i.request_id AND st.topic = v.topic
    ORDER BY i.request_id, i.position`;
}

/** Long watches of `source` (one day) with the query side's features, ordered by request and slot. */
export function selectRetrieval(source: string, catalogue: Catalogue): string {
  const query = features.filter((feature) => feature.tower === "query").map(featureColumn);
  const spread = spreadOverTopics.flatMap((name) => catalogue.topicNames.map((_, topic) => `coalesce(w.${name}_${topic}, ${featureNamed(name).default}) AS f_${name}_${topic}`));
  return `
    SELECT ${carried}, v.duration_ms, ${[...query, ...spread].join(", ")}
    FROM ${source} i
    JOIN users u ON u.user_id = i.user_id
    JOIN videos v ON v.video_id = i.video_id
    LEFT JOIN snap_user ON snap_user.user_id = i.user_id
    LEFT JOIN (${wideTopics(catalogue)}) w ON w.user_id = i.user_id
    WHERE ${isLongWatch}
    ORDER BY i.request_id, i.position`;
}

/** Number of rows `selectTraining` gives. */
export function countTraining(source: string): string {
  return `SELECT count(*) AS rows FROM ${source}`;
}

/** Number of rows `selectRetrieval` gives. */
export function countRetrieval(source: string): string {
  return `SELECT count(*) AS rows FROM ${source} i JOIN videos v ON v.video_id = i.video_id WHERE ${isLongWatch}`;
}

const isLongWatch = `i.click = 1 AND (i.watch_ms >= ${longWatchMs} OR 2 * CAST(i.watch_ms AS BIGINT) >= v.duration_ms)`;

/** One row a user: the spread features, one column a topic. */
function wideTopics(catalogue: Catalogue): string {
  const columns = spreadOverTopics.flatMap((name) =>
    catalogue.topicNames.map((_, topic) => `max(CASE WHEN topic = ${topic} THEN ${name} END) AS ${name}_${topic}`),
  );
  return `SELECT user_id, ${columns.join(", ")} FROM snap_user_topic GROUP BY user_id`;
}

function featureColumn(feature: FeatureDefinition): string {
  const type = feature.kind === "category" ? "INTEGER" : "FLOAT";
  const table = joins[feature.entity]?.[0];
  const sql = feature.available === "midnight" && table !== undefined ? `coalesce(${table}.${feature.name}, ${feature.default})` : feature.sql;
  return `CAST(${sql} AS ${type}) AS f_${feature.name}`;
}

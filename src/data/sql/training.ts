/**
 * The offline point-in-time join: each clean impression of content of a day (sql/impressions) with the snapshot as of that day's
 * midnight and with its visit as of before the page. Standard SQL: windows over earlier requests, joins by key, no ASOF.
 */
import type { Catalogue } from "../../types.js";
import {
  features as all,
  featureNamed,
  spreadOverTopics,
  type FeatureDefinition,
  type FeatureEntity,
} from "../features/features.js";
import { sqlOf } from "../sql-text.js";

/** Watched at least this long (ms), or at least half of the video, after a click: a long watch, the retriever's positive. */
export const longWatchMs = 20_000;

/** Outcome and key columns that every training row carries. */
const carried: string = `i.request_id, i.session_id, i.user_id, i.video_id, i.day, i.time_ms, i.page, i.position AS slot,
      i.source, i.component, i.policy, i.propensity, i.click, i.watch_ms, i.like AS liked, i.share AS shared, i.hide AS hidden,
      i.follow, i.conversion, i.revenue_micros`;

/** Which joined table holds an entity's midnight features, and on which keys it is joined to `i`, `u`, `v`. */
const joins: Readonly<Partial<Record<FeatureEntity, readonly [table: string, on: string]>>> = {
  user: ["snap_user", "snap_user.user_id = i.user_id"],
  video: ["snap_video", "snap_video.video_id = i.video_id"],
  creator: ["snap_creator", "snap_creator.creator = v.creator"],
  user_topic: ["snap_user_topic", "snap_user_topic.user_id = i.user_id AND snap_user_topic.topic = v.topic"],
  user_format: [
    "snap_user_format",
    "snap_user_format.user_id = i.user_id AND snap_user_format.duration_bucket = v.duration_bucket",
  ],
  segment_topic: [
    "snap_segment_topic",
    "snap_segment_topic.segment = u.segment AND snap_segment_topic.topic = v.topic",
  ],
  user_creator: [
    "snap_user_creator",
    "snap_user_creator.user_id = i.user_id AND snap_user_creator.creator = v.creator",
  ],
};

/** All rows of `impressions` (one day) with every feature, ordered by request and slot. Feature columns are named `f_<name>`. */
export function selectTraining(features: readonly FeatureDefinition[] = all): string {
  return `
    WITH session_requests AS (${sqlOf("session_requests")}), session_topics AS (${sqlOf("session_topics")})
    SELECT ${carried}, ${features.map(featureColumn).join(", ")}
    FROM impressions i
    JOIN users u ON u.user_id = i.user_id
    JOIN videos v ON v.video_id = i.video_id
    ${Object.values(joins)
      .map(([table, on]) => `LEFT JOIN ${table} ON ${on}`)
      .join("\n    ")}
    JOIN session_requests s ON s.request_id = i.request_id
    JOIN session_topics st ON st.request_id = i.request_id AND st.topic = v.topic
    ORDER BY i.request_id, i.position`;
}

/** Long watches of `impressions` (one day) with the query side's features, ordered by request and slot. */
export function selectRetrieval(catalogue: Catalogue): string {
  const query = all.filter((feature) => feature.tower === "query").map(featureColumn);
  const spread = spreadOverTopics.flatMap((name) =>
    catalogue.topicNames.map(
      (_, topic) => `coalesce(w.${name}_${topic}, ${featureNamed(name).default}) AS f_${name}_${topic}`,
    ),
  );
  return `
    SELECT ${carried}, v.duration_ms, ${[...query, ...spread].join(", ")}
    FROM impressions i
    JOIN users u ON u.user_id = i.user_id
    JOIN videos v ON v.video_id = i.video_id
    LEFT JOIN snap_user ON snap_user.user_id = i.user_id
    LEFT JOIN (${wideTopics(catalogue)}) w ON w.user_id = i.user_id
    WHERE ${isLongWatch}
    ORDER BY i.request_id, i.position`;
}

/** At least the number of rows `selectTraining` gives of a raw day (quarantined ones are counted, too), and the day's raw rows. */
export function countTraining(source: string): string {
  return `SELECT coalesce(sum(CASE WHEN campaign = 0 THEN 1 ELSE 0 END), 0) AS rows, count(*) AS raw FROM ${source}`;
}

/** The same for `selectRetrieval`. */
export function countRetrieval(source: string): string {
  return `
    SELECT coalesce(sum(CASE WHEN i.campaign = 0 AND ${isLongWatch} THEN 1 ELSE 0 END), 0) AS rows, count(*) AS raw
    FROM ${source} i LEFT JOIN videos v ON v.video_id = i.video_id`;
}

const isLongWatch = `i.click = 1 AND (i.watch_ms >= ${longWatchMs} OR 2 * CAST(i.watch_ms AS BIGINT) >= v.duration_ms)`;

/** One row per user: the spread features, one column per topic. */
function wideTopics(catalogue: Catalogue): string {
  const columns = spreadOverTopics.flatMap((name) =>
    catalogue.topicNames.map((_, topic) => `max(CASE WHEN topic = ${topic} THEN ${name} END) AS ${name}_${topic}`),
  );
  return `SELECT user_id, ${columns.join(", ")} FROM snap_user_topic GROUP BY user_id`;
}

function featureColumn(feature: FeatureDefinition): string {
  const type = feature.kind === "category" ? "INTEGER" : "FLOAT";
  const table = joins[feature.entity]?.[0];
  const sql =
    feature.available === "midnight" && table !== undefined
      ? `coalesce(${table}.${feature.name}, ${feature.default})`
      : feature.sql;
  return `CAST(${sql} AS ${type}) AS f_${feature.name}`;
}

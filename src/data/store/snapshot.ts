/** A day's snapshot in memory: the tables of sql/snapshot as row-major arrays by id, ready for the serving loop. */
import type { Column, Columns, Database } from "../../log/index.js";
import { type Catalogue, type Day, segmentCount } from "../../types.js";
import type { Aggregates } from "../tables/aggregates.js";
import { featuresWhere, formatCount, type FeatureDefinition, type FeatureEntity } from "../features/features.js";
import { PairSet } from "../sets/pair-set.js";

/** Rows of numbers by id. `values` is row-major. // [rows, width] */
export interface NumberTable {
  readonly width: number;
  readonly values: Float32Array;
}

/** What never changes of users and videos: categories and numbers, row-major by id. */
export interface StaticRows {
  readonly userCategories: Int32Array; // [users, userCategoryCount]
  readonly videoCategories: Int32Array; // [videos, videoCategoryCount]
  readonly userCategoryCount: number;
  readonly videoCategoryCount: number;
  readonly videoNumbers: NumberTable; // [videos, …]
  readonly segment: Uint8Array; // [users]
  readonly format: Uint8Array; // [videos] duration bucket
}

/** Counts of each video over all days before the opened one; integers. // [videos] */
export interface VideoStats {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  readonly watchMs: Float64Array;
  readonly likes: Float64Array;
  readonly hides: Float64Array;
}

/** Counts by segment (age band × region) and video that met, over all days before the opened one, sorted by segment, then video. */
export interface SegmentVideoStats {
  readonly count: number;
  readonly segment: Int32Array;
  readonly video: Int32Array;
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  readonly watchMs: Float64Array;
}

/** Midnight features of a day by id, the pairs clicked before it, and the counts of videos. */
export interface Snapshot {
  readonly day: Day;
  readonly user: NumberTable; // [users]
  readonly video: NumberTable; // [videos] static numbers, video features, creator features
  readonly userTopic: NumberTable; // [users × topics]
  readonly userFormat: NumberTable; // [users × formats]
  readonly segmentTopic: NumberTable; // [segments × topics]
  readonly userCreator: NumberTable; // [pairs], sorted by user
  readonly creatorStart: Int32Array; // [users + 1] where each user's pairs begin
  readonly creatorOf: Int32Array; // [pairs]
  readonly clicked: PairSet;
  readonly stats: VideoStats;
}

/** Reads what never changes; the SQL of the static features makes it. */
export async function readStatic(aggregates: Aggregates): Promise<StaticRows> {
  const { database } = aggregates;
  const categories = async (entity: FeatureEntity, table: string, id: string): Promise<[Int32Array, number]> => {
    const list = featuresWhere({ entity, kind: "category", available: "static" });
    const columns = await database.query(
      `SELECT ${list.map(({ name, sql }) => `CAST(${sql} AS INTEGER) AS ${name}`).join(", ")} FROM ${table} ORDER BY ${id}`,
    );
    return [interleave(columns, list, new Int32Array(rowsOf(columns) * list.length)), list.length];
  };
  const [userCategories, userCategoryCount] = await categories("user", "users u", "u.user_id");
  const [videoCategories, videoCategoryCount] = await categories("video", "videos v", "v.video_id");
  const list = featuresWhere({ entity: "video", kind: "number", available: "static" });
  const numbers = await database.query(
    `SELECT ${list.map(({ name, sql }) => `CAST(${sql} AS FLOAT) AS ${name}`).join(", ")} FROM videos v ORDER BY v.video_id`,
  );
  const { segment } = await database.query("SELECT segment FROM users ORDER BY user_id");
  const { format } = await database.query("SELECT duration_bucket AS format FROM videos ORDER BY video_id");
  return {
    userCategories,
    userCategoryCount,
    videoCategories,
    videoCategoryCount,
    videoNumbers: {
      width: list.length,
      values: interleave(numbers, list, new Float32Array(rowsOf(numbers) * list.length)),
    },
    segment: Uint8Array.from(segment as Int32Array),
    format: Uint8Array.from(format as Int32Array),
  };
}

/** Makes the snapshot as of midnight before `day` and reads it. */
export async function readSnapshot(aggregates: Aggregates, fixed: StaticRows, day: Day): Promise<Snapshot> {
  await aggregates.snapshot(day);
  const { catalogue, database } = aggregates;
  const topics = catalogue.topicNames.length;
  const [users, videos] = [catalogue.users.count, catalogue.videos.count];
  const pairs = await database.query("SELECT * FROM snap_user_creator ORDER BY user_id, creator");
  const pairFeatures = midnight("user_creator");
  return {
    day,
    user: await denseTable(database, "snap_user", "user", users, "user_id"),
    video: await videoTable(database, fixed, catalogue),
    userTopic: await denseTable(
      database,
      "snap_user_topic",
      "user_topic",
      users * topics,
      `user_id * ${topics} + topic`,
    ),
    userFormat: await denseTable(
      database,
      "snap_user_format",
      "user_format",
      users * formatCount,
      `user_id * ${formatCount} + duration_bucket`,
    ),
    segmentTopic: await denseTable(
      database,
      "snap_segment_topic",
      "segment_topic",
      segmentCount * topics,
      `segment * ${topics} + topic`,
    ),
    userCreator: {
      width: pairFeatures.length,
      values: interleave(pairs, pairFeatures, new Float32Array(rowsOf(pairs) * pairFeatures.length)),
    },
    creatorStart: starts(pairs.user_id as Int32Array, users),
    creatorOf: pairs.creator as Int32Array,
    clicked: await clickedPairs(database, day),
    stats: await videoStats(database, day, videos),
  };
}

/** Counts by segment and video before `day`. */
export async function readSegmentVideoStats(aggregates: Aggregates, day: Day): Promise<SegmentVideoStats> {
  const columns = await aggregates.database.query(`
    SELECT segment, video_id AS video, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(watch_ms) AS "watchMs"
    FROM segment_video_days WHERE day < ${day} GROUP BY segment, video_id ORDER BY segment, video_id`);
  return { count: rowsOf(columns), ...columns } as unknown as SegmentVideoStats;
}

async function denseTable(
  database: Database,
  table: string,
  entity: FeatureEntity,
  rows: number,
  row: string,
): Promise<NumberTable> {
  const list = midnight(entity);
  const columns = await database.query(
    `SELECT CAST(${row} AS INTEGER) AS row_index, ${list.map(({ name }) => name).join(", ")} FROM ${table}`,
  );
  const values = new Float32Array(rows * list.length);
  list.forEach((feature, c) => {
    if (feature.default !== 0) for (let i = 0; i < rows; i++) values[i * list.length + c] = feature.default;
    scatter(values, list.length, c, columns.row_index as Int32Array, columns[feature.name] as Float32Array);
  });
  return { width: list.length, values };
}

/** Static numbers, video features and the creator's features of each video side by side, so that serving copies one block of memory. */
async function videoTable(database: Database, fixed: StaticRows, catalogue: Catalogue): Promise<NumberTable> {
  const { count, creator } = catalogue.videos;
  const own = await denseTable(database, "snap_video", "video", count, "video_id");
  const creators = await denseTable(database, "snap_creator", "creator", catalogue.creatorCount, "creator");
  const still = fixed.videoNumbers;
  const width = still.width + own.width + creators.width;
  const values = new Float32Array(count * width);
  for (let video = 0; video < count; video++) {
    let at = video * width;
    for (let c = 0; c < still.width; c++) values[at++] = still.values[video * still.width + c]!;
    for (let c = 0; c < own.width; c++) values[at++] = own.values[video * own.width + c]!;
    const from = creator[video]! * creators.width;
    for (let c = 0; c < creators.width; c++) values[at++] = creators.values[from + c]!;
  }
  return { width, values };
}

async function clickedPairs(database: Database, day: Day): Promise<PairSet> {
  const pairs = await database.query(`SELECT user_id, video_id FROM user_video_days WHERE day < ${day}`);
  const [users, videos] = [pairs.user_id as Int32Array, pairs.video_id as Int32Array];
  const set = new PairSet(users.length);
  for (let i = 0; i < users.length; i++) set.add(users[i]!, videos[i]!);
  return set;
}

async function videoStats(database: Database, day: Day, videos: number): Promise<VideoStats> {
  const columns = await database.query(`
    SELECT video_id, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(watch_ms) AS watch_ms,
           sum(likes) AS likes, sum(hides) AS hides
    FROM video_days WHERE day < ${day} GROUP BY video_id`);
  const dense = (name: string): Float64Array => {
    const out = new Float64Array(videos);
    scatter(out, 1, 0, columns.video_id as Int32Array, columns[name] as Float64Array);
    return out;
  };
  return {
    impressions: dense("impressions"),
    clicks: dense("clicks"),
    watchMs: dense("watch_ms"),
    likes: dense("likes"),
    hides: dense("hides"),
  };
}

function midnight(entity: FeatureEntity): readonly FeatureDefinition[] {
  return featuresWhere({ entity, kind: "number", available: "midnight" });
}

function rowsOf(columns: Columns): number {
  return Object.values(columns)[0]?.length ?? 0;
}

function interleave<T extends Int32Array | Float32Array>(
  columns: Columns,
  list: readonly FeatureDefinition[],
  out: T,
): T {
  list.forEach(({ name }, c) => {
    const column = columns[name] as Exclude<Column, readonly string[]>;
    for (let i = 0; i < column.length; i++) out[i * list.length + c] = column[i]!;
  });
  return out;
}

function scatter(
  out: Float32Array | Float64Array,
  width: number,
  c: number,
  rows: Int32Array,
  values: Float32Array | Float64Array,
): void {
  for (let i = 0; i < rows.length; i++) out[rows[i]! * width + c] = values[i]!;
}

/** Where each id's run begins in a sorted column. // [count + 1] */
function starts(sorted: Int32Array, count: number): Int32Array {
  const out = new Int32Array(count + 1);
  for (let i = 0; i < sorted.length; i++) {
    const next = sorted[i]! + 1;
    out[next] = out[next]! + 1;
  }
  for (let i = 0; i < count; i++) out[i + 1] = out[i + 1]! + out[i]!;
  return out;
}

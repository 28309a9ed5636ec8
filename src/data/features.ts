/**
 * Every feature, defined once: its entity, unit, default, when it is available, and the SQL that computes it. The training join and
 * the store run the same SQL over the same aggregates, so a feature cannot mean two things (training–serving skew).
 *
 * What the SQL may name:
 * - available "static": columns of `users u` or `videos v`;
 * - available "midnight": the columns of `sql/<entity>_base.sql`, over days before the row's day;
 * - available "request": the impression `i` with its `u` and `v`, nothing that follows from the answer;
 * - available "event": `s` (the visit so far) and `st` (the visit so far within the video's topic), before this page.
 *
 * Rates are smoothed: (sum + weight × prior) / (count + weight), the prior being the mean one level up (video → creator within topic →
 * topic → all; user → all; pairs → the user's own mean), so that a count of zero gives the parent's rate. Lifts are logarithms
 * of a smoothed rate over its prior: 0 means as usual, and is the default where there is no history.
 */
import { ageBands, dayMs, devices, languages, regions, type Catalogue } from "../types.js";

/** What a feature describes; pairs are keyed by both ids. A segment is age band × region; a format is a duration bucket. */
export type FeatureEntity =
  | "user"
  | "video"
  | "creator"
  | "user_topic"
  | "user_format"
  | "segment_topic"
  | "user_creator"
  | "context"
  | "session";

/** When a value is known: always; as of last midnight; when the page is requested; after each page of the visit. */
export type Availability = "static" | "midnight" | "request" | "event";

/** What keeps a feature up to date: nothing (the catalogue), the nightly ETL, the request's own fields, the events of the visit. */
export type OwnerStep = "catalogue" | "prepare" | "serve" | "apply";

/** One feature. `tower`: the side of a two-tower model it may be used on; all features are in the ranker's rows. */
export interface FeatureDefinition {
  readonly name: string;
  readonly entity: FeatureEntity;
  readonly kind: "category" | "number";
  readonly unit: string;
  /** The value where the entity has no row. */
  readonly default: number;
  readonly available: Availability;
  /** How old a value may be when it is read, in ms; older is stale. Infinity: it never changes. */
  readonly freshnessMs: number;
  /** The step that computes the value. */
  readonly owner: OwnerStep;
  /** For categories: values are in [0, cardinality). */
  readonly cardinality?: (catalogue: Catalogue) => number;
  readonly tower?: "query" | "candidate";
  readonly sql: string;
  readonly description: string;
}

/** Upper bounds in ms of the duration buckets but the last: below 15 s, 1, 3, 8, 20 minutes, longer. */
export const durationBoundsMs: readonly number[] = [15_000, 60_000, 180_000, 480_000, 1_200_000];
/** Number of duration buckets ("formats"). */
export const formatCount: number = durationBoundsMs.length + 1;
/** Length of an hour bucket in ms: eight per day. */
export const hourBucketMs = 10_800_000;
/** Slots on a page that the position feature distinguishes. */
export const positionCount = 32;
/** Days that "recent" looks back. */
export const recentDays = 3;

/**
 * `(sum + weight × prior) / (count + weight)` as SQL over doubles: the mean, shrunk towards the prior where there are few
 * observations.
 */
export function smoothed(sum: string, count: string, prior: string, weight: number): string {
  return `((${sum}) + ${weight}e0 * (${prior})) / ((${count}) + ${weight}e0)`;
}

/** Milliseconds to seconds in SQL, as doubles. */
export function seconds(ms: string): string {
  return `(${ms}) / 1000e0`;
}

const log1p = (x: string): string => `ln(1e0 + ${x})`;
const lift = (sum: string, count: string, prior: string, weight: number): string =>
  `ln((${smoothed(sum, count, prior, weight)}) / (${prior}))`;

/** The log holds names; models read codes. */
const codeOf = (column: string, words: readonly string[]): string =>
  `CASE ${column} ${words.map((word, code) => `WHEN '${word}' THEN ${code}`).join(" ")} END`;

/** Properties that follow from when a feature is available. */
const kept: Readonly<Record<Availability, Pick<FeatureDefinition, "freshnessMs" | "owner">>> = {
  static: { freshnessMs: Infinity, owner: "catalogue" },
  midnight: { freshnessMs: dayMs, owner: "prepare" },
  request: { freshnessMs: 0, owner: "serve" },
  event: { freshnessMs: 0, owner: "apply" },
};

type Derived = "entity" | "kind" | "default" | "freshnessMs" | "owner";
type Short = Omit<FeatureDefinition, Derived> & { readonly default?: number };
const group = (entity: FeatureEntity, kind: "category" | "number", list: readonly Short[]): FeatureDefinition[] =>
  list.map((feature) => ({ default: 0, ...kept[feature.available], ...feature, entity, kind }));

const userCategories = group("user", "category", [
  {
    name: "user_id",
    unit: "id",
    available: "static",
    tower: "query",
    cardinality: (c) => c.users.count,
    sql: "u.user_id",
    description: "the user who requested the page",
  },
  {
    name: "age_band",
    unit: "code",
    available: "static",
    tower: "query",
    cardinality: () => ageBands.length,
    sql: "u.age_band",
    description: "age band of the profile",
  },
  {
    name: "region",
    unit: "code",
    available: "static",
    tower: "query",
    cardinality: () => regions.length,
    sql: "u.region",
    description: "region of the profile",
  },
  {
    name: "user_language",
    unit: "code",
    available: "static",
    tower: "query",
    cardinality: () => languages.length,
    sql: "u.language",
    description: "language of the profile",
  },
]);

const videoCategories = group("video", "category", [
  {
    name: "video_id",
    unit: "id",
    available: "static",
    tower: "candidate",
    cardinality: (c) => c.videos.count,
    sql: "v.video_id",
    description: "the candidate",
  },
  {
    name: "topic",
    unit: "code",
    available: "static",
    tower: "candidate",
    cardinality: (c) => c.topicNames.length,
    sql: "v.topic",
    description: "topic as labelled by the uploader",
  },
  {
    name: "creator",
    unit: "id",
    available: "static",
    tower: "candidate",
    cardinality: (c) => c.creatorCount,
    sql: "v.creator",
    description: "who uploaded it",
  },
  {
    name: "video_language",
    unit: "code",
    available: "static",
    tower: "candidate",
    cardinality: () => languages.length,
    sql: "v.language",
    description: "language spoken",
  },
  {
    name: "duration_bucket",
    unit: "code",
    available: "static",
    tower: "candidate",
    cardinality: () => formatCount,
    sql: "v.duration_bucket",
    description: "format: below 15 s, 1, 3, 8, 20 min, longer",
  },
  {
    name: "sponsored",
    unit: "0 or 1",
    available: "static",
    tower: "candidate",
    cardinality: () => 2,
    sql: "v.sponsored",
    description: "sells something",
  },
]);

const contextCategories = group("context", "category", [
  {
    name: "device",
    unit: "code",
    available: "request",
    tower: "query",
    cardinality: () => devices.length,
    sql: codeOf("i.device", devices),
    description: "device of the visit",
  },
  {
    name: "hour_bucket",
    unit: "3 hours",
    available: "request",
    tower: "query",
    cardinality: () => 8,
    sql: `CAST(floor(i.time_ms / ${hourBucketMs}e0) AS INTEGER)`,
    description: "time of day",
  },
  {
    name: "position",
    unit: "slot",
    available: "request",
    cardinality: () => positionCount,
    sql: `least(i.position, ${positionCount - 1})`,
    description: "slot on the page; for training only, serving passes 0 (position bias)",
  },
]);

const userNumbers = group("user", "number", [
  {
    name: "user_click_rate",
    unit: "rate",
    available: "midnight",
    tower: "query",
    sql: smoothed("clicks", "impressions", "global_click_rate", 30),
    description: "clicks per impression, smoothed to all users'",
  },
  {
    name: "user_watch_rate",
    unit: "log1p s",
    available: "midnight",
    tower: "query",
    sql: log1p(smoothed(seconds("watch_ms"), "impressions", "global_watch_rate", 30)),
    description: "watch seconds per impression, smoothed to all users'",
  },
  {
    name: "user_log_impressions",
    unit: "log1p count",
    available: "midnight",
    tower: "query",
    sql: log1p("impressions"),
    description: "impressions so far: how well the user is known",
  },
  {
    name: "user_inactive_days",
    unit: "log1p days",
    available: "midnight",
    tower: "query",
    sql: log1p("inactive_days"),
    description: "days since the last active one; 30 when there is none",
  },
  ...[1, 7, 28].flatMap((days): Short[] => [
    {
      name: `user_clicks_${days}d`,
      unit: "log1p count",
      available: "midnight",
      tower: "query",
      sql: log1p(`clicks_${days}d`),
      description: `clicks in the last ${days} days`,
    },
    {
      name: `user_watch_${days}d`,
      unit: "log1p s",
      available: "midnight",
      tower: "query",
      sql: log1p(seconds(`watch_ms_${days}d`)),
      description: `watch seconds in the last ${days} days`,
    },
  ]),
  {
    name: "user_account_days",
    unit: "log1p days",
    available: "midnight",
    tower: "query",
    sql: log1p("account_days"),
    description: "days since joining; 0: a newcomer",
  },
]);

const videoStaticNumbers = group("video", "number", [
  {
    name: "video_log_duration",
    unit: "log1p s",
    available: "static",
    tower: "candidate",
    sql: log1p(seconds("v.duration_ms")),
    description: "length",
  },
]);

const videoNumbers = group("video", "number", [
  {
    name: "video_click_rate",
    unit: "rate",
    available: "midnight",
    tower: "candidate",
    sql: smoothed("clicks", "impressions", "parent_click_rate", 40),
    description: "clicks per impression, smoothed to the creator's within the topic",
  },
  {
    name: "video_watch_rate",
    unit: "log1p s",
    available: "midnight",
    tower: "candidate",
    sql: log1p(smoothed(seconds("watch_ms"), "impressions", "parent_watch_rate", 40)),
    description: "watch seconds per impression, smoothed likewise",
  },
  {
    name: "video_watch_per_click",
    unit: "log1p s",
    available: "midnight",
    tower: "candidate",
    sql: log1p(smoothed(seconds("watch_ms"), "clicks", "parent_watch_per_click", 10)),
    description: "watch seconds per click, smoothed likewise; low together with a high click rate: clickbait",
  },
  {
    name: "video_recent_watch_lift",
    unit: "log ratio",
    available: "midnight",
    tower: "candidate",
    sql: lift(
      seconds("recent_watch_ms"),
      "recent_impressions",
      smoothed(seconds("watch_ms"), "impressions", "parent_watch_rate", 40),
      40,
    ),
    description: "watch seconds per impression in the last 3 days over all time's: rising or fading",
  },
  {
    name: "video_log_impressions",
    unit: "log1p count",
    available: "midnight",
    tower: "candidate",
    sql: log1p("impressions"),
    description: "impressions so far: how well the video is known",
  },
  {
    name: "video_completion",
    unit: "share",
    available: "midnight",
    tower: "candidate",
    sql: smoothed("watch_ms / greatest(duration_ms, 1e0)", "clicks", "global_completion", 10),
    description: "share of the video watched per click, smoothed to all videos'",
  },
  {
    name: "video_like_rate",
    unit: "rate",
    available: "midnight",
    tower: "candidate",
    sql: smoothed("likes", "clicks", "global_like_rate", 20),
    description: "likes per click, smoothed to all videos'",
  },
  {
    name: "video_hide_rate",
    unit: "rate",
    available: "midnight",
    tower: "candidate",
    sql: smoothed("hides", "impressions", "global_hide_rate", 50),
    description: "hides per impression, smoothed to all videos'",
  },
  {
    name: "video_age_days",
    unit: "log1p days",
    available: "midnight",
    tower: "candidate",
    sql: log1p("age_days"),
    description: "days since upload; 0: fresh",
  },
]);

const creatorNumbers = group("creator", "number", [
  {
    name: "creator_click_rate",
    unit: "rate",
    available: "midnight",
    tower: "candidate",
    sql: smoothed("clicks", "impressions", "global_click_rate", 100),
    description: "clicks per impression over the creator's videos",
  },
  {
    name: "creator_watch_rate",
    unit: "log1p s",
    available: "midnight",
    tower: "candidate",
    sql: log1p(smoothed(seconds("watch_ms"), "impressions", "global_watch_rate", 100)),
    description: "watch seconds per impression over the creator's videos",
  },
]);

const userTopicNumbers = group("user_topic", "number", [
  {
    name: "user_topic_click_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift("clicks", "impressions", "user_click_rate", 20),
    description: "the user's click rate in this topic over the user's own",
  },
  {
    name: "user_topic_watch_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift(seconds("watch_ms"), "impressions", "user_watch_rate", 20),
    description: "the user's watch seconds per impression in this topic over the user's own",
  },
  {
    name: "user_topic_watch_share",
    unit: "share",
    available: "midnight",
    sql: `${seconds("watch_ms")} / (${seconds("user_watch_ms")} + 60e0)`,
    description: "share of the user's watch time spent in this topic (60 s are added below)",
  },
]);

const userFormatNumbers = group("user_format", "number", [
  {
    name: "user_format_click_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift("clicks", "impressions", "user_click_rate", 20),
    description: "the user's click rate on videos of this length over the user's own",
  },
  {
    name: "user_format_watch_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift(seconds("watch_ms"), "impressions", "user_watch_rate", 20),
    description: "the user's watch seconds per impression on this length over the user's own",
  },
]);

const segmentTopicNumbers = group("segment_topic", "number", [
  {
    name: "segment_topic_click_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift("clicks", "impressions", "topic_click_rate", 200),
    description:
      "click rate of the user's age band and region in this topic over everyone's: what is known about a newcomer",
  },
  {
    name: "segment_topic_watch_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift(seconds("watch_ms"), "impressions", "topic_watch_rate", 200),
    description: "watch seconds per impression, likewise",
  },
]);

const userCreatorNumbers = group("user_creator", "number", [
  {
    name: "user_creator_log_clicks",
    unit: "log1p count",
    available: "midnight",
    sql: log1p("clicks"),
    description: "the user's clicks on this creator's videos",
  },
  {
    name: "user_creator_follows",
    unit: "0 or 1",
    available: "midnight",
    sql: "CASE WHEN follows > 0 THEN 1e0 ELSE 0e0 END",
    description: "the user follows this creator",
  },
  {
    name: "user_creator_watch_lift",
    unit: "log ratio",
    available: "midnight",
    sql: lift(seconds("watch_ms"), "clicks", "user_watch_per_click", 3),
    description: "the user's watch seconds per click with this creator over the user's own",
  },
]);

const contextNumbers = group("context", "number", [
  {
    name: "language_match",
    unit: "0 or 1",
    available: "request",
    sql: "CASE WHEN u.language = v.language THEN 1 ELSE 0 END",
    description: "the video is in the user's language",
  },
]);

const sessionNumbers = group("session", "number", [
  {
    name: "session_page",
    unit: "log1p count",
    available: "event",
    sql: log1p("i.page"),
    description: "pages seen in this visit",
  },
  {
    name: "session_impressions",
    unit: "log1p count",
    available: "event",
    sql: log1p("s.impressions"),
    description: "impressions so far in this visit",
  },
  {
    name: "session_clicks",
    unit: "log1p count",
    available: "event",
    sql: log1p("s.clicks"),
    description: "clicks so far in this visit",
  },
  {
    name: "session_watch",
    unit: "log1p s",
    available: "event",
    sql: log1p(seconds("s.watch_ms")),
    description: "watch seconds so far in this visit",
  },
  {
    name: "session_topic_impressions",
    unit: "log1p count",
    available: "event",
    sql: log1p("st.impressions"),
    description: "impressions of the video's topic so far in this visit (satiation)",
  },
  {
    name: "session_topic_clicks",
    unit: "log1p count",
    available: "event",
    sql: log1p("st.clicks"),
    description: "clicks on the video's topic so far in this visit",
  },
]);

/** All features in the order of the ranker's rows; features of one entity are adjacent. */
export const features: readonly FeatureDefinition[] = [
  ...userCategories,
  ...videoCategories,
  ...contextCategories,
  ...userNumbers,
  ...videoStaticNumbers,
  ...videoNumbers,
  ...creatorNumbers,
  ...userTopicNumbers,
  ...userFormatNumbers,
  ...segmentTopicNumbers,
  ...userCreatorNumbers,
  ...contextNumbers,
  ...sessionNumbers,
];

/**
 * Features of pairs that the query side spreads over all topics: one number per topic. Clicks are more frequent than long watches, so
 * their lift is less noisy.
 */
export const spreadOverTopics: readonly string[] = [
  "user_topic_watch_share",
  "user_topic_watch_lift",
  "user_topic_click_lift",
];

/**
 * The definition of a feature.
 * @throws Error `unknown feature: watch_tiem; known: …`.
 */
export function featureNamed(name: string): FeatureDefinition {
  const found = features.find((feature) => feature.name === name);
  if (!found) throw new Error(`unknown feature: ${name}; known: ${features.map((feature) => feature.name).join(", ")}`);
  return found;
}

/** Features that match all given properties, in order. */
export function featuresWhere(
  wanted: Partial<Pick<FeatureDefinition, "entity" | "kind" | "available" | "tower">>,
): readonly FeatureDefinition[] {
  return features.filter((feature) =>
    Object.entries(wanted).every(([key, value]) => feature[key as keyof FeatureDefinition] === value),
  );
}

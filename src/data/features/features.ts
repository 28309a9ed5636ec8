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
import { ageBands, dayMs, devices, languages, regions, type Catalogue } from "../../types.js";

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

/** Cardinality of each category; all other features are numbers. */
const cardinalities: Readonly<Record<string, (catalogue: Catalogue) => number>> = {
  user_id: (c) => c.users.count,
  age_band: () => ageBands.length,
  region: () => regions.length,
  user_language: () => languages.length,
  video_id: (c) => c.videos.count,
  topic: (c) => c.topicNames.length,
  creator: (c) => c.creatorCount,
  video_language: () => languages.length,
  duration_bucket: () => formatCount,
  sponsored: () => 2,
  device: () => devices.length,
  hour_bucket: () => 8,
  position: () => positionCount,
};

const clickRate = (prior: string, weight: number): string => smoothed("clicks", "impressions", prior, weight);
const watch = seconds("watch_ms");
const watchRate = (prior: string, weight: number): string => smoothed(watch, "impressions", prior, weight);
const recent = (days: number): string => `\
user_clicks_${days}d | log1p count | ${log1p(`clicks_${days}d`)} | clicks in the last ${days} days
user_watch_${days}d | log1p s | ${log1p(seconds(`watch_ms_${days}d`))} | watch seconds in the last ${days} days`;

/** Below each `# entity available tower` a feature a line: `name | unit | SQL | description`. A backslash at the end joins two lines. */
const table = `
# user static query
user_id       | id   | u.user_id  | the user who requested the page
age_band      | code | u.age_band | age band of the profile
region        | code | u.region   | region of the profile
user_language | code | u.language | language of the profile

# video static candidate
video_id        | id     | v.video_id        | the candidate
topic           | code   | v.topic           | topic as labelled by the uploader
creator         | id     | v.creator         | who uploaded it
video_language  | code   | v.language        | language spoken
duration_bucket | code   | v.duration_bucket | format: below 15 s, 1, 3, 8, 20 min, longer
sponsored       | 0 or 1 | v.sponsored       | sells something

# context request query
device      | code    | ${codeOf("i.device", devices)} | device of the visit
hour_bucket | 3 hours | CAST(floor(i.time_ms / ${hourBucketMs}e0) AS INTEGER) | time of day

# context request
position | slot | least(i.position, ${positionCount - 1}) | \
slot on the page; for training only, serving passes 0 (position bias)

# user midnight query
user_click_rate      | rate        | ${clickRate("global_click_rate", 30)} | \
clicks per impression, smoothed to all users'
user_watch_rate      | log1p s     | ${log1p(watchRate("global_watch_rate", 30))} | \
watch seconds per impression, smoothed to all users'
user_log_impressions | log1p count | ${log1p("impressions")} | impressions so far: how well the user is known
user_inactive_days   | log1p days  | ${log1p("inactive_days")} | days since the last active one; 30 when there is none
${recent(1)}
${recent(7)}
${recent(28)}
user_account_days    | log1p days  | ${log1p("account_days")} | days since joining; 0: a newcomer

# video static candidate
video_log_duration | log1p s | ${log1p(seconds("v.duration_ms"))} | length

# video midnight candidate
video_click_rate        | rate        | ${clickRate("parent_click_rate", 40)} | \
clicks per impression, smoothed to the creator's within the topic
video_watch_rate        | log1p s     | ${log1p(watchRate("parent_watch_rate", 40))} | \
watch seconds per impression, smoothed likewise
video_watch_per_click   | log1p s     | ${log1p(smoothed(watch, "clicks", "parent_watch_per_click", 10))} | \
watch seconds per click, smoothed likewise; low together with a high click rate: clickbait
video_recent_watch_lift | log ratio   | \
${lift(seconds("recent_watch_ms"), "recent_impressions", watchRate("parent_watch_rate", 40), 40)} | \
watch seconds per impression in the last 3 days over all time's: rising or fading
video_log_impressions   | log1p count | ${log1p("impressions")} | impressions so far: how well the video is known
video_completion        | share       | ${smoothed("watch_ms / greatest(duration_ms, 1e0)", "clicks", "global_completion", 10)} | \
share of the video watched per click, smoothed to all videos'
video_like_rate         | rate        | ${smoothed("likes", "clicks", "global_like_rate", 20)} | \
likes per click, smoothed to all videos'
video_hide_rate         | rate        | ${smoothed("hides", "impressions", "global_hide_rate", 50)} | \
hides per impression, smoothed to all videos'
video_age_days          | log1p days  | ${log1p("age_days")} | days since upload; 0: fresh

# creator midnight candidate
creator_click_rate | rate    | ${clickRate("global_click_rate", 100)} | clicks per impression over the creator's videos
creator_watch_rate | log1p s | ${log1p(watchRate("global_watch_rate", 100))} | \
watch seconds per impression over the creator's videos

# user_topic midnight
user_topic_click_lift  | log ratio | ${lift("clicks", "impressions", "user_click_rate", 20)} | \
the user's click rate in this topic over the user's own
user_topic_watch_lift  | log ratio | ${lift(watch, "impressions", "user_watch_rate", 20)} | \
the user's watch seconds per impression in this topic over the user's own
user_topic_watch_share | share     | ${watch} / (${seconds("user_watch_ms")} + 60e0) | \
share of the user's watch time spent in this topic (60 s are added below)

# user_format midnight
user_format_click_lift | log ratio | ${lift("clicks", "impressions", "user_click_rate", 20)} | \
the user's click rate on videos of this length over the user's own
user_format_watch_lift | log ratio | ${lift(watch, "impressions", "user_watch_rate", 20)} | \
the user's watch seconds per impression on this length over the user's own

# segment_topic midnight
segment_topic_click_lift | log ratio | ${lift("clicks", "impressions", "topic_click_rate", 200)} | \
click rate of the user's age band and region in this topic over everyone's: what is known about a newcomer
segment_topic_watch_lift | log ratio | ${lift(watch, "impressions", "topic_watch_rate", 200)} | \
watch seconds per impression, likewise

# user_creator midnight
user_creator_log_clicks | log1p count | ${log1p("clicks")} | the user's clicks on this creator's videos
user_creator_follows    | 0 or 1      | CASE WHEN follows > 0 THEN 1e0 ELSE 0e0 END | the user follows this creator
user_creator_watch_lift | log ratio   | ${lift(watch, "clicks", "user_watch_per_click", 3)} | \
the user's watch seconds per click with this creator over the user's own

# context request
language_match | 0 or 1 | CASE WHEN u.language = v.language THEN 1 ELSE 0 END | the video is in the user's language

# session event
session_page              | log1p count | ${log1p("i.page")} | pages seen in this visit
session_impressions       | log1p count | ${log1p("s.impressions")} | impressions so far in this visit
session_clicks            | log1p count | ${log1p("s.clicks")} | clicks so far in this visit
session_watch             | log1p s     | ${log1p(seconds("s.watch_ms"))} | watch seconds so far in this visit
session_topic_impressions | log1p count | ${log1p("st.impressions")} | \
impressions of the video's topic so far in this visit (satiation)
session_topic_clicks      | log1p count | ${log1p("st.clicks")} | clicks on the video's topic so far in this visit
`;

/** All features in the order of the ranker's rows; features of one entity are adjacent. */
export const features: readonly FeatureDefinition[] = table
  .split("# ")
  .slice(1)
  .flatMap((group) => {
    const [heading, ...lines] = group.trim().split("\n");
    const [entity, available, tower] = heading!.split(" ") as [FeatureEntity, Availability, FeatureDefinition["tower"]];
    return lines.map((line): FeatureDefinition => {
      const [name, unit, sql, description] = line.split("|").map((cell) => cell.trim()) as [
        string,
        string,
        string,
        string,
      ];
      const cardinality = cardinalities[name];
      return {
        name,
        entity,
        kind: cardinality ? "category" : "number",
        unit,
        default: 0,
        available,
        ...kept[available],
        ...(cardinality && { cardinality }),
        ...(tower && { tower }),
        sql,
        description,
      };
    });
  });

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

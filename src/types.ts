/**
 * Nouns that cross rooms. Bulk data are columns (typed arrays in a readonly record); a "batch" holds the page requests
 * of one shard in one round, so that models run on many rows at once and results do not depend on how many workers run.
 * Ids are plain integers (bulk columns cannot carry brands): user, video, creator, topic ids index their catalogue columns.
 */

/** Days since the world began, 0-based. A day has 86,400,000 ms. */
export type Day = number;

/** Milliseconds in a day. */
export const dayMs = 86_400_000;

/** Number of logical shards users live in, whatever the number of workers: shard = user % shardCount. */
export const shardCount = 64;

/** Values of a user's profile and of the request context; columns hold the index. */
export const ageBands = ["13-17", "18-24", "25-34", "35-44", "45-54", "55+"] as const;
export const regions = ["africa", "americas", "east-asia", "europe", "oceania", "south-asia"] as const;
export const devices = ["phone", "tablet", "desktop", "tv"] as const;
export const languages = ["en", "es", "zh", "hi", "ar", "fr"] as const;
/** Number of segments: age band × region, `ageBand * regions.length + region`. */
export const segmentCount: number = ageBands.length * regions.length;

/** Where a candidate came from; `Impressions.source` holds the index. */
export const candidateSources = [
  "uniform",
  "popular",
  "affinity",
  "fresh",
  "two-tower",
  "oracle",
  "other",
  "ad",
  "trending",
  "followed",
  "item-to-item",
] as const;
export type CandidateSource = (typeof candidateSources)[number];

/** Which part of a mixture policy drew the page; `Impressions.component` holds the index. A policy without a mixture uses `only`. */
export const policyComponents = ["only", "uniform", "popularity", "affinity"] as const;
export type PolicyComponent = (typeof policyComponents)[number];

/** Kinds of conversion; `Impressions.conversion` holds the index. */
export const conversions = ["none", "subscription", "purchase"] as const;

/** What the platform knows about its users. Columns have one row per user id, for the whole horizon (newcomers have a later `joinDay`). */
export interface PublicUsers {
  readonly count: number;
  readonly joinDay: Int16Array; // [users] first day the account exists; 0 or less: before the log began
  readonly ageBand: Uint8Array; // [users] index into ageBands
  readonly region: Uint8Array; // [users] index into regions
  readonly device: Uint8Array; // [users] usual device, index into devices
  readonly language: Uint8Array; // [users] index into languages
}

/** What the platform knows about its videos. Ids are in order of upload, so the videos live on a day are a prefix of the ids. */
export interface PublicVideos {
  readonly count: number;
  readonly uploadDay: Int16Array; // [videos] not decreasing; below 0: before the log began
  readonly topic: Uint8Array; // [videos] as labelled by the uploader, sometimes wrong
  readonly creator: Int32Array; // [videos]
  readonly durationMs: Int32Array; // [videos]
  readonly language: Uint8Array; // [videos] index into languages
  readonly sponsored: Uint8Array; // [videos] 1: sells something (a click may become a purchase)
}

/** Advertisers' campaigns: each shows one video as its ad, to the users it targets. */
export interface Campaigns {
  readonly count: number;
  readonly video: Int32Array; // [campaigns] the ad; live from day 0
  readonly regions: Uint8Array; // [campaigns] bit r set: targets users of region r
  readonly ageBands: Uint8Array; // [campaigns] bit a set: targets users of age band a
  readonly bidMicros: Int32Array; // [campaigns] most it pays for a click
  readonly dailyBudgetMicros: Int32Array; // [campaigns] most it pays per day, over all shards
}

/** The public record of the world: all that a recommender may look up. */
export interface Catalogue {
  readonly users: PublicUsers;
  readonly videos: PublicVideos;
  readonly campaigns?: Campaigns; // absent: no ads
  readonly topicNames: readonly string[];
  readonly creatorCount: number;
  /** Number of videos live on each day, index 0 = day 0; ids `0 … liveVideos[day] - 1` may be shown on `day`. */
  readonly liveVideos: Int32Array; // [horizon days]
}

/** Page requests of one shard in one round; a user appears at most once. */
export interface RequestBatch {
  readonly day: Day;
  readonly count: number;
  readonly request: Float64Array; // [count] id, unique over the run: session * 64 + page
  readonly session: Float64Array; // [count] id of the visit: (day * 2^24 + user) * 8 + visit of the day
  readonly user: Int32Array; // [count]
  readonly page: Uint8Array; // [count] 0-based page within the visit
  readonly timeMs: Int32Array; // [count] since midnight of `day`
  readonly device: Uint8Array; // [count] device of this visit
  /** What each campaign can still spend in this shard and hour; absent in a world without campaigns. [count, campaigns] */
  readonly adBudgetMicros?: Int32Array;
}

/** Candidates for each request, best first within a source; -1 pads rows that have fewer. */
export interface CandidateBatch {
  readonly count: number;
  readonly width: number; // most candidates per request
  readonly video: Int32Array; // [count, width], -1 = none
  readonly source: Uint8Array; // [count, width] index into candidateSources
}

/** The answer to a RequestBatch: a page of `slots` videos per request, with the exact conditional propensity of each position. */
export interface SlateBatch {
  readonly count: number;
  readonly slots: number;
  readonly video: Int32Array; // [count, slots], -1 = left empty (only where too few videos exist)
  readonly source: Uint8Array; // [count, slots]
  /** P(this video at this position | the positions before it, the request), over everything random in the policy. */
  readonly propensity: Float64Array; // [count, slots] in (0, 1]
  readonly component: Uint8Array; // [count] index into policyComponents
  /** Ads among the videos: campaign + 1, 0 = content; absent: no ads. An ad's video is its campaign's. [count, slots] */
  readonly campaign?: Int16Array;
  /** What a click on the ad costs the campaign, at most its bid. [count, slots] */
  readonly priceMicros?: Int32Array;
  /** What the pages of some of the requests were drawn from; absent: not logged. Ads are not part of it. */
  readonly pools?: Pools;
}

/**
 * What the pages of a share of requests were drawn from: rows by request, part of the policy's mixture, and video. A page is drawn by one
 * part, with probability `share`; each next video among those of the part not yet on the page, with P ∝ exp(logit).
 */
export interface Pools {
  readonly count: number;
  readonly request: Float64Array;
  readonly component: Uint8Array; // index into policyComponents
  readonly share: Float64Array; // in (0, 1], the same for all rows of a part; parts of a request sum to 1
  readonly video: Int32Array;
  readonly logit: Float64Array; // finite
}

/** What users did with a SlateBatch. Only what a platform can see: examination and satisfaction are not in it. */
export interface FeedbackBatch {
  readonly count: number;
  readonly slots: number;
  readonly click: Uint8Array; // [count, slots]
  readonly watchMs: Int32Array; // [count, slots] 0 without a click
  readonly like: Uint8Array;
  readonly share: Uint8Array;
  readonly hide: Uint8Array;
  readonly follow: Uint8Array; // followed the video's creator
  readonly conversion: Uint8Array; // index into conversions
  readonly revenueMicros: Int32Array; // millionths of the currency unit: what was charged for an ad, or paid by the user
}

/** Columns of the event log: one row per impression with its outcome. The schema is fixed; `log/events` validates it. */
export interface Impressions {
  readonly count: number;
  /** Names the codes in `policy` and `arm` stand for. */
  readonly policies: readonly string[];
  readonly arms: readonly string[];
  readonly request: Float64Array;
  readonly session: Float64Array;
  readonly user: Int32Array;
  readonly video: Int32Array;
  readonly day: Int16Array;
  readonly timeMs: Int32Array; // of the request, since midnight
  readonly page: Uint8Array;
  readonly position: Uint8Array; // 0-based slot on the page
  readonly source: Uint8Array;
  readonly policy: Uint8Array;
  readonly component: Uint8Array;
  readonly arm: Uint8Array;
  readonly propensity: Float64Array;
  readonly device: Uint8Array;
  readonly click: Uint8Array;
  readonly watchMs: Int32Array;
  readonly like: Uint8Array;
  readonly share: Uint8Array;
  readonly hide: Uint8Array;
  readonly follow: Uint8Array;
  readonly campaign: Int16Array; // campaign + 1 of an ad, 0 = content
  readonly conversion: Uint8Array;
  readonly revenueMicros: Int32Array;
  /** What the pages of a share of the requests were drawn from; a table of its own in the log. */
  readonly pools?: Pools;
}

/** One row per assigned user and day, zeros included: what online metrics are computed from. */
export interface UserDays {
  readonly count: number;
  readonly user: Int32Array;
  readonly day: Int16Array;
  readonly newcomer: Uint8Array; // 1: joined on or after the experiment's first day
  readonly visits: Int32Array;
  readonly requests: Int32Array;
  readonly impressions: Int32Array;
  readonly clicks: Int32Array;
  readonly watchMs: Float64Array; // integer milliseconds
  readonly sessionMs: Float64Array; // integer milliseconds from first request to leaving, summed over visits
  readonly likes: Int32Array;
  readonly hides: Int32Array;
  readonly conversions: Int32Array;
  readonly revenueMicros: Float64Array; // integer micros
}

/** A recommender as the platform sees it. One instance serves one arm (and one worker). */
export interface Policy {
  readonly name: string;
  /** Midnight before `day`: `yesterday` holds all impressions of the arm on the day before, in shard order (undefined on the first day). */
  openDay(day: Day, yesterday: Impressions | undefined): void | Promise<void>;
  /** Answers one batch. Must be deterministic in (policy, requests, what it was given before). */
  recommend(requests: RequestBatch): SlateBatch | Promise<SlateBatch>;
  /** The batch just answered, with outcomes: moves session features and online learners. */
  apply(events: Impressions): void;
  close?(): void | Promise<void>;
}

/** Columns a model reads: integer categories and real numbers, in a fixed order. */
export interface FeatureSchema {
  readonly categories: readonly { readonly name: string; readonly cardinality: number }[];
  readonly numbers: readonly { readonly name: string }[];
}

/** Rows of features, row-major. Categories are in [0, cardinality); numbers are finite. */
export interface FeatureMatrix {
  readonly schema: FeatureSchema;
  readonly count: number;
  readonly categories: Int32Array; // [count, schema.categories.length]
  readonly numbers: Float32Array; // [count, schema.numbers.length]
}

/** Progress of a long step; `total` in the same unit as `done`. */
export type OnProgress = (step: string, done: number, total: number, detail?: string) => void;

/** What every long function accepts. After an abort it soon throws `signal.reason` and leaves nothing half-written. */
export interface RunControl {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** The size of everything, set in one place. */
export const scales = ["tiny", "lesson", "small", "full", "million"] as const;
export type Scale = (typeof scales)[number];

/** Where none is given: the smallest at which random < popularity < the learned funnel is decided on nearly every seed. */
export const defaultScale: Scale = "lesson";

/**
 * What the logging policy knows: integer counts of public events, and the sampling weights computed from them at midnight.
 *
 * All three components of the mixture draw a cell (topic × language) and then a video within it, because their weights factorise:
 *
 *     popularity:  w(v | user) = lift(segment, topic(v)) · match(user's language, language(v)) · pop(v)      segment = age band × region
 *     affinity:    w(v | user) = affinity(user, topic(v)) · match(user's language, language(v)) · pop(v)
 *     uniform:     w(v | user) = 1
 *
 * so one cumulative table over the videos of each cell serves every user, and a draw costs two binary searches.
 * A segment's preference for single videos is not kept: at a few impressions per cell it would be noise.
 */
import { languages, regions, segmentCount } from "../types.js";
import type { Catalogue, Impressions } from "../types.js";

/** Segment of each user. */
export function userSegments(catalogue: Catalogue): Uint8Array {
  const { count, ageBand, region } = catalogue.users;
  const segment = new Uint8Array(count);
  for (let user = 0; user < count; user++) segment[user] = ageBand[user]! * regions.length + region[user]!;
  return segment;
}

/** Sums over all events seen: integers, so their order does not matter. */
export interface LoggingCounts {
  readonly videoImpressions: Int32Array; // [videos]
  readonly videoWatchMs: Float64Array; // [videos]
  readonly segmentImpressions: Int32Array; // [segments, topics]
  readonly segmentWatchMs: Float64Array; // [segments, topics]
  readonly languageImpressions: Int32Array; // [user languages, video languages]
  readonly languageWatchMs: Float64Array; // [user languages, video languages]
  readonly userImpressions: Int32Array; // [users, topics]
  readonly userClicks: Int32Array; // [users, topics]
}

/** Counts of a log without events. */
export function emptyCounts(catalogue: Catalogue): LoggingCounts {
  const topics = catalogue.topicNames.length;
  return {
    videoImpressions: new Int32Array(catalogue.videos.count),
    videoWatchMs: new Float64Array(catalogue.videos.count),
    segmentImpressions: new Int32Array(segmentCount * topics),
    segmentWatchMs: new Float64Array(segmentCount * topics),
    languageImpressions: new Int32Array(languages.length * languages.length),
    languageWatchMs: new Float64Array(languages.length * languages.length),
    userImpressions: new Int32Array(catalogue.users.count * topics),
    userClicks: new Int32Array(catalogue.users.count * topics),
  };
}

/** Adds events to the counts, in place. Throws for a user or video that the catalogue does not hold. */
export function addEvents(counts: LoggingCounts, catalogue: Catalogue, segment: Uint8Array, events: Impressions): void {
  const topics = catalogue.topicNames.length;
  const { topic, language } = catalogue.videos;
  const { language: userLanguage } = catalogue.users;
  const {
    videoImpressions,
    videoWatchMs,
    segmentImpressions,
    segmentWatchMs,
    languageImpressions,
    languageWatchMs,
    userImpressions,
    userClicks,
  } = counts;
  for (let row = 0; row < events.count; row++) {
    const user = events.user[row]!;
    const video = events.video[row]!;
    if (user < 0 || user >= segment.length)
      throw new RangeError(`unknown user: ${user}; allowed: 0 … ${segment.length - 1}`);
    if (video < 0 || video >= topic.length)
      throw new RangeError(`unknown video: ${video}; allowed: 0 … ${topic.length - 1}`);
    const videoTopic = topic[video]!;
    const watchMs = events.watchMs[row]!;
    const segmentCell = segment[user]! * topics + videoTopic;
    const languageCell = userLanguage[user]! * languages.length + language[video]!;
    const userCell = user * topics + videoTopic;
    videoImpressions[video] = videoImpressions[video]! + 1;
    videoWatchMs[video] = videoWatchMs[video]! + watchMs;
    segmentImpressions[segmentCell] = segmentImpressions[segmentCell]! + 1;
    segmentWatchMs[segmentCell] = segmentWatchMs[segmentCell]! + watchMs;
    languageImpressions[languageCell] = languageImpressions[languageCell]! + 1;
    languageWatchMs[languageCell] = languageWatchMs[languageCell]! + watchMs;
    userImpressions[userCell] = userImpressions[userCell]! + 1;
    userClicks[userCell] = userClicks[userCell]! + events.click[row]!;
  }
}

/** How counts become weights. Impressions are the unit of every smoothing strength. */
export interface WeightConfig {
  /** Exponent on popularity, segment lift and language match: 0 draws uniformly, larger concentrates on the best. */
  readonly popularityPower: number;
  /** Exponent on a user's relative click rate by topic. */
  readonly affinityPower: number;
  /** Impressions' worth of the global mean mixed into each video's watch time per impression. */
  readonly videoPrior: number;
  /**
   * Impressions' worth of the overall mean mixed into watch time per impression of a topic in a segment, and of a language among its
   * users.
   */
  readonly segmentPrior: number;
  /** Impressions' worth of the topic's overall click rate mixed into each user's. */
  readonly userPrior: number;
  /** Minimum weight of a video relative to the mean video, before the exponent; above 0 keeps every propensity positive. */
  readonly floor: number;
}

/** Sampling tables of one day; weights are relative (any scale). A cell is `topic * languages.length + language`. */
export interface LoggingTables {
  readonly live: number;
  readonly topics: number;
  readonly cells: number;
  readonly videoWeight: Float64Array; // [live] pop(v)
  readonly cellOf: Uint16Array; // [live]
  readonly order: Int32Array; // [live] videos by cell, then id
  readonly cumulative: Float64Array; // [live] running sum of videoWeight within the cell, in `order`
  readonly start: Int32Array; // [cells + 1] where each cell begins in `order`
  readonly cellMass: Float64Array; // [cells] sum of videoWeight
  readonly segmentTopic: Float64Array; // [segments, topics] lift
  readonly userAffinity: UserAffinity;
  readonly match: Float64Array; // [user languages, video languages]
}

/** Affinities as of midnight, computed at a user's first request: most users do not visit on a day, and 20 powers each take time. */
export interface UserAffinity {
  readonly rows: Float64Array; // [users, topics], a user's row valid after `need(user)`
  need(user: number): void;
  /** Computes all rows, before the counts change. */
  needAll(): void;
}

/** The weights as of a midnight at which ids 0 … live - 1 are on the platform. */
export function makeTables(
  counts: LoggingCounts,
  catalogue: Catalogue,
  live: number,
  config: WeightConfig,
): LoggingTables {
  const topics = catalogue.topicNames.length;
  const cells = topics * languages.length;
  const videoWeight = videoWeights(counts, live, config);
  const cellOf = new Uint16Array(live);
  for (let video = 0; video < live; video++)
    cellOf[video] = catalogue.videos.topic[video]! * languages.length + catalogue.videos.language[video]!;
  const { order, start } = videosByCell(cellOf, cells);
  const cumulative = new Float64Array(live);
  const cellMass = new Float64Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    let sum = 0;
    for (let place = start[cell]!; place < start[cell + 1]!; place++) {
      sum += videoWeight[order[place]!]!;
      cumulative[place] = sum;
    }
    cellMass[cell] = sum;
  }
  return {
    live,
    topics,
    cells,
    videoWeight,
    cellOf,
    order,
    cumulative,
    start,
    cellMass,
    segmentTopic: lifts(counts.segmentImpressions, counts.segmentWatchMs, topics, config),
    userAffinity: userAffinities(counts, topics, config),
    match: lifts(counts.languageImpressions, counts.languageWatchMs, languages.length, config),
  };
}

/** pop(v) = max(floor, smoothed watch time per impression / global mean) ^ power. */
function videoWeights(counts: LoggingCounts, live: number, config: WeightConfig): Float64Array {
  const mean = ratio(sum(counts.videoWatchMs), sum(counts.videoImpressions));
  const weights = new Float64Array(live);
  for (let video = 0; video < live; video++) {
    const watchMs = counts.videoWatchMs[video]! + config.videoPrior * mean;
    const impressions = counts.videoImpressions[video]! + config.videoPrior;
    const relative = mean > 0 ? watchMs / impressions / mean : 1;
    weights[video] = Math.pow(Math.max(config.floor, relative), config.popularityPower);
  }
  return weights;
}

/**
 * lift(group, kind) = (smoothed watch time per impression of a kind of video in a group / that of the kind overall) ^ power:
 * of topics in segments, and of languages among the users of a language. [groups, kinds]
 */
function lifts(impressions: Int32Array, watchMs: Float64Array, kinds: number, config: WeightConfig): Float64Array {
  const found = new Float64Array(impressions.length).fill(1);
  for (let kind = 0; kind < kinds; kind++) {
    const mean = ratio(sumEvery(watchMs, kind, kinds), sumEvery(impressions, kind, kinds));
    if (mean === 0) continue;
    for (let cell = kind; cell < found.length; cell += kinds) {
      const smoothed = (watchMs[cell]! + config.segmentPrior * mean) / (impressions[cell]! + config.segmentPrior);
      found[cell] = Math.pow(Math.max(config.floor, smoothed / mean), config.popularityPower);
    }
  }
  return found;
}

/** affinity(u, t) = (smoothed click rate of user u on topic t / overall click rate) ^ power; 1 before the first click of the log. */
function userAffinities(counts: LoggingCounts, topics: number, config: WeightConfig): UserAffinity {
  const { userImpressions, userClicks } = counts;
  const rows = new Float64Array(userImpressions.length);
  const overall = ratio(sum(userClicks), sum(userImpressions));
  if (overall === 0) return { rows: rows.fill(1), need(): void {}, needAll(): void {} };
  const made = new Uint8Array(rows.length / topics);
  const prior = new Float64Array(topics);
  for (let topic = 0; topic < topics; topic++)
    prior[topic] = ratio(sumEvery(userClicks, topic, topics), sumEvery(userImpressions, topic, topics)) || overall;
  const need = (user: number): void => {
    if (made[user] === 1) return;
    made[user] = 1;
    for (let topic = 0, cell = user * topics; topic < topics; topic++, cell++) {
      const clicks = userClicks[cell]! + config.userPrior * prior[topic]!;
      const relative = clicks / (userImpressions[cell]! + config.userPrior) / overall;
      rows[cell] = Math.pow(Math.max(config.floor, relative), config.affinityPower);
    }
  };
  return {
    rows,
    need,
    needAll(): void {
      for (let user = 0; user < made.length; user++) need(user);
    },
  };
}

/** Counting sort of ids 0 … live - 1 by cell. */
function videosByCell(cellOf: Uint16Array, cells: number): { order: Int32Array; start: Int32Array } {
  const start = new Int32Array(cells + 1);
  for (let video = 0; video < cellOf.length; video++) {
    const next = cellOf[video]! + 1;
    start[next] = start[next]! + 1;
  }
  for (let next = 1; next <= cells; next++) start[next] = start[next]! + start[next - 1]!;
  const place = start.slice();
  const order = new Int32Array(cellOf.length);
  for (let video = 0; video < cellOf.length; video++) {
    const cell = cellOf[video]!;
    const at = place[cell]!;
    order[at] = video;
    place[cell] = at + 1;
  }
  return { order, start };
}

function sum(values: Float64Array | Int32Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}

function sumEvery(values: Float64Array | Int32Array, first: number, step: number): number {
  let total = 0;
  for (let index = first; index < values.length; index += step) total += values[index]!;
  return total;
}

function ratio(numerator: number, denominator: number): number {
  return denominator > 0 ? numerator / denominator : 0;
}

/**
 * What the logging policy knows: integer counts of public events, and the sampling weights made from them at midnight.
 *
 * All three components of the mixture draw a topic and then a video within it, because their weights factorise:
 *
 *     popularity:  w(v | user) = lift(segment, topic(v)) · pop(v)       segment = age band × region
 *     affinity:    w(v | user) = affinity(user, topic(v)) · pop(v)
 *     uniform:     w(v | user) = 1
 *
 * so one cumulative table over the videos of each topic serves every user, and a draw costs a scan over topics and a
 * binary search. A segment's taste for single videos is not kept: at a few impressions a cell it would be noise.
 */
import { ageBands, regions } from "../types.js";
import type { Catalogue, Impressions } from "../types.js";

/** Number of segments: age band × region. */
export const segmentCount: number = ageBands.length * regions.length;

/** Segment of each user. */
export function segmentsOf(catalogue: Catalogue): Uint8Array {
  const { count, ageBand, region } = catalogue.users;
  const segment = new Uint8Array(count);
  for (let user = 0; user < count; user++) segment[user] = (ageBand[user] as number) * regions.length + (region[user] as number);
  return segment;
}

/** Sums over all events seen: integers, so their order does not matter. */
export interface LoggingCounts {
  readonly videoImpressions: Int32Array; // [videos]
  readonly videoWatchMs: Float64Array; // [videos]
  readonly segmentImpressions: Int32Array; // [segments, topics]
  readonly segmentWatchMs: Float64Array; // [segments, topics]
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
    userImpressions: new Int32Array(catalogue.users.count * topics),
    userClicks: new Int32Array(catalogue.users.count * topics),
  };
}

/** Adds events to the counts, in place. Throws for a user or video that the catalogue does not hold. */
export function addEvents(counts: LoggingCounts, catalogue: Catalogue, segment: Uint8Array, events: Impressions): void {
  const topics = catalogue.topicNames.length;
  const { topic } = catalogue.videos;
  const { videoImpressions, videoWatchMs, segmentImpressions, segmentWatchMs, userImpressions, userClicks } = counts;
  for (let row = 0; row < events.count; row++) {
    const user = events.user[row] as number;
    const video = events.video[row] as number;
    if (user < 0 || user >= segment.length) throw new RangeError(`unknown user: ${user}; allowed: 0 … ${segment.length - 1}`);
    if (video < 0 || video >= topic.length) throw new RangeError(`unknown video: ${video}; allowed: 0 … ${topic.length - 1}`);
    const videoTopic = topic[video] as number;
    const watchMs = events.watchMs[row] as number;
    const segmentCell = (segment[user] as number) * topics + videoTopic;
    const userCell = user * topics + videoTopic;
    videoImpressions[video] = (videoImpressions[video] as number) + 1;
    videoWatchMs[video] = (videoWatchMs[video] as number) + watchMs;
    segmentImpressions[segmentCell] = (segmentImpressions[segmentCell] as number) + 1;
    segmentWatchMs[segmentCell] = (segmentWatchMs[segmentCell] as number) + watchMs;
    userImpressions[userCell] = (userImpressions[userCell] as number) + 1;
    userClicks[userCell] = (userClicks[userCell] as number) + (events.click[row] as number);
  }
}

/** How counts become weights. Impressions are the unit of every smoothing strength. */
export interface WeightConfig {
  /** Exponent on popularity and segment lift: 0 draws uniformly, larger concentrates on the best. */
  readonly popularityPower: number;
  /** Exponent on a user's relative click rate by topic. */
  readonly affinityPower: number;
  /** Impressions' worth of the global mean mixed into each video's watch time per impression. */
  readonly videoPrior: number;
  /** Impressions' worth of the global mean mixed into each segment's watch time per impression of a topic. */
  readonly segmentPrior: number;
  /** Impressions' worth of the topic's overall click rate mixed into each user's. */
  readonly userPrior: number;
  /** Least weight of a video relative to the mean video, before the exponent; above 0 keeps every propensity positive. */
  readonly floor: number;
}

/** Sampling tables of one day; topic weights are relative (any scale). */
export interface LoggingTables {
  readonly live: number;
  readonly topics: number;
  readonly videoWeight: Float64Array; // [live] pop(v)
  readonly order: Int32Array; // [live] videos by topic, then id
  readonly cumulative: Float64Array; // [live] running sum of videoWeight within the topic, in `order`
  readonly start: Int32Array; // [topics + 1] where each topic begins in `order`
  readonly topicMass: Float64Array; // [topics] sum of videoWeight
  readonly segmentTopic: Float64Array; // [segments, topics] lift
  readonly userTopic: Float64Array; // [users, topics] affinity
}

/** The weights as of a midnight at which ids 0 … live - 1 are on the platform. */
export function makeTables(counts: LoggingCounts, catalogue: Catalogue, live: number, config: WeightConfig): LoggingTables {
  const topics = catalogue.topicNames.length;
  const videoWeight = videoWeights(counts, live, config);
  const { order, start } = videosByTopic(catalogue.videos.topic, live, topics);
  const cumulative = new Float64Array(live);
  const topicMass = new Float64Array(topics);
  for (let topic = 0; topic < topics; topic++) {
    let sum = 0;
    for (let place = start[topic] as number; place < (start[topic + 1] as number); place++) {
      sum += videoWeight[order[place] as number] as number;
      cumulative[place] = sum;
    }
    topicMass[topic] = sum;
  }
  return {
    live,
    topics,
    videoWeight,
    order,
    cumulative,
    start,
    topicMass,
    segmentTopic: segmentLifts(counts, topics, config),
    userTopic: userAffinities(counts, topics, config),
  };
}

/** pop(v) = max(floor, smoothed watch time per impression / global mean) ^ power. */
function videoWeights(counts: LoggingCounts, live: number, config: WeightConfig): Float64Array {
  const mean = ratio(sum(counts.videoWatchMs), sum(counts.videoImpressions));
  const weights = new Float64Array(live);
  for (let video = 0; video < live; video++) {
    const watchMs = (counts.videoWatchMs[video] as number) + config.videoPrior * mean;
    const impressions = (counts.videoImpressions[video] as number) + config.videoPrior;
    const relative = mean > 0 ? watchMs / impressions / mean : 1;
    weights[video] = Math.pow(Math.max(config.floor, relative), config.popularityPower);
  }
  return weights;
}

/** lift(s, t) = (smoothed watch time per impression of topic t in segment s / that of topic t overall) ^ power. */
function segmentLifts(counts: LoggingCounts, topics: number, config: WeightConfig): Float64Array {
  const { segmentImpressions, segmentWatchMs } = counts;
  const lifts = new Float64Array(segmentImpressions.length).fill(1);
  for (let topic = 0; topic < topics; topic++) {
    const mean = ratio(sumEvery(segmentWatchMs, topic, topics), sumEvery(segmentImpressions, topic, topics));
    if (mean === 0) continue;
    for (let cell = topic; cell < lifts.length; cell += topics) {
      const watchMs = (segmentWatchMs[cell] as number) + config.segmentPrior * mean;
      const relative = watchMs / ((segmentImpressions[cell] as number) + config.segmentPrior) / mean;
      lifts[cell] = Math.pow(Math.max(config.floor, relative), config.popularityPower);
    }
  }
  return lifts;
}

/** affinity(u, t) = (smoothed click rate of user u on topic t / overall click rate) ^ power. */
function userAffinities(counts: LoggingCounts, topics: number, config: WeightConfig): Float64Array {
  const { userImpressions, userClicks } = counts;
  const affinities = new Float64Array(userImpressions.length).fill(1);
  const overall = ratio(sum(userClicks), sum(userImpressions));
  if (overall === 0) return affinities;
  for (let topic = 0; topic < topics; topic++) {
    const prior = ratio(sumEvery(userClicks, topic, topics), sumEvery(userImpressions, topic, topics)) || overall;
    for (let cell = topic; cell < affinities.length; cell += topics) {
      const clicks = (userClicks[cell] as number) + config.userPrior * prior;
      const relative = clicks / ((userImpressions[cell] as number) + config.userPrior) / overall;
      affinities[cell] = Math.pow(Math.max(config.floor, relative), config.affinityPower);
    }
  }
  return affinities;
}

/** Counting sort of ids 0 … live - 1 by topic. */
function videosByTopic(topic: Uint8Array, live: number, topics: number): { order: Int32Array; start: Int32Array } {
  const start = new Int32Array(topics + 1);
  for (let video = 0; video < live; video++) {
    const next = (topic[video] as number) + 1;
    start[next] = (start[next] as number) + 1;
  }
  for (let next = 1; next <= topics; next++) start[next] = (start[next] as number) + (start[next - 1] as number);
  const place = start.slice();
  const order = new Int32Array(live);
  for (let video = 0; video < live; video++) {
    const at = place[topic[video] as number] as number;
    order[at] = video;
    place[topic[video] as number] = at + 1;
  }
  return { order, start };
}

function sum(values: Float64Array | Int32Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index] as number;
  return total;
}

function sumEvery(values: Float64Array | Int32Array, first: number, step: number): number {
  let total = 0;
  for (let index = first; index < values.length; index += step) total += values[index] as number;
  return total;
}

function ratio(numerator: number, denominator: number): number {
  return denominator > 0 ? numerator / denominator : 0;
}

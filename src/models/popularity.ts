/**
 * Popularity: watch time per impression, smoothed. Takes counts a video (sums of integers, so any order gives the same);
 * gives scores in ms of watch time per impression.
 *
 * A video with few impressions is drawn toward its creator's mean, which is drawn toward the global mean:
 * (sum + strength × prior) / (impressions + strength), the posterior mean of a normal or gamma model whose prior counts
 * as `strength` impressions (Bühlmann's credibility, 1967; empirical Bayes, Efron and Morris, 1975).
 */
import { ageBands, regions } from "../types.js";

/** Impressions and watch time by video (or by segment and video, segment-major). */
export interface WatchCounts {
  readonly impressions: Float64Array; // integers, or decayed
  readonly watchMs: Float64Array; // integers, or decayed
}

/** Strengths are in impressions. */
export interface PopularityConfig {
  readonly videoStrength: number; // how many impressions the creator's mean counts for
  readonly creatorStrength: number; // how many impressions the global mean counts for
  readonly segmentStrength: number; // how many impressions the video's score counts for within a segment
}

/** Defaults of the smoothing. */
export const popularityDefaults: PopularityConfig = { videoStrength: 30, creatorStrength: 100, segmentStrength: 100 };

/** Segments of newcomers and of popularity: age band × region. */
export const segmentCount: number = ageBands.length * regions.length;

/** The segment of a user: `ageBand * regions.length + region`. */
export function segmentOf(ageBand: number, region: number): number {
  return ageBand * regions.length + region;
}

/** Empty counts for `cells` videos (or segments × videos). */
export function emptyCounts(cells: number): WatchCounts {
  return { impressions: new Float64Array(cells), watchMs: new Float64Array(cells) };
}

/** Adds impressions to counts in place: `cell[i]` is the video (or segment × videos + video) of impression i. */
export function addImpressions(counts: WatchCounts, cell: ArrayLike<number>, watchMs: ArrayLike<number>): void {
  if (cell.length !== watchMs.length) throw new Error(`watchMs holds ${watchMs.length} values; expected ${cell.length}, one an impression`);
  const cells = counts.impressions.length;
  for (let i = 0; i < cell.length; i++) {
    const at = cell[i]!;
    if (!(at >= 0 && at < cells)) throw new Error(`impression ${i} is of ${at}; allowed: 0 to ${cells - 1}`);
    counts.impressions[at]!++;
    counts.watchMs[at]! += watchMs[i]!;
  }
}

/** (sum + strength × prior) / (impressions + strength), element by element; the prior where both are 0. */
export function shrunkMeans(counts: WatchCounts, prior: ArrayLike<number>, strength: number): Float64Array {
  if (!(strength >= 0)) throw new Error(`strength is ${strength}; allowed: 0 or more impressions`);
  const means = new Float64Array(counts.impressions.length);
  for (let i = 0; i < means.length; i++) {
    const weight = counts.impressions[i]! + strength;
    means[i] = weight > 0 ? (counts.watchMs[i]! + strength * prior[i]!) / weight : prior[i]!;
  }
  return means;
}

/**
 * Global popularity: ms of watch time per impression for each video, smoothed toward its creator, then the global mean.
 * @param creator creator of each video, in [0, creatorCount)
 */
export function popularityScores(
  counts: WatchCounts, // [videos]
  creator: Int32Array, // [videos]
  creatorCount: number,
  config: Partial<PopularityConfig> = {},
): Float64Array {
  const { videoStrength, creatorStrength } = { ...popularityDefaults, ...config };
  if (creator.length < counts.impressions.length) {
    throw new Error(`creator holds ${creator.length} values; expected ${counts.impressions.length}, one a video`);
  }
  const byCreator = emptyCounts(creatorCount);
  let impressions = 0;
  let watchMs = 0;
  for (let video = 0; video < counts.impressions.length; video++) {
    const at = creator[video]!;
    if (!(at >= 0 && at < creatorCount)) throw new Error(`creator of video ${video} is ${at}; allowed: 0 to ${creatorCount - 1}`);
    byCreator.impressions[at]! += counts.impressions[video]!;
    byCreator.watchMs[at]! += counts.watchMs[video]!;
    impressions += counts.impressions[video]!;
    watchMs += counts.watchMs[video]!;
  }
  const globalMean = impressions > 0 ? watchMs / impressions : 0;
  const creatorMeans = shrunkMeans(byCreator, new Float64Array(creatorCount).fill(globalMean), creatorStrength);
  const prior = new Float64Array(counts.impressions.length);
  for (let video = 0; video < prior.length; video++) prior[video] = creatorMeans[creator[video]!]!;
  return shrunkMeans(counts, prior, videoStrength);
}

/**
 * Popularity within each segment, smoothed toward the global scores.
 * @param counts [segments, videos] @param scores [videos] of `popularityScores`
 * @returns [segments, videos]
 */
export function segmentPopularityScores(counts: WatchCounts, scores: Float64Array, config: Partial<PopularityConfig> = {}): Float64Array {
  const { segmentStrength } = { ...popularityDefaults, ...config };
  if (counts.impressions.length % scores.length !== 0) {
    throw new Error(`segment counts hold ${counts.impressions.length} cells; allowed: a multiple of ${scores.length} videos`);
  }
  const prior = new Float64Array(counts.impressions.length);
  for (let at = 0; at < prior.length; at += scores.length) prior.set(scores, at);
  return shrunkMeans(counts, prior, segmentStrength);
}

/**
 * Trending: what happened h half-lives ago counts 2^-h. Gives the counts as of the next midnight; smooth them as usual.
 * Arrays may be shorter in `before` (videos uploaded since start at 0).
 */
export function decayCounts(before: WatchCounts, today: WatchCounts, halfLifeDays: number): WatchCounts {
  if (!(halfLifeDays > 0)) throw new Error(`halfLifeDays is ${halfLifeDays}; allowed: more than 0`);
  const keep = 2 ** (-1 / halfLifeDays);
  const impressions = Float64Array.from(today.impressions, (n, i) => n + keep * (before.impressions[i] ?? 0));
  const watchMs = Float64Array.from(today.watchMs, (ms, i) => ms + keep * (before.watchMs[i] ?? 0));
  return { impressions, watchMs };
}

/**
 * How many impressions a prior is worth, from the data: variance within videos / variance between their means
 * (Bühlmann and Straub, 1970). Infinity where the means vary no more than chance.
 * @param squares sums of squared watch time by video, in the squared unit of `counts.watchMs`
 */
export function credibilityStrength(counts: WatchCounts, squares: Float64Array): number {
  let videos = 0, impressions = 0, watchMs = 0, within = 0, ofSquares = 0;
  for (let i = 0; i < squares.length; i++) {
    const n = counts.impressions[i]!;
    if (n === 0) continue;
    videos++;
    impressions += n;
    watchMs += counts.watchMs[i]!;
    within += squares[i]! - counts.watchMs[i]! ** 2 / n;
    ofSquares += n * n;
  }
  if (impressions <= videos || videos < 2) return Infinity;
  within /= impressions - videos;
  const mean = watchMs / impressions;
  let between = 0;
  for (let i = 0; i < squares.length; i++) {
    const n = counts.impressions[i]!;
    if (n > 0) between += n * (counts.watchMs[i]! / n - mean) ** 2;
  }
  between = (between - (videos - 1) * within) / (impressions - ofSquares / impressions);
  return between > 0 ? within / between : Infinity;
}

/** The `k` best of `scores[from … to)` as offsets from `from`, best first, ties to the smaller one; fewer where fewer exist. */
export function topK(scores: ArrayLike<number>, k: number, from = 0, to = scores.length): Int32Array {
  if (!Number.isInteger(k) || k < 0) throw new Error(`k is ${k}; allowed: whole numbers from 0`);
  const order = Int32Array.from({ length: to - from }, (_, i) => i);
  return order.sort((a, b) => scores[from + b]! - scores[from + a]! || a - b).subarray(0, Math.min(k, to - from));
}

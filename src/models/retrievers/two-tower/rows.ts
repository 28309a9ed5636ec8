/** Positives a two-tower model learns from, checked, and how often each video is drawn as a candidate. */
import type { FeatureMatrix } from "../../../types.js";
import { checkColumns } from "../../contract/inputs.js";

/** Positives to learn from. */
export interface TwoTowerRows {
  readonly query: FeatureMatrix; // [positives] as of each positive's time
  readonly candidates: FeatureMatrix; // [snapshots × videos] all videos by id, once for each snapshot
  readonly video: Int32Array; // [positives] the video that was liked
  /**
   * Candidates as of several times: which of them each positive sees, in [0, snapshots). It must not be later than the positive, or
   * the candidate's counts know the answer. Default: one snapshot, of what never changes.
   */
  readonly snapshot?: ArrayLike<number>; // [positives]
  readonly snapshots?: number; // default 1
  readonly weight?: ArrayLike<number>; // [positives] of each one's loss, default 1
  /** Videos 0 … liveVideos - 1 may be drawn as negatives, by snapshot; default: up to its last positive (ids are in order of upload). */
  readonly liveVideos?: number | readonly number[];
}

/** Videos in each snapshot of the candidates. */
export function videosOf(rows: TwoTowerRows): number {
  return rows.candidates.count / (rows.snapshots ?? 1);
}

/** How many videos negatives are drawn from, by snapshot. */
export function liveOf({ video, snapshot, snapshots = 1, liveVideos }: TwoTowerRows): readonly number[] {
  if (typeof liveVideos === "object") return liveVideos;
  const live = new Array<number>(snapshots).fill(liveVideos ?? 1);
  if (liveVideos === undefined)
    video.forEach((id, i) => (live[snapshot?.[i] ?? 0] = Math.max(live[snapshot?.[i] ?? 0]!, id + 1)));
  return live;
}

/** How often each video is drawn by one positive of a batch and by one uniform draw. // [videos] each */
export function drawRates(
  rows: TwoTowerRows,
  live: readonly number[],
): { readonly positive: Float64Array; readonly uniform: Float64Array } {
  const positive = new Float64Array(videosOf(rows));
  const uniform = new Float64Array(positive.length);
  const times = new Float64Array(live.length);
  for (let i = 0; i < rows.video.length; i++) {
    positive[rows.video[i]!]! += 1 / rows.video.length;
    times[rows.snapshot?.[i] ?? 0]! += 1 / rows.video.length;
  }
  live.forEach((count, snapshot) => {
    for (let video = 0; video < count; video++) uniform[video]! += times[snapshot]! / count;
  });
  return { positive, uniform };
}

/** The candidates' features, one row a positive: what the candidate encoding is fitted on. */
export function positivesOf(rows: TwoTowerRows): FeatureMatrix {
  const { candidates, video, snapshot } = rows;
  const all = videosOf(rows);
  const wide = candidates.schema.categories.length;
  const deep = candidates.schema.numbers.length;
  const categories = new Int32Array(video.length * wide);
  const numbers = new Float32Array(video.length * deep);
  for (let i = 0; i < video.length; i++) {
    const row = (snapshot?.[i] ?? 0) * all + video[i]!;
    for (let c = 0; c < wide; c++) categories[i * wide + c] = candidates.categories[row * wide + c]!;
    for (let d = 0; d < deep; d++) numbers[i * deep + d] = candidates.numbers[row * deep + d]!;
  }
  return { schema: candidates.schema, count: video.length, categories, numbers };
}

/** @throws Error on no positives, columns of another length, videos or snapshots that are not there, or positives of one video only */
export function checkTwoTowerRows(rows: TwoTowerRows): void {
  const { query, video, weight, snapshot, snapshots = 1, liveVideos } = rows;
  const all = videosOf(rows);
  if (video.length === 0) throw new Error("no positives to fit two towers on: video is empty; allowed: at least 2");
  if (query.count !== video.length)
    throw new Error(`query holds ${query.count} rows; expected ${video.length}, one a positive`);
  if (!(Number.isInteger(snapshots) && snapshots >= 1 && Number.isInteger(all))) {
    throw new Error(
      `snapshots is ${snapshots} for ${rows.candidates.count} candidate rows; allowed: a whole number that divides them`,
    );
  }
  checkColumns(
    video.length,
    { video: [video, all - 1], snapshot: [snapshot, snapshots - 1], weight: [weight, Infinity] },
    "positive",
  );
  if (video.every((id) => id === video[0]))
    throw new Error(`all ${video.length} positives are of video ${video[0]}; allowed: at least 2 videos`);
  const live = liveVideos === undefined ? [] : typeof liveVideos === "object" ? liveVideos : [liveVideos];
  if (typeof liveVideos === "object" && live.length !== snapshots)
    throw new Error(`liveVideos holds ${live.length} counts; expected ${snapshots}, one a snapshot`);
  for (const count of live)
    if (!(Number.isInteger(count) && count >= 1 && count <= all))
      throw new Error(`liveVideos is ${count}; allowed: 1 to ${all}`);
}

/**
 * Counts of each video before a day, weighted: recent days may weigh more, and one user may have a limited number of votes per day.
 *
 *     count_v = Σ_day 2^(−(days since) / halfLife) count_v,day              recency (Ji, Sun, Zhang & Li, 2020)
 *     a user who clicks n different videos on a day gives each min(1, votes / n) of a click, and as much of its watch time
 *
 * so that an account that clicks everything counts no more than one that clicks a lot. Impressions are counted as they are.
 */
import type { Day } from "../../types.js";
import type { Aggregates } from "../tables/aggregates.js";

/** How to count. */
export interface VideoCounting {
  /** Days after which a count weighs half; absent: all days weigh the same. */
  readonly halfLifeDays?: number;
  /** Most clicks of one user that count per day, each video once; absent: all of them. */
  readonly votesADay?: number;
}

/** Counts by video. // [videos] */
export interface VideoCounts {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  readonly watchMs: Float64Array;
}

/** Votes are counted in whole units of this fraction, so that their sums do not depend on order. */
const votePart = 1_000_000;

/** @throws RangeError on a half-life or votes that are not above 0 */
export async function countVideos(
  aggregates: Aggregates,
  day: Day,
  { halfLifeDays, votesADay }: VideoCounting,
): Promise<VideoCounts> {
  for (const [name, value] of Object.entries({ halfLifeDays, votesADay })) {
    if (value !== undefined && !(value > 0)) throw new RangeError(`${name} is ${value}; allowed: numbers above 0`);
  }
  const { database, catalogue } = aggregates;
  const columns = await database.query(votesADay === undefined ? plainSql(day) : votesSql(day, votesADay));
  const [days, video] = [columns.day as Int32Array, columns.video as Int32Array];
  const part = votesADay === undefined ? 1 : votePart;
  const counts: VideoCounts = {
    impressions: new Float64Array(catalogue.videos.count),
    clicks: new Float64Array(catalogue.videos.count),
    watchMs: new Float64Array(catalogue.videos.count),
  };
  for (let row = 0; row < days.length; row++) {
    const weight = halfLifeDays === undefined ? 1 : 2 ** (-(day - 1 - days[row]!) / halfLifeDays);
    const v = video[row]!;
    counts.impressions[v] = counts.impressions[v]! + weight * (columns.impressions as Float64Array)[row]!;
    counts.clicks[v] = counts.clicks[v]! + weight * ((columns.clicks as Float64Array)[row]! / part);
    counts.watchMs[v] = counts.watchMs[v]! + weight * ((columns.watch_ms as Float64Array)[row]! / part);
  }
  return counts;
}

function plainSql(day: Day): string {
  return `
    SELECT CAST(day AS INTEGER) AS day, CAST(video_id AS INTEGER) AS video,
           CAST(impressions AS DOUBLE) AS impressions, CAST(clicks AS DOUBLE) AS clicks, CAST(watch_ms AS DOUBLE) AS watch_ms
    FROM video_days WHERE day < ${day} ORDER BY day, video_id`;
}

/** Each user's votes of a day: what was watched of each video, the longest watch where there were several. */
function votesSql(day: Day, votes: number): string {
  return `
    WITH watched AS (
      SELECT day, user_id, video_id, max(watch_ms) AS watch_ms FROM watches WHERE day < ${day} GROUP BY day, user_id, video_id
    ), users AS (
      SELECT day, user_id, CAST(floor(least(1e0, ${votes} / CAST(count(*) AS DOUBLE)) * ${votePart}) AS BIGINT) AS vote
      FROM watched GROUP BY day, user_id
    ), voted AS (
      SELECT w.day, w.video_id, sum(u.vote) AS clicks, sum(u.vote * w.watch_ms) AS watch_ms
      FROM watched w JOIN users u ON u.day = w.day AND u.user_id = w.user_id GROUP BY w.day, w.video_id
    )
    SELECT CAST(d.day AS INTEGER) AS day, CAST(d.video_id AS INTEGER) AS video,
           CAST(d.impressions AS DOUBLE) AS impressions, CAST(coalesce(v.clicks, 0) AS DOUBLE) AS clicks,
           CAST(coalesce(v.watch_ms, 0) AS DOUBLE) AS watch_ms
    FROM video_days d LEFT JOIN voted v ON v.day = d.day AND v.video_id = d.video_id
    WHERE d.day < ${day} ORDER BY d.day, d.video_id`;
}

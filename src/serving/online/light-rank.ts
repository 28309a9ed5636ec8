/**
 * The light ranker: no model, a sum of five features that the store has at hand. They are logarithms, so that the sum is the logarithm of
 *
 *     the video's watch time per impression × how much more the user watches of its topic, format and creator
 *       × how much more the user's segment watches of its topic
 *
 * It answers in microseconds where the learned ranker is late, busy or broken.
 */
import type { CandidateBatch, FeatureMatrix } from "../../types.js";

const parts = [
  "video_watch_rate",
  "user_topic_watch_lift",
  "user_format_watch_lift",
  "user_creator_watch_lift",
  "segment_topic_watch_lift",
] as const;

/** Scores of candidates from the ranker's rows; -Infinity for padding. [count × width] @throws Error on rows without these features */
export function lightScores(rows: FeatureMatrix, candidates: CandidateBatch): Float32Array {
  const width = rows.schema.numbers.length;
  const columns = parts.map((part) => {
    const column = rows.schema.numbers.findIndex(({ name }) => name === part);
    if (column < 0) throw new Error(`light ranker: rows have no feature ${part}`);
    return column;
  });
  return Float32Array.from(candidates.video, (video, row) => {
    if (video < 0) return -Infinity;
    let score = 0;
    for (const column of columns) score += rows.numbers[row * width + column]!;
    return score;
  });
}

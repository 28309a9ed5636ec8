/** What the oracle says of pages: expected of what was shown, and of the best page in its place. */
import type { RequestBatch, SlateBatch } from "../types.js";
import type { Goal, Oracle } from "../world/index.js";

/** By slot; [slots]. `best` is re-used by the next question. */
export interface JudgedPage {
  readonly expected: Float64Array;
  readonly best: Float64Array;
}

/** Judges a request's page under the world's choice model. Exact at the moment the page is requested. */
export function pageJudge(
  oracle: Oracle,
  liveVideos: Int32Array,
  slots: number,
  goal: Goal,
): (requests: RequestBatch, slates: SlateBatch, row: number) => JudgedPage {
  const of = { click: "clickProbability", watch: "watchMs", satisfaction: "satisfaction" } as const;
  const ideal = new Int32Array(slots);
  return (requests, slates, row) => {
    const user = requests.user[row]!;
    const context = { timeMs: requests.timeMs[row]!, device: requests.device[row]! };
    const shown = slates.video.subarray(row * slots, (row + 1) * slots);
    const expected = oracle.expectedAt(user, shown, context)[of[goal]];
    oracle.bestSlate(user, liveVideos[requests.day]!, context, goal, ideal);
    return { expected, best: oracle.expectedAt(user, ideal, context)[of[goal]] };
  };
}

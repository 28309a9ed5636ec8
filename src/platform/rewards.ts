/** Rewards an agent may be trained for: one number per page, from the public record alone. The user's satisfaction is not in it. */
import { longWatchMs } from "../data/index.js";
import type { Catalogue, FeedbackBatch, RequestBatch, SlateBatch } from "../types.js";

/** A page's reward, for each request of an answered batch. [count] */
export type Reward = (
  requests: RequestBatch,
  slates: SlateBatch,
  feedback: FeedbackBatch,
  catalogue: Catalogue,
) => Float64Array;

/** Names of the rewards that are there. */
export const rewardNames = ["clicks", "watchMinutes", "longWatches", "satisfaction", "revenue"] as const;
export type RewardName = (typeof rewardNames)[number];

type SlotReward = (feedback: FeedbackBatch, at: number, durationMs: number) => number;

const isLong: SlotReward = ({ watchMs }, at, durationMs) =>
  watchMs[at]! >= longWatchMs || 2 * watchMs[at]! >= durationMs ? 1 : 0;

const slotRewards: Readonly<Record<RewardName, SlotReward>> = {
  clicks: ({ click }, at) => click[at]!,
  watchMinutes: ({ watchMs }, at) => watchMs[at]! / 60_000,
  longWatches: (feedback, at, durationMs) => feedback.click[at]! * isLong(feedback, at, durationMs),
  // long watches, likes, shares and follows count 1; a click soon regretted −½; asking not to see the like again −2
  satisfaction: (feedback, at, durationMs) =>
    feedback.click[at]! * (isLong(feedback, at, durationMs) === 1 ? 1 : -0.5) +
    feedback.like[at]! +
    feedback.share[at]! +
    feedback.follow[at]! -
    2 * feedback.hide[at]!,
  revenue: ({ revenueMicros }, at) => revenueMicros[at]! / 1_000_000,
};

/**
 * A reward by name: `clicks`, `watchMinutes`, `longWatches` (20 s or half of the video), `satisfaction` (a proxy: long watches + likes +
 * shares + follows − ½ · clicks that were no long watch − 2 · hides) or `revenue` (units of the currency); all are sums over the
 * page.
 * @throws RangeError for an unknown name.
 */
export function rewardOf(name: RewardName): Reward {
  if (!rewardNames.includes(name))
    throw new RangeError(`unknown reward: ${String(name)}; known: ${rewardNames.join(", ")}, or a function`);
  const slot = slotRewards[name];
  return (_requests, { count, slots, video }, feedback, catalogue) => {
    const reward = new Float64Array(count);
    for (let row = 0; row < count; row++)
      for (let at = row * slots; at < (row + 1) * slots; at++) {
        const v = video[at]!;
        if (v >= 0) reward[row] = reward[row]! + slot(feedback, at, catalogue.videos.durationMs[v]!);
      }
    return reward;
  };
}

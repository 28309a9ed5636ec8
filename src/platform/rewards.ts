/** Rewards an agent may be trained for: one number a page, from the public record alone. What a user felt is not in it. */
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
  (watchMs[at] as number) >= longWatchMs || 2 * (watchMs[at] as number) >= durationMs ? 1 : 0;

const slotRewards: Readonly<Record<RewardName, SlotReward>> = {
  clicks: ({ click }, at) => click[at] as number,
  watchMinutes: ({ watchMs }, at) => (watchMs[at] as number) / 60_000,
  longWatches: (feedback, at, durationMs) => (feedback.click[at] as number) * isLong(feedback, at, durationMs),
  // long watches, likes, shares and follows count 1; a click soon regretted −½; asking not to see the like again −2
  satisfaction: (feedback, at, durationMs) =>
    (feedback.click[at] as number) * (isLong(feedback, at, durationMs) === 1 ? 1 : -0.5) +
    (feedback.like[at] as number) +
    (feedback.share[at] as number) +
    (feedback.follow[at] as number) -
    2 * (feedback.hide[at] as number),
  revenue: ({ revenueMicros }, at) => (revenueMicros[at] as number) / 1_000_000,
};

/**
 * A reward by name: `clicks`, `watchMinutes`, `longWatches` (20 s or half of the video), `satisfaction` (a proxy: long watches + likes +
 * shares + follows − ½ · clicks that were no long watch − 2 · hides) or `revenue` (units of the currency); all are sums over the page.
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
        const v = video[at] as number;
        if (v >= 0)
          reward[row] = (reward[row] as number) + slot(feedback, at, catalogue.videos.durationMs[v] as number);
      }
    return reward;
  };
}

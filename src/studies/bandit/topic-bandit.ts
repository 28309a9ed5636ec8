/**
 * A bandit in one file: LinUCB (see `topic-values.ts`) whose arms are the topics of the catalogue.
 *
 * A page takes its videos in turn from the best `breadth` topics, uniformly at random among the topic's live videos that are not yet on the
 * page. Given the history the topics are certain, so the propensity of a video is 1 / (videos of its topic not yet on the page).
 */
import { keyOf, uniformInt } from "../../random.js";
import type { Catalogue, Policy, RequestBatch, SlateBatch } from "../../types.js";
import { emptySlates, liveOn } from "../../serving/index.js";
import { linearTopicValues } from "./topic-values.js";

/** Options of the bandit. */
export interface TopicBanditOptions {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly slots: number;
  /** α, how many standard deviations of the estimate are added to it; 0: greedy. Default 0.3. */
  readonly alpha?: number;
  /** Topics per page. Default 2. */
  readonly breadth?: number;
  /** λ, ridge penalty. Default 1. */
  readonly ridge?: number;
  /** Name in the log. Default `topic-bandit`. */
  readonly name?: string;
}

/** A policy that learns topics from the clicks of its own pages, batch by batch. Deterministic in (seed, requests, events). */
export function createTopicBandit(options: TopicBanditOptions): Policy {
  const { catalogue, seed, slots, alpha = 0.3, breadth = 2, ridge = 1, name = "topic-bandit" } = options;
  const topics = catalogue.topicNames.length;
  if (!Number.isInteger(breadth) || breadth < 1 || breadth > topics)
    throw new RangeError(`breadth: ${breadth}; allowed: an integer in [1, ${topics}]`);
  const key = keyOf(seed, "topic bandit");
  const linear = linearTopicValues(catalogue, { alpha, ridge });
  const byTopic: number[][] = Array.from({ length: topics }, () => []); // live videos of each topic
  const score = new Float64Array(topics);

  return {
    name,
    openDay(day): void {
      byTopic.forEach((list) => list.splice(0));
      for (let v = 0; v < liveOn(catalogue, day); v++) byTopic[catalogue.videos.topic[v]!]?.push(v);
    },
    recommend(requests: RequestBatch): SlateBatch {
      const slates = emptySlates(requests.count, slots);
      for (let row = 0; row < requests.count; row++) {
        const user = requests.user[row]!;
        linear.values(user, requests.device[row]!, requests.request[row]!, score);
        const order = Array.from(score.keys()).sort((a, b) => score[b]! - score[a]! || a - b);
        fill(slates, row, order, requests.request[row]!);
      }
      return slates;
    },
    apply: (events) => linear.learn(events),
  };

  /** Takes the best topics in turn; a topic without videos left is replaced by the next best. */
  function fill(slates: SlateBatch, row: number, order: readonly number[], request: number): void {
    const left = order.map((topic) => byTopic[topic]!.slice());
    let rank = 0;
    for (let k = 0; k < slots; k++) {
      let tries = 0;
      while (tries < breadth && left[rank % breadth]!.length === 0) {
        rank++;
        tries++;
      }
      const list = tries < breadth ? left[rank % breadth] : left.find((videos) => videos.length > 0);
      if (list === undefined) return;
      const at = uniformInt(list.length, key, request >>> 0, Math.floor(request / 4294967296), k);
      slates.video[row * slots + k] = list[at]!;
      slates.propensity[row * slots + k] = 1 / list.length;
      list[at] = list[list.length - 1]!;
      list.pop();
      rank++;
    }
  }
}

/** What a recommender that learns from its own pages does to a platform, in numbers of one day. */
import { gini } from "../../evaluation/index.js";
import { keyOf, uniform } from "../../random.js";
import type { Catalogue, Impressions } from "../../types.js";
import type { Oracle } from "../../world/index.js";
import type { CreatorsAnswer } from "./creators.js";

/** Traces of a loop; each but clickbait is of what was shown. */
export interface Loop {
  readonly videoGini: number; // of impressions over live videos: 0 all alike, 1 one video has all
  readonly creatorGini: number; // over creators with a live video
  readonly reached: number; // share of these creators who were shown at all
  readonly pageEntropy: number; // of topics on a user's first page of the day, nats, mean over users
  readonly tasteEntropy: number; // of what users like, nats, mean over a sample of people: the truth
  readonly bait: number; // mean clickbait of impressions: the truth
}

/** Share of people whose interests are asked for. */
const asked = 0.1;

/** Measures a day. */
export function loopOf(
  events: Impressions,
  { videos, liveVideos, creatorCount, topicNames }: Catalogue,
  assigned: Uint8Array,
  oracle: Oracle,
  creators: CreatorsAnswer,
  seed: number,
): Loop {
  const live = liveVideos[events.day[0] ?? 0]!;
  const ofVideo = new Float64Array(live);
  const ofCreator = new Map<number, number>();
  for (let v = 0; v < live; v++) ofCreator.set(videos.creator[v]!, 0);
  const pages = new Map<number, { readonly request: number; readonly topics: Float64Array }>();
  let bait = 0;
  for (let i = 0; i < events.count; i++) {
    const [v, user] = [events.video[i]!, events.user[i]!];
    ofVideo[v]! += 1;
    ofCreator.set(videos.creator[v]!, ofCreator.get(videos.creator[v]!)! + 1);
    bait += creators.bait(v) / events.count;
    const page = pages.get(user) ?? { request: events.request[i]!, topics: new Float64Array(topicNames.length) };
    pages.set(user, page);
    if (page.request === events.request[i]) page.topics[videos.topic[v]!]! += 1;
  }
  const key = keyOf(seed, "learning/asked");
  const people = Array.from(assigned.keys()).filter((u) => assigned[u] === 1 && uniform(key, u) < asked);
  const shown = Float64Array.from(ofCreator.values());
  return {
    videoGini: gini(ofVideo),
    creatorGini: gini(shown),
    reached: shown.filter((n) => n > 0).length / Math.min(creatorCount, shown.length),
    pageEntropy: mean([...pages.values()].map(({ topics }) => entropy(topics))),
    tasteEntropy: mean(people.map((user) => oracle.tasteEntropy(user))),
    bait,
  };
}

function entropy(counts: Float64Array): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  return counts.reduce((sum, n) => (n > 0 ? sum - (n / total) * Math.log(n / total) : sum), 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);
}

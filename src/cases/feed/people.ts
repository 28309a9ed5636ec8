/**
 * The people of the feed: the world's users with their hidden tastes, friends (a graph with homophily in those tastes), pages and groups.
 * Authors are numbered users, then pages, then groups. With z a user's standardised interest in each topic:
 *
 *     P(friends u, v) ∝ exp(homophily · z_u · z_v / topics),   scaled to a mean of `friends` per user
 */
import { keyOf, normal, uniform } from "../../random.js";
import type { PublicUsers } from "../../types.js";
import { configFor, openOracle, openWorld } from "../../world/index.js";

/** Sizes of the feed and what its people do. */
export interface FeedConfig {
  readonly seed: number;
  readonly users: number;
  readonly pages: number;
  readonly groups: number;
  readonly friends: number; // mean per user
  readonly homophily: number;
  readonly logDays: number; // of which the last is held out
  readonly liveDays: number; // on which arms are compared
  readonly badAuthors: number; // share of authors of whose posts a quarter is harmful
  readonly reviewsPerDay: number; // posts that people can look at
  readonly returnGain: number; // effect of satisfaction on the logit of coming back
  readonly hoaxFrom: number; // first of two live days with a hoax; -1: none
}

/** The feed that a notebook plays at `tiny`. */
export const feedDefaults: FeedConfig = {
  ...{ seed: 42, users: 500, pages: 40, groups: 24, friends: 14, homophily: 1.5, logDays: 6, liveDays: 14 },
  ...{ badAuthors: 0.1, reviewsPerDay: 25, returnGain: 2.5, hoaxFrom: -1 },
};

/** Topics of the feed. */
export const topicCount = 12;

/** People, and what only the world knows of them: everything but `users`, `follows` and the authors' kinds. */
export interface People {
  readonly users: PublicUsers;
  readonly topicNames: readonly string[];
  readonly interest: Float64Array; // [users, topics] standardised
  readonly follows: readonly Int32Array[]; // [users] authors, friends first
  readonly authors: number;
  readonly authorTopic: Uint8Array; // of pages and groups
  /** 0 a friend, 1 a page, 2 a group. */
  kindOf(author: number): number;
  /** How close a friend is, standard normal, the same both ways; 0 for pages and groups. */
  tie(user: number, author: number): number;
}

/** Opens the people of a feed; equal configs give equal people. */
export function openPeople({ seed, users: count, pages, groups, friends, homophily }: FeedConfig): People {
  const world = openWorld({ ...configFor("tiny"), users: count, days: 1, extraDays: 0, topics: topicCount }, seed);
  const oracle = openOracle(world);
  const { users, topicNames } = world.catalogue;
  const interest = new Float64Array(count * topicCount);
  for (let u = 0; u < count; u++) {
    const raw = oracle.interests(u);
    const mean = raw.reduce((sum, x) => sum + x, 0) / topicCount;
    const deviation = Math.sqrt(raw.reduce((sum, x) => sum + (x - mean) ** 2, 0) / topicCount) || 1;
    raw.forEach((x, t) => (interest[u * topicCount + t] = (x - mean) / deviation));
  }
  const keys = { graph: keyOf(seed, "feed/graph"), tie: keyOf(seed, "feed/tie"), author: keyOf(seed, "feed/author") };
  const authors = count + pages + groups;
  const authorTopic = Uint8Array.from({ length: authors }, (_, a) => Math.floor(topicCount * uniform(keys.author, a)));
  const lists = friendLists(interest, count, friends, homophily, keys.graph);
  const follows = lists.map((list, u) => {
    for (let a = count; a < authors; a++) {
      const fit = interest[u * topicCount + authorTopic[a]!]!;
      if (uniform(keys.graph, u, a, 1) < 0.5 / (1 + Math.exp(1.2 - 1.2 * fit))) list.push(a);
    }
    return Int32Array.from(list);
  });
  return {
    ...{ users, topicNames, interest, follows, authors, authorTopic },
    kindOf: (author) => (author < count ? 0 : author < count + pages ? 1 : 2),
    tie: (u, a) => (a < count ? normal(keys.tie, Math.min(u, a), Math.max(u, a)) : 0),
  };
}

function friendLists(
  interest: Float64Array,
  count: number,
  friends: number,
  homophily: number,
  key: number,
): number[][] {
  const weights = new Float64Array(count * count);
  let sum = 0;
  for (let u = 0; u < count; u++)
    for (let v = u + 1; v < count; v++) {
      let alike = 0;
      for (let t = 0; t < topicCount; t++) alike += interest[u * topicCount + t]! * interest[v * topicCount + t]!;
      sum += weights[u * count + v] = Math.exp((homophily * alike) / topicCount);
    }
  const lists = Array.from({ length: count }, (): number[] => []);
  for (let u = 0; u < count; u++)
    for (let v = u + 1; v < count; v++) {
      if (uniform(key, u, v) >= (weights[u * count + v]! * friends * count) / (2 * sum)) continue;
      lists[u]!.push(v);
      lists[v]!.push(u);
    }
  return lists;
}

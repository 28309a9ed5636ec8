/** The feed as it stands: what moves while days are played, how it is run, and what is counted. */
import { argsort } from "../../evaluation/index.js";
import { keyOf, uniform } from "../../random.js";
import type { FeatureSchema } from "../../types.js";
import { topicCount, type FeedConfig, type People } from "./people.js";
import type { Posts } from "./posts.js";
import { feedSchema, reactions, type FeedRanker, type FeedRows } from "./rank.js";

/** A feed: its people, its posts, its settings. */
export interface Feed {
  readonly config: FeedConfig;
  readonly people: People;
  readonly posts: Posts;
}

/** How the feed is run. */
export interface Arm {
  readonly rank: FeedRanker;
  readonly holdout?: number; // share of users who keep the newest first
  readonly shuffle?: number; // share of sessions in random order, to learn from
  readonly diversity?: number; // standard deviations of score that a repeated author or topic loses
  readonly adEvery?: number; // each so many places one ad; 0: none
  readonly adFloor?: number; // least expected revenue of an ad that is shown
  readonly cacheHours?: number; // a ranking is used again for so long
  /** What reviewers look at first; none: nothing is reviewed. */
  readonly suspicion?: (post: number, state: FeedState) => number;
  readonly reviewsPerDay?: number;
}

/** What moves. Typed arrays only: a copy is a fork. */
export interface FeedState {
  readonly mood: Float64Array; // [users] moving mean of satisfaction
  readonly posted: Uint8Array; // [posts]
  readonly reviewed: Uint8Array;
  readonly removed: Uint8Array;
  readonly seen: Uint8Array; // [users, posts]
  readonly shown: Float64Array; // [posts]
  readonly did: readonly Float64Array[]; // [reactions][posts]
  readonly topicShown: Float64Array; // [users, topics]
  readonly topicViewed: Float64Array;
  readonly authorShown: Float64Array; // [follows]
  readonly authorViewed: Float64Array;
  readonly authorLiked: Float64Array;
}

const others = ["harmful", "satisfaction", "revenue", "scored", "reviewed", "removed"] as const;
/** Sums of a day. */
export const daySums = ["active", "shown", ...reactions, ...others] as const;
/** Sums of one day. */
export type DaySums = Record<(typeof daySums)[number], number>;

/** What an arm did: sums by day, and by user over all days. */
export interface FeedDays {
  readonly days: readonly Readonly<DaySums>[];
  /** Users with the newest first (see `holdout`). */
  readonly held: Uint8Array;
  readonly byUser: Readonly<Record<UserSum, Float64Array>>;
  readonly state: FeedState;
  readonly log: FeedRows & { readonly session: Int32Array; readonly day: Int32Array };
}
/** `late`: days active in the last third; `early`: in the first third. */
export const userSums = ["early", "late", "satisfaction", "revenue"] as const;
/** One of them. */
export type UserSum = (typeof userSums)[number];

/** State before the first day. */
export function freshState({ people, posts }: Feed): FeedState {
  const [users, follows] = [people.users.count, people.follows.reduce((sum, list) => sum + list.length, 0)];
  const real = (length: number): Float64Array => new Float64Array(length);
  const flag = (length: number): Uint8Array => new Uint8Array(length);
  return {
    ...{ mood: real(users), posted: flag(posts.count), reviewed: flag(posts.count), removed: flag(posts.count) },
    ...{ seen: flag(users * posts.count), shown: real(posts.count), did: reactions.map(() => real(posts.count)) },
    ...{ topicShown: real(users * topicCount), topicViewed: real(users * topicCount) },
    ...{ authorShown: real(follows), authorViewed: real(follows), authorLiked: real(follows) },
  };
}

/** Everything that is held while days are played. */
export interface Run {
  readonly feed: Feed;
  readonly state: FeedState;
  readonly arm: Arm;
  readonly held: Uint8Array;
  readonly followFrom: Int32Array; // [users + 1] places in `authorShown`
  readonly keys: Readonly<Record<(typeof draws)[number], number>>;
  readonly byTime: Uint32Array; // posts
  readonly schema: FeatureSchema;
  readonly cache: Map<number, { minute: number; posts: Int32Array; scores: Float64Array }>; // by user
  readonly days: DaySums[];
  readonly byUser: FeedDays["byUser"];
  readonly rows: Readonly<Record<"did" | "session" | "day", number[]>>;
  sessions: number;
}
const draws = ["day", "self", "react", "stay", "ad", "order", "holdout"] as const;

/** Opens a run from a state, which it changes. */
export function openRun(feed: Feed, state: FeedState, arm: Arm): Run {
  const { people, posts, config } = feed;
  const { count } = people.users;
  const named = <K extends string, T>(names: readonly K[], of: (name: K) => T): Record<K, T> =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, T>;
  const keys = named(draws, (name) => keyOf(config.seed, `feed/${name}`));
  const followFrom = new Int32Array(count + 1);
  people.follows.forEach((list, u) => (followFrom[u + 1] = followFrom[u]! + list.length));
  return {
    ...{ feed, state, arm, followFrom, keys, cache: new Map(), days: [], sessions: 0 },
    held: Uint8Array.from({ length: count }, (_, u) => (uniform(keys.holdout, u) < (arm.holdout ?? 0) ? 1 : 0)),
    ...{ byTime: argsort(posts.minute), schema: feedSchema(people) },
    byUser: named(userSums, () => new Float64Array(count)),
    rows: named(["did", "session", "day"], () => []),
  };
}

/**
 * Days of the feed under one arm, hour by hour: posts appear, reviewers look at the most suspicious ones, people open their feed, and the
 * candidates of the last two days are ranked together, served one after another with ads between, and answered.
 */
import { argsort } from "../../evaluation/index.js";
import { emptyMatrix, concatMatrices, takeRows } from "../../data/index.js";
import { exponential, keyOf, normal, uniform } from "../../random.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { topicCount, type FeedConfig, type People } from "./people.js";
import { dayMinutes, type Posts } from "./posts.js";
import { chronological, feedSchema, reactions, recencyOf, type FeedRanker, type FeedRows } from "./rank.js";
import { fitOf, react, reactionChances, satisfactionOf, stayChance, type Meeting } from "./response.js";

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

/** Sums of a day. */
export const daySums = [
  "active",
  "shown",
  ...reactions,
  "harmful",
  "satisfaction",
  "revenue",
  "scored",
  "reviewed",
  "removed",
] as const;
/** What an arm did: sums by day, and by user over all days. */
export interface FeedDays {
  readonly days: readonly Readonly<Record<(typeof daySums)[number], number>>[];
  /** Users with the newest first (see `holdout`). */
  readonly held: Uint8Array;
  readonly byUser: Readonly<Record<UserSum, Float64Array>>;
  readonly state: FeedState;
  readonly log: FeedRows & { readonly session: Int32Array; readonly day: Int32Array; readonly user: Int32Array };
}
/** `late`: days active in the last third; `early`: in the first third. */
export const userSums = ["early", "late", "engaged", "satisfaction", "harmful", "hide", "shown", "revenue"] as const;
/** One of them. */
export type UserSum = (typeof userSums)[number];

const most = 60; // candidates per session
const windowMinutes = 2 * dayMinutes;
const adCost = 0.35; // in satisfaction

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

/** Plays the days `from … to` (exclusive) from a state, which stays as it is. @param keepRows keeps what was shown, to learn from */
export async function play(
  feed: Feed,
  before: FeedState,
  arm: Arm,
  [from, to]: readonly [number, number],
  keepRows = false,
  control: RunControl = {},
): Promise<FeedDays> {
  const run = openRun(feed, structuredClone(before), arm, to - from);
  const parts: FeatureMatrix[] = [];
  for (let day = from; day < to; day++) {
    control.signal?.throwIfAborted();
    control.onProgress?.("feed days", day - from, to - from);
    const sums = Object.fromEntries(daySums.map((name) => [name, 0])) as Record<(typeof daySums)[number], number>;
    run.days.push(sums);
    const hours = openDay(run, day, day - from, to - from);
    for (let hour = 0; hour < 24; hour++) {
      review(run, day, hour);
      const rows = serveHour(run, day, hour, hours[hour]!, keepRows);
      if (rows !== undefined) parts.push(rows);
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const { days, held, byUser, state, rows } = run;
  const did = reactions.map((_, k) => Uint8Array.from(rows.did, (bits) => (bits >> k) & 1));
  const columns = {
    session: Int32Array.from(rows.session),
    day: Int32Array.from(rows.day),
    user: Int32Array.from(rows.user),
  };
  return {
    days,
    held,
    byUser,
    state,
    log: { features: concatMatrices([emptyMatrix(feedSchema(feed.people), 0), ...parts]), did, ...columns },
  };
}

type Run = ReturnType<typeof openRun>;

function openRun(feed: Feed, state: FeedState, arm: Arm, span: number) {
  const { people, posts, config } = feed;
  const { seed } = config;
  const key = (name: string): number => keyOf(seed, `feed/${name}`);
  const count = people.users.count;
  const followFrom = new Int32Array(count + 1);
  people.follows.forEach((list, u) => (followFrom[u + 1] = followFrom[u]! + list.length));
  const held = Uint8Array.from({ length: count }, (_, u) => (uniform(key("holdout"), u) < (arm.holdout ?? 0) ? 1 : 0));
  return {
    ...{ feed, state, arm, span, held, followFrom },
    keys: {
      day: key("day"),
      self: key("self"),
      react: key("react"),
      stay: key("stay"),
      ad: key("ad"),
      order: key("order"),
    },
    byTime: argsort(posts.minute),
    schema: feedSchema(people),
    cache: new Map<number, { hour: number; posts: Int32Array; scores: Float64Array }>(),
    days: [] as Record<(typeof daySums)[number], number>[],
    byUser: Object.fromEntries(userSums.map((name) => [name, new Float64Array(count)])) as Record<
      UserSum,
      Float64Array
    >,
    rows: { did: [] as number[], session: [] as number[], day: [] as number[], user: [] as number[] },
    sessions: 0,
  };
}

/** Who comes today, when, and which friends' posts appear. @returns users by hour */
function openDay(run: Run, day: number, at: number, span: number): number[][] {
  const { feed, state, keys, byUser, days } = run;
  const { people, posts, config } = feed;
  const hours = Array.from({ length: 24 }, (): number[] => []);
  const active = new Uint8Array(people.users.count);
  for (let u = 0; u < active.length; u++) {
    const logit = 0.6 + 0.9 * normal(keys.self, u) + config.returnGain * state.mood[u]!;
    if (uniform(keys.day, u, day, 0) >= 1 / (1 + Math.exp(-logit))) {
      state.mood[u]! *= 0.95; // forgets
      continue;
    }
    active[u] = 1;
    days.at(-1)!.active++;
    if (at < Math.ceil(span / 3)) byUser.early[u]!++;
    if (at >= span - Math.ceil(span / 3)) byUser.late[u]!++;
    const first = 7 + Math.floor(12 * uniform(keys.day, u, day, 1));
    hours[first]!.push(u);
    if (uniform(keys.day, u, day, 2) < 0.5)
      hours[Math.min(23, first + 1 + Math.floor(6 * uniform(keys.day, u, day, 3)))]!.push(u);
  }
  for (let p = 0; p < posts.count; p++) {
    if (Math.floor(posts.minute[p]! / dayMinutes) !== day) continue;
    if (people.kindOf(posts.author[p]!) > 0 || active[posts.author[p]!] === 1) state.posted[p] = 1;
  }
  return hours;
}

/** Reviewers look at the most suspicious posts of the last twelve hours and remove what is harmful. */
function review({ feed, state, arm, byTime, days }: Run, day: number, hour: number): void {
  const { posts, config } = feed;
  if (arm.suspicion === undefined) return;
  const now = day * dayMinutes + hour * 60;
  const sums = days.at(-1)!;
  const budget = Math.floor(((arm.reviewsPerDay ?? config.reviewsPerDay) * (hour + 1)) / 24) - sums.reviewed;
  if (budget <= 0) return;
  const waiting = byTime.filter((p) => {
    const minute = posts.minute[p]!;
    return minute <= now && minute > now - 720 && state.posted[p] === 1 && state.reviewed[p] === 0;
  });
  const order = argsort(Float64Array.from(waiting, (p) => -arm.suspicion!(p, state)));
  for (const i of order.subarray(0, budget)) {
    const p = waiting[i]!;
    state.reviewed[p] = 1;
    sums.reviewed++;
    if (posts.harmful[p] === 0) continue;
    state.removed[p] = 1;
    sums.removed++;
  }
}

/** All sessions of an hour: their candidates are ranked in one batch. @returns the rows that were shown, if they are kept */
function serveHour(
  run: Run,
  day: number,
  hour: number,
  users: readonly number[],
  keepRows: boolean,
): FeatureMatrix | undefined {
  const { arm, cache, schema, days, keys, held } = run;
  const now = day * dayMinutes + hour * 60;
  const fresh = users.filter((u) => {
    const one = cache.get(u);
    return one === undefined || (now - one.hour) / 60 > (arm.cacheHours ?? 0);
  });
  const candidates = fresh.map((u) => candidatesOf(run, u, now));
  const starts = new Int32Array(fresh.length + 1);
  candidates.forEach(({ posts }, i) => (starts[i + 1] = starts[i]! + posts.length));
  const rows = emptyMatrix(schema, starts[fresh.length]!);
  candidates.forEach(({ posts, places }, i) =>
    posts.forEach((p, j) => writeRow(run, rows, starts[i]! + j, fresh[i]!, p, places[j]!, now)),
  );
  days.at(-1)!.scored += rows.count;
  const scores = rows.count > 0 ? arm.rank(rows) : [];
  const newest = held.includes(1) && rows.count > 0 ? chronological(rows) : [];
  fresh.forEach((u, i) => {
    const of = held[u] === 1 ? newest : scores;
    const random = uniform(keys.order, u, now, 0) < (arm.shuffle ?? 0);
    const own = Float64Array.from(candidates[i]!.posts, (p, j) =>
      random ? uniform(keys.order, u, p, 1) : of[starts[i]! + j]!,
    );
    cache.set(u, { hour: now, posts: candidates[i]!.posts, scores: own });
  });
  const kept: number[] = [];
  users.forEach((u) => {
    const first = starts[fresh.indexOf(u)]!;
    serve(run, u, day, now, (at) => kept.push(first + at), keepRows);
  });
  return keepRows && kept.length > 0 ? takeRows(rows, Int32Array.from(kept)) : undefined;
}

/** The newest posts of those whom a user follows that were not seen, with the places of their authors among the follows. */
function candidatesOf(
  { feed, state, followFrom }: Run,
  user: number,
  now: number,
): { posts: Int32Array; places: number[] } {
  const { people, posts } = feed;
  const found: [post: number, place: number][] = [];
  people.follows[user]!.forEach((author, f) => {
    for (let p = posts.from[author]!; p < posts.from[author + 1]!; p++) {
      const minute = posts.minute[p]!;
      if (minute > now) break;
      if (minute <= now - windowMinutes || state.posted[p] === 0 || state.removed[p] === 1) continue;
      if (state.seen[user * posts.count + p] === 0) found.push([p, followFrom[user]! + f]);
    }
  });
  found.sort(([p], [q]) => posts.minute[q]! - posts.minute[p]! || p - q);
  const best = found.slice(0, most);
  return { posts: Int32Array.from(best, ([p]) => p), places: best.map(([, place]) => place) };
}

function writeRow(
  run: Run,
  into: FeatureMatrix,
  row: number,
  user: number,
  p: number,
  place: number,
  now: number,
): void {
  const { feed, state } = run;
  const { posts, people } = feed;
  const [author, topic] = [posts.author[p]!, posts.topic[p]!];
  const hours = (now - posts.minute[p]!) / 60;
  const hour = Math.floor(now / 60) % 24;
  const kind = people.kindOf(author);
  into.categories.set([user, author, kind, topic, recencyOf(hours), hour], row * into.schema.categories.length);
  const rate = (k: number): number => (state.did[k]![p]! + 0.02 * (k === 0 ? 20 : 1)) / (state.shown[p]! + 20);
  const t = user * topicCount + topic;
  const numbers = [
    ...[hours, Math.log1p(state.shown[p]!), rate(0), rate(1), rate(2), rate(3), rate(4)],
    (state.topicViewed[t]! + 2) / (state.topicShown[t]! + 4),
    (state.authorViewed[place]! + 1) / (state.authorShown[place]! + 2),
    (state.authorLiked[place]! + 0.2) / (state.authorShown[place]! + 2),
  ];
  into.numbers.set(numbers, row * numbers.length);
}

/** One session: the best of what is left, again and again, until the user stops. */
function serve(run: Run, user: number, day: number, now: number, keep: (at: number) => void, keepRows: boolean): void {
  const { feed, state, arm, cache, keys, days, byUser, rows, followFrom } = run;
  const { posts, people } = feed;
  const sums = days.at(-1)!;
  const { posts: list, scores } = cache.get(user)!;
  const mean = scores.reduce((sum, x) => sum + x, 0) / Math.max(1, scores.length);
  const unit =
    (arm.diversity ?? 0) * Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, scores.length));
  const [topics, authors] = [new Map<number, number>(), new Map<number, number>()];
  const session = run.sessions++;
  let total = 0;
  let places = 0;
  for (; places < 50; places++) {
    if ((arm.adEvery ?? 0) > 0 && places % arm.adEvery! === arm.adEvery! - 1) {
      const worth = bestAd(run, user, now, places);
      if (worth >= (arm.adFloor ?? 0)) {
        sums.revenue += worth;
        byUser.revenue[user]! += worth;
        total -= adCost;
        sums.satisfaction -= adCost;
        byUser.satisfaction[user]! -= adCost;
        if (uniform(keys.stay, user, now, places) > 0.9) break;
        continue;
      }
    }
    let at = -1;
    let best = -Infinity;
    list.forEach((p, i) => {
      if (state.seen[user * posts.count + p] === 1 || state.removed[p] === 1) return;
      const again = 0.5 * (topics.get(posts.topic[p]!) ?? 0) + (authors.get(posts.author[p]!) ?? 0);
      const value = scores[i]! - unit * again;
      if (value > best) [best, at] = [value, i];
    });
    if (at < 0) break;
    const p = list[at]!;
    const [author, topic] = [posts.author[p]!, posts.topic[p]!];
    const meeting: Meeting = {
      ...{ interest: people.interest[user * topicCount + topic]!, tie: people.tie(user, author) },
      ...{ quality: posts.quality[p]!, outrage: posts.outrage[p]!, harmful: posts.harmful[p] === 1 },
      ...{ kind: people.kindOf(author), hours: (now - posts.minute[p]!) / 60 },
      ...{ sameTopic: topics.get(topic) ?? 0, sameAuthor: authors.get(author) ?? 0 },
    };
    const bits = react(keys.react, user, p, reactionChances(meeting));
    const viewed = (bits & 1) === 1;
    const felt = satisfactionOf(meeting, viewed);
    total += felt;
    state.seen[user * posts.count + p] = 1;
    topics.set(topic, meeting.sameTopic + 1);
    authors.set(author, meeting.sameAuthor + 1);
    note(run, user, p, followFrom[user]! + people.follows[user]!.indexOf(author), bits, felt);
    if (keepRows) {
      keep(at);
      rows.did.push(bits);
      rows.session.push(session);
      rows.day.push(day);
      rows.user.push(user);
    }
    if (uniform(keys.stay, user, now, places) > stayChance(fitOf(meeting), meeting.outrage, viewed)) break;
  }
  state.mood[user] = 0.75 * state.mood[user]! + 0.25 * (total / Math.max(4, places + 1));
}

/** Counts what was done. */
function note(
  { feed, state, days, byUser }: Run,
  user: number,
  p: number,
  place: number,
  bits: number,
  felt: number,
): void {
  const { posts } = feed;
  const sums = days.at(-1)!;
  const did = (k: number): number => (bits >> k) & 1;
  reactions.forEach((name, k) => {
    sums[name] += did(k);
    state.did[k]![p]! += did(k);
  });
  const harmful = posts.harmful[p]!;
  sums.shown++;
  sums.harmful += harmful;
  sums.satisfaction += felt;
  const t = user * topicCount + posts.topic[p]!;
  state.shown[p]!++;
  state.topicShown[t]!++;
  state.topicViewed[t]! += did(0);
  state.authorShown[place]!++;
  state.authorViewed[place]! += did(0);
  state.authorLiked[place]! += did(1);
  byUser.shown[user]!++;
  byUser.engaged[user]! += did(1) + did(2) + did(3);
  byUser.satisfaction[user]! += felt;
  byUser.harmful[user]! += harmful;
  byUser.hide[user]! += did(4);
}

/** Expected revenue of the best of five ads: price × P(click). */
function bestAd({ feed, keys }: Run, user: number, now: number, place: number): number {
  let best = 0;
  for (let i = 0; i < 5; i++) {
    const topic = Math.floor(topicCount * uniform(keys.ad, user, now, place, i));
    const fit = feed.people.interest[user * topicCount + topic]!;
    best = Math.max(best, (20 * exponential(keys.ad, now, place, i, user)) / (1 + Math.exp(3.4 - 0.6 * fit)));
  }
  return best;
}

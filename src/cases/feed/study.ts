/**
 * What one feed gives: the filters, the ladder, the pair and the weights of reactions; and what the first feed shows of the rest. Arms are
 * data. Sizes and truths were chosen on seeds 42 to 44.
 */
import { argsort, auc, meanOf, ndcgAtK, tInterval, type Interval } from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import { partSteps, type CaseOptions } from "../case.js";
import { atBudget } from "./filter.js";
import { feedDefaults, type FeedConfig } from "./people.js";
import type { DaySums, FeedDays, UserSum } from "./state.js";
import { dayMinutes } from "./posts.js";
import { engaged, reactions, type FeedRanker } from "./rank.js";
import { openTrial, playLive, usualWeights, type FeedArm, type Trial } from "./trial.js";

/** One reaction's weight times five, the others as they are. */
export const weightArms: readonly FeedArm[] = reactions.map((name) => ({
  name: `${name} × 5`,
  weights: { [name]: 5 * usualWeights[name] },
}));

/** Experiments on one feed: each arm against the first. */
export const experiments: Readonly<Record<string, readonly FeedArm[]>> = {
  ads: [
    { name: "one in eight" },
    { name: "none", adEvery: 0 },
    { name: "one in four", adEvery: 4 },
    { name: "one in four, only if worth 2", adEvery: 4, adFloor: 2 },
  ],
  diversity: [{ name: "0.3" }, { name: "none", diversity: 0 }, { name: "1", diversity: 1 }],
  cache: [
    { name: "ranked at each session" },
    { name: "kept for 3 hours", cacheHours: 3 },
    { name: "kept for 24 hours", cacheHours: 24 },
  ],
  "bad-day": [
    { name: "usual days" },
    { name: "hoax", config: { hoaxFrom: 4 } },
    { name: "hoax, no filter", filter: "none", config: { hoaxFrom: 4 } },
    { name: "hoax, hides count in the queue", filter: "reports", config: { hoaxFrom: 4 } },
    { name: "hoax, hide × 5", weights: { hide: 5 * usualWeights.hide }, config: { hoaxFrom: 4 } },
    { name: "hoax, comment × 5", weights: { comment: 2.5 }, config: { hoaxFrom: 4 } },
  ],
  "what-if": [
    { name: "as it is" },
    { name: "four times the reviewers", reviewsPerDay: 100 },
    { name: "people care twice as much", config: { returnGain: 2 * feedDefaults.returnGain } },
    { name: "people do not care", config: { returnGain: 0 } },
  ],
};

/** An arm's live days in a few numbers. Retention: share of users active on a day of the last third. */
export interface Outcome {
  readonly name: string;
  readonly retention: number;
  readonly early: number; // the same, first third
  readonly engaged: number; // likes, comments and shares per user-day
  readonly satisfaction: number; // per user-day
  readonly harmful: number; // per 1,000 posts shown
  readonly revenue: number; // per user-day
  readonly scored: number; // candidates per user-day
  readonly active: readonly number[]; // share of users by day
}

function outcomeOf(name: string, { days, byUser }: FeedDays): Outcome {
  const users = byUser.late.length;
  const total = (of: keyof DaySums): number => days.reduce((sum, day) => sum + day[of], 0);
  const third = Math.ceil(days.length / 3);
  const perDay = (sum: number): number => sum / users / days.length;
  const share = (counts: Float64Array): number => counts.reduce((sum, x) => sum + x, 0) / users / third;
  return {
    ...{ name, retention: share(byUser.late), early: share(byUser.early) },
    engaged: perDay(total("like") + total("comment") + total("share")),
    satisfaction: perDay(total("satisfaction")),
    harmful: (1000 * total("harmful")) / total("shown"),
    ...{ revenue: perDay(total("revenue")), scored: perDay(total("scored")) },
    active: days.map(({ active }) => active / users),
  };
}

/** AUC of the held-out day's engagement, and NDCG@10 by session. */
export function judge({ test }: Trial, rank: FeedRanker): { auc: number; ndcg: number } {
  const [label, scores] = [engaged(test), Float64Array.from(rank(test.features))];
  return { auc: auc(label, scores), ndcg: meanOf(ndcgAtK(label, scores, test.session, 10)) };
}

/** A ranker offline and on the live days. */
export type Rung = Outcome & { readonly auc: number; readonly ndcg: number };

/** Each filter on the live days' posts: AUC, and precision and recall of what reviewers can look at each day. */
export function judgeFilters({ feed: { posts, config }, filters }: Trial): readonly FilterRow[] {
  const byDay = Array.from({ length: config.liveDays }, (_, d) =>
    Int32Array.from(posts.author.keys()).filter(
      (p) => Math.floor(posts.minute[p]! / dayMinutes) === config.logDays + d,
    ),
  );
  return Object.entries(filters).map(([name, filter]) => {
    const scores = filter(posts.words);
    const found = byDay.map((some) =>
      atBudget(
        Float64Array.from(some, (p) => scores[p]!),
        Uint8Array.from(some, (p) => posts.harmful[p]!),
        config.reviewsPerDay,
      ),
    );
    const mean = (of: "precision" | "recall"): number => found.reduce((sum, one) => sum + one[of], 0) / found.length;
    return { name, auc: auc(posts.harmful, scores), precision: mean("precision"), recall: mean("recall") };
  });
}
/** A filter judged. */
export interface FilterRow {
  readonly name: string;
  readonly auc: number;
  readonly precision: number;
  readonly recall: number;
}

/** What is compared over feeds. */
export interface FeedResult {
  readonly filters: readonly FilterRow[];
  readonly ladder: readonly Rung[]; // newest first, popularity × recency, logistic regression, multi-task
  readonly engagement: Rung; // the same network, ranked by engagement
  readonly weights: readonly Outcome[];
  readonly unfiltered: readonly Outcome[]; // no filter, TF-IDF of words
  /** Retention of the rest minus those who keep the newest first, within one feed: early, and in the last third. */
  readonly holdout: { readonly early: number; readonly late: number };
}

/** Sizes by scale: at `tiny` as `feedDefaults`. */
export function feedOf(scale: CaseOptions["scale"]): Partial<FeedConfig> {
  return scale === "tiny" ? {} : { users: 1500, pages: 80, groups: 50, reviewsPerDay: 50 };
}

/** The argument of both parts. */
export type OneFeed = Pick<CaseOptions, "scale" | "seed">;

/** Ladder, pair, weights, filters and holdout in one feed. @public a part */
export async function feedPart({ scale, seed }: OneFeed, control: RunControl): Promise<FeedResult> {
  const stepped = partSteps(weightArms.length + 9, control);
  const quiet: RunControl = control.signal === undefined ? {} : { signal: control.signal };
  const trial = await openTrial({ ...feedOf(scale), seed }, quiet);
  stepped();
  const days = async (arm: FeedArm): Promise<FeedDays> => {
    const played = await playLive(trial, arm, quiet);
    stepped();
    return played;
  };
  const live = async (arm: FeedArm): Promise<Outcome> => outcomeOf(arm.name, await days(arm));
  const ladder: Rung[] = [];
  for (const [name, rank] of Object.entries(trial.rankers))
    ladder.push({ ...(await live({ name, rank })), ...judge(trial, rank) });
  const byEngagement = await live({ name: "multi-task, by engagement", rank: trial.byEngagement });
  const weights: Outcome[] = [];
  for (const arm of weightArms) weights.push(await live(arm));
  const unfiltered = [
    await live({ name: "no filter", filter: "none" }),
    await live({ name: "TF-IDF of words", filter: "words" }),
  ];
  const held = await days({ name: "holdout", holdout: 0.2 });
  return {
    ...{ filters: judgeFilters(trial), ladder, weights, unfiltered },
    engagement: { ...byEngagement, ...judge(trial, trial.byEngagement) },
    holdout: { early: splitOf(held, "early"), late: splitOf(held, "late") },
  };
}

/** Mean share of days active of the others minus that of those held out. */
function splitOf({ held, byUser, days }: FeedDays, of: "early" | "late"): number {
  const mean = (group: number): number => {
    const some = byUser[of].filter((_, u) => held[u] === group);
    return some.reduce((sum, x) => sum + x, 0) / some.length / Math.ceil(days.length / 3);
  };
  return mean(0) - mean(1);
}

/** An arm of an experiment: outcomes, and differences from the first arm with intervals by user. */
export type ArmRow = Outcome & {
  readonly against: Readonly<Record<"retention" | "satisfaction" | "revenue", Interval>>;
};

/** Plays the arms of an experiment. */
export async function contrast(
  trial: Trial,
  arms: readonly FeedArm[],
  control: RunControl = {},
  see: (days: FeedDays) => void = () => undefined,
): Promise<readonly ArmRow[]> {
  const rows: ArmRow[] = [];
  let first: FeedDays | undefined;
  for (const arm of arms) {
    const played = await playLive(trial, arm, control);
    see(played);
    first ??= played;
    const before = first;
    const paired = (of: UserSum, days: number): Interval =>
      tInterval(played.byUser[of].map((x, u) => (x - before.byUser[of][u]!) / days));
    const { length } = played.days;
    const against = {
      ...{ retention: paired("late", Math.ceil(length / 3)), satisfaction: paired("satisfaction", length) },
      revenue: paired("revenue", length),
    };
    rows.push({ ...outcomeOf(arm.name, played), against });
  }
  return rows;
}

/** What the first feed alone shows. */
export interface FirstResult {
  readonly experiments: Readonly<Record<string, readonly ArmRow[]>>;
  /** Of the arms of the bad day, by day: harmful posts per 1,000 shown, and hides per 1,000 shown. */
  readonly hoax: readonly (readonly { readonly harmful: number; readonly hides: number }[])[];
  readonly follows: number; // per user
  readonly posts: number; // per day
  readonly microseconds: Readonly<Record<string, number>>; // per candidate, by ranker
  readonly config: FeedConfig;
}

/** Experiments, a bad day and the time that rankers take. @public a part */
export async function firstPart({ scale, seed }: OneFeed, control: RunControl): Promise<FirstResult> {
  const stepped = partSteps(Object.keys(experiments).length + 1, control);
  const quiet: RunControl = control.signal === undefined ? {} : { signal: control.signal };
  const trial = await openTrial({ ...feedOf(scale), seed }, quiet);
  stepped();
  const played: Record<string, readonly ArmRow[]> = {};
  const hoax: { harmful: number; hides: number }[][] = [];
  const perThousand = ({ days }: FeedDays): { harmful: number; hides: number }[] =>
    days.map(({ harmful, hide, shown }) => ({ harmful: (1000 * harmful) / shown, hides: (1000 * hide) / shown }));
  for (const [name, arms] of Object.entries(experiments)) {
    played[name] = await contrast(trial, arms, quiet, (days) => {
      if (name === "bad-day") hoax.push(perThousand(days));
    });
    stepped();
  }
  const { people, posts, config } = trial.feed;
  return {
    ...{ experiments: played, hoax, config },
    follows: people.follows.reduce((sum, list) => sum + list.length, 0) / config.users,
    posts: posts.count / (config.logDays + config.liveDays),
    microseconds: timesOf(trial),
  };
}

/** Median of five times per candidate. */
function timesOf({ rankers, test }: Trial): Record<string, number> {
  const timed = Object.entries(rankers).map(([name, rank]) => {
    const times = Float64Array.from({ length: 5 }, () => {
      const from = performance.now();
      rank(test.features);
      return (1000 * (performance.now() - from)) / test.features.count;
    });
    return [name, times[argsort(times)[2]!]!] as const;
  });
  return Object.fromEntries(timed);
}

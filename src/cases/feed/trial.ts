/** A feed whose log was collected, its filters and its rankers, ready for arms to be played. */
import type { RunControl } from "../../types.js";
import { fitTfIdf, fitTransformer, type TextFilter } from "./filter.js";
import { feedDefaults, openPeople, type FeedConfig } from "./people.js";
import { play } from "./play.js";
import { freshState, type Arm, type Feed, type FeedDays, type FeedState } from "./state.js";
import { labelledTexts, makePosts } from "./posts.js";
import {
  byValue,
  chronological,
  engaged,
  fitLinear,
  fitTasks,
  popular,
  rowsBetween,
  type FeedRanker,
  type FeedRows,
  type ReactionWeights,
  type Tasks,
} from "./rank.js";

/** A way to run the feed, by name; only what differs from the usual. */
export interface FeedArm extends Partial<Arm> {
  readonly name: string;
  readonly weights?: Partial<ReactionWeights>;
  readonly config?: Partial<FeedConfig>;
  readonly filter?: "none" | "words" | "transformer" | "reports"; // reports: the transformer and what people hide
}

/** What reactions are worth unless said otherwise: a hide costs as much as several likes are worth. */
export const usualWeights: ReactionWeights = { view: 0.5, like: 1, comment: 0.5, share: 0.5, hide: -5 };

/** What is optimised where only engagement counts. */
export const engagement: ReactionWeights = { view: 0, like: 1, comment: 1, share: 1, hide: 0 };

/** A feed with all that was learned on its log. */
export interface Trial {
  readonly feed: Feed;
  readonly log: FeedDays["log"];
  readonly train: FeedRows;
  readonly test: FeedRows & { readonly session: Int32Array };
  readonly state: FeedState; // at the end of the log
  readonly filters: Readonly<Record<"words" | "pairs" | "transformer", TextFilter>>;
  readonly tasks: Tasks;
  readonly byEngagement: FeedRanker; // the same network, by P(like) + P(comment) + P(share)
  readonly rankers: Readonly<
    Record<"chronological" | "popularity × recency" | "logistic regression" | "multi-task", FeedRanker>
  >;
}

/** Opens a feed, collects its log (newest first, three sessions in ten in random order) and fits everything. */
export async function openTrial(given: Partial<FeedConfig> = {}, control: RunControl = {}): Promise<Trial> {
  const config: FeedConfig = { ...feedDefaults, ...given };
  const { seed, logDays } = config;
  const people = openPeople(config);
  const feed: Feed = { config, people, posts: makePosts(config, people) };
  const collect: Arm = { rank: chronological, shuffle: 0.3, adEvery: 8 };
  const { log, state } = await play(feed, freshState(feed), collect, [0, logDays], true, control);
  const held = log.day.indexOf(logDays - 1);
  const [train, test] = [rowsBetween(log, 0, held), rowsBetween(log, held, log.day.length)];
  const texts = labelledTexts(seed, 6000);
  const tasks = await fitTasks(train, seed, control);
  return {
    byEngagement: byValue(tasks, engagement),
    ...{ feed, log, train, state, tasks, test: { ...test, session: log.session.subarray(held) } },
    filters: {
      words: fitTfIdf(texts, seed, false),
      pairs: fitTfIdf(texts, seed, true),
      transformer: await fitTransformer(texts, seed, control),
    },
    rankers: {
      ...{ chronological, "popularity × recency": popular },
      "logistic regression": await fitLinear(train, engaged(train), seed, control),
      "multi-task": byValue(tasks, usualWeights),
    },
  };
}

/** Plays an arm on the live days from the end of the log: the multi-task ranker, an ad in eight, unless it says otherwise. */
export async function playLive(trial: Trial, arm: FeedArm, control: RunControl = {}): Promise<FeedDays> {
  const { logDays, liveDays } = trial.feed.config;
  const config = { ...trial.feed.config, ...arm.config };
  const feed: Feed = {
    ...trial.feed,
    config,
    posts: arm.config === undefined ? trial.feed.posts : makePosts(config, trial.feed.people),
  };
  const { filter = "transformer", weights } = arm;
  const scores =
    filter === "none" ? undefined : trial.filters[filter === "words" ? "words" : "transformer"](feed.posts.words);
  const suspicion = (post: number, state: FeedState): number => {
    if (filter !== "reports") return scores![post]!;
    const usual = 0.03 * state.shown[post]!; // hides
    return scores![post]! + Math.max(0, state.did[4]![post]! - usual) / Math.sqrt(usual + 1);
  };
  const usual: Arm = {
    ...{ rank: trial.rankers["multi-task"], adEvery: 8, diversity: 0.3 },
    ...(scores !== undefined && { suspicion }),
    ...(weights && { rank: byValue(trial.tasks, { ...usualWeights, ...weights }) }),
  };
  return play(feed, trial.state, { ...usual, ...arm }, [logDays, logDays + liveDays], false, control);
}

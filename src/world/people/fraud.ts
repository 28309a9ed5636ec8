/**
 * Fraud: accounts that are not people (`users.bot`, the truth that detectors are judged by), in four styles.
 *
 *   scraper        opens many pages at any hour, clicks nearly everything, watches about a second
 *   click-farm     phones of one region at the same hours; clicks, watches, likes and follows the creators who pay, and little else
 *   view-inflator  three visits per day; watches one topic to the end, for a customer
 *   ad-clicker     clicks every ad (in a world without ads: every sponsored video) and leaves after a second
 *
 * Bots look at all slots alike (no position bias), have no satiation and no satisfaction, and never pay: no conversions. Their clicks
 * on content move the topics' trends like anybody's, and a click on an ad costs the advertiser: the caller that plays the page charges
 * it.
 */
import { exponential, normal, uniform, uniformInt } from "../../random.js";
import { dayMs } from "../../types.js";
import type { Day, FeedbackBatch } from "../../types.js";
import { farmOf, paysFarm } from "./farms.js";
import { follow, follows } from "./memory.js";
import type { Moment } from "../choice/moment.js";
import { botStyles, trait, traitWidth } from "../state.js";
import type { BotStyle, WorldState } from "../state.js";

/** What fraud needs to know about a page, and what it returns: see `Moment`. */
export type BotMoment = Pick<Moment, "day" | "shard" | "user" | "page" | "spentMs" | "worth">;

interface Habits {
  readonly visiting: number; // probability of a visit on a day
  readonly later: number; // probability of one more visit of the day, at most three
  readonly leaving: number; // probability of leaving after a page
  readonly browseMs: number; // a page without watching
}

const habits: Readonly<Record<BotStyle, Habits>> = {
  scraper: { visiting: 0.85, later: 0.3, leaving: 0.02, browseMs: 400 },
  "click-farm": { visiting: 0.95, later: 0.7, leaving: 0.08, browseMs: 2_000 },
  "view-inflator": { visiting: 1, later: 1, leaving: 0.1, browseMs: 1_500 },
  "ad-clicker": { visiting: 0.8, later: 0.3, leaving: 0.25, browseMs: 1_200 },
};

/** What a draw decides, for (user, day, page, video). */
const purpose = { visit: 1, later: 2, time: 3, click: 4, watch: 5, like: 6, share: 7, leave: 8 } as const;

/** Customers that view-inflators work for; each buys views of one topic. */
const customers = 3;

/** Style of an account's fraud; undefined: a person. */
export function botStyle(state: WorldState, user: number): BotStyle | undefined {
  return botStyles[state.users.bot[user]! - 1];
}

/** Number of visits of a bot on a day: 0 … 3; at least 1 on the day of joining. */
export function botVisits(state: WorldState, user: number, day: Day): number {
  const joined = state.catalogue.users.joinDay[user]!;
  if (joined > day) return 0;
  const { visiting, later } = habitsOf(state, user);
  const key = state.keys.bot;
  if (joined < day && uniform(key, user, day, 0, 0, purpose.visit) >= visiting) return 0;
  let visits = 1;
  while (visits < 3 && uniform(key, user, day, visits, 0, purpose.later) < later) visits++;
  return visits;
}

/** Time at which a bot's visit begins, in ms since midnight: any time, but farms stay within 20 minutes of their hour. */
export function botArrivalMs(state: WorldState, user: number, day: Day, visit: number): number {
  const key = state.keys.bot;
  const style = botStyle(state, user);
  if (style === "scraper" || style === "view-inflator")
    return uniformInt(dayMs, key, user, day, visit, 0, purpose.time);
  const spread = style === "click-farm" ? 1_200_000 : 7_200_000;
  const at = Math.floor(
    state.users.peakMinute[user]! * 60_000 +
      spread * Math.max(-3, Math.min(3, normal(key, user, day, visit, purpose.time))),
  );
  return ((at % dayMs) + dayMs) % dayMs;
}

/** Plays the page `video[at …]` of a bot as `playPage` does a person's; `campaign[at …]` says which are ads. Charges nothing. */
export function playBotPage(
  state: WorldState,
  moment: BotMoment,
  video: Int32Array,
  campaign: Int16Array | undefined,
  at: number,
  feedback: FeedbackBatch,
): void {
  const style = botStyle(state, moment.user);
  let spentMs = habitsOf(state, moment.user).browseMs;
  for (let k = at; k < at + state.config.slots; k++) {
    const v = video[k]!;
    if (v < 0) continue;
    const fraction = watched(state, moment, style, v, campaign, k);
    if (fraction < 0) continue;
    feedback.click[k] = 1;
    feedback.watchMs[k] = Math.floor(fraction * state.catalogue.videos.durationMs[v]!);
    spentMs += feedback.watchMs[k]!;
    if (style === "click-farm") applaud(state, moment, v, k, feedback);
    if (campaign && campaign[k]! > 0) continue; // trends count content only
    const counted = moment.shard * state.config.topics + state.traits[v * traitWidth + trait.topic]!;
    state.now.shardClicks[counted] = state.now.shardClicks[counted]! + 1;
  }
  moment.spentMs = spentMs;
  moment.worth = 0;
}

/** Whether a bot leaves after the page just played. */
export function botLeaves(state: WorldState, { user, day, page }: Pick<BotMoment, "user" | "day" | "page">): boolean {
  return uniform(state.keys.bot, user, day, page, 0, purpose.leave) < habitsOf(state, user).leaving;
}

/** Watched fraction in [0, 1], or -1: not clicked. */
function watched(
  state: WorldState,
  { user, day, page }: BotMoment,
  style: BotStyle | undefined,
  v: number,
  campaign: Int16Array | undefined,
  at: number,
): number {
  const { keys, config, catalogue } = state;
  const durationMs = catalogue.videos.durationMs[v]!;
  const click = uniform(keys.bot, user, day, page, v, purpose.click);
  const u = uniform(keys.bot, user, day, page, v, purpose.watch);
  const glance = Math.min(1, (300 + 700 * exponential(keys.bot, user, day, page, v, purpose.watch)) / durationMs);
  if (style === "scraper") return click < 0.95 ? glance : -1;
  if (style === "click-farm") {
    const paid = paysFarm(config, keys, farmOf(keys, user).id, catalogue.videos.creator[v]!);
    return paid ? 0.7 + 0.3 * u : click < 0.02 ? glance : -1;
  }
  if (style === "view-inflator") {
    const topic = uniformInt(config.topics, keys["user/bot"], uniformInt(customers, keys["user/bot"], user, 3), -4);
    return catalogue.videos.topic[v] === topic && click < 0.95 ? 1 : -1;
  }
  const ad = campaign ? campaign[at]! > 0 : catalogue.videos.sponsored[v] === 1;
  return ad ? glance : click < 0.02 ? glance : -1;
}

/** What a farm's account does for a creator who pays: likes, shares, follows once. */
function applaud(
  state: WorldState,
  { user, day, page }: BotMoment,
  v: number,
  at: number,
  feedback: FeedbackBatch,
): void {
  const { keys, config, catalogue } = state;
  const creator = catalogue.videos.creator[v]!;
  if (!paysFarm(config, keys, farmOf(keys, user).id, creator)) return;
  if (uniform(keys.bot, user, day, page, v, purpose.like) < 0.8) feedback.like[at] = 1;
  if (uniform(keys.bot, user, day, page, v, purpose.share) < 0.2) feedback.share[at] = 1;
  if (follows(state, user, creator)) return;
  follow(state, user, creator);
  feedback.follow[at] = 1;
}

function habitsOf(state: WorldState, user: number): Habits {
  const style = botStyle(state, user);
  if (!style) throw new RangeError(`user ${user} is a person; allowed: an account with bot > 0`);
  return habits[style];
}

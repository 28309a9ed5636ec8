/**
 * One user at one page: clicks (`page-choice.ts`) → watch → like, share, hide, follow, conversion, in the order of positions; then
 * the effects of the page on its user: satiation, memory, follows, tastes, satisfaction.
 *
 * The draws of an impression depend on (user, day, visit and page, video, purpose), not on the position: in twin worlds the
 * same video on the same page has the same draws at any position.
 *
 * An ad takes a slot like a video. A click on it is charged (`ads.ts`), takes watch time, and may end in a purchase, which is
 * the advertiser's; it brings no enjoyment, and every ad on a page costs `adIrritation` / tolerance.
 */
import { normal, uniform } from "../../random.js";
import type { FeedbackBatch, SlateBatch } from "../../types.js";
import { chargeAd } from "../ads.js";
import { answered } from "../people/behaviour.js";
import type { BehaviourName } from "../people/behaviour.js";
import { sigmoid } from "./choice.js";
import { follow, follows, remember } from "../people/memory.js";
import type { Moment } from "./moment.js";
import { drawByPosition, drawClicks, weighPage } from "./page-choice.js";
import { pageSatisfaction } from "./session.js";
import { trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";
import { reinforce } from "../people/taste.js";
import { enjoyment, reaction, watchedFraction, watchLogit } from "./watch.js";

/** Plays row `at / slots` of `slates`, writes outcomes to the same places of `feedback`, and moves the user's state. */
export function playPage(
  state: WorldState,
  moment: Moment,
  slates: SlateBatch,
  at: number,
  feedback: FeedbackBatch,
): void {
  const { config, now, users } = state;
  const { user, viewer, weights, clicked, seen } = moment;
  const { video, campaign } = slates;
  let clicks: number;
  if (config.choiceModel === "position" && state.behaviour === undefined)
    clicks = drawByPosition(state, moment, viewer, moment.mood, video, at, campaign, weights, clicked, seen);
  else {
    fillContext(state, moment);
    weighPage(state, viewer, moment.context, video, at, campaign, weights);
    clicks = drawClicks(state, moment, weights, video, at, clicked, seen);
  }
  let spentMs = config.browseMs + Math.floor(config.examineMs * seen[0]!);
  let joy = 0;
  let contentClicks = 0;
  for (let i = 0; i < clicks; i++) {
    const k = clicked[i]!;
    if (campaign && campaign[at + k]! > 0) playAd(state, moment, slates, at, i, feedback);
    else {
      joy += playClick(state, moment, video, at, i, feedback);
      contentClicks++;
    }
    spentMs += feedback.watchMs[at + k]!;
  }
  for (let i = 0; i < clicks; i++) settle(state, moment, slates, at, i, feedback);
  moment.spentMs = spentMs;
  const irritation = campaign
    ? (config.adIrritation * adsOn(campaign, at, config.slots)) / users.adTolerance[user]!
    : 0;
  moment.worth = pageSatisfaction(config.irrelevance, joy, contentClicks, irritation);
  now.satisfaction[user] = now.satisfaction[user]! + config.pageWeight * (moment.worth - now.satisfaction[user]!);
}

/** Plays the i-th click: watch, reactions, conversion. Returns the enjoyment. */
function playClick(
  state: WorldState,
  moment: Moment,
  video: Int32Array,
  at: number,
  i: number,
  feedback: FeedbackBatch,
): number {
  const { config, keys, catalogue } = state;
  const { user, day, page } = moment;
  const k = moment.clicked[i]!;
  const v = video[at + k]!;
  const fraction = watch(state, moment, v, i);
  let joy = enjoyment(state, v, fraction);
  if (state.behaviour) joy = replaced(state, moment, "enjoyment", joy);
  feedback.click[at + k] = 1;
  feedback.watchMs[at + k] = Math.floor(fraction * catalogue.videos.durationMs[v]!);
  if (uniform(keys.like, user, day, page, v) < replaced(state, moment, "like", reaction.like(config, joy)))
    feedback.like[at + k] = 1;
  if (uniform(keys.share, user, day, page, v) < replaced(state, moment, "share", reaction.share(config, joy)))
    feedback.share[at + k] = 1;
  if (
    uniform(keys.follow, user, day, page, v) < replaced(state, moment, "follow", reaction.follow(config, joy)) &&
    !follows(state, user, catalogue.videos.creator[v]!)
  )
    feedback.follow[at + k] = 1;
  if (uniform(keys.hide, user, day, page, v) < replaced(state, moment, "hide", reaction.hide(config, joy))) {
    feedback.hide[at + k] = 1;
    joy -= config.hideRegret;
  }
  convert(state, moment, v, joy, at + k, feedback);
  return joy;
}

/** Watched fraction of the i-th click. */
function watch(state: WorldState, moment: Moment, v: number, i: number): number {
  const { config, keys } = state;
  const { user, day, page } = moment;
  const k = moment.clicked[i]!;
  let mean = sigmoid(watchLogit(state, moment.viewer, v, moment.weights.affinity[k]!));
  if (state.behaviour) {
    moment.context.video = v;
    moment.context.position = k;
    moment.context.affinity = moment.weights.affinity[k]!;
    mean = answered(state.behaviour, "watchMean", mean, moment.context);
  }
  const fraction = watchedFraction(
    mean,
    config.completion,
    uniform(keys.complete, user, day, page, v),
    uniform(keys.watch, user, day, page, v),
  );
  moment.fraction[i] = fraction;
  moment.context.fraction = fraction;
  return fraction;
}

/** A subscription (once per user, more likely the more satisfied), or a purchase from a sponsored video. */
function convert(
  state: WorldState,
  { user, day, page }: Moment,
  v: number,
  joy: number,
  at: number,
  feedback: FeedbackBatch,
): void {
  const { config, keys, now, catalogue } = state;
  if (
    now.subscribed[user] === 0 &&
    uniform(keys.subscribe, user, day, page, v) < reaction.subscribe(config, now.satisfaction[user]!)
  ) {
    now.subscribed[user] = 1;
    feedback.conversion[at] = 1;
    feedback.revenueMicros[at] = config.subscriptionMicros;
  } else if (
    catalogue.videos.sponsored[v] === 1 &&
    uniform(keys.purchase, user, day, page, v) < reaction.purchase(config, joy)
  ) {
    feedback.conversion[at] = 2;
    feedback.revenueMicros[at] = Math.floor(
      config.purchaseMicros * Math.exp(Math.min(3, 0.6 * normal(keys.amount, user, day, page, v))),
    );
  }
}

/** A click on an ad: watched like its video, charged; a purchase is the advertiser's. */
function playAd(
  state: WorldState,
  moment: Moment,
  slates: SlateBatch,
  at: number,
  i: number,
  feedback: FeedbackBatch,
): void {
  const { config, keys, catalogue } = state;
  const { user, day, page } = moment;
  const slot = at + moment.clicked[i]!;
  const v = slates.video[slot]!;
  const fraction = watch(state, moment, v, i);
  feedback.click[slot] = 1;
  feedback.watchMs[slot] = Math.floor(fraction * catalogue.videos.durationMs[v]!);
  feedback.revenueMicros[slot] = chargeAd(
    state,
    moment.shard,
    slates.campaign?.[slot]! - 1,
    slates.priceMicros?.[slot] ?? 0,
    moment.timeMs,
    user,
  );
  if (uniform(keys.purchase, user, day, page, v) < reaction.purchase(config, enjoyment(state, v, fraction)))
    feedback.conversion[slot] = 2;
}

/** Charges all clicks on ads of a page that is not played by `playPage`. */
export function chargeClicks(
  state: WorldState,
  { shard, timeMs, user }: Pick<Moment, "shard" | "timeMs" | "user">,
  { campaign, priceMicros }: SlateBatch,
  at: number,
  feedback: FeedbackBatch,
): void {
  if (!campaign) return;
  for (let k = at; k < at + state.config.slots; k++)
    if (campaign[k]! > 0 && feedback.click[k] === 1)
      feedback.revenueMicros[k] = chargeAd(state, shard, campaign[k]! - 1, priceMicros?.[k] ?? 0, timeMs, user);
}

/** The effects of the i-th click: any video sates; only content is remembered, counted in trends, followed and reinforced. */
function settle(
  state: WorldState,
  moment: Moment,
  slates: SlateBatch,
  at: number,
  i: number,
  feedback: FeedbackBatch,
): void {
  const { config, now, traits, catalogue } = state;
  const slot = at + moment.clicked[i]!;
  const { user } = moment;
  const v = slates.video[slot]!;
  const fraction = moment.fraction[i]!;
  const topic = traits[v * traitWidth + trait.topic]!;
  const sated = user * config.topics + topic;
  now.satiation[sated] = now.satiation[sated]! + config.satiationGain * fraction;
  if (slates.campaign && slates.campaign[slot]! > 0) return;
  const counted = moment.shard * config.topics + topic;
  now.shardClicks[counted] = now.shardClicks[counted]! + 1;
  remember(state, user, v);
  if (feedback.follow[slot] === 1) follow(state, user, catalogue.videos.creator[v]!);
  if (config.tasteReinforcement > 0) reinforce(state, user, v, fraction);
}

/** Ads on a page. */
function adsOn(campaign: Int16Array, at: number, slots: number): number {
  let ads = 0;
  for (let k = at; k < at + slots; k++) if (campaign[k]! > 0) ads++;
  return ads;
}

/** `given`, or the value of a replaced behaviour. */
function replaced(state: WorldState, moment: Moment, name: BehaviourName, given: number): number {
  return state.behaviour === undefined ? given : answered(state.behaviour, name, given, moment.context);
}

function fillContext(state: WorldState, moment: Moment): void {
  const { context } = moment;
  context.user = moment.user;
  context.day = moment.day;
  context.page = moment.page;
  context.timeMs = moment.timeMs;
  context.device = moment.device;
  context.satisfaction = state.now.satisfaction[moment.user]!;
}

/**
 * One user at one page: examination → click → watch → like, share, hide, conversion, in the order of positions.
 *
 * The luck of an impression hangs on (user, day, visit and page, video, purpose), not on the position: in twin worlds the
 * same video on the same page meets the same luck wherever it stands.
 */
import { normal, uniform } from "../random.js";
import type { Day, FeedbackBatch } from "../types.js";
import { affinity, clickLogit, examinedAt, newViewer, remember, sigmoid, watchedLately } from "./choice.js";
import type { Viewer } from "./choice.js";
import { pageSatisfaction } from "./session.js";
import { trait, traitWidth } from "./state.js";
import type { WorldState } from "./state.js";
import { enjoyment, reaction, watchedFraction, watchLogit } from "./watch.js";

/** Who is at which page, and what it came to. Reused from page to page. */
export interface Moment {
  readonly day: Day;
  readonly shard: number;
  readonly viewer: Viewer; // filled by `look` before the page is played
  user: number;
  page: number; // visit of the day × 64 + page of the visit: what luck hangs on
  spentMs: number; // result: browsing, examining, watching
  worth: number; // result: page satisfaction, in (-1, 1)
}

/** A moment to be filled. */
export function newMoment(day: Day, shard: number): Moment {
  return { day, shard, viewer: newViewer(), user: -1, page: 0, spentMs: 0, worth: 0 };
}

/** Plays the slate `video[at …]`, writes outcomes to the same places of `feedback`, and moves the user's state. */
export function playPage(state: WorldState, moment: Moment, video: Int32Array, at: number, feedback: FeedbackBatch): void {
  const { config, keys, now, users } = state;
  const { user, day, page, viewer } = moment;
  const decay = users.attention[user] as number;
  let clicks = 0;
  let joy = 0;
  let spentMs = config.browseMs;
  for (let k = 0; k < config.slots; k++) {
    const v = video[at + k] as number;
    if (v < 0 || uniform(keys.examine, user, day, page, v) >= examinedAt(decay, k)) continue;
    spentMs += config.examineMs;
    const a = affinity(state, viewer, v);
    const logit = clickLogit(state, viewer, v, a);
    const luck = uniform(keys.click, user, day, page, v);
    if (luck >= sigmoid(logit)) continue;
    // Memory is searched only for would-be clicks: rewatch can only take clicks away.
    if (watchedLately(state, user, v) && luck >= sigmoid(logit - config.rewatch)) continue;
    clicks++;
    joy += playClick(state, moment, v, a, at + k, feedback);
    spentMs += feedback.watchMs[at + k] as number;
  }
  moment.spentMs = spentMs;
  moment.worth = pageSatisfaction(config.irrelevance, joy, clicks);
  now.satisfaction[user] = (now.satisfaction[user] as number) + config.pageWeight * (moment.worth - (now.satisfaction[user] as number));
}

/** Plays a click: watch, reactions, conversion, satiation, memory. Returns the enjoyment. */
function playClick(state: WorldState, moment: Moment, v: number, a: number, at: number, feedback: FeedbackBatch): number {
  const { config, keys, now, traits, catalogue } = state;
  const { user, day, page } = moment;
  const topic = traits[v * traitWidth + trait.topic] as number;
  const mean = sigmoid(watchLogit(state, moment.viewer, v, a));
  const fraction = watchedFraction(mean, config.completion, uniform(keys.complete, user, day, page, v), uniform(keys.watch, user, day, page, v));
  let joy = enjoyment(state, v, fraction);
  feedback.click[at] = 1;
  feedback.watchMs[at] = Math.floor(fraction * (catalogue.videos.durationMs[v] as number));
  if (uniform(keys.like, user, day, page, v) < reaction.like(config, joy)) feedback.like[at] = 1;
  if (uniform(keys.share, user, day, page, v) < reaction.share(config, joy)) feedback.share[at] = 1;
  if (uniform(keys.hide, user, day, page, v) < reaction.hide(config, joy)) {
    feedback.hide[at] = 1;
    joy -= config.hideRegret;
  }
  convert(state, moment, v, joy, at, feedback);
  const sated = user * config.topics + topic;
  now.satiation[sated] = (now.satiation[sated] as number) + config.satiationGain * fraction;
  const counted = moment.shard * config.topics + topic;
  now.shardClicks[counted] = (now.shardClicks[counted] as number) + 1;
  remember(state, user, v);
  return joy;
}

/** A subscription (once a user, the likelier the more satisfied), or a purchase from a sponsored video. */
function convert(state: WorldState, { user, day, page }: Moment, v: number, joy: number, at: number, feedback: FeedbackBatch): void {
  const { config, keys, now, catalogue } = state;
  if (now.subscribed[user] === 0 && uniform(keys.subscribe, user, day, page, v) < reaction.subscribe(config, now.satisfaction[user] as number)) {
    now.subscribed[user] = 1;
    feedback.conversion[at] = 1;
    feedback.revenueMicros[at] = config.subscriptionMicros;
  } else if (catalogue.videos.sponsored[v] === 1 && uniform(keys.purchase, user, day, page, v) < reaction.purchase(config, joy)) {
    feedback.conversion[at] = 2;
    feedback.revenueMicros[at] = Math.floor(config.purchaseMicros * Math.exp(Math.min(3, 0.6 * normal(keys.amount, user, day, page, v))));
  }
}

/**
 * What follows a click: how much is watched, enjoyment, and the reactions a platform can see.
 *
 *   mean fraction  m = sigmoid(base + s · [taste · (a − centre) + context − gate] + quality · q − bait · c
 *                      − length · ln(duration / 1 min))
 *   fraction       1 with probability γm, else U^k with mean m (1 − γ) / (1 − γm): exact mean m, spikes at both ends
 *   enjoyment      joyWatch · (fraction − usual) + joyQuality · q − regret · c − hideRegret · hidden
 *
 * Clickbait c raises clicks and lowers watch time and enjoyment (cf. Covington et al., 2016, on why watch time is
 * ranked instead of clicks).
 */
import type { WorldConfig } from "../config.js";
import { sigmoid, understands, usualFraction } from "./choice.js";
import type { Viewer } from "./choice.js";
import { trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";

/** Logit of the mean watched fraction given a click; `a` is the video's affinity. */
export function watchLogit(state: WorldState, viewer: Viewer, video: number, a: number): number {
  const { config, traits } = state;
  const at = video * traitWidth;
  let personal = config.watchTaste * a;
  if (!understands(state, viewer, video)) personal -= config.watchGate;
  return (
    (traits[at + trait.short] === 1 ? viewer.shortWatch : viewer.longWatch) +
    config.tasteStrength * personal +
    config.watchQuality * traits[at + trait.quality]! -
    config.watchBait * traits[at + trait.bait]! -
    config.watchLength * traits[at + trait.logLength]!
  );
}

/** Watched fraction in (0, 1] with mean `mean`: `uEnd` decides whether to the end, `u` how far otherwise. */
export function watchedFraction(mean: number, completion: number, uEnd: number, u: number): number {
  const toEnd = completion * mean;
  if (uEnd < toEnd) return 1;
  const rest = (mean * (1 - completion)) / (1 - toEnd);
  return Math.pow(u, (1 - rest) / rest);
}

/** Enjoyment of one watched video, hidden from the platform. With the mean fraction it is the expected enjoyment. */
export function enjoyment(state: WorldState, video: number, fraction: number): number {
  const { config, traits } = state;
  const at = video * traitWidth;
  return (
    config.joyWatch * (fraction - usualFraction(config, traits[at + trait.logLength]!)) +
    config.joyQuality * traits[at + trait.quality]! -
    config.regret * traits[at + trait.bait]!
  );
}

/** Probabilities of what a user does after watching with some enjoyment. */
export const reaction = {
  like: (config: WorldConfig, joy: number): number => sigmoid(config.likeBase + config.reactionSlope * joy),
  share: (config: WorldConfig, joy: number): number => sigmoid(config.shareBase + config.reactionSlope * joy),
  hide: (config: WorldConfig, joy: number): number => sigmoid(config.hideBase - config.reactionSlope * joy),
  follow: (config: WorldConfig, joy: number): number => sigmoid(config.followBase + config.reactionSlope * joy),
  subscribe: (config: WorldConfig, satisfaction: number): number =>
    Math.min(1, config.subscribeBase * Math.exp(config.subscribeSlope * satisfaction)),
  purchase: (config: WorldConfig, joy: number): number => sigmoid(config.purchaseBase + config.reactionSlope * joy),
} as const;

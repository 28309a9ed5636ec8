/**
 * How a user goes through a page: which slots are clicked. Three models, from the same logits l_k and examination weights e_k:
 *
 *   position     slot k is examined with probability e_k = (k + 1)^-η, independently; then clicked with sigmoid(l_k)
 *                (position-based model: Richardson et al., 2007; Craswell et al., 2008)
 *   cascade      top to bottom: a slot that is reached is clicked with sigmoid(l_k); then the user continues with probability
 *                `cascadeContinue`, or `cascadeAfterClick` after a click (Craswell et al., 2008; with two continuation
 *                probabilities: the dynamic Bayesian network of Chapelle and Zhang, 2009, and Guo et al., 2009)
 *   multinomial  at most one click: P(k) = e_k exp(l_k) / (noClickMass + Σ_j e_j exp(l_j)), the conditional logit with an explicit
 *                no-click mass (McFadden, 1974; RecSim: Ie et al., 2019), drawn as the largest of log weight + Gumbel noise
 *
 * Logits are those at the beginning of the page: what a page changes in its user (satiation, memory, follows) is applied at its end,
 * so that the probabilities of a whole page are known in closed form. Draws depend on (user, day, page, video), not on the slot.
 */
import { gumbel, uniform } from "../../random.js";
import { answered } from "../people/behaviour.js";
import type { BehaviourContext } from "../people/behaviour.js";
import { affinity, clickLogit, examinedAt, pastLogit, sigmoid } from "./choice.js";
import type { Viewer } from "./choice.js";
import { trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";

/** Most slots a page has (the bound of `slots`). */
export const maxSlots = 100;

/** The weights of a page: examination weight and logit by slot. Empty slots have examination 0. */
export interface PageWeights {
  readonly examined: Float64Array; // [maxSlots] in [0, 1]
  readonly logit: Float64Array; // [maxSlots] click logit given examination
  readonly affinity: Float64Array; // [maxSlots]
}

/** Weights to be filled. */
export function newPageWeights(): PageWeights {
  return {
    examined: new Float64Array(maxSlots),
    logit: new Float64Array(maxSlots),
    affinity: new Float64Array(maxSlots),
  };
}

/** Fills `out` with the page `video[at …]`; `campaign` says which slots are ads. */
export function weighPage(
  state: WorldState,
  viewer: Viewer,
  context: BehaviourContext,
  video: Int32Array,
  at: number,
  campaign: Int16Array | undefined,
  out: PageWeights,
): void {
  const { config, users, behaviour } = state;
  const cascade = config.choiceModel === "cascade";
  const decay = users.attention[viewer.user]!;
  for (let k = 0; k < config.slots; k++) {
    const v = video[at + k]!;
    if (v < 0) {
      out.examined[k] = 0;
      continue;
    }
    const a = affinity(state, viewer, v);
    let examined = cascade ? 1 : examinedAt(decay, k);
    let logit = clickLogit(state, viewer, v, a) + pastLogit(state, viewer, v);
    if (campaign && campaign[at + k]! > 0) logit += config.adClickBase;
    if (behaviour) {
      context.video = v;
      context.position = k;
      context.affinity = a;
      if (!cascade) examined = answered(behaviour, "examine", examined, context);
      logit = answered(behaviour, "clickLogit", logit, context);
    }
    out.affinity[k] = a;
    out.examined[k] = examined;
    out.logit[k] = logit;
  }
}

/** P(click) of each slot of a weighed page. */
export function clickChances(state: WorldState, weights: PageWeights, chance: Float64Array): void {
  const { slots, choiceModel, cascadeContinue, cascadeAfterClick, noClickMass } = state.config;
  const { examined, logit } = weights;
  if (choiceModel === "multinomial") {
    // Divided by the largest weight, so that no exp overflows.
    let top = 0;
    for (let k = 0; k < slots; k++) if (examined[k]! > 0) top = Math.max(top, logit[k]!);
    let total = noClickMass * Math.exp(-top);
    for (let k = 0; k < slots; k++) {
      const weight = examined[k]! > 0 ? examined[k]! * Math.exp(logit[k]! - top) : 0;
      chance[k] = weight;
      total += weight;
    }
    for (let k = 0; k < slots; k++) chance[k] = total > 0 ? chance[k]! / total : 0;
    return;
  }
  let reach = 1;
  for (let k = 0; k < slots; k++) {
    const e = examined[k]!;
    const p = e > 0 ? sigmoid(logit[k]!) : 0;
    if (choiceModel === "position") chance[k] = e * p;
    else {
      chance[k] = reach * p;
      if (e > 0) reach *= cascadeContinue - (cascadeContinue - cascadeAfterClick) * p;
    }
  }
}

/** Who sees a page, and when: what draws depend on. */
export interface PageDraw {
  readonly day: number;
  user: number;
  page: number; // visit of the day × 64 + page of the visit
}

/** Draws the clicked slots of a weighed page into `clicked`, ascending; returns their number and, in `seen[0]`, the slots looked at. */
export function drawClicks(
  state: WorldState,
  draw: PageDraw,
  weights: PageWeights,
  video: Int32Array,
  at: number,
  clicked: Int32Array,
  seen: Float64Array,
): number {
  const model = state.config.choiceModel;
  return model === "multinomial"
    ? drawOne(state, draw, weights, video, at, clicked, seen)
    : drawInOrder(state, draw, weights, video, at, clicked, seen);
}

function drawInOrder(
  { config, keys }: WorldState,
  { user, day, page }: PageDraw,
  { examined, logit }: PageWeights,
  video: Int32Array,
  at: number,
  clicked: Int32Array,
  seen: Float64Array,
): number {
  const cascade = config.choiceModel === "cascade";
  let clicks = 0;
  let looked = 0;
  for (let k = 0; k < config.slots; k++) {
    const v = video[at + k]!;
    if (v < 0 || (!cascade && uniform(keys.examine, user, day, page, v) >= examined[k]!)) continue;
    looked++;
    const click = uniform(keys.click, user, day, page, v) < sigmoid(logit[k]!);
    if (click) clicked[clicks++] = k;
    if (
      cascade &&
      uniform(keys.continue, user, day, page, v) >= (click ? config.cascadeAfterClick : config.cascadeContinue)
    )
      break;
  }
  seen[0] = looked;
  return clicks;
}

function drawOne(
  { config, keys }: WorldState,
  { user, day, page }: PageDraw,
  { examined, logit }: PageWeights,
  video: Int32Array,
  at: number,
  clicked: Int32Array,
  seen: Float64Array,
): number {
  let best =
    config.noClickMass > 0 ? Math.log(config.noClickMass) + gumbel(keys.click, user, day, page, -1) : -Infinity;
  let chosen = -1;
  let looked = 0;
  for (let k = 0; k < config.slots; k++) {
    const e = examined[k]!;
    if (!(e > 0)) continue;
    looked += e;
    const key = Math.log(e) + logit[k]! + gumbel(keys.click, user, day, page, video[at + k]!);
    if (key <= best) continue;
    best = key;
    chosen = k;
  }
  seen[0] = looked;
  if (chosen < 0) return 0;
  clicked[0] = chosen;
  return 1;
}

/**
 * The position model as `weighPage` and `drawClicks` play it, click for click, but each impression is computed only as far as its
 * draw leaves open: unexamined ones not at all; those whose draw exceeds the user's best logit, without reading the video;
 * those whose draw exceeds the video's logit at full affinity, without reading tastes; memory and follows last. `mood` is
 * the largest trend + shock over topics (`moodOf`).
 */
export function drawByPosition(
  state: WorldState,
  draw: PageDraw,
  viewer: Viewer,
  mood: number,
  video: Int32Array,
  at: number,
  campaign: Int16Array | undefined,
  weights: PageWeights,
  clicked: Int32Array,
  seen: Float64Array,
): number {
  const { config, keys, users, traits } = state;
  const { user, day, page } = draw;
  const decay = users.attention[user]!;
  const gain = viewer.follows ? config.tasteStrength * config.followGain : 0;
  const fullTaste = config.tasteStrength * config.clickTaste + 1e-9; // above any rounding
  const most = bestLogit(state, viewer) + mood;
  let clicks = 0;
  let looked = 0;
  for (let k = 0; k < config.slots; k++) {
    const v = video[at + k]!;
    if (v < 0 || uniform(keys.examine, user, day, page, v) >= examinedAt(decay, k)) continue;
    looked++;
    const u = uniform(keys.click, user, day, page, v);
    const needed = Math.log(u / (1 - u)); // u < sigmoid(x) ⇔ needed < x
    if (needed >= most) continue;
    const ad = campaign && campaign[at + k]! > 0 ? config.adClickBase : 0;
    const row = v * traitWidth;
    const shown =
      (traits[row + trait.short] === 1 ? viewer.shortBase : viewer.longBase) +
      config.clickLooks * traits[row + trait.looks]! +
      viewer.bait * traits[row + trait.bait]!;
    if (needed >= shown + fullTaste + mood + gain + ad) continue;
    const a = affinity(state, viewer, v);
    const logit = clickLogit(state, viewer, v, a) + ad;
    if (needed >= logit + gain) continue;
    if (needed >= logit + pastLogit(state, viewer, v)) continue;
    weights.affinity[k] = a;
    clicked[clicks++] = k;
  }
  seen[0] = looked;
  return clicks;
}

/** Largest sum of trend and shock over topics: constant within a day. */
export function moodOf({ config, now }: WorldState): number {
  let most = -Infinity;
  for (let t = 0; t < config.topics; t++) most = Math.max(most, now.trend[t]! + now.shock[t]!);
  return most;
}

/** Looks are within ±2 and clickbait within [0, 1] (`videos.ts`); satiation, the language gate and rewatch only lower the logit. */
function bestLogit({ config }: WorldState, viewer: Viewer): number {
  const gains =
    config.tasteStrength * config.clickTaste +
    2 * config.clickLooks +
    viewer.bait +
    (viewer.follows ? config.tasteStrength * config.followGain : 0) +
    Math.max(0, config.adClickBase);
  return Math.max(viewer.longBase, viewer.shortBase) + gains + 1e-9;
}

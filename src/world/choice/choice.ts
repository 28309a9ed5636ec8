/**
 * What makes a user click. A `Viewer` is one user at one page, prepared once; the functions below score one video each and
 * allocate nothing.
 *
 *   affinity  a = max over modes m of w_m S(⟨mode_m, z_v⟩), in [0, 1]; S rises smoothly from 0 at `interestFrom` to 1 at
 *             `interestFull` (several interests, each with a threshold and a ceiling)
 *   examined  P = (position + 1)^-η_user                       position-based model (Richardson et al., 2007; Craswell et al., 2008)
 *   click     logit = base + s · [taste · (a − centre) + length + context − satiation_topic − gate]
 *                     + looks + bait · susceptibility
 *                     + trend + follow − rewatch
 *
 * s is `tasteStrength`. The gate for a language the user does not understand takes logits and dampens affinity; context is a
 * format × device × hour table. None of it factorises into ⟨user, video⟩. How a user goes through a whole page: `page-choice.ts`.
 */
import type { WorldConfig } from "../config.js";
import { follows, followsAny, watchedLately } from "../people/memory.js";
import { latentDim, maxModes, trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";

/** One user at one page: everything that is the same for all videos of the page. Reused between requests. */
export interface Viewer {
  user: number;
  modes: number; // number of taste modes
  readonly mode: Float64Array; // [maxModes, latentDim]
  readonly weight: Float64Array; // [maxModes]
  speaks: number; // bit l set: understands language l
  longBase: number; // click logit of a long video before taste and looks
  shortBase: number; // … of a short one
  longWatch: number; // watch logit of a long video before taste and quality
  shortWatch: number;
  bait: number; // click logits per unit of clickbait
  satiationAt: number; // offset of the user's row in `satiation`
  follows: boolean; // follows a creator, and `followGain` is not 0
}

/** An empty viewer, to be filled by `look`. */
export function newViewer(): Viewer {
  return {
    user: -1,
    modes: 0,
    mode: new Float64Array(maxModes * latentDim),
    weight: new Float64Array(maxModes),
    speaks: 0,
    longBase: 0,
    shortBase: 0,
    longWatch: 0,
    shortWatch: 0,
    bait: 0,
    satiationAt: 0,
    follows: false,
  };
}

/** Parts of the day: night, morning, midday, evening. */
function partOfDay(timeMs: number): number {
  const hour = timeMs / 3_600_000;
  return Number(hour >= 6) + Number(hour >= 11) + Number(hour >= 18);
}

/** Pull towards long (positive) or short videos by device (rows as `devices`) and part of day, in units of `contextEffect`. */
const context: readonly (readonly number[])[] = [
  [-0.2, -1, -0.6, 0], // phone: short ones while commuting
  [0.4, -0.2, 0, 0.6], // tablet
  [0.2, -0.6, -0.4, 0.6], // desktop
  [0.8, 0, 0.5, 1.6], // tv: long ones in the evening
];

/** Fills `viewer` with `user` at a page on `device` at `timeMs`. */
export function look(state: WorldState, viewer: Viewer, user: number, device: number, timeMs: number): void {
  const { config, users, now } = state;
  const s = config.tasteStrength;
  viewer.user = user;
  viewer.modes = users.modeCount[user]!;
  for (let m = 0; m < viewer.modes; m++) {
    viewer.weight[m] = users.modeWeight[user * maxModes + m]!;
    for (let d = 0; d < latentDim; d++)
      viewer.mode[m * latentDim + d] = now.mode[(user * maxModes + m) * latentDim + d]!;
  }
  viewer.speaks = users.speaks[user]!;
  const pull = s * (users.lengthTaste[user]! + config.contextEffect * context[device]![partOfDay(timeMs)]!);
  const base = config.clickBase + s * (users.clickBias[user]! - config.clickTaste * config.tasteCentre);
  viewer.longBase = base + 0.5 * pull;
  viewer.shortBase = base - 0.5 * pull + config.clickShort;
  const watchBase = config.watchBase - s * config.watchTaste * config.tasteCentre;
  viewer.longWatch = watchBase + 0.25 * pull;
  viewer.shortWatch = watchBase - 0.25 * pull;
  viewer.bait = config.clickBait * (1 + s * (users.susceptibility[user]! - 1));
  viewer.satiationAt = user * config.topics;
  viewer.follows = config.tasteStrength * config.followGain > 0 && followsAny(state, user);
}

/** How well a video fits the user's tastes, in [0, 1]; about 1 at the heart of the first interest. */
export function affinity(state: WorldState, viewer: Viewer, video: number): number {
  const { traits, config } = state;
  const mode = viewer.mode;
  const at = video * traitWidth;
  const z0 = traits[at]!,
    z1 = traits[at + 1]!,
    z2 = traits[at + 2]!,
    z3 = traits[at + 3]!;
  const z4 = traits[at + 4]!,
    z5 = traits[at + 5]!,
    z6 = traits[at + 6]!,
    z7 = traits[at + 7]!;
  const from = config.interestFrom;
  const scale = 1 / (config.interestFull - from);
  let best = 0;
  for (let m = 0, k = 0; m < viewer.modes; m++, k += latentDim) {
    const match =
      mode[k]! * z0 +
      mode[k + 1]! * z1 +
      mode[k + 2]! * z2 +
      mode[k + 3]! * z3 +
      mode[k + 4]! * z4 +
      mode[k + 5]! * z5 +
      mode[k + 6]! * z6 +
      mode[k + 7]! * z7;
    const x = (match - from) * scale;
    if (x <= 0) continue;
    const interest = (x >= 1 ? 1 : x * x * (3 - 2 * x)) * viewer.weight[m]!;
    if (interest > best) best = interest;
  }
  return understands(state, viewer, video) ? best : best * config.languageDamping;
}

/** Whether the user understands the video's language. */
export function understands(state: WorldState, viewer: Viewer, video: number): boolean {
  return ((viewer.speaks >> state.traits[video * traitWidth + trait.language]!) & 1) === 1;
}

/** Logit of a click given examination; `a` is the video's affinity. What the user's past adds is not included, see `pastLogit`. */
export function clickLogit(state: WorldState, viewer: Viewer, video: number, a: number): number {
  const { config, traits, now } = state;
  const at = video * traitWidth;
  const topic = traits[at + trait.topic]!;
  let personal = config.clickTaste * a - config.topicSatiation * now.satiation[viewer.satiationAt + topic]!;
  if (!understands(state, viewer, video)) personal -= config.languageGate;
  return (
    (traits[at + trait.short] === 1 ? viewer.shortBase : viewer.longBase) +
    config.tasteStrength * personal +
    config.clickLooks * traits[at + trait.looks]! +
    viewer.bait * traits[at + trait.bait]! +
    now.trend[topic]! +
    now.shock[topic]!
  );
}

/**
 * What the user's past adds to the click logit of a video: s · `followGain` for a followed creator, − `rewatch` for a video watched
 * lately. Separate because it costs memory accesses that most impressions do not need.
 */
export function pastLogit(state: WorldState, viewer: Viewer, video: number): number {
  const { config, catalogue } = state;
  const followed = viewer.follows && follows(state, viewer.user, catalogue.videos.creator[video]!);
  return (
    (followed ? config.tasteStrength * config.followGain : 0) -
    (watchedLately(state, viewer.user, video) ? config.rewatch : 0)
  );
}

/** P(examined) at each position for a user. [slots] */
export function examination(state: WorldState, user: number, slots: number): Float64Array {
  const out = new Float64Array(slots);
  const decay = state.users.attention[user]!;
  for (let k = 0; k < slots; k++) out[k] = examinedAt(decay, k);
  return out;
}

/** P(examined) at 0-based position k with decay η. */
export function examinedAt(decay: number, k: number): number {
  return k === 0 ? 1 : Math.exp(-decay * logOf[k + 1]!);
}

const logOf: Float64Array = Float64Array.from({ length: 256 }, (_, k) => Math.log(k));

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Mean fraction that a video of this log length is usually watched: the reference for enjoyment. */
export function usualFraction(config: WorldConfig, logLength: number): number {
  return sigmoid(config.watchBase - config.watchLength * logLength);
}

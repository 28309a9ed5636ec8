/**
 * How tastes move. Two effects, both off at 0:
 *
 *   walk           every midnight each taste mode takes a random step of rms length `tasteWalk` and is put back to the length it
 *                  had: a random walk on a sphere, so it makes no interest stronger or weaker
 *   reinforcement  of the modes, the one a watched video lies nearest to moves to it: m ← m + share · fraction · (z − m), a convex
 *                  combination, so a mode stays within the span of what there is. Watching changes taste and taste changes watching
 *                  (feedback loops and filter bubbles: Jiang et al., 2019; Chaney et al., 2018)
 *
 * What can be measured: the spread of a user's modes, and the entropy of the topics they are interested in.
 */
import { hash32 } from "../../random.js";
import type { Day } from "../../types.js";
import { latentDim, maxModes, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";

/** Standard deviation of a uniformly random byte. */
const byteSd = Math.sqrt((256 * 256 - 1) / 12);

/** The midnight step of all users who have joined. Draws depend on (user, mode, day). */
export function walkTastes(state: WorldState, day: Day): void {
  const { config, keys, catalogue, users, now } = state;
  if (config.tasteWalk === 0) return;
  const { mode } = now;
  const key = keys["taste/walk"];
  const scale = config.tasteWalk / (Math.sqrt(latentDim) * byteSd);
  for (let u = 0; u < catalogue.users.count; u++) {
    if (catalogue.users.joinDay[u]! > day) continue;
    const modes = users.modeCount[u]!;
    for (let m = 0; m < modes; m++) {
      const at = (u * maxModes + m) * latentDim;
      let before = 0;
      let after = 0;
      for (let half = 0; half < 2; half++) {
        const bits = hash32(key, u, m, day, half);
        for (let d = 0; d < 4; d++) {
          const x = mode[at + half * 4 + d]!;
          const moved = x + scale * (((bits >>> (8 * d)) & 255) - 127.5);
          before += x * x;
          after += moved * moved;
          mode[at + half * 4 + d] = moved;
        }
      }
      if (after === 0) continue;
      const back = Math.sqrt(before / after);
      for (let d = 0; d < latentDim; d++) mode[at + d] = mode[at + d]! * back;
    }
  }
}

/** Moves the nearest mode of a user towards a video of which `fraction` was watched. */
export function reinforce(state: WorldState, user: number, video: number, fraction: number): void {
  const { config, users, now, traits } = state;
  const { mode } = now;
  const row = video * traitWidth;
  let nearest = -1;
  let best = -Infinity;
  for (let m = 0; m < users.modeCount[user]!; m++) {
    const at = (user * maxModes + m) * latentDim;
    let match = 0;
    for (let d = 0; d < latentDim; d++) match += mode[at + d]! * traits[row + d]!;
    if (match <= best) continue;
    best = match;
    nearest = at;
  }
  if (nearest < 0) return;
  const share = config.tasteReinforcement * fraction;
  for (let d = 0; d < latentDim; d++)
    mode[nearest + d] = mode[nearest + d]! + share * (traits[row + d]! - mode[nearest + d]!);
}

/** The user's taste modes. [modes, latentDim] */
export function modesOf(state: WorldState, user: number): Float64Array {
  const from = user * maxModes * latentDim;
  return Float64Array.from(state.now.mode.subarray(from, from + state.users.modeCount[user]! * latentDim));
}

/** How far apart the user's interests are: mean of 1 − cosine over pairs of modes, in [0, 2]; 0 = one interest only. */
export function tasteSpread(state: WorldState, user: number): number {
  const mode = modesOf(state, user);
  const modes = mode.length / latentDim;
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < modes; i++)
    for (let j = 0; j < i; j++) {
      sum += 1 - cosine(mode, i * latentDim, mode, j * latentDim);
      pairs++;
    }
  return pairs === 0 ? 0 : sum / pairs;
}

/** The user's interest in each topic: affinity to the topic's centroid, in [0, 1], ignoring language. [topics] */
export function topicInterest(state: WorldState, user: number, centre: Float64Array): Float64Array {
  const { config, users } = state;
  const mode = modesOf(state, user);
  const out = new Float64Array(config.topics);
  for (let t = 0; t < config.topics; t++)
    for (let m = 0; m * latentDim < mode.length; m++) {
      let match = 0;
      for (let d = 0; d < latentDim; d++) match += mode[m * latentDim + d]! * centre[t * latentDim + d]!;
      const x = Math.min(1, Math.max(0, (match - config.interestFrom) / (config.interestFull - config.interestFrom)));
      out[t] = Math.max(out[t]!, x * x * (3 - 2 * x) * users.modeWeight[user * maxModes + m]!);
    }
  return out;
}

/** Entropy, in nats, of interest over topics; e^entropy is the effective number of topics. 0 if there is no interest at all. */
export function entropyOf(interest: Float64Array): number {
  const total = interest.reduce((sum, x) => sum + x, 0);
  let entropy = 0;
  for (const x of interest) if (x > 0) entropy -= (x / total) * Math.log(x / total);
  return entropy;
}

/** Topic whose centroid lies nearest to each of the user's modes, by cosine. [modes] */
export function nearestTopics(state: WorldState, user: number, centre: Float64Array): number[] {
  const mode = modesOf(state, user);
  return Array.from({ length: mode.length / latentDim }, (_, m) => {
    let nearest = 0;
    for (let t = 1; t < state.config.topics; t++)
      if (cosine(mode, m * latentDim, centre, t * latentDim) > cosine(mode, m * latentDim, centre, nearest * latentDim))
        nearest = t;
    return nearest;
  });
}

function cosine(a: Float64Array, i: number, b: Float64Array, j: number): number {
  let dot = 0;
  let x = 0;
  let y = 0;
  for (let d = 0; d < latentDim; d++) {
    dot += a[i + d]! * b[j + d]!;
    x += a[i + d]! ** 2;
    y += b[j + d]! ** 2;
  }
  return x > 0 && y > 0 ? dot / Math.sqrt(x * y) : 0;
}

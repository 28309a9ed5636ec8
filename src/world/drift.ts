/**
 * Drift on known days (concept, covariate and prior drift, sudden, gradual, recurring: Gama et al., 2014). Each event has a level
 * in [0, 1] on each day, the ground truth that detectors are judged by:
 *
 *   sudden     0 before `day`, then 1
 *   gradual    rises in `duration` equal steps, the first on `day`
 *   recurring  1 on the first half of every `period` days from `day`, else 0
 *
 *   concept    a taste mode (user, m) has a draw u; it jumps to another topic when strength × level passes u. So a gradual event moves
 *              one mode after another, and ends where the sudden one jumps to. A recurring event adds the difference of two topics'
 *              centroids to the mode and takes it away again: tastes return to where they were
 *   covariate  of devices: a share strength × level of visits is on one drifted device; of regions: visiting gains ± 2 · strength
 *              × level logits, plus in half of the regions and minus in the others
 *   prior      topic t is shocked by Σ strength × level × priorShock × normal(t, event), for everybody
 *
 * All draws depend on (key, user, place in the plan).
 */
import { hash32, normal, uniform, uniformInt } from "../random.js";
import { devices, regions } from "../types.js";
import type { Day } from "../types.js";
import type { DriftEvent, WorldConfig } from "./config.js";
import { horizonDays } from "./config.js";
import { latentDim, maxModes } from "./state.js";
import type { WorldState } from "./state.js";
import { topicCentroids } from "./content/topics.js";
import { setMode } from "./people/users.js";

/** Level of an event on a day, in [0, 1]. */
export function driftLevel(event: DriftEvent, day: Day): number {
  const since = day - event.day;
  if (since < 0) return 0;
  if (event.shape === "gradual") return Math.min(1, (since + 1) / (event.duration ?? 1));
  if (event.shape === "recurring") return since % (event.period ?? 2) < (event.period ?? 2) / 2 ? 1 : 0;
  return 1;
}

/** A day on which an event starts, reaches its full level, or ends. */
export interface DriftChange {
  readonly day: Day;
  readonly event: number; // place in the plan
  readonly kind: DriftEvent["kind"];
  readonly change: "onset" | "full" | "off"; // a sudden onset is an "onset" only; a gradual one is "full" at its last step
  readonly level: number; // from that day on
}

/** All changes of the plan within the horizon, in order of day, then of place: what a detector should find. */
export function driftTruth(config: WorldConfig): readonly DriftChange[] {
  const out: DriftChange[] = [];
  for (let day = 0; day < horizonDays(config); day++)
    config.drift.forEach((event, place) => {
      const [before, level] = [driftLevel(event, day - 1), driftLevel(event, day)];
      if (level === before || event.strength === 0) return;
      const rise = before === 0 ? "onset" : level === 1 ? "full" : undefined;
      const change = level < before ? "off" : rise;
      if (change) out.push({ day, event: place, kind: event.kind, change, level });
    });
  return out;
}

/** Brings the state to the levels of `day`. */
export function applyDrift(state: WorldState, day: Day): void {
  const { drift } = state.config;
  drift.forEach((event, place) => {
    const before = driftLevel(event, day - 1);
    const level = driftLevel(event, day);
    if (event.kind === "concept" && event.shape !== "recurring" && level > before)
      moveTastes(state, event.strength * before, event.strength * level, place, day);
  });
  drift.forEach((event, place) => {
    const turn = driftLevel(event, day) - driftLevel(event, day - 1);
    if (event.kind === "concept" && event.shape === "recurring" && turn !== 0)
      swingTastes(state, event.strength, place, turn);
  });
  if (drift.some((event) => event.kind === "prior" && event.day <= day)) shockTopics(state, day);
}

/** Taste modes whose draw lies in [from, to) jump to another topic; a recurring shift in force moves with them. */
function moveTastes(state: WorldState, from: number, to: number, place: number, day: Day): void {
  const { config, keys, catalogue, users } = state;
  const centre = centroidsOf(state);
  const offsets = (keys["drift/offset"] + Math.imul(place, 0x9e3779b1)) >>> 0;
  const recurring = config.drift.flatMap((event, other) =>
    event.kind === "concept" && event.shape === "recurring" && driftLevel(event, day - 1) > 0 ? [{ event, other }] : [],
  );
  for (let u = 0; u < catalogue.users.count; u++)
    for (let m = 0; m < users.modeCount[u]!; m++) {
      const draw = uniform(keys["drift/concept"], u, m, place);
      if (draw < from || draw >= to) continue;
      setMode(state, centre, u, m, otherTopic(state, u, m, place), offsets);
      for (const { event, other } of recurring)
        if (uniform(keys["drift/concept"], u, m, other) < event.strength) swing(state, centre, u, m, other, 1);
    }
}

/** Taste modes whose draw is below `strength` move to another topic (`turn` 1) or back (−1). */
function swingTastes(state: WorldState, strength: number, place: number, turn: number): void {
  const { keys, catalogue, users } = state;
  const centre = centroidsOf(state);
  for (let u = 0; u < catalogue.users.count; u++)
    for (let m = 0; m < users.modeCount[u]!; m++)
      if (uniform(keys["drift/concept"], u, m, place) < strength) swing(state, centre, u, m, place, turn);
}

function swing(state: WorldState, centre: Float64Array, user: number, mode: number, place: number, turn: number): void {
  const at = user * maxModes + mode;
  const from = state.now.modeTopic[at]!;
  const to = otherTopic(state, user, mode, place);
  for (let d = 0; d < latentDim; d++) {
    const step = centre[to * latentDim + d]! - centre[from * latentDim + d]!;
    state.now.mode[at * latentDim + d] = state.now.mode[at * latentDim + d]! + turn * step;
  }
}

/** Where an event sends a mode: a topic other than the mode's own. */
function otherTopic({ config, keys, now }: WorldState, user: number, mode: number, place: number): number {
  const from = now.modeTopic[user * maxModes + mode]!;
  return (from + 1 + uniformInt(config.topics - 1, keys["drift/topic"], user, mode, place)) % config.topics;
}

function centroidsOf({ config, keys }: WorldState): Float64Array {
  return topicCentroids(config, latentDim, keys);
}

/** Shocks are a function of the day: events add up in the order of their days. */
function shockTopics({ config, keys, now }: WorldState, day: Day): void {
  const order = config.drift
    .map((event, place) => ({ event, place }))
    .filter(({ event }) => event.kind === "prior" && event.day <= day)
    .sort((a, b) => a.event.day - b.event.day || a.place - b.place);
  now.shock.fill(0);
  for (const { event, place } of order) {
    const size = event.strength * driftLevel(event, day) * config.priorShock;
    for (let t = 0; t < config.topics; t++) now.shock[t] = now.shock[t]! + size * normal(keys["drift/prior"], t, place);
  }
}

/** Share of visits that covariate drift of devices has moved to another device by `day`. */
export function covariateShare(config: WorldConfig, day: Day): number {
  let stay = 1;
  for (const event of config.drift)
    if (event.kind === "covariate" && event.of !== "region") stay *= 1 - event.strength * driftLevel(event, day);
  return 1 - stay;
}

/** The device to which covariate drift moves visits: not the most common one. */
export function driftedDevice(state: WorldState): number {
  return 1 + uniformInt(devices.length - 1, state.keys["drift/covariate"], 0, -1);
}

/** Logits of visiting a region wins or loses at full strength and level. */
const regionLogits = 2;

/** Logits of visiting that covariate drift of regions adds in a region on a day. */
export function regionShift({ config, keys }: WorldState, region: number, day: Day): number {
  let logits = 0;
  config.drift.forEach((event, place) => {
    if (event.kind !== "covariate" || event.of !== "region") return;
    const level = driftLevel(event, day);
    if (level > 0)
      logits += regionLogits * event.strength * level * (gains(keys["drift/covariate"], region, place) ? 1 : -1);
  });
  return logits;
}

/** Whether a region is in the half that gains: those with the lower hashes. */
function gains(key: number, region: number, place: number): boolean {
  const own = hash32(key, region, place, -2);
  let below = 0;
  for (let other = 0; other < regions.length; other++) if (hash32(key, other, place, -2) < own) below++;
  return below < regions.length / 2;
}

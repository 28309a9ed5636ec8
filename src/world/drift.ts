/**
 * Drift of known day (concept, covariate and prior drift: Gama et al., 2014). Concept drift rewrites taste modes, covariate
 * drift is a function of the day, prior drift sets the topic shocks. All luck hangs on (key, user, place in the plan).
 */
import { normal, uniform, uniformInt } from "../random.js";
import { devices } from "../types.js";
import type { Day } from "../types.js";
import type { WorldConfig } from "./config.js";
import { latentDim, maxModes } from "./state.js";
import type { WorldState } from "./state.js";
import { centroids } from "./topics.js";
import { setMode } from "./users.js";

/** Applies the events of `day`. */
export function applyDrift(state: WorldState, day: Day): void {
  state.config.drift.forEach((event, place) => {
    if (event.day !== day) return;
    if (event.kind === "concept") moveTastes(state, event.strength, place);
    if (event.kind === "prior") shockTopics(state, event.strength, place);
  });
}

/** Each taste mode jumps to another topic with probability `strength`. */
function moveTastes(state: WorldState, strength: number, place: number): void {
  const { config, keys, catalogue, users, now } = state;
  const centre = centroids(config.topics, latentDim, keys.centroid);
  const offsets = (keys["drift/offset"] + Math.imul(place, 0x9e3779b1)) >>> 0;
  for (let u = 0; u < catalogue.users.count; u++)
    for (let m = 0; m < (users.modeCount[u] as number); m++) {
      if (uniform(keys["drift/concept"], u, m, place) >= strength) continue;
      const from = now.modeTopic[u * maxModes + m] as number;
      const to = (from + 1 + uniformInt(config.topics - 1, keys["drift/topic"], u, m, place)) % config.topics;
      setMode(state, centre, u, m, to, offsets);
    }
}

/** Topics gain or lose for everybody, lastingly; events add up. */
function shockTopics(state: WorldState, strength: number, place: number): void {
  const { config, keys, now } = state;
  for (let t = 0; t < config.topics; t++) now.shock[t] = (now.shock[t] as number) + strength * config.priorShock * normal(keys["drift/prior"], t, place);
}

/** Share of visits that covariate drift has moved to another device by `day`. */
export function covariateShare(config: WorldConfig, day: Day): number {
  let stay = 1;
  for (const event of config.drift) if (event.kind === "covariate" && event.day <= day) stay *= 1 - event.strength;
  return 1 - stay;
}

/** The device covariate drift moves visits to: one of those that are not the commonest. */
export function driftedDevice(state: WorldState): number {
  return 1 + uniformInt(devices.length - 1, state.keys["drift/covariate"], 0, -1);
}

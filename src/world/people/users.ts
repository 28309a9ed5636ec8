/**
 * Fills the users' columns. Region → language and age band → usual device are correlated; taste modes are drawn from topics that
 * the age band and region prefer, each with a personal offset, so that metadata helps at cold start, but not perfectly; with topic
 * families on, later modes tend to the family of the first. Each fact is a hash of the user's id: adding a user changes no other. A
 * share `botShare` of accounts is fraud of a style drawn evenly; they join like other users.
 */
import { ageBands, devices, languages, regions } from "../../types.js";
import { normal, uniform, uniformInt } from "../../random.js";
import { farmOf } from "./farms.js";
import { botStyles, latentDim, maxModes } from "../state.js";
import type { WorldState } from "../state.js";
import { cumulative, demand, familiesOf, pick, topicCentroids } from "../content/topics.js";

const regionShares = cumulative([0.12, 0.28, 0.2, 0.2, 0.05, 0.15], 0, regions.length);
const ageShares = cumulative([0.12, 0.24, 0.26, 0.17, 0.11, 0.1], 0, ageBands.length);

/** Share of each language by region: rows as `regions`, columns as `languages`. */
const languageByRegion: readonly Float64Array[] = [
  [0.4, 0.02, 0.01, 0.01, 0.28, 0.28], // africa
  [0.52, 0.42, 0.01, 0.01, 0.01, 0.03], // americas
  [0.2, 0.01, 0.76, 0.01, 0.01, 0.01], // east-asia
  [0.52, 0.2, 0.02, 0.01, 0.03, 0.22], // europe
  [0.9, 0.02, 0.04, 0.02, 0.01, 0.01], // oceania
  [0.3, 0.01, 0.02, 0.62, 0.04, 0.01], // south-asia
].map((row) => cumulative(row, 0, row.length));

/** Share of each usual device by age band: rows as `ageBands`, columns as `devices`. */
const deviceByAge: readonly Float64Array[] = [
  [0.72, 0.12, 0.1, 0.06],
  [0.7, 0.06, 0.18, 0.06],
  [0.58, 0.07, 0.22, 0.13],
  [0.48, 0.1, 0.22, 0.2],
  [0.4, 0.13, 0.22, 0.25],
  [0.32, 0.17, 0.18, 0.33],
].map((row) => cumulative(row, 0, row.length));

/** Fills the public and hidden columns of all users of the horizon. */
export function makeUsers(state: WorldState): void {
  const { config, keys, catalogue, users, now } = state;
  const { users: open } = catalogue;
  const topicDemand = demand(config, keys);
  const centre = topicCentroids(config, latentDim, keys);
  const families = familiesOf(config);
  const weights = [1, config.secondWeight, config.thirdWeight]; // of a user's taste modes
  for (let u = 0; u < open.count; u++) {
    const region = pick(regionShares, 0, regions.length, uniform(keys["user/region"], u));
    const age = pick(ageShares, 0, ageBands.length, uniform(keys["user/age"], u));
    const language = pick(languageByRegion[region]!, 0, languages.length, uniform(keys["user/language"], u));
    open.joinDay[u] = joinDay(state, u);
    open.region[u] = region;
    open.ageBand[u] = age;
    open.language[u] = language;
    open.device[u] = pick(deviceByAge[age]!, 0, devices.length, uniform(keys["user/device"], u));

    users.speaks[u] = (1 << language) | (uniform(keys["user/bilingual"], u) < config.bilingual ? 1 : 0);
    users.activity[u] = config.visitBase + config.visitSpread * normal(keys["user/activity"], u);
    users.patience[u] = config.patienceSpread * normal(keys["user/patience"], u);
    users.attention[u] =
      config.examinationDecay * Math.max(0, 1 + config.examinationSpread * normal(keys["user/attention"], u));
    users.susceptibility[u] = Math.max(0, 1 + config.baitSpread * normal(keys["user/susceptibility"], u));
    users.lengthTaste[u] = config.lengthTaste * normal(keys["user/length"], u);
    users.clickBias[u] = config.clickBias * normal(keys["user/bias"], u);
    users.peakMinute[u] = peakMinute(uniform(keys["user/hour"], u, 0), normal(keys["user/hour"], u, 1));

    users.adTolerance[u] = Math.max(0.1, 1 + config.adToleranceSpread * normal(keys["user/ads"], u));
    users.bot[u] =
      uniform(keys["user/bot"], u, 0) < config.botShare ? 1 + uniformInt(botStyles.length, keys["user/bot"], u, 1) : 0;
    if (users.bot[u] === clickFarm) joinFarm(state, u);

    const modes = uniform(keys["user/modes"], u, 0) < config.thirdTaste ? 3 : 2;
    users.modeCount[u] = modes;
    const from = (age * regions.length + region) * config.topics;
    let first = 0;
    for (let m = 0; m < maxModes; m++) {
      const draw = uniform(keys["user/modes"], u, 1 + m);
      const related = m > 0 && uniform(keys.family, u, m, 20) < kindredShare * config.familyShare;
      const topic = related
        ? pickKindred(topicDemand, from, families, first, draw)
        : pick(topicDemand, from, config.topics, draw);
      if (m === 0) first = topic;
      users.modeWeight[u * maxModes + m] = m < modes ? weights[m]! : 0;
      setMode(state, centre, u, m, topic, keys["user/mode"]);
    }
    now.memoryNext[u] = 0;
  }
}

/** Share of later taste modes that stay in the family of the first, per unit of `familyShare`. */
const kindredShare = 0.75;
const clickFarm = 1 + botStyles.indexOf("click-farm");

/** A topic of the same family as `like`, drawn by the segment's preferences within the family. */
function pickKindred(shares: Float64Array, from: number, families: Uint8Array, like: number, u: number): number {
  const weights = new Float64Array(families.length);
  for (let t = 0; t < families.length; t++)
    if (families[t] === families[like]) weights[t] = shares[from + t]! - (t > 0 ? shares[from + t - 1]! : 0);
  return pick(cumulative(weights, 0, weights.length), 0, weights.length, u);
}

/** A click farm's accounts are phones of one region that work at the same hours. */
function joinFarm({ keys, catalogue, users }: WorldState, u: number): void {
  const farm = farmOf(keys, u);
  catalogue.users.region[u] = farm.region;
  catalogue.users.device[u] = devices.indexOf("phone");
  users.peakMinute[u] = farm.minute;
}

/** Puts a user's taste mode at a topic: centroid + a personal offset drawn with `key`. */
export function setMode(
  state: WorldState,
  centre: Float64Array,
  user: number,
  mode: number,
  topic: number,
  key: number,
): void {
  const spread = state.config.tasteSpread / Math.sqrt(latentDim);
  const place = user * maxModes + mode;
  state.now.modeTopic[place] = topic;
  for (let d = 0; d < latentDim; d++)
    state.now.mode[place * latentDim + d] = centre[topic * latentDim + d]! + spread * normal(key, user, mode, d);
}

/**
 * Join days fill the horizon evenly along the golden-ratio sequence, so that the shares are near exact at any count and no
 * user's day depends on how many users there are. 0 or less: before the log began.
 */
function joinDay(state: WorldState, user: number): number {
  const { config, keys } = state;
  const later = ((1 - config.usersAtStart) / config.days) * (config.days + config.extraDays); // per user of `users`, over the horizon
  const atStart = config.usersAtStart / (config.usersAtStart + later);
  const x = (uniform(keys["user/join"], 0) + user * 0.6180339887498949) % 1;
  if (x < atStart) return -1 - Math.floor((1 - x / atStart) * 364);
  return Math.floor(((x - atStart) / (1 - atStart)) * (config.days + config.extraDays));
}

/** Three habits: evening (60 %), midday (25 %), morning (15 %). */
function peakMinute(u: number, z: number): number {
  const hour = u < 0.6 ? 20 + 1.5 * z : u < 0.85 ? 13 + 1.5 * z : 8 + z;
  return Math.round(((hour + 24) % 24) * 60) % 1440;
}

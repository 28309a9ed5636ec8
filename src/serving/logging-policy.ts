/**
 * The data-collection policy: each page is drawn by one of three samplers (noisy segment popularity, topic affinity,
 * uniform), each a sequential Plackett–Luce draw without repetition over *all* live videos (Plackett, 1975; Luce, 1959).
 * So every live video has a positive probability at every position, as off-policy estimates need.
 *
 * The logged propensity is conditional on the positions before it and marginal over the hidden component:
 *
 *     P(v_k | v_1 … v_{k-1}) = Σ_c q_c · p_c(v_k | v_1 … v_{k-1}),   q_c ∝ share_c · Π_{j<k} p_c(v_j | v_1 … v_{j-1})
 *     p_c(v | before) = w_c(v) / (Σ_live w_c − Σ_{j<k} w_c(v_j))
 *
 * It uses public facts only: the catalogue, and events up to last midnight. See logging-counts.ts for the weights.
 * Measured at small on one core: 4.7 M slots/s.
 */
import { growingPools, type GrowingPools } from "../log/index.js";
import { keyOf, uniform, uniformInt } from "../random.js";
import { languages } from "../types.js";
import type { Catalogue, Day, Impressions, Policy, RequestBatch, SlateBatch } from "../types.js";
import { addEvents, emptyCounts, makeTables, userSegments } from "./logging-counts.js";
import type { LoggingTables, WeightConfig } from "./logging-counts.js";
import {
  componentCode,
  emptySlates,
  liveOn,
  logsPool,
  requestHigh,
  requestLow,
  requireOpenDay,
  requireSlots,
  sourceCode,
  withPoolsOf,
} from "./slates.js";

/** How the logging policy mixes and concentrates. */
export interface LoggingConfig extends WeightConfig {
  /** Videos per page. */
  readonly slots: number;
  /** Shares of pages drawn by each component; they sum to 1. */
  readonly popularityShare: number;
  readonly affinityShare: number;
  readonly uniformShare: number;
  /** Share of requests whose pool is logged, in [0, 1]: all live videos for each of the three samplers. */
  readonly poolShare: number;
}

/** The logging policy's defaults: concentrated enough to be a realistic platform, wide enough to learn from. */
export const loggingDefaults: LoggingConfig = {
  slots: 10,
  popularityShare: 0.35,
  affinityShare: 0.45,
  uniformShare: 0.2,
  popularityPower: 2,
  affinityPower: 3,
  videoPrior: 20,
  segmentPrior: 200,
  userPrior: 10,
  floor: 0.05,
  poolShare: 0,
};

/** Options of a logging policy. */
export interface LoggingPolicyOptions {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly config?: Partial<LoggingConfig>;
  /** Name in the log; default `logging`. */
  readonly name?: string;
}

/** The logging policy, with two methods for history and inspection. */
export interface LoggingPolicy extends Policy {
  readonly config: LoggingConfig;
  recommend(requests: RequestBatch): SlateBatch;
  openDay(day: Day, yesterday: Impressions | undefined): void;
  /** Adds events to what is known from the next `openDay` on: a history read from the log, in any order. */
  observe(events: Impressions): void;
  /** Weights of each component for one user over the live videos (any scale), for tests and figures. */
  weights(user: number): { readonly popularity: Float64Array; readonly affinity: Float64Array };
}

const componentSources = ["popular", "affinity", "uniform"] as const;
const popularity = 0;
const affinity = 1;

/** State of a page under construction: a component's weights by cell, and what is left of its total weight. */
interface Sampler {
  readonly cellWeight: Float64Array; // [cells] weight of a video of the cell = cellWeight · videoWeight
  readonly cumulative: Float64Array; // [cells] running sum of cellWeight · cellMass
  total: number; // over all live videos
  left: number; // over those not on the page
  posterior: number;
}

/** Opens the data-collection policy. Throws for shares that do not sum to 1 and strengths out of range. */
export function createLoggingPolicy(options: LoggingPolicyOptions): LoggingPolicy {
  const { catalogue, seed, name = "logging" } = options;
  const config: LoggingConfig = { ...loggingDefaults, ...options.config };
  requireConfig(config);
  const { slots } = config;
  const shares = [config.popularityShare, config.affinityShare, config.uniformShare] as const;
  const logs = logsPool(seed, config.poolShare);
  const componentKey = keyOf(seed, "logging-policy/component");
  const cellKey = keyOf(seed, "logging-policy/cell");
  const videoKey = keyOf(seed, "logging-policy/video");
  const sources = componentSources.map((source) => sourceCode(source));
  const components = [componentCode("popularity"), componentCode("affinity"), componentCode("uniform")] as const;
  const segment = userSegments(catalogue);
  const counts = emptyCounts(catalogue);
  const cells = catalogue.topicNames.length * languages.length;
  const samplers: [Sampler, Sampler] = [newSampler(cells), newSampler(cells)];
  let openDay: Day = -1;
  let tables: LoggingTables | undefined;

  function recommend(requests: RequestBatch): SlateBatch {
    requireOpenDay(requests, openDay, name);
    const today = tables as LoggingTables;
    const slates = emptySlates(requests.count, slots);
    const pools = growingPools();
    for (let row = 0; row < requests.count; row++) {
      const request = requests.request[row]!;
      page(today, request, requests.user[row]!, slates, row);
      if (logs(request)) logPool(today, request, pools);
    }
    return withPoolsOf(slates, pools);
  }

  /** Writes down what the page just drawn came from: the weights of all live videos, by sampler. */
  function logPool(today: LoggingTables, request: number, pools: GrowingPools): void {
    for (const [c, share] of shares.entries()) {
      if (share === 0) continue;
      const { video, logit } = pools.add(request, components[c]!, share, today.live);
      const sampler = samplers[c]; // none: uniform, every logit 0
      for (let v = 0; v < today.live; v++) {
        video[v] = v;
        if (sampler) logit[v] = Math.log(weightOf(today, sampler, v));
      }
    }
  }

  function page(today: LoggingTables, request: number, user: number, slates: SlateBatch, row: number): void {
    const low = requestLow(request);
    const high = requestHigh(request);
    const u = uniform(componentKey, low, high);
    const component = u < shares[0] ? 0 : u < shares[0] + shares[1] ? 1 : 2;
    aimAt(today, user);
    samplers[popularity].posterior = shares[0];
    samplers[affinity].posterior = shares[1];
    let uniformPosterior = shares[2];
    slates.component[row] = components[component];
    const first = row * slots;
    const filled = Math.min(slots, today.live);
    for (let position = 0; position < filled; position++) {
      const video = draw(today, component, low, high, position, slates.video, first);
      // The weight of the drawn video under each component turns into p_c, the mixture, and the new posterior.
      let mixture = 0;
      for (const sampler of samplers) {
        const weight = weightOf(today, sampler, video);
        sampler.posterior *= Math.min(1, weight / sampler.left);
        sampler.left -= weight;
        mixture += sampler.posterior;
      }
      uniformPosterior /= today.live - position;
      mixture += uniformPosterior;
      for (const sampler of samplers) sampler.posterior /= mixture;
      uniformPosterior /= mixture;
      slates.video[first + position] = video;
      slates.source[first + position] = sources[component]!;
      slates.propensity[first + position] = Math.min(1, mixture);
      // Subtraction loses digits when nearly all weight is on the page: sum what is left again.
      for (const sampler of samplers) {
        if (sampler.left < 1e-3 * sampler.total)
          sampler.left = sumLeft(today, sampler, slates.video, first, position + 1);
      }
    }
  }

  /** One video not yet on the page, from the component's conditional distribution. */
  function draw(
    today: LoggingTables,
    component: number,
    low: number,
    high: number,
    position: number,
    page: Int32Array,
    first: number,
  ): number {
    // Redrawing until the video is new is the same as renormalising over the videos that are left.
    for (let attempt = 0; attempt < 64; attempt++) {
      const video =
        component === 2
          ? uniformInt(today.live, videoKey, low, high, position, attempt)
          : drawAny(
              today,
              samplers[component]!,
              uniform(cellKey, low, high, position, attempt),
              uniform(videoKey, low, high, position, attempt),
            );
      if (!isOn(page, first, position, video)) return video;
    }
    return drawByScan(today, component, uniform(videoKey, low, high, position, 64), page, first, position);
  }

  /** A live video, on the page or not: its cell, then the video in the cell, by binary search in running sums. */
  function drawAny(today: LoggingTables, sampler: Sampler, cellDraw: number, videoDraw: number): number {
    const cell = firstAbove(sampler.cumulative, cellDraw * sampler.total, 0, today.cells - 1);
    const place = firstAbove(
      today.cumulative,
      videoDraw * today.cellMass[cell]!,
      today.start[cell]!,
      today.start[cell + 1]! - 1,
    );
    return today.order[place]!;
  }

  /** The same conditional draw in one pass over all live videos, for pages that hold nearly all the weight. */
  function drawByScan(
    today: LoggingTables,
    component: number,
    draw: number,
    page: Int32Array,
    first: number,
    position: number,
  ): number {
    const sampler = samplers[component];
    let rest = draw * (sampler ? sumLeft(today, sampler, page, first, position) : today.live - position);
    let last = -1;
    for (let video = 0; video < today.live; video++) {
      if (isOn(page, first, position, video)) continue;
      last = video;
      rest -= sampler ? weightOf(today, sampler, video) : 1;
      if (rest < 0) break;
    }
    return last;
  }

  function sumLeft(today: LoggingTables, sampler: Sampler, page: Int32Array, first: number, filled: number): number {
    let sum = 0;
    for (let video = 0; video < today.live; video++)
      if (!isOn(page, first, filled, video)) sum += weightOf(today, sampler, video);
    return sum;
  }

  function weightOf(today: LoggingTables, sampler: Sampler, video: number): number {
    return sampler.cellWeight[today.cellOf[video]!]! * today.videoWeight[video]!;
  }

  function aimAt(today: LoggingTables, user: number): void {
    const language = catalogue.users.language[user]! * languages.length;
    aim(samplers[popularity], today, today.segmentTopic, segment[user]! * today.topics, language);
    today.userAffinity.need(user);
    aim(samplers[affinity], today, today.userAffinity.rows, user * today.topics, language);
  }

  return {
    name,
    config,
    openDay(day: Day, yesterday: Impressions | undefined): void {
      const live = liveOn(catalogue, day);
      if (yesterday) addEvents(counts, catalogue, segment, yesterday);
      tables = makeTables(counts, catalogue, live, config);
      openDay = day;
    },
    recommend,
    apply(): void {}, // does not use today's events: aggregates are as of last midnight
    observe(events: Impressions): void {
      tables?.userAffinity.needAll(); // today's weights must not include these events
      addEvents(counts, catalogue, segment, events);
    },
    weights(user: number): { readonly popularity: Float64Array; readonly affinity: Float64Array } {
      if (!tables) throw new Error(`policy ${name}: no day is open: call openDay first`);
      const today = tables;
      aimAt(today, user);
      const of = (sampler: Sampler): Float64Array =>
        Float64Array.from({ length: today.live }, (_, video) => weightOf(today, sampler, video));
      return { popularity: of(samplers[popularity]), affinity: of(samplers[affinity]) };
    },
  };
}

/** Points a sampler at a user's weights (rows of the topic and language tables), with nothing on the page. */
function aim(
  sampler: Sampler,
  today: LoggingTables,
  topicWeight: Float64Array,
  topicRow: number,
  languageRow: number,
): void {
  const { cellMass, match } = today;
  const { cellWeight, cumulative } = sampler;
  let total = 0;
  for (let topic = 0, cell = 0; topic < today.topics; topic++) {
    const ofTopic = topicWeight[topicRow + topic]!;
    for (let language = 0; language < languages.length; language++, cell++) {
      const weight = ofTopic * match[languageRow + language]!;
      total += weight * cellMass[cell]!;
      cellWeight[cell] = weight;
      cumulative[cell] = total;
    }
  }
  sampler.total = total;
  sampler.left = total;
}

/**
 * First place in low … high whose running sum exceeds `target`: never one without mass. A draw is at least 2^-33 below 1, so one exceeds
 * it despite rounding.
 */
function firstAbove(cumulative: Float64Array, target: number, low: number, high: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isOn(page: Int32Array, first: number, filled: number, video: number): boolean {
  for (let slot = first; slot < first + filled; slot++) if (page[slot] === video) return true;
  return false;
}

function newSampler(cells: number): Sampler {
  return { cellWeight: new Float64Array(cells), cumulative: new Float64Array(cells), total: 0, left: 0, posterior: 0 };
}

function requireConfig(config: LoggingConfig): void {
  requireSlots(config.slots);
  for (const name of [
    "popularityShare",
    "affinityShare",
    "uniformShare",
    "popularityPower",
    "affinityPower",
  ] as const) {
    const value = config[name];
    if (!Number.isFinite(value) || value < 0)
      throw new RangeError(`logging policy: ${name}: ${value}; allowed: a number of at least 0`);
  }
  for (const name of ["videoPrior", "segmentPrior", "userPrior", "floor"] as const) {
    const value = config[name];
    if (!Number.isFinite(value) || value <= 0)
      throw new RangeError(`logging policy: ${name}: ${value}; allowed: a number above 0`);
  }
  const sum = config.popularityShare + config.affinityShare + config.uniformShare;
  if (Math.abs(sum - 1) > 1e-9)
    throw new RangeError(
      `logging policy: shares sum to ${sum}; allowed: popularityShare + affinityShare + uniformShare = 1`,
    );
}

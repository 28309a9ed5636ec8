/**
 * Re-ranking: from scored candidates to pages. In order: filters and rules block and boost, pins take their places, the best by score
 * are kept without near-duplicates, freshness is added, MMR or a determinantal point process with caps picks a pool, and last
 * exploration draws the rest of the page from the pool.
 *
 * Rules and caps apply to the pool, so every subset and order that exploration can draw obeys them, and the propensities
 * are exact given the scored candidates (which are a function of the request and of what was known at the time).
 */
import type { CandidateBatch, Catalogue, RequestBatch, SlateBatch } from "../../types.js";
import { growingPools, type GrowingPools } from "../../log/index.js";
import type { Cap } from "./caps.js";
import { pickDpp } from "./dpp.js";
import type { FindDuplicate } from "./duplicates.js";
import { createExplore, newPool, type Pool } from "./explore.js";
import { pickMmr } from "./mmr.js";
import type { MmrOptions, SimilarityColumns, SimilarityWeights } from "./mmr.js";
import { componentCode, emptySlates, liveOn, logsPool, requireSlots, withPoolsOf } from "../slates.js";
import type { Filter } from "../retrieve/filters.js";
import type { Removal, Trace } from "../trace.js";
import type { Rules } from "./rules.js";
import { fillShortlist, maskRow, newShortlist, reasonAgainst, sourceOf, type RowRules } from "./shortlist.js";

/** Scores [count, width] and candidates in, pages with propensities out. */
export type Rerank = (
  requests: RequestBatch,
  candidates: CandidateBatch,
  scores: Float32Array,
  trace?: Trace,
) => SlateBatch;

/** How pages are made from scored candidates. */
export interface RerankConfig {
  /** Videos per page. */
  readonly slots: number;
  /** How relevance and difference are weighed: maximal marginal relevance or a determinantal point process. */
  readonly diversity: "mmr" | "dpp";
  /** Candidates by score that MMR looks at; all of them where the cap would leave a page short. */
  readonly depth: number;
  /** Videos that exploration draws from; at least `slots`. */
  readonly pool: number;
  /** Weight of relevance against similarity, in [0, 1]; of either kind of diversity. */
  readonly mmrLambda: number;
  readonly similarity: SimilarityWeights;
  /** Most videos of one creator on a page. */
  readonly creatorCap: number;
  /** Added to the relevance of a video uploaded today; halves every `freshHalfLifeDays`. 0: none. */
  readonly freshness: number;
  readonly freshHalfLifeDays: number;
  /** Of exploration, in units of relevance (scores scaled to [0, 1] over the candidates MMR looks at). 0: none. */
  readonly temperature: number;
  /** Share of requests whose pool is logged with its scores, in [0, 1]; needs a temperature above 0. */
  readonly poolShare: number;
}

/** Defaults of re-ranking. */
export const rerankDefaults: RerankConfig = {
  slots: 10,
  diversity: "mmr",
  depth: 60,
  pool: 20,
  mmrLambda: 0.9,
  similarity: { topic: 0.5, creator: 0.5, embedding: 0 },
  creatorCap: 2,
  freshness: 0,
  freshHalfLifeDays: 2,
  temperature: 0.05,
  poolShare: 0,
};

/** Options of re-ranking. */
export interface RerankOptions {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly config?: Partial<RerankConfig>;
  /** Never shown to the request. */
  readonly filters?: readonly Filter[];
  /** Business rules that hold now; read at each batch. */
  readonly rules?: () => Rules | undefined;
  /** Finds near-duplicates, of which a page shows the best. */
  readonly duplicateOf?: FindDuplicate;
  /** The current candidate embeddings, read at each batch; needed where `similarity.embedding` is above 0. */
  readonly embeddings?: () => { readonly vectors: Float32Array; readonly dims: number };
}

/**
 * Makes a re-ranker. A page is short only where too few candidates pass the rules and the cap.
 * @throws RangeError for a config out of range; the re-ranker throws on scores of another length, NaN or +Infinity.
 */
export function createRerank(options: RerankOptions): Rerank {
  const { catalogue, seed, filters = [], duplicateOf } = options;
  const config: RerankConfig = { ...rerankDefaults, ...options.config };
  requireConfig(config, options);
  const { slots, depth } = config;
  const { creator, topic } = catalogue.videos;
  const creators: Cap = { reason: "creator cap", most: config.creatorCap, groupOf: (video) => creator[video]! };
  const picker = config.diversity === "dpp" ? pickDpp : pickMmr;
  const explore = createExplore({ seed, temperature: config.temperature });
  const pool = newPool(config.pool);
  const picked = new Int32Array(config.pool);
  const logs = logsPool(seed, config.poolShare);
  const shortlist = newShortlist(catalogue.videos.count);

  return (requests, candidates, scores, trace): SlateBatch => {
    const { count, width } = candidates;
    if (count !== requests.count || scores.length !== count * width) {
      throw new Error(`rerank: ${scores.length} scores; expected ${requests.count} requests × ${width} candidates`);
    }
    const columns: SimilarityColumns = { topic, creator, embeddings: options.embeddings?.() };
    const rules = options.rules?.();
    const slates = emptySlates(count, slots);
    const pools = growingPools();
    for (let row = 0; row < count; row++) {
      const now = rules?.at(requests, row);
      const pins = now ? pinsOf(requests, row, { filters, now, pinned: [] }) : [];
      const held = pins.map(({ video }) => video);
      maskRow(shortlist, requests, candidates, scores, row, { filters, now, pinned: held }, trace);
      const mmr: MmrOptions = {
        lambda: config.mmrLambda,
        weights: config.similarity,
        caps: now ? [creators, ...now.caps] : [creators],
        held,
      };
      const pick = (limit: number): [found: number, removed: Removal[]] => {
        const removed: Removal[] = [];
        const remove = (video: number, reason: string): void =>
          void removed.push({ row, video, stage: "rerank", reason });
        const best = fillShortlist(shortlist, candidates, row, limit, held, duplicateOf, (video, original) =>
          remove(video, `duplicate of ${original}`),
        );
        const { video, relevance } = shortlist;
        if (config.freshness > 0) addFreshness(relevance, video, best, requests.day);
        const onCapped = trace && ((item: number, reason: string): void => remove(video[item]!, reason));
        return [picker(video, relevance, best, pool.video.length, columns, mmr, picked, pool.score, onCapped), removed];
      };
      let [found, removed] = pick(Math.min(depth, width));
      if (found < slots - pins.length && depth < width) [found, removed] = pick(width);
      pool.size = found;
      for (let place = 0; place < pool.size; place++) {
        pool.video[place] = shortlist.video[picked[place]!]!;
        pool.source[place] = shortlist.source[picked[place]!]!;
      }
      pins.forEach(({ video, position }, i) => {
        const at = row * slots + Math.min(position, pool.size + i); // empty slots are at the end of a page
        slates.video[at] = video;
        slates.source[at] = sourceOf(candidates, row, video);
      });
      const request = requests.request[row]!;
      explore(pool, request, slates, row);
      if (pool.size > 0 && logs(request)) logPool(pools, request, pool, config.temperature);
      trace?.removed.push(...removed);
      if (trace) traceMoves(trace, row, pool, picked, slates, pins, config.diversity);
    }
    return withPoolsOf(slates, pools);
  };

  /** Pins of a request by position; of each position the first rule's first video that may be shown. */
  function pinsOf(requests: RequestBatch, row: number, rules: RowRules): Pin[] {
    const live = liveOn(catalogue, requests.day);
    const pins: Pin[] = [];
    for (const { position, videos, name } of rules.now!.pins) {
      if (position >= slots || pins.some((pin) => pin.position === position)) continue;
      const video = videos.find(
        (one) =>
          one < live &&
          !pins.some((pin) => pin.video === one) &&
          reasonAgainst(requests, row, one, rules) === undefined,
      );
      if (video !== undefined) pins.push({ position, video, name });
    }
    return pins.sort((a, b) => a.position - b.position);
  }

  function addFreshness(relevance: Float64Array, video: Int32Array, count: number, day: number): void {
    for (let item = 0; item < count; item++) {
      const age = Math.max(0, day - catalogue.videos.uploadDay[video[item]!]!);
      relevance[item]! += config.freshness * 2 ** (-age / config.freshHalfLifeDays);
    }
  }
}

/** A video with a place of its own. */
interface Pin {
  readonly position: number;
  readonly video: number;
  readonly name: string;
}

/** What the steps after the order by score moved: diversity within the pool, exploration on the page, pins. */
function traceMoves(
  trace: Trace,
  row: number,
  pool: Pool,
  picked: Int32Array,
  slates: SlateBatch,
  pins: readonly Pin[],
  diversity: string,
): void {
  const page = slates.video.subarray(row * slates.slots, (row + 1) * slates.slots);
  const move = (video: number, from: number, to: number, reason: string): void => {
    if (from !== to) trace.moved.push({ row, video, from, to, reason });
  };
  let drawn = 0;
  for (const [position, video] of page.entries()) {
    const pin = pins.find((one) => one.video === video);
    if (pin) trace.moved.push({ row, video, from: -1, to: position, reason: `rule ${pin.name}` });
    else if (video >= 0) {
      const place = pool.video.indexOf(video);
      move(video, picked[place]!, place, diversity);
      move(video, place, drawn, "exploration");
      move(video, drawn, position, "below a pin");
      drawn++;
    }
  }
}

/** Writes down what a page was drawn from (see explore.ts). */
function logPool(pools: GrowingPools, request: number, { size, video, score }: Pool, temperature: number): void {
  const rows = pools.add(request, componentCode("only"), 1, size);
  rows.video.set(video.subarray(0, size));
  for (let item = 0; item < size; item++) rows.logit[item] = score[item]! / temperature;
}

function requireConfig(config: RerankConfig, options: RerankOptions): void {
  requireSlots(config.slots);
  const whole = (name: "depth" | "pool" | "creatorCap", least: number): void => {
    if (!Number.isInteger(config[name]) || config[name] < least)
      throw new RangeError(`rerank: ${name}: ${config[name]}; allowed: an integer of at least ${least}`);
  };
  whole("pool", config.slots);
  whole("depth", config.pool);
  whole("creatorCap", 1);
  if (!(config.poolShare === 0 || config.temperature > 0))
    throw new RangeError(
      `rerank: poolShare: ${config.poolShare} at temperature ${config.temperature}; allowed: 0, as nothing is drawn`,
    );
  if (!["mmr", "dpp"].includes(config.diversity))
    throw new RangeError(`rerank: unknown diversity: ${config.diversity}; known: mmr, dpp`);
  if (!(config.freshness >= 0 && config.freshHalfLifeDays > 0))
    throw new RangeError(
      `rerank: freshness: ${config.freshness}, freshHalfLifeDays: ${config.freshHalfLifeDays}; allowed: 0 or more, above 0`,
    );
  if (!(config.mmrLambda >= 0 && config.mmrLambda <= 1))
    throw new RangeError(`rerank: mmrLambda: ${config.mmrLambda}; allowed: 0 … 1`);
  for (const [name, weight] of Object.entries(config.similarity)) {
    if (!Number.isFinite(weight) || weight < 0)
      throw new RangeError(`rerank: similarity.${name}: ${weight}; allowed: a number of at least 0`);
  }
  if (config.similarity.embedding > 0 && !options.embeddings)
    throw new Error("rerank: similarity.embedding is above 0 but no embeddings are given");
}

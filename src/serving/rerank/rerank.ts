/**
 * Re-ranking: from scored candidates to pages. In order: rules and duplicates are removed, the best by score are kept, MMR with a
 * creator cap picks a pool, and last exploration draws the page from the pool.
 *
 * Rules and caps apply to the pool, so every subset and order that exploration can draw obeys them, and the propensities
 * are exact given the scored candidates (which are a function of the request and of what was known at the time).
 */
import type { CandidateBatch, Catalogue, RequestBatch, SlateBatch } from "../../types.js";
import { growingPools, type GrowingPools } from "../../log/index.js";
import { createExplore, newPool, type Pool } from "./explore.js";
import { pickMmr } from "./mmr.js";
import type { MmrOptions, SimilarityColumns, SimilarityWeights } from "./mmr.js";
import { componentCode, emptySlates, logsPool, requireSlots, withPoolsOf } from "../slates.js";
import { topPositions } from "../retrieve/top.js";
import type { Trace } from "../trace.js";

/** Scores [count, width] and candidates in, pages with propensities out. */
export type Rerank = (
  requests: RequestBatch,
  candidates: CandidateBatch,
  scores: Float32Array,
  trace?: Trace,
) => SlateBatch;

/** May this video be shown to this request? Rules see requests by row. */
export type Rule = (requests: RequestBatch, row: number, video: number) => boolean;

/** How pages are made from scored candidates. */
export interface RerankConfig {
  /** Videos per page. */
  readonly slots: number;
  /** Candidates by score that MMR looks at; all of them where the cap would leave a page short. */
  readonly depth: number;
  /** Videos that exploration draws from; at least `slots`. */
  readonly pool: number;
  /** Weight of relevance against similarity in MMR, in [0, 1]. */
  readonly mmrLambda: number;
  readonly similarity: SimilarityWeights;
  /** Most videos of one creator on a page. */
  readonly creatorCap: number;
  /** Of exploration, in units of relevance (scores scaled to [0, 1] over the candidates MMR looks at). 0: none. */
  readonly temperature: number;
  /** Share of requests whose pool is logged with its scores, in [0, 1]; needs a temperature above 0. */
  readonly poolShare: number;
}

/** Defaults of re-ranking. */
export const rerankDefaults: RerankConfig = {
  slots: 10,
  depth: 60,
  pool: 20,
  mmrLambda: 0.9,
  similarity: { topic: 0.5, creator: 0.5, embedding: 0 },
  creatorCap: 2,
  temperature: 0.05,
  poolShare: 0,
};

/** Options of re-ranking. */
export interface RerankOptions {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly config?: Partial<RerankConfig>;
  readonly rules?: readonly Rule[];
  /** The current candidate embeddings, read at each batch; needed where `similarity.embedding` is above 0. */
  readonly embeddings?: () => { readonly vectors: Float32Array; readonly dims: number };
}

/**
 * Makes a re-ranker. A page is short only where too few candidates pass the rules and the cap.
 * @throws RangeError for a config out of range; the re-ranker throws on scores of another length, NaN or +Infinity.
 */
export function createRerank(options: RerankOptions): Rerank {
  const { catalogue, seed, rules = [] } = options;
  const config: RerankConfig = { ...rerankDefaults, ...options.config };
  requireConfig(config, options);
  const { slots, depth } = config;
  const mmr: MmrOptions = { lambda: config.mmrLambda, weights: config.similarity, creatorCap: config.creatorCap };
  const explore = createExplore({ seed, temperature: config.temperature });
  const pool = newPool(config.pool);
  const picked = new Int32Array(config.pool);
  const logs = logsPool(seed, config.poolShare);
  const shortlist = newShortlist(catalogue.videos.count);

  return (requests: RequestBatch, candidates: CandidateBatch, scores: Float32Array): SlateBatch => {
    const { count, width } = candidates;
    if (count !== requests.count || scores.length !== count * width) {
      throw new Error(`rerank: ${scores.length} scores; expected ${requests.count} requests × ${width} candidates`);
    }
    const columns: SimilarityColumns = {
      topic: catalogue.videos.topic,
      creator: catalogue.videos.creator,
      embeddings: options.embeddings?.(),
    };
    const pick = (best: number): number =>
      pickMmr(shortlist.video, shortlist.relevance, best, pool.video.length, columns, mmr, picked, pool.score);
    const slates = emptySlates(count, slots);
    const pools = growingPools();
    for (let row = 0; row < count; row++) {
      maskRow(shortlist, requests, candidates, scores, row, rules);
      let best = fillShortlist(shortlist, candidates, row, Math.min(depth, width));
      pool.size = pick(best);
      if (pool.size < slots && depth < width) {
        best = fillShortlist(shortlist, candidates, row, width);
        pool.size = pick(best);
      }
      for (let place = 0; place < pool.size; place++) {
        pool.video[place] = shortlist.video[picked[place]!]!;
        pool.source[place] = shortlist.source[picked[place]!]!;
      }
      const request = requests.request[row]!;
      explore(pool, request, slates, row);
      if (pool.size > 0 && logs(request)) logPool(pools, request, pool, config.temperature);
    }
    return withPoolsOf(slates, pools);
  };
}

/** Writes down what a page was drawn from (see explore.ts). */
function logPool(pools: GrowingPools, request: number, { size, video, score }: Pool, temperature: number): void {
  const rows = pools.add(request, componentCode("only"), 1, size);
  rows.video.set(video.subarray(0, size));
  for (let item = 0; item < size; item++) rows.logit[item] = score[item]! / temperature;
}

/** The best distinct candidates of one request, in scratch memory shared by all requests. */
interface Shortlist {
  score: Float64Array; // [width] of the row, -Infinity where a rule forbids
  id: Int32Array; // [width]
  order: Int32Array; // [width]
  video: Int32Array; // [width] what is kept, best first
  source: Uint8Array; // [width]
  relevance: Float64Array; // [width] in [0, 1]
  readonly keptAt: Int32Array; // [videos] serial of the fill that kept the video last
  serial: number;
}

function newShortlist(videos: number): Shortlist {
  const none = new Float64Array(0);
  const noIds = new Int32Array(0);
  return {
    score: none,
    id: noIds,
    order: noIds,
    video: noIds,
    source: new Uint8Array(0),
    relevance: none,
    keptAt: new Int32Array(videos),
    serial: 0,
  };
}

/** Copies a row's scores, -Infinity where there is no candidate or a rule forbids it. */
function maskRow(
  list: Shortlist,
  requests: RequestBatch,
  candidates: CandidateBatch,
  scores: Float32Array,
  row: number,
  rules: readonly Rule[],
): void {
  const { width } = candidates;
  if (list.id.length < width) {
    list.score = new Float64Array(width);
    list.id = new Int32Array(width);
    list.order = new Int32Array(width);
    list.video = new Int32Array(width);
    list.source = new Uint8Array(width);
    list.relevance = new Float64Array(width);
  }
  for (let place = 0; place < width; place++) {
    const video = candidates.video[row * width + place]!;
    const score = scores[row * width + place]!;
    list.id[place] = video;
    if (video < 0) continue;
    if (!(score < Infinity))
      throw new Error(`rerank: score of video ${video} is ${score}; allowed: finite numbers, or -Infinity for never`);
    list.score[place] = score;
    for (const rule of rules) if (!rule(requests, row, video)) list.score[place] = -Infinity;
  }
}

/** Keeps the distinct videos among the row's `limit` best, with scores scaled to [0, 1]; returns how many. */
function fillShortlist(list: Shortlist, candidates: CandidateBatch, row: number, limit: number): number {
  const found = topPositions(list.score, list.id, 0, candidates.width, limit, list.order);
  list.serial++;
  let kept = 0;
  for (let place = 0; place < found; place++) {
    const at = list.order[place]!;
    const video = list.id[at]!;
    if (list.keptAt[video] === list.serial) continue;
    list.keptAt[video] = list.serial;
    list.video[kept] = video;
    list.source[kept] = candidates.source[row * candidates.width + at]!;
    list.relevance[kept] = list.score[at]!;
    kept++;
  }
  if (kept === 0) return 0;
  const top = list.relevance[0]!;
  const range = top - list.relevance[kept - 1]!;
  for (let place = 0; place < kept; place++)
    list.relevance[place] = range > 0 ? 1 - (top - list.relevance[place]!) / range : 1;
  return kept;
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
  if (!(config.mmrLambda >= 0 && config.mmrLambda <= 1))
    throw new RangeError(`rerank: mmrLambda: ${config.mmrLambda}; allowed: 0 … 1`);
  for (const [name, weight] of Object.entries(config.similarity)) {
    if (!Number.isFinite(weight) || weight < 0)
      throw new RangeError(`rerank: similarity.${name}: ${weight}; allowed: a number of at least 0`);
  }
  if (config.similarity.embedding > 0 && !options.embeddings)
    throw new Error("rerank: similarity.embedding is above 0 but no embeddings are given");
}

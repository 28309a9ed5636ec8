/** Settings of the learned funnel: how many candidates, from where, ranked and re-ranked how. */
import type { AnnConfig } from "../models/retrievers/ann-index.js";
import { popularities } from "./retrieve/popularity.js";
import type { PopularityBy } from "./retrieve/popularity.js";
import type { Objective } from "./rank/rank.js";
import type { RerankConfig } from "./rerank/rerank.js";

/** Shares of the candidates that each source places first; they sum to at most 1, and sources fill the rest in this order. */
export interface SourceShares {
  /** Share of the two-tower, or of the retriever that replaces it. */
  readonly twoTower: number;
  readonly popular: number;
  readonly fresh: number;
  readonly uniform: number;
  /** What is watched most of late; default 0. */
  readonly trending?: number;
  /** The newest videos of followed creators; default 0. */
  readonly followed?: number;
  /** Neighbours of the last videos watched; default 0. Needs a store that keeps sequences. */
  readonly itemToItem?: number;
}

/** Settings of the learned funnel. */
export interface LearnedFunnelConfig {
  /** Candidates per request that reach the ranker. */
  readonly candidates: number;
  readonly shares: SourceShares;
  /** A video is fresh on its upload day and this many days less one after. */
  readonly freshDays: number;
  /** Fresh videos by `embedding` (nearest to the query among them) or by their creator's `popularity`. */
  readonly freshBy: "embedding" | "popularity";
  /** Popular videos overall, by the user's segment, or trending. */
  readonly popularBy: PopularityBy;
  /** Most clicks of a user that count per day towards popularity; 0: all (see popularity.ts). */
  readonly votesADay: number;
  readonly objective: Objective;
  readonly rerank: Partial<RerankConfig>;
  /** Videos in other languages than the user's are left out, but for these (indices of `languages`); "any": none is left out. */
  readonly languages: "any" | readonly number[];
  /** Newcomers get the towers' metadata embedding (ids unknown to the model are out of vocabulary), or what is popular in their segment. */
  readonly coldStart: "metadata-tower" | "segment-popularity";
  /** An account that began during the log is a newcomer for this many days. */
  readonly newcomerDays: number;
  /** Exact search instead of the approximate index. */
  readonly exactSearch: boolean;
  /** Days after which all videos are embedded again and the index is rebuilt; 0: never, only new uploads are added. */
  readonly refreshDays: number;
  /** The same above half a million live videos, where a rebuild takes minutes. */
  readonly refreshDaysOfMany: number;
  /** How the index keeps and searches vectors. */
  readonly index: Partial<AnnConfig>;
}

/**
 * Defaults of the learned funnel. The candidate tower reads counts as of midnight, so the index is rebuilt each day: 0.66 s for
 * 20,000 videos on one core. For millions it takes minutes, and every few days must be enough.
 */
export const learnedFunnelDefaults: LearnedFunnelConfig = {
  candidates: 200,
  shares: { twoTower: 0.6, popular: 0.25, fresh: 0.15, uniform: 0 },
  freshDays: 3,
  freshBy: "embedding",
  popularBy: "global",
  votesADay: 0,
  objective: "watch",
  rerank: {},
  languages: "any",
  coldStart: "metadata-tower",
  newcomerDays: 3,
  exactSearch: false,
  refreshDays: 1,
  refreshDaysOfMany: 0,
  index: {},
};

/** @throws RangeError naming the setting, its value and what is allowed */
export function checkLearnedConfig(config: LearnedFunnelConfig): void {
  const known = (name: "freshBy" | "popularBy" | "coldStart", allowed: readonly string[]): void => {
    if (!allowed.includes(config[name]))
      throw new RangeError(`learned funnel: unknown ${name}: ${String(config[name])}; known: ${allowed.join(", ")}`);
  };
  known("freshBy", ["embedding", "popularity"]);
  known("popularBy", popularities);
  known("coldStart", ["metadata-tower", "segment-popularity"]);
  const sum = Object.values(config.shares).reduce((total: number, share: number) => total + share, 0);
  for (const [name, share] of Object.entries(config.shares)) {
    if (!(share >= 0 && share <= 1))
      throw new RangeError(`learned funnel: shares.${name}: ${String(share)}; allowed: 0 … 1`);
  }
  if (sum > 1 + 1e-9) throw new RangeError(`learned funnel: shares sum to ${sum}; allowed: at most 1`);
  for (const name of ["refreshDays", "refreshDaysOfMany"] as const)
    if (!Number.isInteger(config[name]) || config[name] < 0)
      throw new RangeError(`learned funnel: ${name}: ${config[name]}; allowed: an integer of at least 0`);
  if (!Number.isInteger(config.candidates) || config.candidates < 1)
    throw new RangeError(`learned funnel: candidates: ${config.candidates}; allowed: an integer of at least 1`);
}

/**
 * Strategies against cold start, as data. Each is the learned funnel with its settings, its fits or a remedy changed; the first is the
 * control, which all others are compared with: metadata towers for people, places for fresh uploads.
 */
import type { TrainOptions } from "../../pipeline/train.js";
import type { LearnedFunnelConfig } from "../../serving/learned-config.js";

/** What is put between the stages of the funnel (see `remedies.ts`). */
export type RemedyChoice =
  /** Newcomers name three topics on their first page; `noise` is the scale of Gumbel noise on their true interests. */
  | { readonly kind: "onboarding"; readonly topics: number; readonly noise: number; readonly gain: number }
  | { readonly kind: "bandit"; readonly bandit: "epsilon-greedy" | "ucb" | "thompson" | "linucb" }
  | { readonly kind: "creator" }
  | { readonly kind: "thumbnail" }
  /** New uploads are ranked `factor` times as high for their first impressions, on at most a share of all impressions. */
  | { readonly kind: "boost"; readonly factor: number; readonly impressions: number; readonly share: number }
  /** One place of the page shows a uniformly random upload that has few impressions. */
  | { readonly kind: "slot"; readonly place: number; readonly impressions: number };

/** One strategy. */
export interface Strategy {
  readonly name: string;
  readonly for: "users" | "videos" | "both";
  readonly config?: Partial<LearnedFunnelConfig>;
  readonly fits?: TrainOptions;
  readonly remedy?: RemedyChoice;
}

/** What all others are compared with. */
export const coldControl = "metadata towers";

const dropout = (twoTower: number, ranker: number): TrainOptions => ({
  twoTower: { idDropout: twoTower },
  ranker: { idDropout: ranker },
});
const bandit = (name: string, kind: (RemedyChoice & { readonly kind: "bandit" })["bandit"]): Strategy => ({
  name,
  for: "users",
  remedy: { kind: "bandit", bandit: kind },
});

/** All of them, the control first. The models drop 0.1 (towers) and 0.6 (ranker) of the ids in training where nothing else is said. */
export const coldStrategies: readonly Strategy[] = [
  { name: coldControl, for: "both" },
  { name: "popular by segment", for: "users", config: { coldStart: "segment-popularity" } },
  { name: "three topics asked", for: "users", remedy: { kind: "onboarding", topics: 3, noise: 0.1, gain: 1 } },
  bandit("ε-greedy", "epsilon-greedy"),
  bandit("UCB", "ucb"),
  bandit("Thompson sampling", "thompson"),
  bandit("LinUCB", "linucb"),
  { name: "no id dropout", for: "both", fits: dropout(0, 0) },
  { name: "more id dropout", for: "both", fits: dropout(0.5, 0.9) },
  { name: "no fresh places", for: "videos", config: { shares: { twoTower: 0.7, popular: 0.3, fresh: 0, uniform: 0 } } },
  { name: "creator prior", for: "videos", remedy: { kind: "creator" } },
  { name: "thumbnail embedding", for: "videos", remedy: { kind: "thumbnail" } },
  { name: "exploration slot", for: "videos", remedy: { kind: "slot", place: 3, impressions: 20 } },
  { name: "budgeted boost", for: "videos", remedy: { kind: "boost", factor: 3, impressions: 50, share: 0.1 } },
];

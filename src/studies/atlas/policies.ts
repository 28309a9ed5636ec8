/**
 * The policies of the atlas, as data: good ones and bad ones, of many families. Each is an arm that needs no fit, or the learned funnel
 * with parts replaced: its retriever, its ranker, what that one learned from, how its predictions become an order, how pages are made.
 */
import type { Arm } from "../../pipeline/arms/arm.js";
import type { LearnedFunnelConfig } from "../../serving/learned-config.js";

/** What a model of a funnel's stage is fitted on. */
export interface FitChoice {
  readonly model: string; // a name of the benchmark's, or of an own file
  readonly volume?: number; // share of training users, default 1
  /** Share of training users whose rows are replaced by those of a click farm's bot. */
  readonly bots?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly heldOut?: false; // no validation day: nothing stops the fit
}

/** How predictions become an order; `clickbait`: clicks per minute watched, which seeks what disappoints. */
export type Order = "watch" | "click" | "clickbait" | "value";

/** One policy. */
export interface AtlasPolicy {
  readonly name: string;
  readonly family: string;
  readonly arm?: Arm["policy"]; // absent: the learned funnel
  readonly fit?: FitChoice; // absent: the world's own two towers and DCN-v2
  readonly order?: Order; // default: watch, of a multi-task ranker its value
  readonly config?: Partial<LearnedFunnelConfig>;
  /** What an arm without a ranker orders rows by, where that is known. */
  readonly scores?: "random" | "popularity";
  /** Knows the truth: an end of the scale, not a policy that could be picked. */
  readonly bound?: true;
  /** Left out above the lesson's scale unless asked for; the others hold every family. */
  readonly more?: true;
}

const popularity = (name: string, more: object): AtlasPolicy => ({
  name,
  family: "popularity",
  arm: { kind: "popularity", ...more },
  scores: "popularity",
});
const retrieverShares = { twoTower: 0.9, popular: 0.1, fresh: 0, uniform: 0 };
const retriever = (model: string): AtlasPolicy => ({
  name: `retrieve by ${model}`,
  family: "retriever",
  fit: { model },
  config: { shares: retrieverShares },
});
const ranker = (model: string): AtlasPolicy => ({ name: `rank by ${model}`, family: "ranker", fit: { model } });
const clicks = (model: string): AtlasPolicy => ({
  name: `clicks by ${model}`,
  family: "clicks",
  order: "click",
  ...(model !== "dcn" && { fit: { model } }),
});
const rerank = (name: string, change: LearnedFunnelConfig["rerank"]): AtlasPolicy => ({
  name,
  family: "re-ranker",
  config: { rerank: change },
});

/** Models and shares of the training rows: does the order of models change with the amount of data? */
export const volumes = [0.1, 0.3] as const;
export const volumeModels = ["logistic-regression", "gbdt", "dcn"] as const;
/** The name of a ranker on a share of the data; 1 is the policy of the family `ranker`. */
export const volumeName = (model: string, volume: number): string =>
  volume === 1 ? `rank by ${model}` : `${model} on ${volume} of the data`;

const more = (policy: AtlasPolicy): AtlasPolicy => ({ ...policy, more: true });

/** All built-in policies, by family. */
export const atlasPolicies: readonly AtlasPolicy[] = [
  { name: "random", family: "baseline", arm: { kind: "uniform" }, scores: "random" },
  { name: "logging", family: "baseline", arm: { kind: "logging" } },
  popularity("popularity", {}),
  more(popularity("popularity of ten votes", { popularity: { votesADay: 10 } })),
  popularity("popularity by segment", { popularity: { by: "segment" } }),
  more(popularity("popularity and random pages", { uniformPages: 0.33 })),
  { name: "watch rate", family: "counts", arm: { kind: "watch-rate" }, scores: "popularity" },
  more({ name: "topic affinity", family: "counts", arm: { kind: "topic-affinity" } }),
  { name: "low-rank tastes", family: "counts", arm: { kind: "low-rank-tastes" } },
  ...["item-knn", "als", "sasrec"].map(retriever),
  more(retriever("bpr")),
  { name: "retrieve by two-tower", family: "retriever", config: { shares: retrieverShares } },
  ...["logistic-regression", "gbdt", "dnn", "multi-task"].map(ranker),
  more(ranker("ftrl")),
  { name: "rank by dcn", family: "ranker" },
  ...["logistic-regression", "gbdt"].map(clicks).map(more),
  clicks("dcn"),
  { name: "clickbait chaser", family: "clicks", order: "clickbait" },
  rerank("no diversity", { mmrLambda: 1, creatorCap: 10 }),
  rerank("much diversity", { mmrLambda: 0.5, creatorCap: 1 }),
  rerank("much exploration", { temperature: 0.3 }),
  more({ name: "segment popularity for newcomers", family: "fallback", config: { coldStart: "segment-popularity" } }),
  { name: "thirty candidates", family: "fallback", config: { candidates: 30 } },
  ...volumes.flatMap((volume) =>
    volumeModels.map((model): AtlasPolicy => ({
      name: volumeName(model, volume),
      family: "less data",
      fit: { model, volume },
      ...((volume !== volumes[0] || model === "gbdt") && { more: true }),
    })),
  ),
  {
    name: "over-fitted trees",
    family: "spoilt",
    fit: {
      model: "gbdt",
      heldOut: false,
      config: {
        trees: 40,
        leaves: 255,
        learningRate: 0.5,
        leafRows: 1,
        l2: 0,
        categorySmoothing: 0,
        validationShare: 0,
      },
    },
  },
  { name: "network trained on bots", family: "spoilt", fit: { model: "dnn", bots: 0.5 } },
  { name: "oracle", family: "bound", arm: { kind: "oracle", goal: "watch" }, bound: true },
];

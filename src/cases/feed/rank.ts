/**
 * The ladder of rankers: newest first → popularity × recency → logistic regression on hashed features → one network of all.
 *
 *     popularity × recency   (reactions + 1) / (views + 20) · 2^(−age / 12 h)
 *     multi-task             h = relu(x W + b), logit_k = h · w_k + b_k for each reaction (Caruana, 1997); value = Σ_k weight_k P_k
 */
import { columnOf } from "../../data/index.js";
import { fitLogisticRegression, logisticRegression } from "../../models/index.js";
import { glorot, zeros } from "../../models/network/training/adam.js";
import { embeddingDefaults } from "../../models/network/layers/embedding.js";
import { encodingDefaults } from "../../models/network/encoding.js";
import {
  beginNetwork,
  eachLogits,
  featureLearner,
  type FeatureTask,
} from "../../models/network/training/feature-learner.js";
import { fit, fitDefaults } from "../../models/network/training/fit.js";
import { linear, relu } from "../../models/network/layers/layers.js";
import { logisticLoss } from "../../models/network/layers/losses.js";
import type { Tensor1D, Tensor2D } from "../../models/network/tensor-types.js";
import { keyOf } from "../../random.js";
import type { FeatureMatrix, FeatureSchema, RunControl } from "../../types.js";
import { topicCount, type People } from "./people.js";

/** What a person may do with a post, in the order of all columns of reactions. */
export const reactions = ["view", "like", "comment", "share", "hide"] as const;
/** One of them. */
export type Reaction = (typeof reactions)[number];

/** Orders candidates: higher first. [rows] */
export type FeedRanker = (rows: FeatureMatrix) => ArrayLike<number>;

/** What a reaction is worth in a ranking. */
export type ReactionWeights = Readonly<Record<Reaction, number>>;

const numbers = [
  ...["age", "shown", "viewRate", "likeRate", "commentRate", "shareRate", "hideRate"],
  ...["withTopic", "withAuthor", "likedAuthor"],
];
/** Columns of a candidate. */
export function feedSchema({ users, authors }: People): FeatureSchema {
  const sizes = { user: users.count, author: authors, kind: 3, topic: topicCount, recency: 6, hour: 24 };
  return {
    categories: Object.entries(sizes).map(([name, cardinality]) => ({ name, cardinality })),
    numbers: numbers.map((name) => ({ name })),
  };
}

/** Age in hours as six bands. */
export const recencyOf = (hours: number): number => Math.min(5, Math.floor(Math.log2(1 + hours)));

/** Newest first. */
export const chronological: FeedRanker = (rows) => columnOf(rows, "age").map((hours) => -hours);

/** Popularity × recency. */
export const popular: FeedRanker = (rows) => {
  const [age, like, comment, share] = ["age", "likeRate", "commentRate", "shareRate"].map((name) =>
    columnOf(rows, name),
  );
  return Float64Array.from(age!, (hours, i) => (like![i]! + comment![i]! + share![i]! + 0.02) * 2 ** (-hours / 12));
};

/** Rows that were shown, with every reaction. */
export interface FeedRows {
  readonly features: FeatureMatrix;
  readonly did: readonly Uint8Array[]; // [reactions][rows]
}

/** Whether anything was done that others see: what a single model is often trained on. */
export function engaged({ did }: FeedRows): Uint8Array {
  return did[1]!.map((like, row) => (like + did[2]![row]! + did[3]![row]! > 0 ? 1 : 0));
}

/** P(like, comment or share) by logistic regression on hashed features and hand-made crosses. */
export async function fitLinear(
  rows: FeedRows,
  label: Uint8Array,
  seed: number,
  control: RunControl = {},
): Promise<FeedRanker> {
  const crosses = [
    ["user", "topic"],
    ["user", "kind"],
    ["user", "author"],
    ["kind", "recency"],
  ] as const;
  const model = await fitLogisticRegression(
    { features: rows.features, label },
    { seed, crosses, bits: 18, l2: 8 },
    control,
  );
  return (some) => logisticRegression.score(model, some);
}

/** P of each reaction. [reactions][rows] */
export type Tasks = (rows: FeatureMatrix) => readonly Float32Array[];

const width = 48;

/** Fits the network for all reactions at once. */
export async function fitTasks(rows: FeedRows, seed: number, control: RunControl = {}): Promise<Tasks> {
  const heads = reactions.length;
  const config = {
    ...{ ...fitDefaults, ...embeddingDefaults, ...encodingDefaults, seed, epochs: 6, batchSize: 512, idDims: 8 },
    ...{ idDropout: 0.2, learningRate: 4e-3, pointsPerEpoch: 2, patience: 4 },
  };
  const { encoding, input } = beginNetwork(rows.features, config, "feed");
  const odds = rows.did.map((did) => {
    const sum = did.reduce((total, one) => total + one, 0);
    return Math.log((sum + 0.5) / (did.length - sum + 0.5));
  });
  const dense = [
    ...[glorot("bottom", input.width, width, keyOf(seed, "feed/bottom")), zeros("bottom bias", width)],
    ...[
      glorot("heads", width, heads, keyOf(seed, "feed/heads")),
      { name: "heads bias", shape: [heads], values: Float32Array.from(odds) },
    ],
  ];
  type Labels = readonly (readonly [amounts: Float32Array, targets: Float32Array])[];
  const task: FeatureTask<FeedRows, Labels> = {
    ...{ name: "feed", config, byRow: true, limits: reactions.map(() => undefined), heads: (labels) => labels },
    logits: (x, [bottom, bias, head, headBias]) =>
      linear(relu(linear(x, bottom as Tensor2D, bias as Tensor1D)), head as Tensor2D, headBias as Tensor1D),
    labels: (some, order, from, to) =>
      some.did.map((did) => {
        const targets = Float32Array.from({ length: to - from }, (_, i) => did[order?.[from + i] ?? from + i]!);
        return [new Float32Array(to - from).fill(1 / (to - from)), targets.map((y) => y / (to - from))] as const;
      }),
    loss: (logits, labels, gradient) =>
      labels.reduce((sum, [a, y], k) => sum + logisticLoss({ logits, gradient, from: k, by: heads }, a, y), 0),
  };
  const network = { encoding, input, dense };
  await fit(featureLearner(network, task, rows, undefined, 0.08), config, control);
  return (some) => {
    const out = reactions.map(() => new Float32Array(some.count));
    eachLogits(network, some, task.logits, (logits, from) =>
      logits.forEach((z, i) => (out[i % heads]![from + Math.floor(i / heads)] = 1 / (1 + Math.exp(-z)))),
    );
    return out;
  };
}

/** Orders by Σ weight × P. */
export function byValue(tasks: Tasks, weights: ReactionWeights): FeedRanker {
  return (rows) => {
    const value = new Float64Array(rows.count);
    tasks(rows).forEach((p, k) => p.forEach((x, row) => (value[row]! += weights[reactions[k]!] * x)));
    return value;
  };
}

/** Rows `from … to`. */
export function rowsBetween({ features, did }: FeedRows, from: number, to: number): FeedRows {
  const { schema } = features;
  const [c, n] = [schema.categories.length, schema.numbers.length];
  const part: FeatureMatrix = {
    schema,
    count: to - from,
    categories: features.categories.subarray(from * c, to * c),
    numbers: features.numbers.subarray(from * n, to * n),
  };
  return { features: part, did: did.map((one) => one.subarray(from, to)) };
}

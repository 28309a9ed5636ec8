/**
 * The integrity filter: P(harmful | text), two ways.
 *
 *     TF-IDF + logistic regression   x_w = count_w · ln(posts / posts with w), of length 1; words, or words and pairs of neighbours
 *     transformer                    word + place embedding → attention (two heads) → feed-forward → largest over words → logit
 *                                    (Vaswani et al., 2017; one block, trained here from nothing)
 */
import { argsort } from "../../evaluation/index.js";
import { adamState, glorot, stepAdam, zeros, type DenseParameter } from "../../models/network/training/adam.js";
import { causalAttention, layerNorm } from "../../models/network/layers/attention.js";
import { fit, fitDefaults } from "../../models/network/training/fit.js";
import { evaluateTensors, lossAndGradients, linear, relu } from "../../models/network/layers/layers.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../models/network/tensor-types.js";
import { tensorflow } from "../../models/network/tensor.js";
import { hash32, keyOf, permutation } from "../../random.js";
import type { RunControl } from "../../types.js";
import { topicCount } from "./people.js";
import { textLength, vocabulary } from "./text.js";

/** Texts under their labels. */
export interface LabelledTexts {
  readonly count: number;
  readonly words: Int16Array; // [count, textLength]
  readonly harmful: Uint8Array; // [count]
}

/** P(harmful) of texts, [texts]. */
export type TextFilter = (words: Int16Array) => Float32Array;

const pairBits = 14;

/** Fits TF-IDF + logistic regression by AdaGrad. @param pairs also pairs of neighbours, hashed */
export function fitTfIdf({ count, words, harmful }: LabelledTexts, seed: number, pairs: boolean): TextFilter {
  const size = vocabulary(topicCount) + (pairs ? 2 ** pairBits : 0);
  const cellsOf = (text: Int16Array): number[] => {
    const cells = Array.from(text);
    if (pairs)
      for (let i = 1; i < text.length; i++)
        cells.push(vocabulary(topicCount) + (hash32(7, text[i - 1]!, text[i]!) >>> (32 - pairBits)));
    return cells;
  };
  const textAt = (all: Int16Array, i: number): Int16Array => all.subarray(i * textLength, (i + 1) * textLength);
  const holds = new Float64Array(size);
  for (let i = 0; i < count; i++) for (const cell of new Set(cellsOf(textAt(words, i)))) holds[cell]!++;
  const vectorOf = (text: Int16Array): Map<number, number> => {
    const vector = new Map<number, number>();
    for (const cell of cellsOf(text))
      if (holds[cell]! > 1) vector.set(cell, (vector.get(cell) ?? 0) + Math.log(count / holds[cell]!));
    const length = Math.hypot(...vector.values()) || 1;
    for (const [cell, value] of vector) vector.set(cell, value / length);
    return vector;
  };
  const [weights, squares] = [new Float64Array(size + 1), new Float64Array(size + 1)];
  const logitOf = (vector: Map<number, number>): number => {
    let logit = weights[size]!;
    for (const [cell, value] of vector) logit += weights[cell]! * value;
    return logit;
  };
  const move = (cell: number, gradient: number): void => {
    squares[cell]! += gradient * gradient;
    weights[cell]! -= (0.5 * gradient) / Math.sqrt(1e-8 + squares[cell]!);
  };
  const vectors = Array.from({ length: count }, (_, i) => vectorOf(textAt(words, i)));
  for (let epoch = 0; epoch < 8; epoch++)
    for (const i of permutation(count, keyOf(seed, `feed/tf-idf ${epoch}`))) {
      const error = 1 / (1 + Math.exp(-logitOf(vectors[i]!))) - harmful[i]!;
      for (const [cell, value] of vectors[i]!) move(cell, error * value + 1e-5 * weights[cell]!);
      move(size, error);
    }
  return (all) =>
    Float32Array.from(
      { length: all.length / textLength },
      (_, i) => 1 / (1 + Math.exp(-logitOf(vectorOf(textAt(all, i))))),
    );
}

const [dim, heads, inner] = [24, 2, 48];

/** Fits the transformer. */
export async function fitTransformer(
  texts: LabelledTexts,
  seed: number,
  control: RunControl = {},
): Promise<TextFilter> {
  const key = (name: string): number => keyOf(seed, `feed/transformer/${name}`);
  const matrix = (name: string, from: number, to: number): DenseParameter => glorot(name, from, to, key(name));
  const gain = (name: string): DenseParameter => ({ name, shape: [dim], values: new Float32Array(dim).fill(1) });
  const parameters: DenseParameter[] = [
    ...[
      matrix("word", vocabulary(topicCount), dim),
      matrix("place", textLength, dim),
      gain("norm1"),
      zeros("shift1", dim),
    ],
    ...["query", "key", "value", "output"].flatMap((name) => [matrix(name, dim, dim), zeros(`${name} bias`, dim)]),
    ...[gain("norm2"), zeros("shift2", dim), matrix("inner", dim, inner), zeros("inner bias", inner)],
    ...[matrix("outer", inner, dim), zeros("outer bias", dim), matrix("head", dim, 1), zeros("head bias", 1)],
  ];
  const states = parameters.map(({ values }) => adamState(values));
  const textsAt = (batch: Int32Array): Int16Array => {
    const words = new Int16Array(batch.length * textLength);
    batch.forEach((t, i) => words.set(texts.words.subarray(t * textLength, (t + 1) * textLength), i * textLength));
    return words;
  };
  const held = Math.floor(texts.count / 10); // the last ones, for early stopping
  const heldOut = Int32Array.from({ length: held }, (_, i) => texts.count - held + i);
  const lossOf = (batch: Int32Array, all: readonly Tensor[]): Tensor => {
    const label = tensorflow().tensor1d(Float32Array.from(batch, (t) => texts.harmful[t]!));
    const logits = logitsOf(textsAt(batch), all);
    return logits.softplus().sub(logits.mul(label)).mean();
  };
  await fit(
    {
      name: "transformer",
      examples: texts.count - held,
      weights: parameters.map(({ values }) => values),
      step(batch, rate) {
        const { loss, gradients } = lossAndGradients(parameters, (...all) => lossOf(batch, all));
        parameters.forEach(({ values }, p) => stepAdam(values, gradients[p]!, states[p]!, rate));
        return loss;
      },
      validate: () => evaluateTensors(parameters, (...all) => [lossOf(heldOut, all)])[0]![0]!,
    },
    { ...fitDefaults, seed, epochs: 12, batchSize: 64, learningRate: 4e-3, pointsPerEpoch: 1, patience: 3 },
    control,
  );
  return (words) => {
    const out = new Float32Array(words.length / textLength);
    for (let from = 0; from < out.length; from += 512) {
      const part = words.subarray(from * textLength, Math.min(words.length, (from + 512) * textLength));
      out.set(evaluateTensors(parameters, (...all) => [logitsOf(part, all).sigmoid()])[0]!, from);
    }
    return out;
  };
}

/** @param all parameters in their order @returns [texts] */
function logitsOf(words: Int16Array, all: readonly Tensor[]): Tensor1D {
  const tf = tensorflow();
  const texts = words.length / textLength;
  const rows = tf.range(0, words.length, 1, "int32").expandDims(1) as Tensor2D;
  const grid = { sequences: texts, cells: rows, rows }; // every text fills its line
  const p = all as readonly Tensor1D[];
  const m = all as readonly Tensor2D[];
  const embedded = tf.oneHot(tf.tensor1d(Int32Array.from(words), "int32"), m[0]!.shape[0]).matMul(m[0]!);
  let h = embedded.add(tf.tile(m[1]!, [texts, 1])) as Tensor2D;
  h = h.add(causalAttention(layerNorm(h, p[2]!, p[3]!), all.slice(4, 12), heads, grid)) as Tensor2D;
  const wide = relu(linear(layerNorm(h, p[12]!, p[13]!), m[14]!, p[15]!));
  h = h.add(linear(wide, m[16]!, p[17]!)) as Tensor2D;
  const pooled = h.reshape([texts, textLength, dim]).max(1) as Tensor2D;
  return linear(pooled, m[18]!, p[19]!).squeeze([1]);
}

/** Precision and recall of the `budget` highest scores: what reviewers who can look at so many find. */
export function atBudget(
  scores: ArrayLike<number>,
  harmful: ArrayLike<number>,
  budget: number,
): Readonly<Record<"precision" | "recall", number>> {
  let found = 0;
  for (const i of argsort(Float64Array.from(scores, (x) => -x)).subarray(0, budget)) found += harmful[i]!;
  const all = Array.from(harmful).reduce((sum, one) => sum + one, 0);
  return { precision: found / Math.min(budget, scores.length), recall: all > 0 ? found / all : NaN };
}

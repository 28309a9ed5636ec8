/**
 * The one contract of models: `fit / score / save / load`. A kind of model is a record of these functions, so that callers that compare
 * models needs to know none of them; a researcher's own model is one file with a function, or with such a record (see own-model.ts).
 *
 * Two families. A retriever learns from who took what and scores all items for a user; a ranker learns from rows of features with a
 * 0/1 label and gives the probability of 1. contract-checks.ts is what each must keep.
 */
import type { FeatureMatrix, RunControl } from "../../types.js";
import { checkColumns, needBothKinds } from "./inputs.js";
import { checkK } from "../retrievers/exact-search.js";
import type { MultiTaskRows } from "../rankers/multi-task/rows.js";
import type { Interactions, SparseRows } from "../retrievers/interactions.js";

/** What a fit runs on. The bytes of a fit on TensorFlow depend on its backend, native or portable. */
export type FitEngine = "javascript" | "tensorflow" | "lightgbm";

/** What may be known of a kind of model before it is fitted, so that nobody asks for one by name. */
export interface ModelTraits<Config = object> {
  /** Default "javascript". */
  readonly engine?: FitEngine;
  /** Why it is not available on this machine; undefined where it is. */
  fault?(): string | undefined;
  /** Settings on your own data other than the defaults, which are for the simulated platform. */
  readonly dataSettings?: Partial<Config>;
  /** Further ones where the data are ids and fields alone, without counts. */
  readonly idSettings?: Partial<Config>;
}

/** How a retriever is served: its scores of all items, two towers of features and an index, or a tower of what a user watched. */
export type RetrieverServing = "scores" | "towers" | "sequence";

/** A ranker that learns several labels at once and is served from the graph it exports. */
export interface RankerOutputs {
  /** What it ranks by: expected watch time, or a value of all its outputs. */
  readonly objective: "watch" | "value";
  /** `export` writes `ranker.onnx` and `ranker.json` into a folder; gives the id. */
  fit(
    rows: MultiTaskRows,
    options: { readonly seed: number; readonly validation: MultiTaskRows },
    control?: RunControl,
  ): Promise<{ export(dir: string): Promise<string> }>;
}

/** What every kind of model can do with what it fitted. */
export interface StoredModel<Model> {
  /** Its name in cards, tables and messages. */
  readonly kind: string;
  /** Writes the model into a folder, whole or not at all; gives its id, a hash of all it learned. */
  save(model: Model, dir: string): Promise<string>;
  /** Loads what `save` wrote; it scores the same bits. @throws Error when it is missing, damaged or another kind of model */
  load(dir: string): Promise<Model>;
}

/** A kind of retriever. */
export interface RetrieverKind<Model, Config> extends StoredModel<Model>, ModelTraits<Config> {
  readonly defaults: Config;
  /** Default "scores". */
  readonly serving?: RetrieverServing;
  /** @throws Error on bad rows or settings (named, with what is allowed); the signal's reason on abort */
  fit(rows: Interactions, config?: Partial<Config>, control?: RunControl): Promise<Model>;
  readonly itemCount: (model: Model) => number;
  /**
   * Scores of all items for each user, [users, items], higher is better; comparable within a user only. @throws Error on a user out of
   * range
   */
  score(model: Model, users: Int32Array): Float32Array;
}

/** Rows with a 0/1 label. */
export interface LabelledRows {
  readonly features: FeatureMatrix;
  readonly label: ArrayLike<number>; // [count] 0 or 1
  readonly weight?: ArrayLike<number>; // [count] of each row's loss, default 1
}

/** What a ranker's fit takes beside its config. */
export interface HeldOutRows {
  /** Rows for early stopping; without them a share of the training rows is held out where the model stops early. */
  readonly validation?: LabelledRows;
}

/** A kind of ranker. */
export interface RankerKind<Model, Config> extends StoredModel<Model>, ModelTraits<Config> {
  readonly defaults: Config;
  /** Absent: it learns one 0/1 label only, and is fitted twice to rank by watch time. */
  readonly outputs?: RankerOutputs;
  /** @throws Error on bad rows or settings (named, with what is allowed); the signal's reason on abort */
  fit(rows: LabelledRows, options?: Partial<Config> & HeldOutRows, control?: RunControl): Promise<Model>;
  /** Probability of label 1, [count], in (0, 1). @throws Error on NaN (naming the feature) or another schema */
  score(model: Model, matrix: FeatureMatrix): Float32Array;
}

/**
 * The k best items of each user without those of `seen`, best first, ties to the smaller id; −1 pads where fewer exist.
 * Full ranking over all items, a few users at a time, so that memory is 64 × items whatever the number of users.
 * @returns [users, k] @throws Error on a score that is NaN
 */
export function retrieveTop<Model>(
  kind: Pick<RetrieverKind<Model, unknown>, "score" | "itemCount">,
  model: Model,
  users: Int32Array,
  k: number,
  seen?: SparseRows,
): Int32Array {
  checkK(k);
  const items = kind.itemCount(model);
  const top = new Int32Array(users.length * k).fill(-1);
  const best = new Float64Array(k);
  const masked = new Uint8Array(items);
  for (let from = 0; from < users.length; from += 64) {
    const some = users.subarray(from, from + 64);
    const scores = kind.score(model, some);
    for (let u = 0; u < some.length; u++) {
      const [first, end] = seen === undefined ? [0, 0] : [seen.offsets[some[u]!]!, seen.offsets[some[u]! + 1]!];
      for (let at = first; at < end; at++) masked[seen!.ids[at]!] = 1;
      const base = (from + u) * k;
      let filled = 0;
      for (let item = 0, cell = u * items; item < items; item++, cell++) {
        const score = scores[cell]!;
        if (score !== score) throw new Error(`score of item ${item} is NaN for user ${some[u]}; allowed: numbers`);
        if (masked[item] === 1 || (filled === k && score <= best[k - 1]!)) continue;
        let at = filled < k ? filled++ : k - 1;
        for (; at > 0 && best[at - 1]! < score; at--) {
          best[at] = best[at - 1]!;
          top[base + at] = top[base + at - 1]!;
        }
        best[at] = score;
        top[base + at] = item;
      }
      for (let at = first; at < end; at++) masked[seen!.ids[at]!] = 0;
    }
  }
  return top;
}

/**
 * @throws Error on no rows, columns of another length, ids beyond their category's cardinality, labels other than 0 and 1, one class
 * only, weights that are negative or not finite
 */
export function checkLabelledRows(rows: LabelledRows, what: string): void {
  const { count } = rows.features;
  if (count === 0) throw new Error(`no rows to fit ${what} on: count is 0; allowed: at least 2`);
  checkColumns(count, { label: [rows.label, 1], weight: [rows.weight, Infinity] });
  const { schema, categories } = rows.features;
  for (let at = 0, c = 0; at < categories.length; at++, c = c + 1 === schema.categories.length ? 0 : c + 1) {
    const { name, cardinality } = schema.categories[c]!;
    const id = categories[at]!;
    if (!(id >= 0 && id < cardinality))
      throw new Error(
        `category ${name} is ${id} in row ${Math.floor(at / schema.categories.length)}; allowed: 0 to ${cardinality - 1}`,
      );
  }
  needBothKinds("label", rows.label, count);
}

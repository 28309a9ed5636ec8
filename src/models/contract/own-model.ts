/**
 * A custom model: one file with one function, joined to the built-in ones by its path.
 *
 *   export async function fit(rows, { seed, validation, config, signal, onProgress }) {  // a ranker: rows of features with a 0/1 label
 *     return (features) => probabilities;                                               // Float32Array [rows], of label 1
 *   }
 *
 *   export const family = "retriever";
 *   export async function fit(rows, { seed, config, signal, onProgress }) {              // a retriever: who took what
 *     return (users) => scores;                                                         // Float32Array [users, items]
 *   }
 *
 * Bad rows are refused before such a function sees them and bad scores before anyone else does, so it need not check either. A file may
 * instead export a whole kind of model, `export const model = { kind, defaults, fit, score, save, load }` (a retriever has `itemCount`,
 * too): it is taken as it is and can be kept in files. `name` and `contract` (what its contract may rely on) are optional in both. A
 * file inside the project imports the workbench by name: `import { models } from "stagecraft"`.
 */
import { basename } from "node:path";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { checkUsers } from "./inputs.js";
import {
  checkLabelledRows,
  type HeldOutRows,
  type LabelledRows,
  type RankerKind,
  type RetrieverKind,
} from "./kinds.js";
import { checkSchema, checkShape } from "../network/encoding.js";
import { clampedProbability } from "../rankers/probability.js";
import { checkInteractions, type Interactions } from "../retrievers/interactions.js";
import {
  rankerChoice,
  retrieverChoice,
  type FitChoice,
  type ModelChoice,
  type RankerChoice,
  type RetrieverChoice,
} from "../ladder.js";
import { importOwnModule } from "./own-module.js";

/** What a person's `fit` is told beside its rows; `config` is {} where nobody gave one. */
export interface OwnFitOptions extends HeldOutRows, RunControl {
  readonly seed: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A person's ranker: gives the probability of label 1 per row, [count]. */
export type OwnRankerFit = (
  rows: LabelledRows,
  options: OwnFitOptions,
) => Promise<(features: FeatureMatrix) => Float32Array>;

/** A person's retriever: gives scores of all items for each user, [users, items]. */
export type OwnRetrieverFit = (
  rows: Interactions,
  options: OwnFitOptions,
) => Promise<(users: Int32Array) => Float32Array>;

/**
 * The model in a person's file, fitted and scored as the built-in ones are.
 * @param path of a .mjs, .js or .ts file
 * @throws Error when there is no such file, or it does not export what it may (named)
 * @example const mine = await openOwnModel("notebooks/models/my-ranker.mjs")
 */
export async function openOwnModel(path: string): Promise<ModelChoice> {
  return modelOf(await importOwnModule(path, "model"), path);
}

/** The model among a file's exports. @throws Error naming the exports and what is allowed */
export function modelOf(exported: Readonly<Record<string, unknown>>, path: string): ModelChoice {
  const refuse = (fault: string): never => {
    throw new Error(
      `no model in ${path}: ${fault}; allowed: fit(rows, options) with family "ranker" or "retriever" ("ranker" ` +
        `if not said), or model: a record of kind, defaults, fit, score, save, load and, of a retriever, itemCount`,
    );
  };
  const { fit, family = "ranker", model, name } = exported;
  if (name !== undefined && (typeof name !== "string" || name === ""))
    refuse(`name is ${JSON.stringify(name)}, no text`);
  const called = typeof name === "string" ? name : basename(path).replace(/\.\w+$/, "");
  if (model !== undefined) {
    if (fit !== undefined) refuse("it exports both fit and model");
    return wholeKind(model, called, path, refuse);
  }
  if (typeof fit !== "function") return refuse(`it exports ${Object.keys(exported).join(", ") || "nothing"}`);
  if (family === "ranker") return ownRanker(called, path, fit as OwnRankerFit);
  if (family === "retriever") return ownRetriever(called, path, fit as OwnRetrieverFit);
  return refuse(`family is ${JSON.stringify(family)}`);
}

function wholeKind(model: unknown, name: string, path: string, refuse: (fault: string) => never): ModelChoice {
  if (typeof model !== "object" || model === null)
    return refuse(`model is ${model === null ? "null" : `a ${typeof model}`}`);
  const record = model as Readonly<Record<string, unknown>>;
  const missing = ["fit", "score", "save", "load"].filter((part) => typeof record[part] !== "function");
  if (typeof record["kind"] !== "string") missing.push("kind");
  if (typeof record["defaults"] !== "object" || record["defaults"] === null) missing.push("defaults");
  if (missing.length > 0) return refuse(`model lacks ${missing.join(", ")}`);
  return typeof record["itemCount"] === "function"
    ? { ...retrieverChoice(name, model as RetrieverKind<unknown, object>, path), serving: "scores" }
    : rankerChoice(name, model as RankerKind<unknown, object>, path);
}

function ownRanker(name: string, origin: string, fit: OwnRankerFit): RankerChoice {
  return {
    family: "ranker",
    name,
    origin,
    engine: "javascript",
    async fit(rows, options, control = {}) {
      checkLabelledRows(rows, name);
      checkFeatures(rows.features);
      const { validation } = options;
      if (validation !== undefined) {
        checkLabelledRows(validation, `${name}'s validation`);
        checkSchema(rows.features.schema, validation.features.schema);
        checkFeatures(validation.features);
      }
      const score = await fitted(name, fit, rows, {
        ...optionsOf(options, control),
        ...(validation && { validation }),
      });
      const { schema } = rows.features;
      return {
        score(features) {
          checkSchema(schema, features.schema);
          checkFeatures(features);
          return checkedScores(name, score(features), features.count, "one per row", 1).map(clampedProbability);
        },
      };
    },
  };
}

function ownRetriever(name: string, origin: string, fit: OwnRetrieverFit): RetrieverChoice {
  return {
    family: "retriever",
    name,
    origin,
    engine: "javascript",
    serving: "scores",
    async fit(rows, options, control = {}) {
      checkInteractions(rows);
      const score = await fitted(name, fit, rows, optionsOf(options, control));
      const { itemCount, userCount } = rows;
      return {
        itemCount,
        score(users) {
          checkUsers(users, userCount);
          return checkedScores(
            name,
            score(users),
            users.length * itemCount,
            `${users.length} users × ${itemCount} items`,
          );
        },
      };
    },
  };
}

function optionsOf({ seed, config = {} }: FitChoice, control: RunControl): OwnFitOptions {
  return { ...control, seed, config };
}

/** Runs a person's fit; an abort ends it with the reason even where the function never looks at the signal. */
async function fitted<Rows, Asked>(
  name: string,
  fit: (rows: Rows, options: OwnFitOptions) => Promise<(asked: Asked) => Float32Array>,
  rows: Rows,
  options: OwnFitOptions,
): Promise<(asked: Asked) => Float32Array> {
  options.signal?.throwIfAborted();
  const score: unknown = await fit(rows, options);
  options.signal?.throwIfAborted();
  if (typeof score !== "function")
    throw new Error(
      `${name}: fit gave ${score === null ? "null" : `a value of type ${typeof score}`}; ` +
        `allowed: a function that gives scores as a Float32Array`,
    );
  return score as (asked: Asked) => Float32Array;
}

function checkedScores(name: string, scores: unknown, expected: number, shape: string, most = Infinity): Float32Array {
  if (!(scores instanceof Float32Array)) {
    const found =
      scores instanceof Promise
        ? "a promise"
        : ArrayBuffer.isView(scores) || Array.isArray(scores)
          ? `of type ${scores.constructor.name}`
          : `of type ${typeof scores}`;
    throw new Error(`${name}: the scores are ${found}; allowed: a Float32Array`);
  }
  if (scores.length !== expected)
    throw new Error(`${name} gave ${scores.length} scores; expected ${expected}, ${shape}`);
  const bad = scores.findIndex((score) => !Number.isFinite(score) || (most === 1 && (score < 0 || score > 1)));
  if (bad >= 0)
    throw new Error(
      `${name}: score ${bad} is ${scores[bad]}; allowed: ${most === 1 ? "probabilities, 0 to 1" : "finite numbers"}`,
    );
  return scores;
}

/** @throws Error naming the feature on NaN, an infinite number or a category that the schema does not have */
function checkFeatures(matrix: FeatureMatrix): void {
  checkShape(matrix);
  const { categories, numbers } = matrix.schema;
  for (let row = 0, at = 0; row < matrix.count; row++) {
    for (let d = 0; d < numbers.length; d++, at++) {
      const value = matrix.numbers[at]!;
      if (!Number.isFinite(value))
        throw new Error(`number ${numbers[d]!.name} is ${value} in row ${row}; allowed: finite numbers`);
    }
  }
  for (let row = 0, at = 0; row < matrix.count; row++) {
    for (let c = 0; c < categories.length; c++, at++) {
      const { name, cardinality } = categories[c]!;
      const id = matrix.categories[at]!;
      if (id < 0 || id >= cardinality)
        throw new Error(`category ${name} is ${id} in row ${row}; allowed: 0 to ${cardinality - 1}`);
    }
  }
}

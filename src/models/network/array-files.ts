/** Models that are a config and some arrays: saved and loaded by one pair of functions, `<kind>.json` + `<kind>.weights`. */
import type { DenseParameter } from "./adam.js";
import type { EncodingJson } from "./encoding.js";
import type { LearningCurve } from "./fit.js";
import { arrayOf, makeCard, readCard, readWeights, saveModel, type ModelCard } from "./weights.js";

/** The curve of a model that is counted rather than trained. */
export const noCurve: LearningCurve = { points: [], best: -1, stoppedEarly: false };

/** What stands beside the arrays. `config` and `extra` are JSON. */
export interface ModelParts {
  readonly config: object;
  readonly curve?: LearningCurve;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly encodings?: Readonly<Record<string, EncodingJson>>;
}

/** The card of a model of arrays. */
export function cardOf(kind: string, parts: ModelParts, arrays: readonly DenseParameter[]): ModelCard {
  const { config, curve = noCurve, extra = {}, encodings = {} } = parts;
  return makeCard({ kind, config: { ...config }, curve, extra, encodings }, arrays);
}

/** Writes `<kind>.json` and `<kind>.weights`; gives the id. */
export async function saveArrays(
  dir: string,
  kind: string,
  parts: ModelParts,
  arrays: readonly DenseParameter[],
): Promise<string> {
  const card = cardOf(kind, parts, arrays);
  await saveModel(dir, kind, card, arrays);
  return card.id;
}

/** A model's card and its arrays by name. */
export interface LoadedArrays {
  readonly card: ModelCard;
  real(name: string): Float32Array;
  whole(name: string): Int32Array;
}

/** Loads what `saveArrays` wrote. @throws Error when it is missing, damaged or another kind of model */
export async function loadArrays(dir: string, kind: string): Promise<LoadedArrays> {
  const card = await readCard(dir, kind, kind);
  const arrays = await readWeights(dir, kind, card);
  const real = (name: string): Float32Array => arrayOf(arrays, name).values;
  return {
    card,
    real,
    whole(name) {
      const { buffer, byteOffset, length } = real(name);
      return new Int32Array(buffer, byteOffset, length);
    },
  };
}

/** Real numbers as a named array. */
export function realArray(name: string, shape: readonly number[], values: Float32Array): DenseParameter {
  return { name, shape: [...shape], values };
}

/** Whole numbers as a named array: their 32 bits stand where a float's would, and are only ever copied. */
export function wholeArray(name: string, values: Int32Array): DenseParameter {
  return { name, shape: [values.length], values: new Float32Array(values.buffer, values.byteOffset, values.length) };
}

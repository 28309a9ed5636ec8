/**
 * Rows of features as sparse vectors by hashing (Weinberger et al., 2009). Takes rows of a FeatureSchema; gives, for each row, active
 * coordinates and their values: 1 for each category and each cross of two categories, the standardised value for each number and each
 * cross of a category and a number (a slope for each id), and 1 for the intercept (always the last coordinate). No vocabulary is kept,
 * so an id never seen has a weight of 0, not an error.
 */
import { hash32, keyOf } from "../../random.js";
import type { FeatureMatrix } from "../../types.js";
import {
  encodeRows,
  encodingFromJson,
  encodingToJson,
  fitEncoding,
  type EncodedRows,
  type Encoding,
} from "../network/encoding.js";
import type { LearningCurve } from "../network/training/learning-curve.js";
import { loadArrays, realArray, saveArrays } from "../network/training/model-files.js";
import { probabilityOf } from "./probability.js";

/** Settings of hashing; all JSON. */
export interface HashingConfig {
  /** The table has 2^bits coordinates (and the intercept); 4 to 26. */
  readonly bits: number;
  /** Pairs of features crossed (two categories, or a category and a number), or all pairs of categories, or none. */
  readonly crosses: "all" | "none" | readonly (readonly [string, string])[];
  /** Standardised numbers are cut to [-clip, clip]. */
  readonly clip: number;
}

/** Defaults of hashing. */
export const hashingDefaults: HashingConfig = { bits: 20, crosses: "none", clip: 5 };

/** What is needed to hash rows of one schema. */
export interface Hashing {
  readonly bits: number;
  /** Means and deviations of the numbers; its vocabularies are empty. */
  readonly encoding: Encoding;
  readonly crossed: Int32Array; // [pairs × 2] places of categories; in the second place a number's is categories + its own
  readonly keys: Int32Array; // of each category, then of each pair
  readonly numberCells: Int32Array; // coordinate of each number
  /** Active coordinates per row. */
  readonly active: number;
  /** Coordinates, intercept included. */
  readonly size: number;
}

/** Fits means and deviations of numbers on rows. @throws Error on no rows, NaN features (named), unknown categories, bits out of range */
export function fitHashing(matrix: FeatureMatrix, config: HashingConfig): Hashing {
  return makeHashing(fitEncoding(matrix, { minCount: Number.MAX_SAFE_INTEGER, clip: config.clip }), config);
}

/** The hashing of an encoding: what is saved is the encoding alone. */
export function makeHashing(encoding: Encoding, config: HashingConfig): Hashing {
  const { bits } = config;
  if (!Number.isInteger(bits) || bits < 4 || bits > 26)
    throw new Error(`bits is ${bits}; allowed: whole numbers from 4 to 26`);
  const names = encoding.schema.categories.map(({ name }) => name);
  const numbers = encoding.schema.numbers.map(({ name }) => name);
  const pairs = pairsOf(names, numbers, config.crosses);
  const label = (at: number): string =>
    at < names.length ? `category ${names[at]!}` : `number ${numbers[at - names.length]!}`;
  const keys = [...names.map((_, c) => label(c)), ...pairs.map(([a, b]) => `${label(a)} × ${label(b)}`)].map(
    (name) => keyOf(0, name) | 0,
  );
  const numberCells = encoding.schema.numbers.map(({ name }) => hash32(keyOf(0, `number ${name}`), 0) >>> (32 - bits));
  return {
    bits,
    encoding,
    crossed: Int32Array.from(pairs.flat()),
    keys: Int32Array.from(keys),
    numberCells: Int32Array.from(numberCells),
    active: keys.length + numberCells.length + 1,
    size: 2 ** bits + 1,
  };
}

/** Sparse rows of equal length, row-major. */
export interface HashedRows {
  count: number;
  cells: Int32Array; // [count, active]
  values: Float32Array; // [count, active]
}

/**
 * Hashes the rows `order[from … to)` (or `from … to` themselves). `into` re-uses arrays of an earlier answer.
 * @throws Error naming the feature on NaN, an infinite number or a negative id; on another schema
 */
export function hashRows(
  hashing: Hashing,
  matrix: FeatureMatrix,
  order: Int32Array | undefined,
  from: number,
  to: number,
  into?: HashedRows,
): HashedRows {
  const { encoding, crossed, keys, numberCells, active, bits } = hashing;
  const encoded: EncodedRows = encodeRows(matrix, encoding, order, from, to);
  const count = to - from;
  const out: HashedRows =
    into !== undefined && into.cells.length >= count * active
      ? into
      : { count, cells: new Int32Array(count * active), values: new Float32Array(count * active) };
  out.count = count;
  const { cells, values } = out;
  const wide = encoding.schema.categories.length;
  const shift = 32 - bits;
  for (let i = 0, at = 0; i < count; i++) {
    const base = (order === undefined ? from + i : order[from + i]!) * wide;
    for (let c = 0; c < wide; c++, at++) {
      cells[at] = hash32(keys[c]!, matrix.categories[base + c]!) >>> shift;
      values[at] = 1;
    }
    for (let p = 0, key = wide; p < crossed.length; p += 2, key++, at++) {
      const other = crossed[p + 1]!;
      const isNumber = other >= wide;
      cells[at] =
        hash32(keys[key]!, matrix.categories[base + crossed[p]!]!, isNumber ? 0 : matrix.categories[base + other]!) >>>
        shift;
      values[at] = isNumber ? encoded.numbers[i * numberCells.length + other - wide]! : 1;
    }
    for (let d = 0; d < numberCells.length; d++, at++) {
      cells[at] = numberCells[d]!;
      values[at] = encoded.numbers[i * numberCells.length + d]!;
    }
    cells[at] = hashing.size - 1;
    values[at++] = 1;
  }
  return out;
}

/** Logit of row `i`: Σ weight × value. */
export function logitOf(weights: Float32Array, { cells, values }: HashedRows, i: number, active: number): number {
  let logit = 0;
  for (let at = i * active, end = at + active; at < end; at++) logit += weights[cells[at]!]! * values[at]!;
  return logit;
}

/**
 * Hashes the rows `order[from … to)` (or `from … to` themselves), some at a time. @param take gets rows and the number of the first;
 * what it is given is valid until the next
 */
export function eachHashed(
  hashing: Hashing,
  matrix: FeatureMatrix,
  take: (rows: HashedRows, from: number) => void,
  { order, from = 0, to = order?.length ?? matrix.count, size = 4096 }: HashedRange = {},
): void {
  let rows: HashedRows | undefined;
  for (let start = from; start < to; start += size) {
    rows = hashRows(hashing, matrix, order, start, Math.min(to, start + size), rows);
    take(rows, start);
  }
}

/** Which rows `eachHashed` takes, default all, and how many at a time. */
export interface HashedRange {
  readonly order?: Int32Array | undefined;
  readonly from?: number;
  readonly to?: number;
  readonly size?: number;
}

/** Probabilities of all rows. @param logit of row `i` among some */
export function predictHashed(
  hashing: Hashing,
  matrix: FeatureMatrix,
  logit: (rows: HashedRows, i: number) => number,
): Float32Array {
  const probabilities = new Float32Array(matrix.count);
  eachHashed(hashing, matrix, (rows, from) => {
    for (let i = 0; i < rows.count; i++) probabilities[from + i] = probabilityOf(logit(rows, i));
  });
  return probabilities;
}

/** A fitted model of hashed rows, whatever its numbers. */
export interface HashedModel<Kind extends string, Config extends HashingConfig> {
  readonly kind: Kind;
  readonly config: Config;
  readonly hashing: Hashing;
  readonly curve: LearningCurve;
}

/** Writes a model and its numbers by name; gives the id. */
export function saveHashed(
  { kind, config, curve, hashing }: HashedModel<string, HashingConfig>,
  dir: string,
  numbers: Readonly<Record<string, Float32Array>>,
): Promise<string> {
  const arrays = Object.entries(numbers).map(([name, values]) => realArray(name, [values.length], values));
  return saveArrays(dir, kind, { config, curve, encodings: { rows: encodingToJson(hashing.encoding) } }, arrays);
}

/** Loads what `saveHashed` wrote. @throws as `loadArrays` does */
export async function loadHashed<Kind extends string, Config extends HashingConfig, Name extends string>(
  kind: Kind,
  dir: string,
  names: readonly Name[],
): Promise<HashedModel<Kind, Config> & Readonly<Record<Name, Float32Array>>> {
  const { card, real } = await loadArrays(dir, kind);
  const config = card.config as unknown as Config;
  const hashing = makeHashing(encodingFromJson(card.encodings.rows!), config);
  const numbers = Object.fromEntries(names.map((name) => [name, real(name)])) as Record<Name, Float32Array>;
  return { kind, config, hashing, curve: card.curve, ...numbers };
}

function pairsOf(
  names: readonly string[],
  numbers: readonly string[],
  crosses: HashingConfig["crosses"],
): [number, number][] {
  if (crosses === "none") return [];
  if (crosses === "all")
    return names.flatMap((_, a) => names.slice(a + 1).map((__, b): [number, number] => [a, a + 1 + b]));
  const all = [...names, ...numbers];
  return crosses.map(([first, second]) => {
    const places = [first, second].map((name) => all.indexOf(name)) as [number, number];
    places.forEach((place, p) => {
      if (place < 0) throw new Error(`unknown feature to cross: ${[first, second][p]}; known: ${all.join(", ")}`);
    });
    places.sort((a, b) => a - b); // the category first
    if (places[0] >= names.length)
      throw new Error(
        `cannot cross two numbers: ${first} × ${second}; allowed: two categories, or a category and a number`,
      );
    return places;
  });
}

/**
 * From a FeatureMatrix to what a network reads. Takes rows of a FeatureSchema; gives table rows for categories and
 * standardised numbers. Fitted on training rows only, so nothing of the future leaks into a mean or a vocabulary.
 *
 * A category's table row 0 is out-of-vocabulary (OOV): ids seen fewer than `minCount` times, never seen, or beyond the
 * cardinality the encoding was fitted with. A number becomes clip((x - mean) / deviation, ±clip); a constant column becomes 0.
 */
import type { FeatureMatrix, FeatureSchema } from "../../types.js";

/** Settings of `fitEncoding`. */
export interface EncodingConfig {
  /** An id needs this many training rows to get a row of its own. */
  readonly minCount: number;
  /** Standardised numbers are cut to [-clip, clip]. */
  readonly clip: number;
  /** Categories of more values share so many table rows, id → 1 + id mod hashRows, and need no vocabulary. Default: none do. */
  readonly hashRows?: number;
}

/** Defaults of `fitEncoding`. */
export const encodingDefaults: EncodingConfig = { minCount: 2, clip: 5 };

/** What `fitEncoding` learned. Arrays are in the order of the schema. */
export interface Encoding {
  readonly schema: FeatureSchema;
  readonly config: EncodingConfig;
  /** Known ids of each category in row order: `vocabularies[c][r - 1]` is the id of table row r. */
  readonly vocabularies: readonly Int32Array[];
  /** The inverse: `rowOf[c][id]` is the table row, 0 for OOV. */
  readonly rowOf: readonly Int32Array[];
  readonly means: Float64Array; // [numbers]
  /** Standard deviations (population); 0 for constant columns. */
  readonly deviations: Float64Array; // [numbers]
}

/** Encoded rows, row-major. */
export interface EncodedRows {
  readonly count: number;
  readonly categories: Int32Array; // [count, categories], table rows
  readonly numbers: Float32Array; // [count, numbers], in [-clip, clip]
}

/**
 * Learns vocabularies, means and deviations from training rows.
 * @throws Error on no rows, columns of the wrong length, ids outside their cardinality, NaN or infinite numbers (named).
 */
export function fitEncoding(matrix: FeatureMatrix, config: Partial<EncodingConfig> = {}): Encoding {
  const { minCount, clip, hashRows } = { ...encodingDefaults, ...config }; // callers pass their whole config
  checkShape(matrix);
  if (matrix.count === 0) throw new Error("no rows to fit an encoding on: count is 0; allowed: at least 1");
  const vocabularies = matrix.schema.categories.map(({ cardinality }, c) =>
    hashRows !== undefined && cardinality > hashRows
      ? Int32Array.from({ length: hashRows }, (_, id) => id) // the least id of each row
      : frequentIds(matrix, c, minCount),
  );
  const { means, deviations } = moments(matrix);
  const kept = { minCount, clip, ...(hashRows !== undefined && { hashRows }) };
  return makeEncoding(matrix.schema, kept, vocabularies, means, deviations);
}

/**
 * The same encoding with ids that have become frequent since, appended: old ids keep their table rows and numbers their
 * scale, so a model fitted with the old one can go on (warm start) after growing its tables.
 */
export function extendEncoding(encoding: Encoding, matrix: FeatureMatrix): Encoding {
  checkSchema(encoding.schema, matrix.schema);
  checkShape(matrix);
  const vocabularies = encoding.vocabularies.map((old, c) => {
    if (isHashed(encoding, c)) return old;
    const rowOf = encoding.rowOf[c]!;
    const fresh = frequentIds(matrix, c, encoding.config.minCount).filter((id) => !rowOf[id]);
    const grown = new Int32Array(old.length + fresh.length);
    grown.set(old);
    grown.set(fresh, old.length);
    return grown;
  });
  return makeEncoding(
    widerSchema(encoding.schema, matrix.schema),
    encoding.config,
    vocabularies,
    encoding.means,
    encoding.deviations,
  );
}

/** Rows of each embedding table: the vocabulary and the OOV row. */
export function tableSizes(encoding: Encoding): number[] {
  return encoding.vocabularies.map((ids) => ids.length + 1);
}

/** Encodes all rows. `into` re-uses arrays of an earlier answer where they are long enough. */
export function encode(matrix: FeatureMatrix, encoding: Encoding, into?: EncodedRows): EncodedRows {
  return encodeRows(matrix, encoding, undefined, 0, matrix.count, into);
}

/**
 * Encodes the rows `order[from … to)` (or `from … to` themselves without an order) of a matrix: one batch of training
 * without a second copy of the data.
 * @throws Error naming the feature on NaN, an infinite number or a negative id; on another schema.
 */
export function encodeRows(
  matrix: FeatureMatrix,
  encoding: Encoding,
  order: Int32Array | undefined,
  from: number,
  to: number,
  into?: EncodedRows,
): EncodedRows {
  if (matrix.schema !== encoding.schema) checkSchema(encoding.schema, matrix.schema);
  checkShape(matrix);
  const count = to - from;
  const wide = encoding.vocabularies.length;
  const deep = encoding.means.length;
  const categories = room(into?.categories, count * wide, Int32Array);
  const numbers = room(into?.numbers, count * deep, Float32Array);
  const inverse = encoding.deviations.map((deviation) => (deviation > 0 ? 1 / deviation : 0));
  const { rowOf, means } = encoding;
  const clip = encoding.config.clip;
  for (let i = 0; i < count; i++) {
    const row = order === undefined ? from + i : order[from + i]!;
    for (let c = 0, at = row * wide, out = i * wide; c < wide; c++, at++, out++) {
      const id = matrix.categories[at]!;
      if (id < 0)
        throw new Error(`category ${encoding.schema.categories[c]!.name} is ${id} in row ${row}; allowed: 0 or more`);
      const rows = rowOf[c]!;
      categories[out] = id < rows.length ? rows[id]! : 0;
    }
    for (let d = 0, at = row * deep, out = i * deep; d < deep; d++, at++, out++) {
      const value = matrix.numbers[at]!;
      const z = (value - means[d]!) * inverse[d]!;
      if (z >= -clip && z <= clip) numbers[out] = z;
      else numbers[out] = clipped(value, z, clip, encoding.schema, d, row);
    }
  }
  return { count, categories, numbers };
}

/** JSON of an encoding: plain arrays, nothing lost (float64 prints round-trip). */
export interface EncodingJson {
  readonly schema: FeatureSchema;
  readonly config: EncodingConfig;
  readonly vocabularies: readonly (readonly number[])[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** An encoding as JSON. */
export function encodingToJson(encoding: Encoding): EncodingJson {
  return {
    schema: encoding.schema,
    config: encoding.config,
    vocabularies: encoding.vocabularies.map((ids) => Array.from(ids)),
    means: Array.from(encoding.means),
    deviations: Array.from(encoding.deviations),
  };
}

/** An encoding from its JSON; gives equal rows to the one that was saved. */
export function encodingFromJson(json: EncodingJson): Encoding {
  const vocabularies = json.vocabularies.map((ids) => Int32Array.from(ids));
  return makeEncoding(
    json.schema,
    json.config,
    vocabularies,
    Float64Array.from(json.means),
    Float64Array.from(json.deviations),
  );
}

/** @throws Error when two schemas differ in names or order. Cardinalities may differ: catalogues grow. */
export function checkSchema(expected: FeatureSchema, found: FeatureSchema): void {
  for (const kind of ["categories", "numbers"] as const) {
    const want = expected[kind].map((column) => column.name);
    const have = found[kind].map((column) => column.name);
    if (want.length === have.length && want.every((name, i) => name === have[i])) continue;
    const [others, missing] = [
      have.filter((name) => !want.includes(name)),
      want.filter((name) => !have.includes(name)),
    ];
    // else they stand in another order, or twice
    const [fault, allowed] = others.length + missing.length > 0 ? [others, missing] : [have, want];
    throw new Error(
      `${kind} do not match the model's: found ${fault.join(", ") || "none"}; expected ${allowed.join(", ") || "none"}`,
    );
  }
}

/** @throws Error when a matrix's columns are not as long as its count and schema say. */
export function checkShape(matrix: FeatureMatrix): void {
  for (const kind of ["categories", "numbers"] as const) {
    const expected = matrix.count * matrix.schema[kind].length;
    const found = matrix[kind].length;
    if (found < expected)
      throw new Error(
        `${kind} hold ${found} values; expected ${matrix.count} rows × ${matrix.schema[kind].length} = ${expected}`,
      );
  }
}

function makeEncoding(
  schema: FeatureSchema,
  config: EncodingConfig,
  vocabularies: readonly Int32Array[],
  means: Float64Array,
  deviations: Float64Array,
): Encoding {
  const rowOf = vocabularies.map((ids, c) => {
    const rows = new Int32Array(schema.categories[c]!.cardinality);
    if (isHashed({ schema, config, vocabularies }, c)) return rows.map((_, id) => 1 + (id % ids.length));
    for (let r = 0; r < ids.length; r++) rows[ids[r]!] = r + 1;
    return rows;
  });
  return { schema, config, vocabularies, rowOf, means, deviations };
}

function isHashed(
  { schema, config, vocabularies }: Pick<Encoding, "schema" | "config" | "vocabularies">,
  c: number,
): boolean {
  return vocabularies[c]!.length === config.hashRows && schema.categories[c]!.cardinality > config.hashRows;
}

function widerSchema(a: FeatureSchema, b: FeatureSchema): FeatureSchema {
  const categories = a.categories.map(({ name, cardinality }, c) => ({
    name,
    cardinality: Math.max(cardinality, b.categories[c]!.cardinality),
  }));
  return { categories, numbers: a.numbers };
}

/** Ids of category `c` with at least `minCount` rows, ascending. */
function frequentIds(matrix: FeatureMatrix, c: number, minCount: number): Int32Array {
  const { name, cardinality } = matrix.schema.categories[c]!;
  const wide = matrix.schema.categories.length;
  const counts = new Int32Array(cardinality);
  for (let row = 0; row < matrix.count; row++) {
    const id = matrix.categories[row * wide + c]!;
    if (id < 0 || id >= cardinality)
      throw new Error(`category ${name} is ${id} in row ${row}; allowed: 0 to ${cardinality - 1}`);
    counts[id]!++;
  }
  const ids: number[] = [];
  for (let id = 0; id < cardinality; id++) if (counts[id]! >= minCount) ids.push(id);
  return Int32Array.from(ids);
}

/** Mean and population deviation of each number, two passes (stable for large means). */
function moments(matrix: FeatureMatrix): { means: Float64Array; deviations: Float64Array } {
  const deep = matrix.schema.numbers.length;
  const means = new Float64Array(deep);
  const deviations = new Float64Array(deep);
  for (let row = 0, at = 0; row < matrix.count; row++)
    for (let d = 0; d < deep; d++, at++) means[d]! += matrix.numbers[at]!;
  for (let d = 0; d < deep; d++) {
    means[d]! /= matrix.count;
    if (!Number.isFinite(means[d]!)) reportBadNumber(matrix, d);
  }
  for (let row = 0, at = 0; row < matrix.count; row++) {
    for (let d = 0; d < deep; d++, at++) deviations[d]! += (matrix.numbers[at]! - means[d]!) ** 2;
  }
  for (let d = 0; d < deep; d++) {
    const deviation = Math.sqrt(deviations[d]! / matrix.count);
    // Float32 inputs: what is below their rounding is no variation but noise, and dividing by it would blow it up.
    deviations[d] = deviation > 1e-6 * Math.max(1e-30, Math.abs(means[d]!)) ? deviation : 0;
  }
  return { means, deviations };
}

function reportBadNumber(matrix: FeatureMatrix, d: number): never {
  const deep = matrix.schema.numbers.length;
  let row = 0;
  while (row < matrix.count - 1 && Number.isFinite(matrix.numbers[row * deep + d]!)) row++;
  throw badNumber(matrix.schema, d, row, matrix.numbers[row * deep + d]!);
}

function clipped(value: number, z: number, clip: number, schema: FeatureSchema, d: number, row: number): number {
  if (!Number.isFinite(value)) throw badNumber(schema, d, row, value);
  return z > clip ? clip : -clip;
}

function badNumber(schema: FeatureSchema, d: number, row: number, value: number): Error {
  return new Error(`number ${schema.numbers[d]!.name} is ${value} in row ${row}; allowed: finite numbers`);
}

function room<T extends Int32Array | Float32Array>(
  held: T | undefined,
  length: number,
  make: new (length: number) => T,
): T {
  return held !== undefined && held.length === length ? held : new make(length);
}

/** Making, picking and joining `FeatureMatrix` rows. */
import type { FeatureMatrix, FeatureSchema } from "../../types.js";

/** `count` rows of zeros. */
export function emptyMatrix(schema: FeatureSchema, count: number): FeatureMatrix {
  return {
    schema,
    count,
    categories: new Int32Array(count * schema.categories.length),
    numbers: new Float32Array(count * schema.numbers.length),
  };
}

/** The given rows, in the given order; rows may repeat. */
export function takeRows(matrix: FeatureMatrix, rows: Int32Array): FeatureMatrix {
  const out = emptyMatrix(matrix.schema, rows.length);
  copyRows(matrix.categories, out.categories, matrix.schema.categories.length, rows);
  copyRows(matrix.numbers, out.numbers, matrix.schema.numbers.length, rows);
  return out;
}

/** Concatenates matrices of one schema. */
export function concatMatrices(matrices: readonly FeatureMatrix[]): FeatureMatrix {
  const first = matrices[0];
  if (!first) throw new Error("nothing to join: at least one matrix is needed, for its schema");
  const out = emptyMatrix(
    first.schema,
    matrices.reduce((sum, matrix) => sum + matrix.count, 0),
  );
  let at = 0;
  for (const matrix of matrices) {
    out.categories.set(matrix.categories, at * first.schema.categories.length);
    out.numbers.set(matrix.numbers, at * first.schema.numbers.length);
    at += matrix.count;
  }
  return out;
}

/**
 * One feature's values, copied out of the rows: Int32Array for a category, Float32Array for a number. // [count]
 * @throws Error naming the known features.
 */
export function columnOf(matrix: FeatureMatrix, name: string): Int32Array | Float32Array {
  const { categories, numbers } = matrix.schema;
  const c = categories.findIndex((category) => category.name === name);
  if (c >= 0) return strided(matrix.categories, new Int32Array(matrix.count), categories.length, c);
  const n = numbers.findIndex((number) => number.name === name);
  if (n >= 0) return strided(matrix.numbers, new Float32Array(matrix.count), numbers.length, n);
  throw new Error(
    `unknown feature: ${name}; known: ${[...categories, ...numbers].map((feature) => feature.name).join(", ")}`,
  );
}

/**
 * The first rows of a matrix, sharing its memory.
 * @throws Error when it has fewer.
 */
export function firstRows(matrix: FeatureMatrix, count: number): FeatureMatrix {
  if (matrix.count < count) throw new Error(`into has ${matrix.count} rows; ${count} are needed`);
  const { schema, categories, numbers } = matrix;
  return {
    schema,
    count,
    categories: categories.subarray(0, count * schema.categories.length),
    numbers: numbers.subarray(0, count * schema.numbers.length),
  };
}

function copyRows(
  from: Int32Array | Float32Array,
  to: Int32Array | Float32Array,
  width: number,
  rows: Int32Array,
): void {
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * width;
    for (let c = 0; c < width; c++) to[i * width + c] = from[start + c]!;
  }
}

function strided<T extends Int32Array | Float32Array>(from: T, to: T, width: number, offset: number): T {
  for (let i = 0; i < to.length; i++) to[i] = from[i * width + offset]!;
  return to;
}

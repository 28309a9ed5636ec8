/** DuckDB vectors to and from typed arrays, a whole chunk at a time. Part of the door in `database.ts`. */
import {
  DuckDBBigIntVector,
  DuckDBBooleanVector,
  DuckDBHugeIntVector,
  DuckDBUBigIntVector,
  DuckDBVarCharVector,
  type DuckDBVector,
} from "@duckdb/node-api";

/** A column in memory. 64-bit integers are Float64Array (safe integers); booleans and enumeration codes Uint8Array. */
export type Column =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | readonly string[];

/** Column types that go in. `{ names }` is an enumeration: codes in memory, names in SQL and Parquet. */
export type ColumnType =
  | "BIGINT" // Float64Array of safe integers
  | "BOOLEAN" // Uint8Array of 0 and 1
  | "DOUBLE" // Float64Array
  | "FLOAT" // Float32Array
  | "INTEGER" // Int32Array
  | "SMALLINT" // Int16Array
  | "UTINYINT" // Uint8Array
  | "VARCHAR" // string[]
  | { readonly names: readonly string[] }; // Uint8Array of codes, at most 255 names

/** A column going into a table. */
export interface NamedColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: Column;
}

type Numbers = Exclude<Column, readonly string[]>;

/** What the package's vectors hold but its types keep private: the values, and one bit per row that is 1 where not NULL. */
interface Inside {
  readonly items: Numbers | BigInt64Array | BigUint64Array | undefined;
  readonly validity: { readonly data: BigUint64Array | null };
}

const arrayOf: Readonly<Record<Extract<ColumnType, string>, string>> = {
  BIGINT: "Float64Array",
  BOOLEAN: "Uint8Array",
  DOUBLE: "Float64Array",
  FLOAT: "Float32Array",
  INTEGER: "Int32Array",
  SMALLINT: "Int16Array",
  UTINYINT: "Uint8Array",
  VARCHAR: "Array",
};

/** Fills a vector with `n` values of a column from row `from`, and hands it to DuckDB. */
export function writeVector(vector: DuckDBVector, column: NamedColumn, from: number, n: number): void {
  const { name, type, values } = column;
  const wanted = typeof type === "string" ? arrayOf[type] : "Uint8Array";
  if (values.constructor.name !== wanted)
    throw new Error(`column ${name} is a ${values.constructor.name}; allowed: ${wanted}`);
  if (vector instanceof DuckDBVarCharVector) {
    for (let i = 0; i < n; i++) vector.setItem(i, (values as readonly string[])[from + i]!);
  } else if (vector instanceof DuckDBBooleanVector) {
    for (let i = 0; i < n; i++) vector.setItem(i, values[from + i] === 1);
  } else if (vector instanceof DuckDBBigIntVector) {
    writeInt64(words(inside(vector).items as BigInt64Array), values as Float64Array, from, n, name);
  } else {
    if (typeof type !== "string") checkCodes(values as Uint8Array, from, n, type.names.length, name);
    (inside(vector).items as Numbers).set((values as Numbers).subarray(from, from + n));
  }
  vector.flush();
}

/**
 * Copies a vector's `n` values into `column` at row `at`.
 * @throws Error on NULL (in FLOAT and DOUBLE it becomes NaN) and on 64-bit integers that a double cannot hold.
 */
export function readVector(vector: DuckDBVector, column: Column, at: number, n: number, name: string): void {
  const { items } = inside(vector);
  const nan = items instanceof Float32Array || items instanceof Float64Array;
  const isNull = nullsOf(vector, n);
  const firstNull = isNull === undefined ? -1 : isNull.indexOf(1);
  if (firstNull >= 0 && !nan) throw new Error(`column ${name} is NULL in row ${at + firstNull}; coalesce it`);
  if (Array.isArray(column)) {
    for (let i = 0; i < n; i++) column[at + i] = vector.getItem(i) as string;
  } else if (vector instanceof DuckDBBooleanVector) {
    for (let i = 0; i < n; i++) (column as Uint8Array)[at + i] = vector.getItem(i) === true ? 1 : 0;
  } else if (vector instanceof DuckDBBigIntVector) {
    readInt64(words(items as BigInt64Array), column as Float64Array, at, n, name);
  } else if (vector instanceof DuckDBUBigIntVector || vector instanceof DuckDBHugeIntVector) {
    for (let i = 0; i < n; i++) (column as Float64Array)[at + i] = safe(Number(vector.getItem(i)), name);
  } else {
    (column as Numbers).set((items as Numbers).subarray(0, n), at);
    isNull?.forEach((bit, i) => bit === 1 && ((column as Numbers)[at + i] = NaN));
  }
}

function inside(vector: DuckDBVector): Inside {
  return vector as unknown as Inside;
}

/** 1 for each NULL row; undefined when there is none (DuckDB makes the mask only when needed). */
function nullsOf(vector: DuckDBVector, n: number): Uint8Array | undefined {
  const mask = inside(vector).validity.data;
  if (mask === null) return undefined;
  const bits = new Uint32Array(mask.buffer, mask.byteOffset, mask.length * 2);
  const nulls = new Uint8Array(n);
  for (let i = 0; i < n; i++) nulls[i] = 1 - ((bits[i >> 5]! >>> (i & 31)) & 1);
  return nulls.includes(1) ? nulls : undefined;
}

/** 64-bit integers as little-endian pairs of 32-bit words: no BigInt is made for a row. */
function words(items: BigInt64Array): Uint32Array {
  return new Uint32Array(items.buffer, items.byteOffset, items.length * 2);
}

function writeInt64(pairs: Uint32Array, values: Float64Array, from: number, n: number, name: string): void {
  for (let i = 0; i < n; i++) {
    const value = safe(values[from + i]!, name);
    pairs[2 * i] = value >>> 0;
    pairs[2 * i + 1] = Math.floor(value / 4294967296) >>> 0;
  }
}

function readInt64(pairs: Uint32Array, column: Float64Array, at: number, n: number, name: string): void {
  for (let i = 0; i < n; i++) {
    column[at + i] = safe((pairs[2 * i + 1]! | 0) * 4294967296 + pairs[2 * i]!, name);
  }
}

function safe(value: number, name: string): number {
  if (!Number.isSafeInteger(value)) throw new Error(`column ${name} has ${value}; allowed: integers within ±2^53`);
  return value;
}

function checkCodes(codes: Uint8Array, from: number, n: number, names: number, name: string): void {
  for (let i = from; i < from + n; i++) {
    if (codes[i]! >= names) throw new Error(`column ${name} has code ${codes[i]}; allowed: 0 to ${names - 1}`);
  }
}

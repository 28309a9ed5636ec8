/**
 * danfo data frames, for tables of at most 10,000 rows that a notebook shows and slices. Use DuckDB for larger tables:
 * danfo groups 100,000 rows in a minute where DuckDB takes 50 ms. The one importer of danfojs-node, loaded on first use.
 */
import { createRequire } from "node:module";

/** The part of danfo's DataFrame that the notebooks use; the object itself is danfo's. */
export interface Frame {
  readonly shape: readonly number[]; // [rows, columns]
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
  readonly dtypes: readonly string[];
  head(rows?: number): Frame;
  tail(rows?: number): Frame;
  describe(): Frame;
  sortValues(by: string, options?: { ascending?: boolean }): Frame;
  loc(args: { rows?: readonly (string | number | boolean)[]; columns?: readonly string[] }): Frame;
  iloc(args: { rows?: readonly (string | number | boolean)[]; columns?: readonly (string | number)[] }): Frame;
  toString(): string;
}

const mostRows = 10_000;

/**
 * A data frame of records (rows) or of columns (arrays or typed arrays of one length). Throws beyond 10,000 rows, on columns of
 * different lengths, and with a hint if danfo cannot load.
 */
export function frame(data: readonly object[] | Readonly<Record<string, ArrayLike<unknown>>>): Frame {
  const columns = Array.isArray(data)
    ? columnsOf(data as readonly Record<string, unknown>[])
    : plainColumns(data as Readonly<Record<string, ArrayLike<unknown>>>);
  const rows = Object.values(columns)[0]?.length ?? 0;
  if (rows === 0) throw new RangeError("a frame needs at least 1 row and 1 column; got none");
  if (rows > mostRows)
    throw new RangeError(
      `a frame of ${rows} rows is too large: danfo is for at most ${mostRows}; aggregate with DuckDB first, or take a slice`,
    );
  const { DataFrame } = danfo();
  return new DataFrame(columns);
}

/** Whether a value is a danfo frame (of any copy of danfo). */
export function isFrame(value: unknown): value is Frame {
  const candidate = value as Partial<Frame> | null;
  return (
    typeof value === "object" &&
    candidate !== null &&
    Array.isArray(candidate.columns) &&
    Array.isArray(candidate.shape) &&
    Array.isArray(candidate.dtypes) &&
    typeof candidate.head === "function"
  );
}

function danfo(): { DataFrame: new (columns: object) => Frame } {
  const requireHere = createRequire(import.meta.url);
  try {
    return requireHere("danfojs-node") as { DataFrame: new (columns: object) => Frame };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new Error(
      `danfojs-node cannot be loaded (${reason}); it needs TensorFlow.js: import the package ` +
        `itself first (its door to TensorFlow.js finds a backend), or run: npm run doctor`,
      { cause },
    );
  }
}

/** Rows to columns; danfo reads types from the leading rows, so every column has one type or null. */
function columnsOf(rows: readonly Record<string, unknown>[]): Record<string, unknown[]> {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key] ?? null)]));
}

function plainColumns(columns: Readonly<Record<string, ArrayLike<unknown>>>): Record<string, unknown[]> {
  const entries = Object.entries(columns);
  const [firstName, first] = entries[0] ?? ["", []];
  for (const [name, column] of entries) {
    if (column.length !== first.length)
      throw new RangeError(
        `lengths differ: ${name} has ${column.length} rows, ${firstName} has ${first.length}; they must be equal`,
      );
  }
  return Object.fromEntries(entries.map(([name, column]) => [name, Array.from(column)])); // danfo throws on typed arrays
}

/** Rows of features put together column by column: what an interaction has itself, and what is known of its user and item. */
import { takeRows } from "../../../data/index.js";
import type { FeatureMatrix } from "../../../types.js";

/** A column of rows: `values[row]`, or `values[of[row]]` where it belongs to the row's user or item. With a cardinality it is a category. */
export interface RowColumn {
  readonly name: string;
  readonly cardinality?: number;
  readonly values: ArrayLike<number>;
  readonly of?: ArrayLike<number>; // [count]
}

/** Rows with a 0/1 label and whose they are. */
export interface OwnRows {
  readonly features: FeatureMatrix;
  readonly label: Uint8Array; // [count]
  readonly user: Int32Array; // [count]
}

/** Rows of the given columns: categories and numbers each in the order given. A name that stands already gets a number ("age (2)"). */
export function rowsOfColumns(count: number, given: readonly RowColumn[]): FeatureMatrix {
  const columns = withOwnNames(given);
  const categories = columns.flatMap(({ name, cardinality }) =>
    cardinality === undefined ? [] : [{ name, cardinality }],
  );
  const numbers = columns.flatMap(({ name, cardinality }) => (cardinality === undefined ? [{ name }] : []));
  const rows: FeatureMatrix = {
    schema: { categories, numbers },
    count,
    categories: new Int32Array(count * categories.length),
    numbers: new Float32Array(count * numbers.length),
  };
  let [category, number] = [0, 0];
  for (const column of columns) {
    if (column.cardinality === undefined) place(column, rows.numbers, numbers.length, number++);
    else place(column, rows.categories, categories.length, category++);
  }
  return rows;
}

/** Some rows of all. */
export function takeOwnRows({ features, label, user }: OwnRows, which: Int32Array): OwnRows {
  return {
    features: takeRows(features, which),
    label: Uint8Array.from(which, (row) => label[row]!),
    user: which.map((row) => user[row]!),
  };
}

function withOwnNames(columns: readonly RowColumn[]): readonly RowColumn[] {
  const times = new Map<string, number>();
  return columns.map((column) => {
    const time = (times.get(column.name) ?? 0) + 1;
    times.set(column.name, time);
    return time === 1 ? column : { ...column, name: `${column.name} (${time})` };
  });
}

function place({ values, of }: RowColumn, into: Int32Array | Float32Array, width: number, at: number): void {
  for (let cell = at, row = 0; cell < into.length; cell += width, row++)
    into[cell] = values[of === undefined ? row : of[row]!]!;
}

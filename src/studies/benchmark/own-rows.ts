/**
 * Rows of features from imported data: what click-through models are compared on. User id, item id and every field of users and items as a
 * category; a field of several words per cell ("Action|Comedy") as one 0/1 number per word. The value of a field never changes, so
 * these rows contain no outcome.
 */
import { takeRows, wordsOf, type ImportedData, type ImportedField } from "../../data/index.js";
import type { FeatureMatrix } from "../../types.js";

/**
 * A column of rows: `values[row]`, or `values[of[row]]` where it belongs to the row's user or item. With a cardinality it is a category.
 */
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

/** A field with more distinct words than this share of its owners is a name or a title: it adds nothing to the id. */
const titleShare = 0.9;
/** A field of lists is split into values if it has at most this many. */
const mostCategories = 100;

/** Every field of users or of items, by their id. */
export function fieldColumns(fields: readonly ImportedField[]): readonly RowColumn[] {
  const telling = fields.filter(({ words, code }) => words.length <= titleShare * code.length);
  return telling.flatMap((field): RowColumn[] => {
    const words = listed(field);
    if (words === undefined) return [{ name: field.name, cardinality: field.words.length, values: field.code }];
    return words.map(([word, has]) => ({ name: `${field.name}: ${word}`, values: has }));
  });
}

/** All users or all items by id: their id and fields. */
export function ownerRows(name: string, count: number, fields: readonly ImportedField[]): FeatureMatrix {
  return rowsOfColumns(count, [
    { name, cardinality: count, values: Int32Array.from({ length: count }, (_, id) => id) },
    ...fieldColumns(fields),
  ]);
}

/** One row an interaction, in the order of `which` (default: all of them in theirs): ids and fields; the label is its click. */
export function fieldRows(
  { interactions, catalogue, userFields, videoFields }: ImportedData,
  which: Int32Array = Int32Array.from(interactions.user.keys()),
): OwnRows {
  const user = which.map((row) => interactions.user[row]!);
  const item = which.map((row) => interactions.video[row]!);
  const features = rowsOfColumns(which.length, [
    { name: "user_id", cardinality: catalogue.users.count, values: user },
    { name: "item_id", cardinality: catalogue.videos.count, values: item },
    ...fieldColumns(userFields).map((column) => ({ ...column, of: user })),
    ...fieldColumns(videoFields).map((column) => ({ ...column, of: item })),
  ]);
  return { features, label: Uint8Array.from(which, (row) => interactions.click[row]!), user };
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

/** Values of a field whose cells list several, with the owners of each; undefined for one value per cell. */
function listed({ words, code }: ImportedField): readonly (readonly [string, Uint8Array])[] | undefined {
  const sets = words.map((cell) => new Set(wordsOf(cell)));
  if (!sets.some((set) => set.size > 1)) return undefined;
  const known = [...new Set(sets.flatMap((set) => [...set]))].sort();
  if (known.length > mostCategories) return undefined;
  return known.map((word) => [word, Uint8Array.from(code, (cell) => (sets[cell]?.has(word) ? 1 : 0))]);
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

/**
 * Rows of features from imported data: what click-through models are compared on. User id, item id and every field of users and items as a
 * category; a field of several words a cell ("Action|Comedy") as one 0/1 number a word. What stands in a field never changes, so these rows
 * know nothing of any outcome.
 */
import { wordsOf, type ImportedData, type ImportedField } from "../../../data/index.js";
import type { FeatureMatrix } from "../../../types.js";
import { rowsOfColumns, type OwnRows, type RowColumn } from "./row-columns.js";

/** A field with more distinct words than this share of its owners is a name or a title: it says nothing beyond the id. */
const titleShare = 0.9;
/** A cell field becomes words where they are at most this many. */
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
  const [user, item] = [interactions.user, interactions.video].map((ids) => which.map((row) => ids[row]!)) as [
    Int32Array,
    Int32Array,
  ];
  const features = rowsOfColumns(which.length, [
    { name: "user_id", cardinality: catalogue.users.count, values: user },
    { name: "item_id", cardinality: catalogue.videos.count, values: item },
    ...fieldColumns(userFields).map((column) => ({ ...column, of: user })),
    ...fieldColumns(videoFields).map((column) => ({ ...column, of: item })),
  ]);
  return { features, label: Uint8Array.from(which, (row) => interactions.click[row]!), user };
}

/** Words of a field whose cells list several, with who has each; undefined where it is one value a cell. */
function listed({ words, code }: ImportedField): readonly (readonly [string, Uint8Array])[] | undefined {
  const sets = words.map((cell) => new Set(wordsOf(cell)));
  if (!sets.some((set) => set.size > 1)) return undefined;
  const known = [...new Set(sets.flatMap((set) => [...set]))].sort();
  if (known.length > mostCategories) return undefined;
  return known.map((word) => [word, Uint8Array.from(code, (cell) => (sets[cell]?.has(word) ? 1 : 0))]);
}

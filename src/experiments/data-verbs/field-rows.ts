/**
 * Rows of features from imported data: what click-through models are compared on. User id, item id and every field of users and items as a
 * category; a field of several words a cell ("Action|Comedy") as one 0/1 number a word. What stands in a field never changes, so these rows
 * know nothing of any outcome.
 */
import { takeRows, wordsOf, type ImportedData, type ImportedField } from "../../data/index.js";
import type { FeatureMatrix } from "../../types.js";
import { rowsOfColumns, type OwnRows, type RowColumn } from "./row-columns.js";

/** A field with more distinct words than this share of its owners is a name or a title: it says nothing beyond the id. */
const titleShare = 0.9;
/** A cell field becomes words where they are at most this many. */
const mostWords = 100;

/** Whose field it is. */
export type FieldOwner = "user" | "item";

/** Every field of users or of items, by their id. */
export function fieldColumns({ userFields, videoFields }: ImportedData, owner: FieldOwner): readonly RowColumn[] {
  const fields = (owner === "user" ? userFields : videoFields).filter(({ words, code }) => words.length <= titleShare * code.length);
  return fields.flatMap((field): RowColumn[] => {
    const words = listed(field);
    if (words === undefined) return [{ name: field.name, cardinality: field.words.length, values: field.code }];
    return words.map(([word, has]) => ({ name: `${field.name}: ${word}`, values: has }));
  });
}

/** All users or all items by id: their id and fields. */
export function ownerRows(data: ImportedData, owner: FieldOwner): FeatureMatrix {
  const { count } = owner === "user" ? data.catalogue.users : data.catalogue.videos;
  return rowsOfColumns(count, [{ name: `${owner}_id`, cardinality: count, values: Int32Array.from({ length: count }, (_, id) => id) }, ...fieldColumns(data, owner)]);
}

/** One row an interaction, in the interactions' order: ids and fields; the label is its click. */
export function fieldRows(data: ImportedData): OwnRows {
  const { interactions: { count, user, video, click }, catalogue } = data;
  const features = rowsOfColumns(count, [
    { name: "user_id", cardinality: catalogue.users.count, values: user },
    { name: "item_id", cardinality: catalogue.videos.count, values: video },
    ...fieldColumns(data, "user").map((column) => ({ ...column, of: user })),
    ...fieldColumns(data, "item").map((column) => ({ ...column, of: video })),
  ]);
  return { features, label: click, user };
}

/** Some rows of all. */
export function takeOwnRows({ features, label, user }: OwnRows, which: Int32Array): OwnRows {
  return { features: takeRows(features, which), label: Uint8Array.from(which, (row) => label[row] as number), user: Int32Array.from(which, (row) => user[row] as number) };
}

/** Words of a field whose cells list several, with who has each; undefined where it is one value a cell. */
function listed({ words, code }: ImportedField): readonly (readonly [string, Uint8Array])[] | undefined {
  const sets = words.map((cell) => new Set(wordsOf(cell)));
  if (!sets.some((set) => set.size > 1)) return undefined;
  const known = [...new Set(sets.flatMap((set) => [...set]))].sort();
  if (known.length > mostWords) return undefined;
  return known.map((word) => [word, Uint8Array.from(code, (cell) => (sets[cell]?.has(word) ? 1 : 0))]);
}

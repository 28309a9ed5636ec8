/**
 * Rows of features from an imported public data set: what click-through models are compared on. User id, item id and every field as a
 * category; a field of several words a cell ("Action|Comedy") as one 0/1 number a word; the label is rating ≥ the import's threshold.
 */
import { wordsOf, type ImportedData, type ImportedField } from "../data/index.js";
import type { FeatureMatrix } from "../types.js";

/** Rows with their label. */
export interface PublicRows {
  readonly features: FeatureMatrix;
  readonly label: Uint8Array; // [count]
}

/** A field with more distinct words than this share of its owners is a name or a title: it says nothing beyond the id. */
const titleShare = 0.9;
/** A cell field becomes words where they are at most this many. */
const mostWords = 100;

/** Joins the fields of users and items to interactions. */
export function publicRows(data: ImportedData): PublicRows {
  const { interactions, catalogue } = data;
  const { count, user, video } = interactions;
  const categories: { readonly name: string; readonly cardinality: number; readonly ids: Int32Array; readonly of?: Int32Array }[] = [
    { name: "user_id", cardinality: catalogue.users.count, ids: user },
    { name: "item_id", cardinality: catalogue.videos.count, ids: video },
  ];
  const numbers: { readonly name: string; readonly has: Uint8Array; readonly of: Int32Array }[] = [];
  for (const [fields, of] of [[data.userFields, user], [data.videoFields, video]] as const) {
    for (const field of fields) {
      if (field.words.length > titleShare * field.code.length) continue;
      const words = listed(field);
      if (words === undefined) categories.push({ name: field.name, cardinality: field.words.length, ids: field.code, of });
      else for (const [word, has] of words) numbers.push({ name: `${field.name}: ${word}`, has, of });
    }
  }
  const features = {
    schema: { categories: categories.map(({ name, cardinality }) => ({ name, cardinality })), numbers: numbers.map(({ name }) => ({ name })) },
    count,
    categories: new Int32Array(count * categories.length),
    numbers: new Float32Array(count * numbers.length),
  };
  for (let row = 0; row < count; row++) {
    categories.forEach(({ ids, of }, c) => (features.categories[row * categories.length + c] = ids[of === undefined ? row : of[row]!]!));
    numbers.forEach(({ has, of }, d) => (features.numbers[row * numbers.length + d] = has[of[row]!]!));
  }
  return { features, label: interactions.click };
}

/** Some rows of all. */
export function takeRows({ features, label }: PublicRows, which: Int32Array): PublicRows {
  const { schema, categories, numbers } = features;
  const wide = schema.categories.length;
  const deep = schema.numbers.length;
  const taken = { schema, count: which.length, categories: new Int32Array(which.length * wide), numbers: new Float32Array(which.length * deep) };
  which.forEach((row, i) => {
    taken.categories.set(categories.subarray(row * wide, (row + 1) * wide), i * wide);
    taken.numbers.set(numbers.subarray(row * deep, (row + 1) * deep), i * deep);
  });
  return { features: taken, label: Uint8Array.from(which, (row) => label[row]!) };
}

/** Words of a field whose cells list several, with who has each; undefined where it is one value a cell. */
function listed({ words, code }: ImportedField): readonly (readonly [string, Uint8Array])[] | undefined {
  const sets = words.map((cell) => new Set(wordsOf(cell)));
  if (!sets.some((set) => set.size > 1)) return undefined;
  const known = [...new Set(sets.flatMap((set) => [...set]))].sort();
  if (known.length > mostWords) return undefined;
  return known.map((word) => [word, Uint8Array.from(code, (cell) => (sets[cell]!.has(word) ? 1 : 0))]);
}

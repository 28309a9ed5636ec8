/** Small planted rows for the contract of models: what they say is known, so a model that learned it can be told from one that did not. */
import { keyOf, normal, uniform, uniformInt } from "../../random.js";
import type { FeatureMatrix, FeatureSchema } from "../../types.js";
import type { LabelledRows } from "./kinds.js";
import type { Interactions } from "../retrievers/interactions.js";

/** Users that rows are drawn from; the schema has room for 20 more, which no row has. */
const knownUsers = 60;
const schema: FeatureSchema = {
  categories: [
    { name: "user", cardinality: knownUsers + 20 },
    { name: "kind", cardinality: 4 },
  ],
  numbers: [{ name: "appeal" }, { name: "noise" }],
};
const likedKind = 2;

/** Labels driven by one kind and by appeal alone; users and noise say nothing. */
export function plantedRows(count: number, seed: number): LabelledRows {
  const key = keyOf(seed, "contract rows");
  const categories = new Int32Array(count * 2);
  const numbers = new Float32Array(count * 2);
  const label = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    categories.set([uniformInt(knownUsers, key, row, 1), uniformInt(4, key, row, 2)], row * 2);
    numbers.set([normal(key, row, 3), normal(key, row, 4)], row * 2);
    const logit = -1 + (categories[row * 2 + 1] === likedKind ? 2.5 : 0) + 2 * numbers[row * 2]!;
    label[row] = uniform(key, row, 5) < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  }
  return { features: { schema, count, categories, numbers }, label };
}

/** All kinds by low and high appeal for one user; the planted row, which must score highest, comes first. */
export function plantedGrid(user: number): FeatureMatrix {
  const rows = [likedKind, 0, 1, 3].flatMap((kind) => [1.5, -1.5].map((appeal) => ({ kind, appeal })));
  return {
    schema,
    count: rows.length,
    categories: Int32Array.from(rows.flatMap(({ kind }) => [user, kind])),
    numbers: Float32Array.from(rows.flatMap(({ appeal }) => [appeal, 0])),
  };
}

/** A user of the schema that no planted row has. */
export const unseenUser = knownUsers;

/** A copy with one value replaced. */
export function withValue<Column extends Int32Array | Float32Array>(column: Column, at: number, value: number): Column {
  const copy = column.slice() as Column;
  copy[at] = value;
  return copy;
}

/** Topics of the planted tastes: item i is of topic i % 4, user u likes topic u % 4. */
export const tasteTopics = 4;
/** Users and items of the planted tastes; one more of each took nothing and was taken by nobody. */
export const tasteUsers = 60;
export const tasteItems = 40;

/** Users take items of their topic, now and then any; user 0 took half of topic 0 and no other item. */
export function plantedTastes(seed: number): Interactions {
  const key = keyOf(seed, "planted tastes");
  const each = 14;
  const user = Int32Array.from({ length: tasteUsers * each }, (_, at) => Math.floor(at / each));
  const item = user.map((u, at) => {
    const n = at % each;
    if (u === 0) return tasteTopics * (n % 5);
    if (uniform(key, u, n) < 0.95)
      return tasteTopics * uniformInt(tasteItems / tasteTopics, key, u, n, 1) + (u % tasteTopics);
    return uniformInt(tasteItems, key, u, n, 2);
  });
  return { userCount: tasteUsers + 1, itemCount: tasteItems + 1, user, item };
}

/** The retriever that knows no user: an item's score is how much it was taken, Σ weight (pairs counted as often as they occur). */
import { checkUsers } from "../contract/inputs.js";
import type { RetrieverKind } from "../contract/kinds.js";
import { loadArrays, realArray, saveArrays } from "../network/training/model-files.js";
import { checkInteractions, type Interactions } from "./interactions.js";

/** Scores of items, the same for all users. */
export interface ItemPopularity {
  readonly kind: "item-popularity";
  readonly userCount: number;
  readonly scores: Float32Array; // [items]
}

/** Counts. @throws Error on bad interactions */
export function fitItemPopularity(rows: Interactions): ItemPopularity {
  checkInteractions(rows);
  const sums = new Float64Array(rows.itemCount);
  for (let i = 0; i < rows.item.length; i++) sums[rows.item[i]!]! += rows.weight?.[i] ?? 1;
  return { kind: "item-popularity", userCount: rows.userCount, scores: Float32Array.from(sums) };
}

/**
 * Weights of pairs that make `fitItemPopularity` the trending one: 2^(−days since / half-life) (Ji, Sun, Zhang & Li, 2020).
 * @param day of each pair @param now the day that is to be served @throws RangeError on a half-life that is not above 0, or a pair of
 *   `now` or later
 */
export function recencyWeights(day: ArrayLike<number>, now: number, halfLifeDays: number): Float32Array {
  if (!(halfLifeDays > 0)) throw new RangeError(`halfLifeDays is ${halfLifeDays}; allowed: numbers above 0`);
  return Float32Array.from(day, (on, pair) => {
    if (on >= now) throw new RangeError(`day is ${on} in pair ${pair}; allowed: before ${now}`);
    return 2 ** (-(now - 1 - on) / halfLifeDays);
  });
}

/** Popularity under the contract of retrievers. */
export const itemPopularity: RetrieverKind<ItemPopularity, Record<string, never>> = {
  kind: "item-popularity",
  defaults: {},
  fit: async (rows, _config, control) => {
    control?.signal?.throwIfAborted();
    return fitItemPopularity(rows);
  },
  itemCount: ({ scores }) => scores.length,
  score({ scores, userCount }, users) {
    checkUsers(users, userCount);
    const all = new Float32Array(users.length * scores.length);
    for (let u = 0; u < users.length; u++) all.set(scores, u * scores.length);
    return all;
  },
  save: ({ scores, userCount }, dir) =>
    saveArrays(dir, "item-popularity", { config: {}, extra: { userCount } }, [
      realArray("scores", [scores.length], scores),
    ]),
  async load(dir) {
    const { card, real } = await loadArrays(dir, "item-popularity");
    return { kind: "item-popularity", userCount: Number(card.extra.userCount), scores: real("scores") };
  },
};

/**
 * What a page of results is worth: a customer who photographed a print looks down the page and buys at most one thing. Expectations, not
 * draws. The exact print is bought most often; a similar one (its topic, a like contrast) now and then; the print itself, sold out, sends
 * some customers away.
 */
import { uniform, keyOf } from "../../random.js";
import { hits, type PictureSearch } from "./search.js";
import type { Shop } from "./pictures.js";

/** Results on a page. */
export const pageSize = 5;

/** How customers behave. */
export interface Customers {
  readonly looks: readonly number[]; // share who look at each place
  readonly exact: number; // P(buys | sees the print, in stock)
  readonly similar: number; // at most, for one of the same topic
  readonly leaves: number; // P(leaves | sees the print, sold out)
  readonly returned: number; // share of similar prints sent back …
  readonly returnCents: number; // … which costs so much, and the margin
}
export const customers: Customers = {
  ...{ looks: [1, 0.85, 0.7, 0.6, 0.5], exact: 0.6, similar: 0.2, leaves: 0.35, returned: 0.15, returnCents: 150 },
};

/** What stands on a page. */
export interface Design {
  readonly name: string;
  readonly inStock: boolean; // only what can be bought
  readonly onePerPrint: boolean; // of a print the nearest seller's alone
}
/** All that looks alike, or what may be sold. */
export const designs = {
  finds: { name: "what looks most alike", inStock: false, onePerPrint: false },
  sells: { name: "in stock, each print once", inStock: true, onePerPrint: true },
} as const satisfies Record<string, Design>;

/** Pages of a design. [queries × pageSize], -1 pads */
export function pagesOf(
  shop: Shop,
  search: PictureSearch,
  vectors: Float32Array,
  queries: number,
  design: Design,
): Int32Array {
  const pages = new Int32Array(queries * pageSize).fill(-1);
  const depth = 12 * pageSize;
  const { ids } = search.find(vectors, depth);
  for (let q = 0; q < queries; q++) {
    const prints = new Set<number>();
    for (let i = 0, place = 0; i < depth && place < pageSize; i++) {
      const item = ids[q * depth + i]!;
      if (item < 0 || (design.inStock && shop.inStock[item] === 0)) continue;
      if (design.onePerPrint && prints.has(shop.product[item]!)) continue;
      prints.add(shop.product[item]!);
      pages[q * pageSize + place++] = item;
    }
  }
  return pages;
}

/** Of a design's pages, per search: recall, purchases, customers sent away, and money in cents. */
export interface Trade {
  readonly recall: number;
  readonly purchases: number;
  readonly sentAway: number;
  readonly cents: number;
}

/** What customers who look for `queries` do with their pages. */
export function trade(shop: Shop, queries: Int32Array, pages: Int32Array, given: Partial<Customers> = {}): Trade {
  const { looks, exact, similar, leaves, returned, returnCents } = { ...customers, ...given };
  let [purchases, sentAway, cents] = [0, 0, 0];
  queries.forEach((target, q) => {
    let there = 1; // P(has neither bought nor left)
    for (let place = 0; place < pageSize; place++) {
      const item = pages[q * pageSize + place]!;
      if (item < 0) continue;
      const same = shop.product[item] === shop.product[target];
      const seen = there * looks[place]!;
      if (shop.inStock[item] === 0) {
        const gone = same ? seen * leaves : 0;
        sentAway += gone / queries.length;
        there -= gone;
        continue;
      }
      const alike =
        shop.topic[item] === shop.topic[target]
          ? similar * Math.exp(-0.5 * (shop.look[item]! - shop.look[target]!) ** 2)
          : 0;
      const bought = seen * (same ? exact : alike);
      const margin = same ? shop.cents[item]! : (1 - returned) * shop.cents[item]! - returned * returnCents;
      purchases += bought / queries.length;
      cents += (bought * margin) / queries.length;
      there -= bought;
    }
  });
  const recall = hits(shop, queries, pages, pageSize).reduce((sum, hit) => sum + hit, 0) / queries.length;
  return { recall, purchases, sentAway, cents };
}

/** The shop with another share of its items in stock. */
export function restocked(shop: Shop, inStock: number): Shop {
  const key = keyOf(shop.seed, "visual search/stock");
  return { ...shop, inStock: shop.inStock.map((_, v) => (uniform(key, v) < inStock ? 1 : 0)) };
}

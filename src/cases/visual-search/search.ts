/** From a picture to items: an encoder, an index of the shop's own pictures, and how often the right print is among the first. */
import { buildIndex, type AnnConfig } from "../../models/index.js";
import type { Encoder } from "./baselines.js";
import { distortions, views, type Distortion, type Shop } from "./pictures.js";

/** Finds the items that look most like each picture, best first; -1 pads. [n × k] */
export interface PictureSearch {
  readonly find: (vectors: Float32Array, k: number) => { readonly ids: Int32Array; readonly scores: Float32Array };
}

/** Encodes some items of the shop (all by default) and builds the index. */
export async function openSearch(
  shop: Shop,
  { encode, width }: Encoder,
  { items = allItems(shop), dtype = "f32" }: { readonly items?: Int32Array; readonly dtype?: AnnConfig["dtype"] } = {},
): Promise<PictureSearch> {
  const index = buildIndex(await encode(views(shop, items, [], 0)), width, { ids: items, dtype, connectivity: 16 });
  return { find: (vectors, k) => index.search(vectors, k) };
}

/** All items. */
export const allItems = ({ count }: Shop): Int32Array => Int32Array.from({ length: count }, (_, v) => v);

/** Share of queries whose print (the item or a copy of it) is among the first k. One 0 or 1 per query. */
export function hits(shop: Shop, queries: Int32Array, ids: Int32Array, k: number): Uint8Array {
  const width = ids.length / queries.length;
  return Uint8Array.from(queries, (item, q) => {
    for (let i = 0; i < Math.min(k, width); i++) {
      const found = ids[q * width + i]!;
      if (found >= 0 && shop.product[found] === shop.product[item]) return 1;
    }
    return 0;
  });
}

/** Recall@k by kind of distortion: views of items that no training saw. */
export async function recallOf(
  shop: Shop,
  encoder: Encoder,
  search: PictureSearch,
  queries: Int32Array,
  k = 5,
  kinds: readonly Distortion[] = distortions,
): Promise<Readonly<Record<Distortion, number>>> {
  const recall = async (kind: Distortion): Promise<number> => {
    const vectors = await encoder.encode(views(shop, queries, [kind], queryDraw));
    const found = hits(shop, queries, search.find(vectors, k).ids, k);
    return found.reduce((sum, hit) => sum + hit, 0) / queries.length;
  };
  const recalls = await Promise.all(kinds.map(recall));
  return Object.fromEntries(kinds.map((kind, i) => [kind, recalls[i]])) as Record<Distortion, number>;
}

/** The draw of queries, which is none of training's. */
export const queryDraw = -1;

/**
 * A shop of prints: each item is a video's thumbnail, a near-duplicate is the same print by another seller, and what a customer's camera
 * makes of it is drawn here. A view is stateless in (key, numbers): the same draw gives the same picture.
 */
import { hash32, keyOf, normal, uniform } from "../../random.js";
import { configFor, openOracle, openWorld, thumbnails } from "../../world/index.js";

/** Pixels of a side, and values of a picture: rows from the top, red, green, blue. */
export const side = 32;
export const pixels = side * side * 3;

/** Sizes of a shop. */
export interface ShopConfig {
  readonly items: number;
  readonly sellers: number;
  readonly copies: number; // share of items that repeat an earlier one
  readonly inStock: number; // share of items
}
export const shopDefaults: ShopConfig = { items: 2_000, sellers: 60, copies: 0.25, inStock: 0.6 };

/** Items in columns. What is in `look` and `topic` is hidden from search: it decides what a customer takes instead. */
export interface Shop {
  readonly config: ShopConfig;
  readonly seed: number;
  readonly count: number;
  readonly pictures: Uint8Array; // [count, side, side, 3]
  readonly product: Int32Array; // the first item with this print
  readonly topic: Int32Array;
  readonly look: Float64Array; // contrast, standard normal
  readonly inStock: Uint8Array;
  readonly cents: Int32Array; // margin of a sale
}

/** Opens a shop. Same seed, same bytes. */
export function openShop(seed: number, given: Partial<ShopConfig> = {}): Shop {
  const config = { ...shopDefaults, ...given };
  const { items, sellers, copies, inStock } = config;
  const sizes = { videos: items, creators: sellers, nearDuplicates: copies, extraDays: 0, users: 10 };
  const world = openWorld({ ...configFor("tiny"), ...sizes }, seed);
  const oracle = openOracle(world);
  const all = Array.from({ length: items }, (_, v) => v);
  const product = Int32Array.from(all, (v) => oracle.duplicateOf(v));
  const [stockKey, priceKey] = [keyOf(seed, "visual search/stock"), keyOf(seed, "visual search/price")];
  return {
    ...{ config, seed, count: items, pictures: thumbnails(world, all, side), product },
    topic: Int32Array.from(all, (v) => oracle.video(v).topic),
    look: Float64Array.from(all, (v) => oracle.video(v).looks),
    inStock: Uint8Array.from(all, (v) => (uniform(stockKey, v) < inStock ? 1 : 0)),
    cents: Int32Array.from(product, (v) => Math.round(600 * Math.exp(0.5 * normal(priceKey, v)))),
  };
}

/** What a camera does. */
export const distortions = ["none", "crop", "colour", "noise", "occlusion", "photo"] as const;
/** `photo` is all of the others at once. */
export type Distortion = (typeof distortions)[number];
/** What training shows: occlusion is held out, so that it measures what was not rehearsed. */
export const rehearsed: readonly Distortion[] = ["crop", "colour", "noise"];

/** Draws views of items. @param kinds which distortions @returns [items, pixels], 0 … 1 */
export function views(
  { pictures, seed }: Pick<Shop, "pictures" | "seed">,
  items: ArrayLike<number>,
  kinds: readonly Distortion[],
  draw: number,
): Float32Array {
  const out = new Float32Array(items.length * pixels);
  const key = keyOf(seed, `visual search/view ${draw}`);
  for (let i = 0; i < items.length; i++) drawView(pictures, items[i]!, kinds, key, i, out);
  return out;
}

function drawView(
  pictures: Uint8Array,
  item: number,
  kinds: readonly Distortion[],
  key: number,
  row: number,
  out: Float32Array,
): void {
  const has = (kind: Distortion): boolean => kinds.includes(kind) || kinds.includes("photo");
  const u = (what: number): number => uniform(key, item, row, what);
  const zoom = has("crop") ? 0.7 + 0.25 * u(0) : 1;
  const [left, top] = [(1 - zoom) * side * u(1), (1 - zoom) * side * u(2)];
  const colour = has("colour");
  const light = colour ? 0.3 * (u(3) - 0.5) : 0;
  const gain = [4, 5, 6].map((what) => (colour ? 0.7 + 0.6 * u(what) : 1));
  const noise = has("noise") ? 0.04 + 0.08 * u(7) : 0;
  // a thumb or a sticker over a sixth to a third of the picture
  const cover = has("occlusion") ? side * (0.4 + 0.18 * u(8)) : 0;
  const [coverX, coverY] = [(side - cover) * u(9), (side - cover) * u(10)];
  const paint = [11, 12, 13].map(u);
  const from = item * pixels;
  let place = row * pixels;
  for (let y = 0; y < side; y++) {
    const sy = Math.min(side - 1.001, top + zoom * y);
    const [iy, fy] = [Math.floor(sy), sy - Math.floor(sy)];
    const rowCovered = y >= coverY && y < coverY + cover;
    for (let x = 0; x < side; x++) {
      const sx = Math.min(side - 1.001, left + zoom * x);
      const ix = Math.floor(sx);
      const fx = sx - ix;
      const covered = rowCovered && x >= coverX && x < coverX + cover;
      const at = from + (iy * side + ix) * 3;
      for (let c = 0; c < 3; c++, place++) {
        const [i, j] = [at + c, at + c + 3 * side];
        const upper = pictures[i]! * (1 - fx) + pictures[i + 3]! * fx;
        const lower = pictures[j]! * (1 - fx) + pictures[j + 3]! * fx;
        const seen = covered ? paint[c]! : (upper * (1 - fy) + lower * fy) / 255;
        const grain = noise > 0 ? noise * bell(hash32(key, item, place)) : 0;
        out[place] = Math.max(0, Math.min(1, seen * gain[c]! + light + grain));
      }
    }
  }
}

/** The sum of a hash's four bytes, standardised: near enough to a normal draw for a camera's noise. */
function bell(hash: number): number {
  return ((hash & 255) + ((hash >>> 8) & 255) + ((hash >>> 16) & 255) + (hash >>> 24) - 510) / 147.8;
}

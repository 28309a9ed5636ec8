/**
 * Rows that rankers learn from, complete or degraded: fewer of them, and with wrong labels. Only training rows are degraded; early stopping
 * uses the complete validation day, and evaluation the complete test days. Features are counted from the whole log either way.
 */
import { takeRows, type TrainingSet } from "../../data/index.js";
import type { MultiTaskRows, RankerRows } from "../../models/index.js";
import { keyOf, uniform } from "../../random.js";
import type { Catalogue } from "../../types.js";

/** How good the data are. */
export interface DataQuality {
  /** Share of users whose training rows are kept, in (0, 1]; the users of a smaller share are a subset of a larger one's. */
  readonly volume: number;
  /**
   * Probability that a row's click is flipped, in [0, 0.5]. An added click has no watch time; a removed click loses its watch time,
   * like and conversion.
   */
  readonly noise: number;
}

/** The unchanged log. */
export const wholeData: DataQuality = { volume: 1, noise: 0 };

/** Every label a ranker may learn from. */
export type LoggedRows = MultiTaskRows & RankerRows;

/** Rows of a training set, of as many users and with as many wrong clicks as `quality` says. */
export function loggedRows(
  set: TrainingSet,
  { videos }: Pick<Catalogue, "videos">,
  seed: number,
  quality: DataQuality = wholeData,
): LoggedRows {
  const kept = keptRows(set, quality.volume, keyOf(seed, "trade-off/volume"));
  const whole = kept.length === set.count;
  const pick = (column: ArrayLike<number>): Float64Array => Float64Array.from(kept, (row) => column[row]!);
  const rows = {
    features: whole ? set.features : takeRows(set.features, kept),
    click: pick(set.click),
    watchMs: pick(set.watchMs),
    like: pick(set.like),
    hide: pick(set.hide),
    conversion: pick(set.conversion),
    durationMs: Float64Array.from(kept, (row) => videos.durationMs[set.video[row]!]!),
  };
  if (quality.noise > 0) {
    const key = keyOf(seed, "trade-off/label noise");
    kept.forEach((row, i) => {
      const request = set.request[row]!;
      if (uniform(key, request, Math.floor(request / 4_294_967_296), set.position[row]!) >= quality.noise) return;
      rows.click[i] = 1 - rows.click[i]!;
      for (const column of [rows.watchMs, rows.like, rows.conversion]) column[i] = 0;
    });
  }
  return rows;
}

function keptRows(set: TrainingSet, volume: number, key: number): Int32Array {
  const rows = Int32Array.from({ length: set.count }, (_, row) => row);
  return volume >= 1 ? rows : rows.filter((row) => uniform(key, set.user[row]!) < volume);
}

/** @throws RangeError naming the value and what is allowed */
export function checkQuality({ volume, noise }: DataQuality): void {
  if (!(volume > 0 && volume <= 1))
    throw new RangeError(`invalid volume: ${volume}; allowed: a share of users above 0, at most 1`);
  if (!(noise >= 0 && noise <= 0.5))
    throw new RangeError(`invalid noise: ${noise}; allowed: from 0 to 0.5 (at 0.5 labels carry no information)`);
}

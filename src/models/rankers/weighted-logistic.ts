/**
 * Expected watch time from any model of a 0/1 label: weighted logistic regression (Covington et al., 2016). Each impression is a
 * negative of weight 1, and a watched one is besides a positive of weight T, its watch time in minutes. Where a model gives P(label 1 |
 * x),
 *
 *     odds(x) = Σ T / Σ 1 = E[T | x]
 *
 * over the rows at x: the mean watch minutes of an impression, clicked or not. (Clicked impressions are positives only in the paper,
 * and the odds E[T] / (1 − P(click)), which is near E[T] where clicks are rare.)
 */
import { takeRows } from "../../data/features/matrix.js";
import type { LabelledRows } from "../contract/kinds.js";
import { checkRankerRows, type RankerRows } from "./ranker-rows.js";
import { minuteMs } from "./value.js";

/**
 * The weighted rows: all impressions in order with label 0, then the watched ones with label 1. A row's own weight multiplies both.
 * @throws Error on no rows, columns of another length, labels out of range, nothing watched
 */
export function watchRows(rows: RankerRows): LabelledRows {
  checkRankerRows(rows);
  const { count } = rows.features;
  const watched: number[] = [];
  for (let row = 0; row < count; row++) if (rows.click[row] === 1 && rows.watchMs[row]! > 0) watched.push(row);
  if (watched.length === 0)
    throw new Error(`watchMs is 0 in all ${count} rows; allowed: at least one that was clicked and watched`);
  const order = new Int32Array(count + watched.length);
  for (let row = 0; row < count; row++) order[row] = row;
  order.set(watched, count);
  const minutesOf = (row: number): number => rows.watchMs[row]! / minuteMs;
  return {
    features: takeRows(rows.features, order),
    label: Uint8Array.from(order, (_, at) => (at < count ? 0 : 1)),
    weight: Float64Array.from(order, (row, at) => (rows.weight?.[row] ?? 1) * (at < count ? 1 : minutesOf(row))),
  };
}

/** Odds are kept below this many watch minutes, so that a probability that rounds to 1 stays a finite time: a day. */
const mostMinutes = 1440;

/** Mean watch time of an impression in ms, from the probability of label 1 that a model of `watchRows` gives. */
export function watchMsOfOdds(probability: number): number {
  return Math.min(probability / Math.max(1 - probability, Number.MIN_VALUE), mostMinutes) * minuteMs;
}

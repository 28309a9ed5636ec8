/**
 * What a column does without any drift: counts since the log began, ages, and rates that settle, move from day to day and are no news.
 * The reference's older days are compared with its newer ones just as it is with the current window, and that is carried on:
 *
 *     usual PSI = (PSI of the halves − its noise) · max(1, days between the windows / days between the halves)²
 *
 * as PSI near equality is a squared distance, and a steady movement is as far as it takes days.
 */
import type { BinCounts } from "./bins.js";
import { psiNoise, psiOfCounts } from "./divergence.js";

/** Days of the reference below which its own movement is unknown, and exchanges of days below which chance cannot be told. */
const [leastDays, leastExchanges] = [4, 100];

/** The reference's rows in two halves of its days, and how much further away the current window is, squared. */
export interface Halves {
  readonly newer: Uint8Array; // [reference rows] 1: of the newer half
  readonly stretch: number;
}

interface DayCodes {
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
}

/** Nothing where the reference has too few days. */
export function halvesOf({ reference, current }: DayCodes): { readonly halves?: Halves } {
  const days = [...new Set(Array.from(reference))].sort((a, b) => a - b);
  if (days.length < leastDays) return {};
  const from = days[days.length >> 1]!;
  const newer = Uint8Array.from(reference, (day) => Number(day >= from));
  const sums = { older: 0, olderRows: 0, all: 0 };
  for (let row = 0; row < reference.length; row++) {
    sums.all += reference[row]!;
    if (newer[row] === 0) [sums.older, sums.olderRows] = [sums.older + reference[row]!, sums.olderRows + 1];
  }
  let after = 0;
  for (let row = 0; row < current.length; row++) after += current[row]!;
  const apart = (sums.all - sums.older) / (reference.length - sums.olderRows) - sums.older / sums.olderRows;
  const away = Math.abs(after / current.length - sums.all / reference.length);
  return { halves: { newer, stretch: Math.max(1, away / apart) ** 2 } };
}

/** Whether days can be exchanged in so many ways that chance can be told: C(days, days of a window). */
export function manyExchanges({ reference, current }: DayCodes): boolean {
  const [n, m] = [new Set(Array.from(reference)).size, new Set(Array.from(current)).size];
  let ways = 1;
  for (let k = 1; k <= Math.min(n, m) && ways < leastExchanges; k++) ways *= (Math.max(n, m) + k) / k;
  return ways >= leastExchanges;
}

/** PSI to be expected of a column's own movement; `count` bins the older values and counts both halves. */
export function usualPsi(
  halves: Halves | undefined,
  reference: ArrayLike<number>,
  count: (older: Float64Array, newer: Float64Array) => BinCounts,
): number {
  if (halves === undefined) return 0;
  const part = (side: number): Float64Array =>
    Float64Array.from(reference).filter((value, row) => halves.newer[row] === side && Number.isFinite(value));
  const [older, newer] = [part(0), part(1)];
  if (older.length === 0 || newer.length === 0) return 0;
  return carriedOn(count(older, newer), halves.stretch);
}

/** PSI of two halves beyond its noise, carried on over a distance. */
export function carriedOn(halves: BinCounts, stretch: number): number {
  const rows = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
  const bins = halves.reference.filter((count, bin) => count + halves.current[bin]! > 0).length;
  return Math.max(0, psiOfCounts(halves) - psiNoise(bins, rows(halves.reference), rows(halves.current))) * stretch;
}

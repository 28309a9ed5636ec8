/** Picks greedily under caps: each step takes the candidate with the largest gain, given what is picked. MMR and DPP differ in the gain. */
import { type Cap, closeFull, type OnCapped } from "./caps.js";

/** The pool, and where what is picked is written. */
export interface GreedyPool {
  readonly video: Int32Array; // [n] distinct ids
  readonly n: number;
  readonly size: number; // picked at most
  readonly picked: Int32Array; // [size] indices into `video`, in order of picking
  readonly gain: Float64Array; // [size] their gains
  readonly onCapped: OnCapped | undefined;
}

/**
 * @param gainOf of an open candidate; of equal ones the smaller id is taken
 * @param take hears what was picked, how many were before it, and which candidates are still open (1)
 * @returns how many were picked: fewer than `size` where candidates end or caps are full
 */
export function pickGreedily(
  { video, n, size, picked, gain, onCapped }: GreedyPool,
  { caps, held = [] }: { readonly caps: readonly Cap[]; readonly held?: readonly number[] },
  gainOf: (item: number) => number,
  take: (item: number, count: number, open: Uint8Array) => void,
): number {
  const open = openScratch(n);
  const onPage = [...held];
  for (const [i, pinned] of held.entries()) closeFull(caps, pinned, held.slice(0, i), video, n, open, onCapped);
  let count = 0;
  while (count < size) {
    let best = -1;
    let bestGain = -Infinity;
    for (let item = 0; item < n; item++) {
      if (open[item] === 0) continue;
      const value = gainOf(item);
      if (value > bestGain || (value === bestGain && best >= 0 && video[item]! < video[best]!)) {
        best = item;
        bestGain = value;
      }
    }
    if (best < 0) break;
    picked[count] = best;
    gain[count] = bestGain;
    open[best] = 0;
    closeFull(caps, video[best]!, onPage, video, n, open, onCapped);
    onPage.push(video[best]!);
    take(best, count, open);
    count++;
  }
  return count;
}

// Scratch that lives between calls (one thread runs one page at a time), so that a page allocates nothing.
let openBytes = new Uint8Array(256);

/** One byte a candidate, all 1. */
function openScratch(n: number): Uint8Array {
  if (openBytes.length < n) openBytes = new Uint8Array(n);
  return openBytes.fill(1, 0, n);
}

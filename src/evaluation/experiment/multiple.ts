/** Many metrics, one decision: p-values adjusted so that the chance (Holm) or the share (Benjamini–Hochberg) of false finds is kept. */
import { within } from "../checks.js";

/** Holm (1979): the chance of any false find is at most α where adjusted values are compared with α. Same order as given. */
export function holm(pValues: readonly number[]): number[] {
  const order = ascending(pValues);
  const adjusted = new Array<number>(pValues.length);
  let most = 0;
  for (const [rank, i] of order.entries()) {
    most = Math.max(most, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = most;
  }
  return adjusted;
}

/** Benjamini & Hochberg (1995): the expected share of false finds is at most α, for independent (or positively dependent) metrics. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = ascending(pValues);
  const adjusted = new Array<number>(pValues.length);
  let least = 1;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const i = order[rank]!;
    least = Math.min(least, (pValues.length / (rank + 1)) * pValues[i]!);
    adjusted[i] = least;
  }
  return adjusted;
}

function ascending(pValues: readonly number[]): number[] {
  within("pValues", pValues, 0, 1);
  return [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
}

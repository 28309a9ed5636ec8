/** Stands in for ads and fraud until they are there: no budget, no charge. */
import type { WorldState } from "./state.js";

/** Charges nothing. */
export function chargeAd(_state: WorldState, _shard: number, _campaign: number, _priceMicros: number, _timeMs: number): number {
  return 0;
}

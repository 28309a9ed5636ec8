/**
 * Pages under construction and the random draws of a request: shared by every policy here.
 */
import type { GrowingPools } from "../log/index.js";
import { keyOf, uniform } from "../random.js";
import { candidateSources, policyComponents } from "../types.js";
import type { CandidateSource, Catalogue, Day, PolicyComponent, RequestBatch, SlateBatch } from "../types.js";

/** Index of a candidate source as `SlateBatch.source` and `CandidateBatch.source` hold it. */
export function sourceCode(source: CandidateSource): number {
  return candidateSources.indexOf(source);
}

/** Index of a mixture component as `SlateBatch.component` holds it. */
export function componentCode(component: PolicyComponent): number {
  return policyComponents.indexOf(component);
}

/** A batch of empty pages: every slot -1 with propensity 1 (an empty slot is certain), source `other`, component `only`. */
export function emptySlates(count: number, slots: number): SlateBatch {
  return {
    count,
    slots,
    video: new Int32Array(count * slots).fill(-1), // [count, slots]
    source: new Uint8Array(count * slots).fill(sourceCode("other")),
    propensity: new Float64Array(count * slots).fill(1),
    component: new Uint8Array(count),
  };
}

/** Whether a request's pool is logged: a fixed share of the requests of a seed. @throws RangeError on a share outside [0, 1] */
export function logsPool(seed: number, share: number): (request: number) => boolean {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`poolShare: ${share}; allowed: 0 … 1`);
  const key = keyOf(seed, "pool-log");
  return (request) => share > 0 && uniform(key, requestLow(request), requestHigh(request)) < share;
}

/** The pages with what they were drawn from, where any of it is logged. */
export function withPoolsOf(slates: SlateBatch, pools: GrowingPools): SlateBatch {
  const rows = pools.rows();
  return rows ? { ...slates, pools: rows } : slates;
}

/** Low 32 bits of a request id, for the hash: ids exceed 2^32, so both halves are mixed in. */
export function requestLow(request: number): number {
  return request >>> 0; // ToUint32 is exact modulo 2^32 for integers below 2^53
}

/** High bits of a request id, for the hash. */
export function requestHigh(request: number): number {
  return Math.floor(request / 4294967296);
}

/** Number of videos live on `day`: ids 0 … live - 1 may be shown. Throws for a day outside the catalogue's horizon. */
export function liveOn(catalogue: Catalogue, day: Day): number {
  const live = catalogue.liveVideos[day];
  if (live === undefined) throw new RangeError(`unknown day: ${day}; allowed: 0 … ${catalogue.liveVideos.length - 1}`);
  return live;
}

/** Refuses a batch for a day other than the one opened at midnight. */
export function requireOpenDay(requests: RequestBatch, openDay: Day, policy: string): void {
  if (requests.day !== openDay) {
    const open = openDay < 0 ? "no day is open: call openDay first" : `the open day is ${openDay}`;
    throw new Error(`policy ${policy}: requests of day ${requests.day}; ${open}`);
  }
}

/** Refuses a number of slots per page that cannot be logged (`position` is one byte). */
export function requireSlots(slots: number): void {
  if (!Number.isInteger(slots) || slots < 1 || slots > 255)
    throw new RangeError(`slots: ${slots}; allowed: an integer in 1 … 255`);
}

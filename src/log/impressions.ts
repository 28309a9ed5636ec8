/** Building, joining and checking `Impressions`: columns in memory, one row per impression. */
import type { FeedbackBatch, Impressions, Pools, RequestBatch, SlateBatch } from "../types.js";
import { eventColumns } from "./events.js";
import { concatPools } from "./pools.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Who answered: `policy` and `arm` index the name lists. */
export interface Answerer {
  readonly policies: readonly string[];
  readonly policy: number;
  readonly arms: readonly string[];
  readonly arm: number;
}

/** The memory of a column; ids beyond 2^32 are doubles, names are codes. */
const arrayOf = {
  BIGINT: Float64Array,
  DOUBLE: Float64Array,
  INTEGER: Int32Array,
  SMALLINT: Int16Array,
  UTINYINT: Uint8Array,
  VARCHAR: Uint8Array,
} as const;

/** No rows (or `count` rows of zeros, to be filled). `shared`: over SharedArrayBuffers, which threads see without a copy. */
export function emptyImpressions(
  policies: readonly string[],
  arms: readonly string[],
  count = 0,
  shared = false,
): Impressions {
  const bytes = (size: number): ArrayBuffer =>
    shared ? (new SharedArrayBuffer(size) as unknown as ArrayBuffer) : new ArrayBuffer(size);
  const out: Record<string, unknown> = { count, policies, arms };
  for (const { field, type } of eventColumns) {
    const Values = arrayOf[type];
    out[field] = new Values(bytes(count * Values.BYTES_PER_ELEMENT));
  }
  return out as unknown as Impressions;
}

/** Concatenates batches into new memory. Names are joined in order of first appearance and codes follow them. */
export function concatImpressions(batches: readonly Impressions[]): Impressions {
  const policies = [...new Set(batches.flatMap((batch) => batch.policies))];
  const arms = [...new Set(batches.flatMap((batch) => batch.arms))];
  const all = emptyImpressions(
    policies,
    arms,
    batches.reduce((sum, batch) => sum + batch.count, 0),
  );
  let at = 0;
  for (const batch of batches) {
    for (const { field } of eventColumns) all[field].set(batch[field].subarray(0, batch.count), at);
    recode(all.policy, at, batch.count, batch.policies, policies);
    recode(all.arm, at, batch.count, batch.arms, arms);
    at += batch.count;
  }
  return withPools(all, concatPools(batches.map(({ pools }) => pools)));
}

/** The same rows with these pools. */
export function withPools(events: Impressions, pools: Pools | undefined): Impressions {
  return pools === undefined ? events : { ...events, pools };
}

/** The rows of one answered batch in order of request and slot; empty slots (video -1) are left out. */
export function impressionsOf(
  requests: RequestBatch,
  slates: SlateBatch,
  feedback: FeedbackBatch,
  answerer: Answerer,
): Impressions {
  const out = emptyImpressions(answerer.policies, answerer.arms, countShown(slates));
  fillImpressions(out, 0, requests, slates, feedback, answerer);
  return withPools(out, slates.pools);
}

/** How many slots of a batch hold a video. */
export function countShown(slates: SlateBatch): number {
  const { video } = slates;
  const size = slates.count * slates.slots;
  let rows = 0;
  for (let i = 0; i < size; i++) if (video[i]! >= 0) rows++;
  return rows;
}

/** Writes the rows of one answered batch into `out` (whose columns are long enough) from row `at` on; returns the row after them. */
export function fillImpressions(
  out: Impressions,
  at: number,
  requests: RequestBatch,
  slates: SlateBatch,
  feedback: FeedbackBatch,
  answerer: Answerer,
): number {
  const { count, slots } = slates;
  if (requests.count !== count || feedback.count !== count || feedback.slots !== slots) {
    throw new Error(
      `requests ${requests.count}, slates ${count}×${slots} and feedback ${feedback.count}×${feedback.slots} do not match`,
    );
  }
  let row = at;
  for (let r = 0; r < count; r++) {
    for (let slot = 0; slot < slots; slot++) {
      const from = r * slots + slot;
      if (slates.video[from]! < 0) continue;
      out.request[row] = requests.request[r]!;
      out.session[row] = requests.session[r]!;
      out.user[row] = requests.user[r]!;
      out.timeMs[row] = requests.timeMs[r]!;
      out.page[row] = requests.page[r]!;
      out.device[row] = requests.device[r]!;
      out.position[row] = slot;
      out.video[row] = slates.video[from]!;
      out.source[row] = slates.source[from]!;
      out.propensity[row] = slates.propensity[from]!;
      out.component[row] = slates.component[r]!;
      out.click[row] = feedback.click[from]!;
      out.watchMs[row] = feedback.watchMs[from]!;
      out.like[row] = feedback.like[from]!;
      out.share[row] = feedback.share[from]!;
      out.hide[row] = feedback.hide[from]!;
      out.follow[row] = feedback.follow[from]!;
      if (slates.campaign) out.campaign[row] = slates.campaign[from]!;
      out.conversion[row] = feedback.conversion[from]!;
      out.revenueMicros[row] = feedback.revenueMicros[from]!;
      row++;
    }
  }
  out.policy.fill(answerer.policy, at, row);
  out.arm.fill(answerer.arm, at, row);
  out.day.fill(requests.day, at, row);
  return row;
}

/** The rows in `[from, to)`, sharing memory; without pools. */
export function sliceImpressions(events: Impressions, from: number, to: number): Impressions {
  const out: Partial<Mutable<Impressions>> = { count: to - from, policies: events.policies, arms: events.arms };
  for (const { field } of eventColumns) (out as Record<string, unknown>)[field] = events[field].subarray(from, to);
  return out as Impressions;
}

/** Turns codes of `from`'s names into codes of `to`'s, in rows `[at, at + count)`. */
export function recode(
  codes: Uint8Array,
  at: number,
  count: number,
  from: readonly string[],
  to: readonly string[],
): void {
  const map = from.map((name) => to.indexOf(name));
  if (map.every((code, i) => code === i)) return;
  for (let i = at; i < at + count; i++) codes[i] = map[codes[i]!]!;
}

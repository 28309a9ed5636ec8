/** Building, joining and checking `Impressions`: columns in memory, one row an impression. */
import type { FeedbackBatch, Impressions, RequestBatch, SlateBatch } from "../types.js";
import { eventColumns } from "./events.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Who answered: `policy` and `arm` index the name lists. */
export interface Answerer {
  readonly policies: readonly string[];
  readonly policy: number;
  readonly arms: readonly string[];
  readonly arm: number;
}

/** No rows (or `count` rows of zeros, to be filled). */
export function emptyImpressions(policies: readonly string[], arms: readonly string[], count = 0): Impressions {
  return {
    count,
    policies,
    arms,
    request: new Float64Array(count),
    session: new Float64Array(count),
    user: new Int32Array(count),
    video: new Int32Array(count),
    day: new Int16Array(count),
    timeMs: new Int32Array(count),
    page: new Uint8Array(count),
    position: new Uint8Array(count),
    source: new Uint8Array(count),
    policy: new Uint8Array(count),
    component: new Uint8Array(count),
    arm: new Uint8Array(count),
    propensity: new Float64Array(count),
    device: new Uint8Array(count),
    click: new Uint8Array(count),
    watchMs: new Int32Array(count),
    like: new Uint8Array(count),
    share: new Uint8Array(count),
    hide: new Uint8Array(count),
    follow: new Uint8Array(count),
    campaign: new Int16Array(count),
    conversion: new Uint8Array(count),
    revenueMicros: new Int32Array(count),
  };
}

/** One batch after another. Names are joined in order of first appearance and codes follow them. */
export function concatImpressions(batches: readonly Impressions[]): Impressions {
  const policies = [...new Set(batches.flatMap((batch) => batch.policies))];
  const arms = [...new Set(batches.flatMap((batch) => batch.arms))];
  const all = emptyImpressions(policies, arms, batches.reduce((sum, batch) => sum + batch.count, 0));
  let at = 0;
  for (const batch of batches) {
    for (const { field } of eventColumns) all[field].set(batch[field].subarray(0, batch.count), at);
    recode(all.policy, at, batch.count, batch.policies, policies);
    recode(all.arm, at, batch.count, batch.arms, arms);
    at += batch.count;
  }
  return all;
}

/** The rows of one answered batch in order of request and slot; empty slots (video -1) are left out. */
export function impressionsOf(requests: RequestBatch, slates: SlateBatch, feedback: FeedbackBatch, answerer: Answerer): Impressions {
  const { count, slots } = slates;
  if (requests.count !== count || feedback.count !== count || feedback.slots !== slots) {
    throw new Error(`requests ${requests.count}, slates ${count}×${slots} and feedback ${feedback.count}×${feedback.slots} do not match`);
  }
  let rows = 0;
  for (let i = 0; i < count * slots; i++) if ((slates.video[i] as number) >= 0) rows++;
  const out = emptyImpressions(answerer.policies, answerer.arms, rows);
  out.policy.fill(answerer.policy);
  out.arm.fill(answerer.arm);
  out.day.fill(requests.day);
  let row = 0;
  for (let r = 0; r < count; r++) {
    for (let slot = 0; slot < slots; slot++) {
      const from = r * slots + slot;
      if ((slates.video[from] as number) < 0) continue;
      out.request[row] = requests.request[r] as number;
      out.session[row] = requests.session[r] as number;
      out.user[row] = requests.user[r] as number;
      out.timeMs[row] = requests.timeMs[r] as number;
      out.page[row] = requests.page[r] as number;
      out.device[row] = requests.device[r] as number;
      out.position[row] = slot;
      out.video[row] = slates.video[from] as number;
      out.source[row] = slates.source[from] as number;
      out.propensity[row] = slates.propensity[from] as number;
      out.component[row] = slates.component[r] as number;
      out.click[row] = feedback.click[from] as number;
      out.watchMs[row] = feedback.watchMs[from] as number;
      out.like[row] = feedback.like[from] as number;
      out.share[row] = feedback.share[from] as number;
      out.hide[row] = feedback.hide[from] as number;
      out.follow[row] = feedback.follow[from] as number;
      if (slates.campaign) out.campaign[row] = slates.campaign[from] as number;
      out.conversion[row] = feedback.conversion[from] as number;
      out.revenueMicros[row] = feedback.revenueMicros[from] as number;
      row++;
    }
  }
  return out;
}

/** The rows in `[from, to)`, sharing memory. */
export function sliceImpressions(events: Impressions, from: number, to: number): Impressions {
  const out: Partial<Mutable<Impressions>> = { count: to - from, policies: events.policies, arms: events.arms };
  for (const { field } of eventColumns) (out as Record<string, unknown>)[field] = events[field].subarray(from, to);
  return out as Impressions;
}

/**
 * Checks lengths and ranges of every column against the schema, and that nothing is watched without a click.
 * @throws Error naming the column, row, value and what is allowed.
 */
export function validateImpressions(events: Impressions): void {
  for (const { name, field, min, max, names } of eventColumns) {
    const values = events[field];
    if (values.length !== events.count) throw new Error(`column ${name} has ${values.length} rows; expected ${events.count}`);
    const most = names === "policies" || names === "arms" ? events[names].length - 1 : max;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!(value >= min && value <= most)) throw new Error(`column ${name} is ${value} in row ${i}; allowed: ${min} to ${most}`);
    }
  }
  for (let i = 0; i < events.count; i++) {
    if (!((events.propensity[i] as number) > 0)) throw new Error(`column propensity is 0 in row ${i}; allowed: above 0, at most 1`);
    if (events.watchMs[i] !== 0 && events.click[i] === 0) {
      throw new Error(`column watch_ms is ${events.watchMs[i]} in row ${i} without a click; allowed: 0`);
    }
  }
}

function recode(codes: Uint8Array, at: number, count: number, from: readonly string[], to: readonly string[]): void {
  const map = from.map((name) => to.indexOf(name));
  if (map.every((code, i) => code === i)) return;
  for (let i = at; i < at + count; i++) codes[i] = map[codes[i] as number] as number;
}

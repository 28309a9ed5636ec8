/**
 * One row an assigned user and day, zeros included, so that an arm that drives users away is not rewarded for it
 * (with metrics over visitors only it would be).
 */
import type { Catalogue, Day, Impressions, UserDays } from "../types.js";

/** Visits of one shard or day, as the platform sees them: when each began and ended. */
export interface VisitTimes {
  readonly count: number;
  readonly user: Int32Array;
  readonly startMs: Int32Array;
  readonly endMs: Int32Array;
}

/** Sums one day of an arm per assigned user: `assigned[user] = 1` (undefined: everyone); users who join later have no row yet. */
export function userDaysOf(
  catalogue: Catalogue,
  assigned: Uint8Array | undefined,
  firstDay: Day,
  day: Day,
  events: Impressions,
  visits: readonly VisitTimes[],
): UserDays {
  const { joinDay, count: users } = catalogue.users;
  const row = new Int32Array(users).fill(-1);
  let count = 0;
  for (let u = 0; u < users; u++) {
    if ((assigned === undefined || assigned[u] === 1) && joinDay[u]! <= day) row[u] = count++;
  }
  const rows = emptyUserDays(count);
  for (let u = 0; u < users; u++) {
    const r = row[u]!;
    if (r < 0) continue;
    rows.user[r] = u;
    rows.day[r] = day;
    rows.newcomer[r] = joinDay[u]! >= firstDay ? 1 : 0;
  }
  let request = -1;
  for (let i = 0; i < events.count; i++) {
    const r = row[events.user[i]!]!;
    if (r < 0) throw new Error(`impression of a user who is not assigned: ${events.user[i]}`);
    rows.impressions[r]! += 1;
    if (events.request[i] !== request) {
      request = events.request[i]!;
      rows.requests[r]! += 1;
    }
    rows.clicks[r]! += events.click[i]!;
    rows.watchMs[r]! += events.watchMs[i]!;
    rows.likes[r]! += events.like[i]!;
    rows.hides[r]! += events.hide[i]!;
    rows.conversions[r]! += events.conversion[i]! > 0 ? 1 : 0;
    rows.revenueMicros[r]! += events.revenueMicros[i]!;
  }
  for (const visit of visits) {
    for (let i = 0; i < visit.count; i++) {
      const r = row[visit.user[i]!]!;
      rows.visits[r]! += 1;
      rows.sessionMs[r]! += visit.endMs[i]! - visit.startMs[i]!;
    }
  }
  return rows;
}

const columns = {
  user: Int32Array,
  day: Int16Array,
  newcomer: Uint8Array,
  visits: Int32Array,
  requests: Int32Array,
  impressions: Int32Array,
  clicks: Int32Array,
  watchMs: Float64Array,
  sessionMs: Float64Array,
  likes: Int32Array,
  hides: Int32Array,
  conversions: Int32Array,
  revenueMicros: Float64Array,
} as const;

/** Names of the columns of `UserDays`. */
export const userDayColumns = Object.keys(columns) as readonly (keyof typeof columns)[];

/** All zeros. */
export function emptyUserDays(count: number): UserDays {
  return { count, ...Object.fromEntries(userDayColumns.map((name) => [name, new columns[name](count)])) } as UserDays;
}

/** Rows of several days (or arms) one after the other. */
export function concatUserDays(parts: readonly UserDays[]): UserDays {
  const all = emptyUserDays(parts.reduce((sum, p) => sum + p.count, 0));
  let at = 0;
  for (const part of parts) {
    for (const name of userDayColumns) all[name].set(part[name], at);
    at += part.count;
  }
  return all;
}

/** The rows that `keep` says, in order. */
export function filterUserDays(days: UserDays, keep: (row: number) => boolean): UserDays {
  const rows = Array.from({ length: days.count }, (_, row) => row).filter(keep);
  const kept = emptyUserDays(rows.length);
  for (const name of userDayColumns) rows.forEach((row, i) => (kept[name][i] = days[name][row]!));
  return kept;
}

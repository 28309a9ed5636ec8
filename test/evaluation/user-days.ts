import type { UserDays } from "../../src/types.js";

/** A user-day of a test: what is not said is 0. */
export interface Row {
  readonly user: number;
  readonly day: number;
  readonly newcomer?: number;
  readonly visits?: number;
  readonly requests?: number;
  readonly impressions?: number;
  readonly clicks?: number;
  readonly watchMs?: number;
  readonly sessionMs?: number;
  readonly likes?: number;
  readonly hides?: number;
  readonly conversions?: number;
  readonly revenueMicros?: number;
}

export function userDays(rows: readonly Row[]): UserDays {
  const column = (pick: (row: Row) => number | undefined): number[] => rows.map((row) => pick(row) ?? 0);
  return {
    count: rows.length,
    user: Int32Array.from(column((row) => row.user)),
    day: Int16Array.from(column((row) => row.day)),
    newcomer: Uint8Array.from(column((row) => row.newcomer)),
    visits: Int32Array.from(column((row) => row.visits)),
    requests: Int32Array.from(column((row) => row.requests)),
    impressions: Int32Array.from(column((row) => row.impressions)),
    clicks: Int32Array.from(column((row) => row.clicks)),
    watchMs: Float64Array.from(column((row) => row.watchMs)),
    sessionMs: Float64Array.from(column((row) => row.sessionMs)),
    likes: Int32Array.from(column((row) => row.likes)),
    hides: Int32Array.from(column((row) => row.hides)),
    conversions: Int32Array.from(column((row) => row.conversions)),
    revenueMicros: Float64Array.from(column((row) => row.revenueMicros)),
  };
}

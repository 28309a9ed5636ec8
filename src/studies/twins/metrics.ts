/** Metrics of twins: per-user sums of each metric over a horizon, and the pre-period covariate that belongs to it. */
import { armSums, influence, type ArmSums, type RatioSums } from "../../evaluation/index.js";
import { readDay } from "../../log/index.js";
import { concatUserDays, filterUserDays, userDaysOf, type VisitTimes } from "../../platform/index.js";
import type { Impressions, UserDays } from "../../types.js";
import type { SimulatedLog } from "../../pipeline/simulate.js";
import type { Played } from "../../pipeline/arms/play.js";

/** Names of the metrics of a twin study, in the order of its tables. */
export const twinMetrics = [
  "watchMinutes",
  "clicks",
  "ctr",
  "visits",
  "day1Return",
  "day7Return",
  "revenue",
  "satisfaction",
] as const;
/** One of `twinMetrics`. `clicks` are per assigned user-day; `satisfaction` is hidden, a mean over users at the horizon's end. */
export type TwinMetric = (typeof twinMetrics)[number];

/** Users in ascending order of id, with each metric's sums by user. */
export interface TwinSums {
  readonly users: Float64Array; // [users] ids
  readonly metrics: Readonly<Record<TwinMetric, RatioSums>>;
}

/** Sums over the first `horizon` days of a play that began on `firstDay`. */
export function twinSums(played: Played, firstDay: number, horizon: number): TwinSums {
  const days = filterUserDays(played.userDays, (row) => played.userDays.day[row]! < firstDay + horizon);
  const sums = armSums(days);
  const felt = played.satisfaction.get(horizon);
  if (felt === undefined)
    throw new RangeError(`no satisfaction at horizon ${horizon}; known: ${[...played.satisfaction.keys()].join(", ")}`);
  const satisfaction = {
    numerator: Float64Array.from(sums.users, (user) => felt[user]!),
    denominator: new Float64Array(sums.users.length).fill(1),
  };
  return { users: sums.users, metrics: { ...visible(sums), satisfaction } };
}

/** The last `before` days of the log, of assigned users who were there: what CUPED may look at. */
export async function periodBefore(log: SimulatedLog, assigned: Uint8Array, before: number): Promise<ArmSums> {
  const parts: UserDays[] = [];
  for (const day of log.days.slice(-before)) {
    const events = only(await readDay(log.dir, day), assigned);
    parts.push(userDaysOf(log.catalogue, assigned, 0, day, events, [visitsIn(events)]));
  }
  return armSums(concatUserDays(parts));
}

/**
 * The covariate of each metric, user by user: the same metric before the test (its influence, for ratios); visits for returns, and watch
 * time for satisfaction, which no platform sees. Users who were not there get the mean, as is usual.
 */
export function covariates(before: ArmSums, users: Float64Array): Readonly<Record<TwinMetric, Float64Array>> {
  const place = new Map([...before.users].map((user, row) => [user, row]));
  const column = (sums: RatioSums): Float64Array => {
    const values = influence(sums).map((value) => (Number.isFinite(value) ? value : 0));
    return Float64Array.from(users, (user) => {
      const row = place.get(user);
      return row === undefined ? 0 : values[row]!; // influences have mean 0
    });
  };
  const same = visible(before);
  return {
    watchMinutes: column(same.watchMinutes),
    clicks: column(same.clicks),
    ctr: column(same.ctr),
    visits: column(same.visits),
    revenue: column(same.revenue),
    day1Return: column(same.visits),
    day7Return: column(same.visits),
    satisfaction: column(same.watchMinutes),
  };
}

function visible({ metrics }: ArmSums): Omit<TwinSums["metrics"], "satisfaction"> {
  const { watchMinutes, ctr, visits, day1Return, day7Return, revenue } = metrics;
  return {
    watchMinutes,
    ctr,
    visits,
    day1Return,
    day7Return,
    revenue,
    clicks: { numerator: ctr.numerator, denominator: visits.denominator },
  };
}

function only(events: Impressions, assigned: Uint8Array): Impressions {
  const rows: number[] = [];
  for (let i = 0; i < events.count; i++) if (assigned[events.user[i]!] === 1) rows.push(i);
  const columns = Object.entries(events).map(([name, column]) => {
    if (!ArrayBuffer.isView(column)) return [name, column];
    const values = column as unknown as Float64Array;
    const kept = new (values.constructor as Float64ArrayConstructor)(rows.length);
    for (let r = 0; r < rows.length; r++) kept[r] = values[rows[r]!]!;
    return [name, kept];
  });
  return { ...(Object.fromEntries(columns) as unknown as Impressions), count: rows.length };
}

/** Visits as the log shows them: a session is one. Their lengths are not in the log. */
function visitsIn(events: Impressions): VisitTimes {
  const first = new Map<number, number>();
  for (let i = 0; i < events.count; i++) if (!first.has(events.session[i]!)) first.set(events.session[i]!, i);
  const rows = [...first.values()];
  const at = Int32Array.from(rows, (i) => events.timeMs[i]!);
  return { count: rows.length, user: Int32Array.from(rows, (i) => events.user[i]!), startMs: at, endMs: at };
}

/**
 * The online metrics, each defined once. All are a ratio of two sums over user-days, so all get their intervals the same
 * way: by resampling users. Means are per *assigned* user-day, zeros included: an arm that drives users away is penalised.
 */
import type { UserDays } from "../types.js";
import { sameLength } from "./checks.js";
import { groupBy } from "./order.js";

/** What a metric is and how it is read. */
export interface OnlineMetric {
  readonly name: OnlineMetricName;
  readonly label: string; // for people
  readonly unit: string; // of the value, for axes and tables; "share" is in [0, 1]
  readonly better: "higher" | "lower";
  /** mean: per assigned user-day; ratio: of two sums; return: of active user-days, share active again later. */
  readonly kind: "mean" | "ratio" | "return";
  readonly description: string;
}

const daily = "per assigned user-day";
const assigned = "over assigned user-days";
const active = "share of active user-days";
const later = "of users active on day d, share active on d +";
const metricTable = [
  ["watchMinutes", "Watch time", `minutes ${daily}`, "mean", `watch time ${assigned}`],
  ["ctr", "CTR", "clicks per impression", "ratio", "clicks over impressions"],
  ["pagesPerVisit", "Session length (pages)", "pages per visit", "ratio", "page requests over visits"],
  [
    "minutesPerVisit",
    "Session length (minutes)",
    "minutes per visit",
    "ratio",
    "minutes from first request to leaving, over visits",
  ],
  ["visits", "Visits", `visits ${daily}`, "mean", `visits ${assigned}`],
  ["activeShare", "Active users", "share of assigned user-days", "mean", "assigned user-days with a visit"],
  ["day1Return", "Day-1 return", active, "return", `${later} 1`],
  ["day7Return", "Day-7 return", active, "return", `${later} 7`],
  ["conversions", "Conversions", `conversions ${daily}`, "mean", `subscriptions and sponsored purchases ${assigned}`],
  ["revenue", "Revenue", `currency ${daily}`, "mean", `revenue ${assigned}`],
  ["likes", "Likes", `likes ${daily}`, "mean", `likes ${assigned}`],
  ["hides", "Hides", `hides ${daily}`, "mean", `hides ${assigned}`],
] as const;

/** Names of the online metrics, in the order of `onlineMetrics`. */
export type OnlineMetricName = (typeof metricTable)[number][0];

/** All online metrics, the main one first. */
export const onlineMetrics: readonly OnlineMetric[] = metricTable.map(([name, label, unit, kind, description]) => {
  return { name, label, unit, better: name === "hides" ? "lower" : "higher", kind, description };
});

/** Looks a metric up. Throws on an unknown name and lists the known ones. */
export function onlineMetric(name: string): OnlineMetric {
  const metric = onlineMetrics.find((candidate) => candidate.name === name);
  if (!metric)
    throw new RangeError(
      `unknown online metric: ${name}; known: ${onlineMetrics.map((known) => known.name).join(", ")}`,
    );
  return metric;
}

/**
 * Numerator and denominator of a metric, one entry per user-day; Σ numerator / Σ denominator is in the metric's unit. Both are
 * integers (milliseconds over 60,000 a user-day, not fractions of minutes), so sums are exact in any order.
 */
export interface MetricRows {
  readonly numerator: Float64Array; // [user-days]
  readonly denominator: Float64Array; // [user-days]
}

/** The two columns of each metric. Throws if columns differ in length, are empty, or name a user's day twice. */
export function metricRows(days: UserDays): ReadonlyMap<OnlineMetricName, MetricRows> {
  checkUserDays(days);
  const of = (column: ArrayLike<number>, times = 1): Float64Array =>
    Float64Array.from({ length: days.count }, (_, i) => column[i]! * times);
  const each = (unit: number): Float64Array => new Float64Array(days.count).fill(unit);
  const visits = of(days.visits);
  const ones = each(1);
  return new Map<OnlineMetricName, MetricRows>([
    ["watchMinutes", { numerator: of(days.watchMs), denominator: each(60_000) }],
    ["ctr", { numerator: of(days.clicks), denominator: of(days.impressions) }],
    ["pagesPerVisit", { numerator: of(days.requests), denominator: visits }],
    ["minutesPerVisit", { numerator: of(days.sessionMs), denominator: of(days.visits, 60_000) }],
    ["visits", { numerator: visits, denominator: ones }],
    ["activeShare", { numerator: visits.map((count) => (count > 0 ? 1 : 0)), denominator: ones }],
    ["day1Return", returnRows(days, 1)],
    ["day7Return", returnRows(days, 7)],
    ["conversions", { numerator: of(days.conversions), denominator: ones }],
    ["revenue", { numerator: of(days.revenueMicros), denominator: each(1_000_000) }],
    ["likes", { numerator: of(days.likes), denominator: ones }],
    ["hides", { numerator: of(days.hides), denominator: ones }],
  ]);
}

/**
 * Return after `lag` days: a user-day counts below if the user was active and is still assigned `lag` days later (so the
 * last days of an experiment do not count as lost), and above if active then too.
 */
export function returnRows(days: UserDays, lag: number): MetricRows {
  const numerator = new Float64Array(days.count);
  const denominator = new Float64Array(days.count);
  const place = new Map<number, number>();
  for (let i = 0; i < days.count; i++) place.set(userDay(days.user[i]!, days.day[i]!), i);
  for (let i = 0; i < days.count; i++) {
    if (days.visits[i]! === 0) continue;
    const later = place.get(userDay(days.user[i]!, days.day[i]! + lag));
    if (later === undefined) continue;
    denominator[i] = 1;
    numerator[i] = days.visits[later]! > 0 ? 1 : 0;
  }
  return { numerator, denominator };
}

/** Parts of the users an arm is judged on. Newcomers joined on or after the experiment's first day. */
export const segments = ["all", "newcomers", "established"] as const;
/** One of `segments`. */
export type Segment = (typeof segments)[number];

/** The segments that have at least one user-day, "all" first. */
export function segmentsOf(days: UserDays): readonly Segment[] {
  return segments.filter((segment) => segment === "all" || days.newcomer.includes(segment === "newcomers" ? 1 : 0));
}

/** The user-days of one segment. Throws if it has none. */
export function segmentDays(days: UserDays, segment: Segment): UserDays {
  if (segment === "all") return days;
  if (!segments.includes(segment))
    throw new RangeError(`unknown segment: ${String(segment)}; known: ${segments.join(", ")}`);
  const wanted = segment === "newcomers" ? 1 : 0;
  const keep = days.newcomer.reduce((count, newcomer) => count + (newcomer === wanted ? 1 : 0), 0);
  if (keep === 0)
    throw new RangeError(`no ${segment} among ${days.count} user-days; ask segmentsOf which segments there are`);
  const { count: _, ...columns } = days;
  const kept = Object.entries(columns).map(([name, column]) => [
    name,
    (column as Int32Array).filter((_value, i) => days.newcomer[i] === wanted),
  ]);
  return { count: keep, ...(Object.fromEntries(kept) as Omit<UserDays, "count">) };
}

function checkUserDays(days: UserDays): void {
  const { count, ...columns } = days;
  if (count === 0) throw new RangeError("an arm has 0 user-days; at least 1 is needed");
  sameLength(columns);
  if (days.user.length !== count)
    throw new RangeError(`lengths differ: count is ${count}, user has ${days.user.length} rows; they must be equal`);
  const groups = groupBy(Float64Array.from({ length: count }, (_, i) => userDay(days.user[i]!, days.day[i]!)));
  if (groups.count === count) return;
  for (let g = 0; g < groups.count; g++) {
    const row = groups.rows[groups.offsets[g]!]!;
    const times = groups.offsets[g + 1]! - groups.offsets[g]!;
    if (times > 1)
      throw new RangeError(
        `user ${days.user[row]} has ${times} rows for day ${days.day[row]}; a user-day must be one row`,
      );
  }
}

function userDay(user: number, day: number): number {
  return user * 65536 + day + 32768;
}

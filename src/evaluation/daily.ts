/** A metric day by day: what retention curves and drift lines are drawn from. */
import type { UserDays } from "../types.js";
import { intervalOf, ratioReplicates, type BootstrapOptions, type Interval, type RatioSums } from "./bootstrap.js";
import { metricRows, onlineMetric, type OnlineMetricName } from "./online.js";
import { groupBy } from "./order.js";

/** One day of one arm. */
export interface DailyMetric {
  readonly day: number;
  readonly interval: Interval;
}

/** The metric on each day, ascending, with intervals by user. Share of users active each day is `activeShare`. */
export function dailyMetric(
  days: UserDays,
  name: OnlineMetricName,
  options: BootstrapOptions = {},
): readonly DailyMetric[] {
  onlineMetric(name);
  const { numerator, denominator } = metricRows(days).get(name)!;
  const users = groupBy(days.user);
  const byDay = groupBy(days.day);
  const sums = Array.from({ length: byDay.count }, (): RatioSums => ({
    numerator: new Float64Array(users.count),
    denominator: new Float64Array(users.count),
  }));
  for (let i = 0; i < days.count; i++) {
    const sum = sums[byDay.group[i]!]!;
    const u = users.group[i]!;
    sum.numerator[u] = numerator[i]!;
    sum.denominator[u] = denominator[i]!;
  }
  const replicates = ratioReplicates(users.ids, sums, options);
  return replicates.map((replicate, d) => ({
    day: byDay.ids[d]!,
    interval: intervalOf(replicate, users.count, options),
  }));
}

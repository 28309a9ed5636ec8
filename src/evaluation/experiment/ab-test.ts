/**
 * Two arms compared: each online metric in each arm, the difference and its uncertainty. Paired arms are
 * the same users in twin worlds (the exact effect, up to the random choice of users); unpaired arms are disjoint users,
 * as on a real platform. Intervals are bootstrap percentiles by user; the MDE comes from the linearised variance by user.
 */
import type { UserDays } from "../../types.js";
import {
  intervalOf,
  ratioReplicates,
  type BootstrapOptions,
  type Interval,
  type RatioSums,
  type Replicates,
} from "../bootstrap.js";
import { normalQuantile, twoSidedP } from "../distributions.js";
import { metricRows, onlineMetrics, segmentDays, type OnlineMetricName, type Segment } from "../online.js";
import { groupBy, sumsBy } from "../order.js";

/** Options of the arm metrics: how to resample, and on whom. */
export interface ArmOptions extends BootstrapOptions {
  readonly segment?: Segment; // default "all"
}

/** Online metrics of one arm. */
export interface ArmMetrics {
  readonly segment: Segment;
  readonly users: number;
  readonly userDays: number;
  readonly metrics: Readonly<Record<OnlineMetricName, Interval>>;
}

/** How to compare arms. */
export interface CompareOptions extends ArmOptions {
  readonly paired: boolean;
  readonly power?: number; // of the MDE, default 0.8
  readonly alpha?: number; // two-sided, default 0.05
}

/** One metric in two arms. `significant` is read off the interval: it excludes 0. */
export interface MetricComparison {
  readonly name: OnlineMetricName;
  readonly control: Interval;
  readonly treatment: Interval;
  readonly difference: Interval; // treatment − control
  readonly lift: Interval; // difference / control; NaN where control is 0
  readonly pValue: number; // two-sided z test of no difference, linearised standard error
  readonly mde: number; // smallest difference found with this power, same unit as the metric
  readonly mdeLift: number; // mde / |control|
  readonly significant: boolean;
}

/** All metrics of two arms. */
export interface Comparison {
  readonly segment: Segment;
  readonly paired: boolean;
  readonly controlUsers: number;
  readonly treatmentUsers: number;
  readonly metrics: Readonly<Record<OnlineMetricName, MetricComparison>>;
}

/** Per-user sums of each metric, users in ascending order of id. */
export interface ArmSums {
  readonly users: Float64Array; // [users] ids, ascending
  readonly userDays: number;
  readonly metrics: Readonly<Record<OnlineMetricName, RatioSums>>; // [users] each
}

/** Sums user-days by user. Throws on empty or repeated user-days, and on a segment nobody is in. */
export function armSums(days: UserDays, segment: Segment = "all"): ArmSums {
  const part = segmentDays(days, segment);
  const rows = metricRows(part);
  const users = groupBy(part.user);
  const metrics = recordOf((name) => {
    const { numerator, denominator } = rows.get(name)!;
    return { numerator: sumsBy(users, numerator), denominator: sumsBy(users, denominator) };
  });
  return { users: users.ids, userDays: part.count, metrics };
}

/** Every online metric of an arm with its interval by user. A metric whose denominator is 0 is NaN (day-7 return of 5 days). */
export function armMetrics(days: UserDays, options: ArmOptions = {}): ArmMetrics {
  const segment = options.segment ?? "all";
  const sums = armSums(days, segment);
  const replicates = replicatesOf(sums, options);
  const metrics = recordOf((name) => intervalOf(replicates[name], sums.users.length, options));
  return { segment, users: sums.users.length, userDays: sums.userDays, metrics };
}

/** Compares arms metric by metric. Paired arms must have exactly the same users, unpaired arms none in common; else it throws. */
export function compareArms(control: UserDays, treatment: UserDays, options: CompareOptions): Comparison {
  const segment = options.segment ?? "all";
  const a = armSums(control, segment);
  const b = armSums(treatment, segment);
  checkUsers(a.users, b.users, options.paired);
  const name = options.name ?? "arms";
  const before = replicatesOf(a, { ...options, name: options.paired ? name : `${name}/control` });
  const after = replicatesOf(b, { ...options, name: options.paired ? name : `${name}/treatment` });
  const units = options.paired ? a.users.length : a.users.length + b.users.length;
  const width = normalQuantile(1 - (options.alpha ?? 0.05) / 2) + normalQuantile(options.power ?? 0.8);
  const metrics = recordOf((metric): MetricComparison => {
    const from = before[metric];
    const to = after[metric];
    const difference = intervalOf(
      combine(from, to, (x, y) => y - x),
      units,
      options,
    );
    const standardError = differenceError(a.metrics[metric], b.metrics[metric], options.paired);
    const mde = width * standardError;
    return {
      name: metric,
      control: intervalOf(from, a.users.length, options),
      treatment: intervalOf(to, b.users.length, options),
      difference,
      lift: intervalOf(
        combine(from, to, (x, y) => (x === 0 ? NaN : (y - x) / x)),
        units,
        options,
      ),
      pValue:
        standardError === 0 ? (difference.estimate === 0 ? 1 : 0) : twoSidedP(difference.estimate / standardError),
      mde,
      mdeLift: mde / Math.abs(from.estimate),
      significant: difference.low > 0 || difference.high < 0,
    };
  });
  return { segment, paired: options.paired, controlUsers: a.users.length, treatmentUsers: b.users.length, metrics };
}

/**
 * Influence of each user on a ratio of sums R = ΣN / ΣD: (N − R·D) / mean D. Their variance over n is the linearised
 * (delta method) variance of R (Deng et al., 2018).
 */
export function influence({ numerator, denominator }: RatioSums): Float64Array {
  const n = numerator.length;
  let above = 0;
  let below = 0;
  for (let u = 0; u < n; u++) {
    above += numerator[u]!;
    below += denominator[u]!;
  }
  const ratio = above / below;
  return Float64Array.from({ length: n }, (_, u) => (numerator[u]! - ratio * denominator[u]!) / (below / n));
}

/** Standard error of a mean of independent values: sd / √n with n − 1 below; NaN for fewer than two. */
export function standardErrorOf(values: Float64Array): number {
  const n = values.length;
  if (n < 2) return NaN;
  let mean = 0;
  for (const value of values) mean += value / n;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (n - 1) / n);
}

/** Replicates of all metrics of an arm; equal seed and name give equal weights to equal user ids. */
export function replicatesOf(
  sums: ArmSums,
  options: BootstrapOptions = {},
): Readonly<Record<OnlineMetricName, Replicates>> {
  const replicates = ratioReplicates(
    sums.users,
    onlineMetrics.map(({ name }) => sums.metrics[name]),
    options,
  );
  return recordOf((_, index) => replicates[index]!);
}

/** Applies `change` replicate by replicate. */
export function combine(a: Replicates, b: Replicates, change: (a: number, b: number) => number): Replicates {
  return {
    estimate: change(a.estimate, b.estimate),
    values: a.values.map((value, i) => change(value, b.values[i]!)),
  };
}

function differenceError(control: RatioSums, treatment: RatioSums, paired: boolean): number {
  const a = influence(control);
  const b = influence(treatment);
  if (paired) return standardErrorOf(b.map((value, u) => value - a[u]!));
  return Math.hypot(standardErrorOf(a), standardErrorOf(b));
}

function checkUsers(control: Float64Array, treatment: Float64Array, paired: boolean): void {
  const inControl = new Set(control);
  let shared = 0;
  for (const user of treatment) if (inControl.has(user)) shared++;
  if (paired && (shared !== control.length || shared !== treatment.length)) {
    throw new RangeError(
      `paired arms must have the same users: ${control.length} in control, ${treatment.length} in treatment, ${shared} in both`,
    );
  }
  if (!paired && shared > 0) {
    throw new RangeError(
      `unpaired arms must have no user in common: ${shared} of ${treatment.length} ` +
        `treatment users are in control too; use paired: true for twin worlds`,
    );
  }
}

function recordOf<T>(make: (name: OnlineMetricName, index: number) => T): Readonly<Record<OnlineMetricName, T>> {
  return Object.fromEntries(onlineMetrics.map(({ name }, index) => [name, make(name, index)])) as Record<
    OnlineMetricName,
    T
  >;
}

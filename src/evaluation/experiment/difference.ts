/**
 * The difference of two arms in one metric, from a row per user: a mean (watch minutes per user) or a ratio of sums (clicks per
 * impression).
 *
 *     mean     Welch's t: SE² = s²_A / n_A + s²_B / n_B, degrees of freedom by Welch–Satterthwaite (Welch, 1947)
 *     ratio    delta method: each user's influence (N − R·D) / mean D takes the place of the value (Deng et al., 2018)
 *     lift     (B − A) / A: SE² = SE²_B / A² + B² SE²_A / A⁴                                      (delta method)
 *     CUPED    values less θ (X − mean X), one θ for both arms (cuped.ts)
 *     winsorised   values above a quantile of both arms together are set to it
 */
import { finite, sameLength } from "../checks.js";
import { quantile, type Interval } from "../bootstrap.js";
import { studentCdf, studentQuantile } from "../student.js";
import { cuped } from "./cuped.js";

/** One arm's users in one metric. */
export interface MetricOfArm {
  readonly numerator: Float64Array; // [users]
  readonly denominator?: Float64Array; // [users] of a ratio; absent: a mean per user
  readonly before?: Float64Array; // [users] the metric (or anything else) before the experiment, for CUPED
}

/** How to compare. */
export interface DifferenceOptions {
  readonly level?: number; // default .95
  /** Values above this quantile of both arms together are set to it, for example .99; default: none. Means only. */
  readonly winsorise?: number;
}

/** What is known of the difference. Intervals are Student's. */
export interface Difference {
  readonly control: Interval;
  readonly treatment: Interval;
  readonly difference: Interval; // treatment − control
  readonly lift: Interval; // difference / control; NaN where control is 0
  readonly degrees: number;
  readonly pValue: number; // two-sided
  /** Share of the variance that CUPED left; 1 without it. */
  readonly kept: number;
  /** Difference of the covariate's means in standard errors: health of the split, |z| above 3 is suspect. */
  readonly imbalance?: number;
  readonly winsorisedAt?: number;
}

/**
 * Compares two arms.
 * @throws RangeError on an arm of fewer than two users, values that are not finite, a denominator that sums to 0, a covariate in one arm
 * only or one that does not vary
 */
export function differenceOf(
  control: MetricOfArm,
  treatment: MetricOfArm,
  options: DifferenceOptions = {},
): Difference {
  const { level = 0.95, winsorise } = options;
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must be in (0, 1), for example 0.95`);
  checkArm("control", control);
  checkArm("treatment", treatment);
  if ((control.before === undefined) !== (treatment.before === undefined))
    throw new RangeError("one arm has a covariate and the other has none; both must have it, or neither");
  const cut = winsorise === undefined ? undefined : cutAt(winsorise, control, treatment);
  const [a, b] = [valuesOf(control, cut), valuesOf(treatment, cut)];
  const adjusted = control.before && treatment.before ? adjust(a, b, control.before, treatment.before) : undefined;
  const [from, to] = adjusted ? [adjusted.control, adjusted.treatment] : [a, b];
  const [varA, varB] = [from.variance / from.users, to.variance / to.users];
  const standardError = Math.sqrt(varA + varB);
  const degrees = (varA + varB) ** 2 / (varA ** 2 / (from.users - 1) + varB ** 2 / (to.users - 1)) || Infinity;
  const estimate = to.mean - from.mean;
  const liftError = Math.sqrt(varB / from.mean ** 2 + (to.mean ** 2 * varA) / from.mean ** 4);
  const units = from.users + to.users;
  const of = (value: number, error: number): Interval => intervalFrom(value, error, degrees, level, units);
  return {
    control: intervalFrom(from.mean, Math.sqrt(varA), from.users - 1, level, from.users),
    treatment: intervalFrom(to.mean, Math.sqrt(varB), to.users - 1, level, to.users),
    difference: of(estimate, standardError),
    lift: from.mean === 0 ? of(NaN, NaN) : of(estimate / from.mean, liftError),
    degrees,
    pValue:
      standardError === 0 ? (estimate === 0 ? 1 : 0) : 2 * studentCdf(-Math.abs(estimate / standardError), degrees),
    kept: adjusted?.kept ?? 1,
    ...(adjusted && { imbalance: adjusted.imbalance }),
    ...(cut !== undefined && { winsorisedAt: cut }),
  };
}

/** Mean (or ratio) of an arm, and the variance of a user's value (or influence). */
interface Moments {
  readonly users: number;
  readonly mean: number;
  readonly variance: number; // n − 1 below
  readonly value: Float64Array; // [users] with this mean
}

function valuesOf({ numerator, denominator }: MetricOfArm, cut: number | undefined): Moments {
  if (denominator === undefined)
    return momentsOf(cut === undefined ? numerator : numerator.map((value) => Math.min(value, cut)));
  const total = (column: Float64Array): number => column.reduce((sum, value) => sum + value, 0);
  const [above, below] = [total(numerator), total(denominator)];
  const ratio = above / below;
  const mean = below / numerator.length;
  return momentsOf(numerator.map((value, u) => ratio + (value - ratio * denominator[u]!) / mean));
}

function momentsOf(value: Float64Array): Moments {
  const users = value.length;
  let mean = 0;
  for (const x of value) mean += x / users;
  let squares = 0;
  for (const x of value) squares += (x - mean) ** 2;
  return { users, mean, variance: squares / (users - 1), value };
}

function adjust(
  a: Moments,
  b: Moments,
  beforeA: Float64Array,
  beforeB: Float64Array,
): { control: Moments; treatment: Moments; kept: number; imbalance: number } {
  const [x, y] = [momentsOf(beforeA), momentsOf(beforeB)];
  if (x.variance + y.variance === 0)
    throw new RangeError(`the covariate is ${x.mean} for everybody; it must vary, or be left out`);
  const { theta } = cuped({ outcome: a.value, before: beforeA }, { outcome: b.value, before: beforeB });
  const mean = (x.mean * x.users + y.mean * y.users) / (x.users + y.users);
  const less = (of: Moments, before: Float64Array): Moments =>
    momentsOf(of.value.map((value, u) => value - theta * (before[u]! - mean)));
  const [control, treatment] = [less(a, beforeA), less(b, beforeB)];
  return {
    control,
    treatment,
    kept:
      (control.variance / a.users + treatment.variance / b.users) / (a.variance / a.users + b.variance / b.users) || 1,
    imbalance: (y.mean - x.mean) / Math.sqrt(x.variance / x.users + y.variance / y.users),
  };
}

function cutAt(share: number, control: MetricOfArm, treatment: MetricOfArm): number {
  if (!(share > 0 && share < 1)) throw new RangeError(`winsorise is ${share}; it must be in (0, 1), for example 0.99`);
  if (control.denominator || treatment.denominator)
    throw new RangeError("winsorise is for means; a ratio of sums has no value per user to cut");
  return quantile(Float64Array.from([...control.numerator, ...treatment.numerator]).sort(), share);
}

function checkArm(name: string, { numerator, denominator, before }: MetricOfArm): void {
  if (numerator.length < 2)
    throw new RangeError(`${name} has ${numerator.length} users; a standard error needs at least 2`);
  sameLength({ [`users of ${name}`]: numerator, ...(denominator && { denominator }), ...(before && { before }) });
  finite(`numerator of ${name}`, numerator);
  if (before) finite(`covariate of ${name}`, before);
  if (denominator === undefined) return;
  finite(`denominator of ${name}`, denominator);
  if (denominator.reduce((sum, value) => sum + value, 0) === 0)
    throw new RangeError(`the denominator of ${name} sums to 0; a ratio needs another`);
}

function intervalFrom(
  estimate: number,
  standardError: number,
  degrees: number,
  level: number,
  units: number,
): Interval {
  const half = standardError === 0 ? 0 : standardError * studentQuantile((1 + level) / 2, degrees);
  return { estimate, low: estimate - half, high: estimate + half, standardError, level, units };
}

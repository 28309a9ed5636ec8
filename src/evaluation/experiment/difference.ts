/**
 * The difference of two arms in one metric, from a row per user: a mean (watch minutes per user) or a ratio of sums (clicks per
 * impression).
 *
 *     mean     Welch's t: SE² = s²_A / n_A + s²_B / n_B, degrees of freedom by Welch–Satterthwaite (Welch, 1947)
 *     ratio    delta method: each user's influence (N − R·D) / mean D takes the place of the value (Deng et al., 2018)
 *     lift     (B − A) / A: SE² = SE²_B / A² + B² SE²_A / A⁴                                      (delta method)
 *     CUPED    values less θ · (X − mean X), one θ for both arms: θ = (Σ_A X + Σ_B X)⁻¹ (cov_A(X, Y) + cov_B(X, Y)), the θ of
 *              cuped.ts where X is one column; several are a regression adjustment (Lin, 2013)
 *     winsorised   values above a quantile of both arms together are set to it; of a ratio, numerator and denominator each
 *
 * Where no value varies within the arms there is no standard error: interval and p are NaN, not 0.
 */
import { finite, sameLength } from "../checks.js";
import { quantile, type Interval } from "../bootstrap.js";
import { covariance } from "../moments.js";
import { studentCdf, studentQuantile } from "../student.js";
import { eigenSymmetric, solvePositive } from "../symmetric.js";

/** One arm's users in one metric. */
export interface MetricOfArm {
  readonly numerator: Float64Array; // [users]
  readonly denominator?: Float64Array; // [users] of a ratio; absent: a mean per user
  readonly before?: Float64Array | readonly Float64Array[]; // [users] each: what was known before the experiment, for CUPED
}

/** How to compare. */
export interface DifferenceOptions {
  readonly level?: number; // default .95
  /** Values above this quantile of both arms together are set to it, for example .99; default: none. */
  readonly winsorise?: number;
}

/** Where values were cut, and how many users had one. */
export interface Winsorised {
  readonly share: number; // the quantile
  readonly at: number;
  readonly denominatorAt?: number; // of a ratio
  readonly users: readonly [control: number, treatment: number];
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
  /** Difference of the covariates' means in standard errors, the largest: health of the split, |z| above 3 is suspect. */
  readonly imbalance?: number;
  readonly winsorised?: Winsorised;
}

/**
 * Compares two arms.
 * @throws RangeError on an arm of fewer than two users, values that are not finite, a denominator that sums to 0, a covariate in one arm
 * only, one that does not vary, or several that determine one another
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
  if ((control.denominator === undefined) !== (treatment.denominator === undefined))
    throw new RangeError("one arm has a denominator and the other has none; both must have it, or neither");
  const [known, same] = [columnsOf(control.before).length, columnsOf(treatment.before).length];
  if (known !== same)
    throw new RangeError(`control has ${known} covariates and treatment ${same}; both must have the same`);
  const cut = winsorise === undefined ? undefined : winsorised(winsorise, control, treatment);
  const [a, b] = [valuesOf(cut?.control ?? control), valuesOf(cut?.treatment ?? treatment)];
  const adjusted = adjust(a, b, columnsOf(control.before), columnsOf(treatment.before));
  const [from, to] = adjusted ? [adjusted.control, adjusted.treatment] : [a, b];
  const [varA, varB] = [from.variance / from.users, to.variance / to.users];
  const standardError = Math.sqrt(varA + varB) || NaN;
  const part = varA / (varA + varB); // a share, so that tiny variances do not vanish when squared
  const degrees = 1 / (part ** 2 / (from.users - 1) + (1 - part) ** 2 / (to.users - 1));
  const estimate = to.mean - from.mean;
  const liftError = Math.sqrt(varB / from.mean ** 2 + (to.mean ** 2 * varA) / from.mean ** 4) || NaN;
  const units = from.users + to.users;
  const of = (value: number, error: number): Interval => intervalFrom(value, error, degrees, level, units);
  return {
    control: intervalFrom(from.mean, Math.sqrt(varA) || NaN, from.users - 1, level, from.users),
    treatment: intervalFrom(to.mean, Math.sqrt(varB) || NaN, to.users - 1, level, to.users),
    difference: of(estimate, standardError),
    lift: from.mean === 0 ? of(NaN, NaN) : of(estimate / from.mean, liftError),
    degrees,
    pValue: standardError > 0 ? 2 * studentCdf(-Math.abs(estimate / standardError), degrees) : NaN,
    kept: adjusted?.kept ?? 1,
    ...(adjusted && { imbalance: adjusted.imbalance }),
    ...(cut && { winsorised: cut.stated }),
  };
}

/** Mean (or ratio) of an arm, and the variance of a user's value (or influence). */
interface Moments {
  readonly users: number;
  readonly mean: number;
  readonly variance: number; // n − 1 below
  readonly value: Float64Array; // [users] with this mean
}

function valuesOf({ numerator, denominator }: MetricOfArm): Moments {
  if (denominator === undefined) return momentsOf(numerator);
  const total = (column: Float64Array): number => column.reduce((sum, value) => sum + value, 0);
  const [above, below] = [total(numerator), total(denominator)];
  const ratio = above / below;
  const mean = below / numerator.length;
  return momentsOf(
    numerator.map((value, u) => {
      const apart = value - ratio * denominator[u]!;
      return ratio + (Math.abs(apart) <= 1e-12 * Math.abs(value) ? 0 : apart / mean); // rounding is no variance
    }),
  );
}

function momentsOf(value: Float64Array): Moments {
  const users = value.length;
  if (value.every((x) => x === value[0])) return { users, mean: value[0]!, variance: 0, value };
  let mean = 0;
  for (const x of value) mean += x / users;
  let squares = 0;
  for (const x of value) squares += (x - mean) ** 2;
  return { users, mean, variance: squares / (users - 1), value };
}

const columnsOf = (before: MetricOfArm["before"] = []): readonly Float64Array[] =>
  before instanceof Float64Array ? [before] : before;

function adjust(
  a: Moments,
  b: Moments,
  beforeA: readonly Float64Array[],
  beforeB: readonly Float64Array[],
): { control: Moments; treatment: Moments; kept: number; imbalance: number } | undefined {
  if (beforeA.length === 0) return undefined;
  const [x, y] = [beforeA.map(momentsOf), beforeB.map(momentsOf)];
  const spread = x.map(({ variance }, k) => Math.sqrt(variance + y[k]!.variance));
  const still = spread.indexOf(0);
  if (still >= 0)
    throw new RangeError(`the covariate is ${x[still]!.mean} for everybody; it must vary, or be left out`);
  const shared = (of: (before: readonly Float64Array[], outcome: Moments) => number): number =>
    of(beforeA, a) + of(beforeB, b);
  const n = spread.length;
  const between = Float64Array.from({ length: n * n }, (_, i) => {
    const [j, k] = [Math.floor(i / n), i % n];
    return shared((before) => covariance(before[j]!, before[k]!)) / (spread[j]! * spread[k]!); // correlations
  });
  if (eigenSymmetric(between, n).values[n - 1]! < 1e-9)
    throw new RangeError(`the ${n} covariates determine one another; leave one out`);
  const right = spread.map((sd, k) => shared((before, { value }) => covariance(before[k]!, value)) / sd);
  const theta = solvePositive(between, right).map((value, k) => value / spread[k]!);
  const mean = x.map((of, k) => (of.mean * of.users + y[k]!.mean * y[k]!.users) / (of.users + y[k]!.users));
  const less = (of: Moments, before: readonly Float64Array[]): Moments => {
    const rest = momentsOf(
      of.value.map((value, u) => theta.reduce((left, slope, k) => left - slope * (before[k]![u]! - mean[k]!), value)),
    );
    return rest.variance <= 1e-24 * of.variance ? { ...rest, variance: 0 } : rest;
  };
  const [control, treatment] = [less(a, beforeA), less(b, beforeB)];
  const apart = x.map(
    (of, k) => (y[k]!.mean - of.mean) / Math.sqrt(of.variance / of.users + y[k]!.variance / y[k]!.users),
  );
  return {
    control,
    treatment,
    kept:
      (control.variance / a.users + treatment.variance / b.users) / (a.variance / a.users + b.variance / b.users) || 1,
    imbalance: apart.reduce((most, z) => (Math.abs(z) > Math.abs(most) ? z : most)),
  };
}

function winsorised(
  share: number,
  control: MetricOfArm,
  treatment: MetricOfArm,
): { control: MetricOfArm; treatment: MetricOfArm; stated: Winsorised } {
  if (!(share > 0 && share < 1)) throw new RangeError(`winsorise is ${share}; it must be in (0, 1), for example 0.99`);
  const highest = (a: Float64Array, b: Float64Array): number => quantile(Float64Array.from([...a, ...b]).sort(), share);
  const at = highest(control.numerator, treatment.numerator);
  const below = control.denominator && treatment.denominator && highest(control.denominator, treatment.denominator);
  const cut = (arm: MetricOfArm): MetricOfArm => ({
    numerator: arm.numerator.map((value) => Math.min(value, at)),
    ...(below !== undefined && { denominator: arm.denominator!.map((value) => Math.min(value, below)) }),
  });
  const users = ({ numerator, denominator }: MetricOfArm): number =>
    numerator.reduce(
      (sum, value, u) => sum + (value > at || (denominator?.[u] ?? -Infinity) > (below ?? 0) ? 1 : 0),
      0,
    );
  const stated = { share, at, ...(below !== undefined && { denominatorAt: below }) };
  return {
    control: cut(control),
    treatment: cut(treatment),
    stated: { ...stated, users: [users(control), users(treatment)] },
  };
}

function checkArm(name: string, { numerator, denominator, before }: MetricOfArm): void {
  if (numerator.length < 2)
    throw new RangeError(`${name} has ${numerator.length} users; a standard error needs at least 2`);
  sameLength({ [`users of ${name}`]: numerator, ...(denominator && { denominator }) });
  finite(`numerator of ${name}`, numerator);
  for (const covariate of columnsOf(before)) {
    sameLength({ [`users of ${name}`]: numerator, covariate });
    finite(`covariate of ${name}`, covariate);
  }
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
  const half = standardError > 0 ? standardError * studentQuantile((1 + level) / 2, degrees) : NaN;
  return { estimate, low: estimate - half, high: estimate + half, standardError, level, units };
}

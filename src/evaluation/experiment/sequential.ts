/**
 * Looking every day without being fooled: an asymptotic confidence sequence holds at all times at once, so one may stop whenever it
 * excludes 0 (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2021, "Time-uniform central limit theory"; Robbins' normal mixture):
 *
 *     half width after n = σ_n √( 2 (n ρ² + 1) / (n² ρ²) · ln( √(n ρ² + 1) / α ) )
 *
 * ρ must be fixed before the start: the interval is narrowest around the sample size that it is tuned for (about 1.5 times a fixed
 * interval), and valid everywhere. A ρ that follows the sample is not always-valid.
 *
 * With covariates that were known before the start, σ is that of the adjusted values (same paper, section 4): the sequence narrows as a
 * fixed interval does. An observation is a user whose value is complete, in the order of exposure; where values of users who are counted
 * already grow from look to look, the sequence is a guide, not a guarantee.
 */
import type { Interval } from "../bootstrap.js";
import { sameLength } from "../checks.js";
import { differenceOf, type Difference, type DifferenceOptions, type MetricOfArm } from "./difference.js";

/** How a sequence is tuned. */
export interface SequenceOptions {
  readonly level?: number; // default .95
  /** Observations at which it is narrowest; fixed before the start. */
  readonly tunedFor: number;
}

/** ρ that makes the half width smallest at n observations (same paper, appendix: √((−2 ln α + ln(−2 ln α + 1)) / n)). */
export function mixtureParameter({ level = 0.95, tunedFor }: SequenceOptions): number {
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must be in (0, 1), for example 0.95`);
  if (!(tunedFor >= 1 && tunedFor < Infinity)) throw new RangeError(`tunedFor is ${tunedFor}; it must be at least 1`);
  const l = -2 * Math.log(1 - level);
  return Math.sqrt((l + Math.log(l + 1)) / tunedFor);
}

/** Half width over σ after n observations. */
export function sequenceWidth(n: number, options: SequenceOptions): number {
  const { level = 0.95 } = options;
  const scaled = n * mixtureParameter(options) ** 2;
  if (!(n >= 1)) throw new RangeError(`n is ${n}; it must be at least 1`);
  return Math.sqrt(((2 * (scaled + 1)) / (n * scaled)) * Math.log(Math.sqrt(scaled + 1) / (1 - level)));
}

/**
 * Makes an interval of a difference always-valid: the same estimate and standard error, the width of the sequence. `users` are those of
 * both arms at this look; the variance of one observation is standardError² · users.
 */
export function alwaysValid(
  { estimate, standardError, units }: Interval,
  options: SequenceOptions,
  users = units,
): Interval {
  const { level = 0.95 } = options;
  const half = standardError * Math.sqrt(users) * sequenceWidth(users, options);
  return { estimate, low: estimate - half, high: estimate + half, standardError, level, units: users };
}

/** The p-value that belongs to it, valid at all looks at once: the α at which the interval ends at 0. */
export function alwaysValidP({ estimate, standardError, units }: Interval, options: SequenceOptions): number {
  const scaled = units * mixtureParameter(options) ** 2;
  const exponent = -((estimate / standardError) ** 2 * scaled) / (2 * (scaled + 1));
  return Math.min(1, Math.sqrt(scaled + 1) * Math.exp(exponent));
}

/** An arm's users with the day on which each was exposed. */
export interface ExposedArm extends MetricOfArm {
  readonly exposed: ArrayLike<number>; // [users] day
}

/** One look at a running experiment. */
export interface Look {
  readonly day: number;
  readonly users: readonly [control: number, treatment: number];
  readonly fixed: Difference; // right for one look that was planned
  readonly valid: Interval; // of the difference, right at all looks at once
}

/** Fewer users in an arm are too few for a central limit. */
const fewest = 30;

/**
 * The looks of an experiment at the end of each day, at the users exposed by then; days before both arms have 30 users are left out.
 * @throws RangeError as `differenceOf`, where a covariate does not vary among the first users too
 */
export function looksOf(
  control: ExposedArm,
  treatment: ExposedArm,
  options: SequenceOptions & DifferenceOptions,
): readonly Look[] {
  const arms = [control, treatment] as const;
  for (const { numerator, exposed } of arms) sameLength({ users: numerator, exposed });
  const days = [...new Set(arms.flatMap(({ exposed }) => Array.from(exposed)))].sort((a, b) => a - b);
  return days.flatMap((day): Look[] => {
    const [a, b] = arms.map((arm) => pickUsers(arm, (user) => arm.exposed[user]! <= day)) as [MetricOfArm, MetricOfArm];
    const users = [a.numerator.length, b.numerator.length] as const;
    if (Math.min(...users) < fewest) return [];
    const fixed = differenceOf(a, b, options);
    return [{ day, users, fixed, valid: alwaysValid(fixed.difference, options) }];
  });
}

/** Some users of an arm. */
export function pickUsers(
  { numerator, denominator, before }: MetricOfArm,
  keep: (user: number) => boolean,
): MetricOfArm {
  const some = (column: Float64Array): Float64Array => column.filter((_, user) => keep(user));
  return {
    numerator: some(numerator),
    ...(denominator && { denominator: some(denominator) }),
    ...(before && { before: before instanceof Float64Array ? some(before) : before.map(some) }),
  };
}

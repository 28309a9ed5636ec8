/**
 * Student's t (1908): intervals from a handful of independent values, for example one per seed. Where worlds are few, the normal's 1.96 is
 * far too narrow: with 5 values it is 2.78.
 */
import { finite, notEmpty } from "./checks.js";
import type { Interval } from "./bootstrap.js";
import { inverse, lowerBeta } from "./distributions.js";

/**
 * P(T ≤ t), both tails with all their digits: the incomplete beta (Abramowitz & Stegun 26.7.1).
 * @throws RangeError unless `degrees` is a number of at least 1 (not whole ones are Welch's).
 */
export function studentCdf(t: number, degrees: number): number {
  if (!(degrees >= 1 && degrees < Infinity))
    throw new RangeError(`degrees of freedom are ${degrees}; allowed: a number of at least 1`);
  const far = degrees / (degrees + t * t);
  const near = (t * t) / (degrees + t * t);
  if (near < 1.5 / (degrees / 2 + 2.5)) return 0.5 + (Math.sign(t) * lowerBeta(0.5, degrees / 2, near, far)) / 2;
  const tail = lowerBeta(degrees / 2, 0.5, far, near) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** t with P(T ≤ t) = p. @throws RangeError unless p is in (0, 1) */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`probability is ${p}; it must be in (0, 1)`);
  if (p > 0.5) return -studentQuantile(1 - p, degrees);
  let low = -1;
  while (studentCdf(low, degrees) > p) low *= 2;
  return inverse((t) => studentCdf(t, degrees), p, low, 0);
}

/**
 * Mean of independent values (one per seed) with its t-interval; the ends are NaN for a single value. @throws RangeError if there are
 * none, or one is not finite
 */
export function tInterval(values: ArrayLike<number>, level = 0.95): Interval {
  notEmpty("values", values);
  finite("values", values);
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must be in (0, 1), for example 0.95`);
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  if (n === 1) return { estimate: mean, low: NaN, high: NaN, standardError: NaN, level, units: 1 };
  const standardError = Math.sqrt(squares / (n - 1) / n);
  const half = standardError * studentQuantile((1 + level) / 2, n - 1);
  return { estimate: mean, low: mean - half, high: mean + half, standardError, level, units: n };
}

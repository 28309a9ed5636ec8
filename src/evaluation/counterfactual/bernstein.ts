/**
 * Empirical Bernstein interval (Maurer & Pontil, 2009, theorem 11): holds for any sample size, given that no value leaves a known range.
 * Of n independent values in a range of width R with sample variance V, with probability 1 − δ on each side
 *
 *     |mean − truth| ≤ √(2 V ln(2/δ) / n) + 7 R ln(2/δ) / (3 (n − 1))
 *
 * Values are users: a user's sum over rows, in the range of a row times the largest number of rows.
 */
import type { Interval } from "../bootstrap.js";
import { within } from "../checks.js";
import { covariance, columnMean } from "../moments.js";
import { groupBy, sumsBy } from "../order.js";
import type { Contributions } from "./importance.js";

/**
 * Interval of a mean over rows.
 * @param range of a row's contribution, known beforehand: for clipped IPS the range of the reward times the largest weight
 * @throws RangeError where the estimate is self-normalised (a ratio), a contribution is outside the range, or the level is not in (0, 1)
 */
export function bernsteinInterval(
  { user, terms }: Contributions,
  range: readonly [number, number],
  level = 0.95,
): Interval {
  const [term, ...more] = terms;
  if (term === undefined || more.length > 0 || term.denominator !== undefined)
    throw new RangeError("a self-normalised estimate is a ratio; empirical Bernstein intervals are of means");
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must be in (0, 1), for example 0.95`);
  within("contribution", term.numerator, ...range);
  const groups = groupBy(user);
  const sums = sumsBy(groups, term.numerator);
  const [users, rows] = [groups.count, user.length];
  let most = 0;
  for (let u = 0; u < users; u++) most = Math.max(most, groups.offsets[u + 1]! - groups.offsets[u]!);
  const width = Math.max(range[1], 0) * most - Math.min(range[0], 0) * most;
  const log = Math.log(4 / (1 - level)); // δ = (1 − level) / 2
  const scale = users / rows; // from a user's mean to a row's
  const estimate = columnMean(sums) * scale;
  const standardError = Math.sqrt(covariance(sums, sums) / users) * scale;
  const half = standardError * Math.sqrt(2 * log) + (scale * 7 * width * log) / (3 * (users - 1));
  return { estimate, low: estimate - half, high: estimate + half, standardError, level, units: users };
}

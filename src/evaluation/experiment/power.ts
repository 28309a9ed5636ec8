/**
 * Before an experiment: what it can find. Two arms, a two-sided test at `alpha`, found with probability `power` (normal approximation,
 * equal variances):
 *
 *     MDE     = (z_{1−α/2} + z_power) √(variance · (1 / n_A + 1 / n_B))
 *     users   = (z_{1−α/2} + z_power)² · variance · (1 / share_A + 1 / share_B) / difference²        of both arms
 */
import { normalCdf, normalQuantile } from "../distributions.js";

/** What is planned. */
export interface PowerOptions {
  readonly alpha?: number; // two-sided, default .05
  readonly power?: number; // default .8
  /** Share of all users in the treatment; the rest are the control. Default .5. */
  readonly treatmentShare?: number;
}

/** Smallest difference of means that so many users find. @throws RangeError on a variance that is not above 0, or fewer than 4 users */
export function smallestEffect(variance: number, users: number, options: PowerOptions = {}): number {
  const { z, spread } = widthOf(variance, options);
  if (!(users >= 4)) throw new RangeError(`users is ${users}; two arms need at least 4`);
  return (z * Math.sqrt(variance) * spread) / Math.sqrt(users);
}

/** Users of both arms together that find a difference of means, rounded up. @throws RangeError on a difference of 0, and as above */
export function usersNeeded(variance: number, difference: number, options: PowerOptions = {}): number {
  const { z, spread } = widthOf(variance, options);
  if (difference === 0 || !Number.isFinite(difference))
    throw new RangeError(`difference is ${difference}; it must be a number other than 0`);
  return Math.max(4, Math.ceil((z ** 2 * variance * spread ** 2) / difference ** 2));
}

/** Probability that so many users find a difference of means (either sign). @throws RangeError as above */
export function powerOf(variance: number, difference: number, users: number, options: PowerOptions = {}): number {
  const { spread } = widthOf(variance, options);
  if (!(users >= 4)) throw new RangeError(`users is ${users}; two arms need at least 4`);
  const z = normalQuantile(1 - (options.alpha ?? 0.05) / 2);
  const shift = (difference * Math.sqrt(users)) / (Math.sqrt(variance) * spread);
  return normalCdf(shift - z) + normalCdf(-shift - z);
}

/** The first day on which there are so many users. `daily`: new users of the experiment on each day, the last repeated. */
export function daysNeeded(users: number, daily: readonly number[]): number {
  if (daily.length === 0) throw new RangeError("daily is empty; at least one day's number of users is needed");
  const bad = daily.find((count) => !(count >= 0));
  if (bad !== undefined) throw new RangeError(`daily holds ${bad}; allowed: numbers of at least 0`);
  let sum = 0;
  for (const [day, count] of daily.entries()) if ((sum += count) >= users) return day + 1;
  const last = daily[daily.length - 1]!;
  return last === 0 ? Infinity : daily.length + Math.ceil((users - sum) / last);
}

function widthOf(variance: number, options: PowerOptions): { z: number; spread: number } {
  const { alpha = 0.05, power = 0.8, treatmentShare = 0.5 } = options;
  if (!(variance > 0 && variance < Infinity))
    throw new RangeError(`variance is ${variance}; it must be a number above 0`);
  for (const [name, value] of Object.entries({ alpha, power, treatmentShare }))
    if (!(value > 0 && value < 1)) throw new RangeError(`${name} is ${value}; it must be in (0, 1)`);
  const spread = Math.sqrt(1 / treatmentShare + 1 / (1 - treatmentShare));
  return { z: normalQuantile(1 - alpha / 2) + normalQuantile(power), spread };
}

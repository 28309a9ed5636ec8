/**
 * Looking every day without being fooled: an asymptotic confidence sequence holds at all times at once, so one may stop whenever it
 * excludes 0 (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2021, "Time-uniform central limit theory"; Robbins' normal mixture):
 *
 *     half width after n = σ_n √( 2 (n ρ² + 1) / (n² ρ²) · ln( √(n ρ² + 1) / α ) )
 *
 * ρ must be fixed before the start: the interval is narrowest around the sample size that it is tuned for (about 1.5 times a fixed
 * interval), and valid everywhere. A ρ that follows the sample is not always-valid.
 */
import type { Interval } from "../bootstrap.js";

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

/** Coverage of intervals: over many worlds with known truth, a 95 % interval must contain it about 95 times in 100. */
import { normalQuantile } from "./distributions.js";

/** One world's interval and the truth it was made for. */
export interface CoverageCase {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly truth: number;
}

/** Coverage over worlds. `low` and `high` bound the true coverage: Wilson's score interval (1927) at 95 %. */
export interface Coverage {
  readonly worlds: number;
  readonly covered: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly meanError: number; // of the estimates, in the parameter's unit: bias
  readonly meanWidth: number; // of the intervals; Infinity if one is unbounded
  readonly meanTruth: number;
}

/** Counts how many intervals contain their truth. @throws RangeError without a world, or where a truth or a bound is not a number */
export function coverage(cases: readonly CoverageCase[]): Coverage {
  const worlds = cases.length;
  if (worlds === 0) throw new RangeError("coverage of 0 worlds; at least 1 is needed");
  let [covered, error, width, truths] = [0, 0, 0, 0];
  for (const { estimate, low, high, truth } of cases) {
    if ([estimate, low, high, truth].some(Number.isNaN))
      throw new RangeError(`an interval is ${estimate} [${low}, ${high}] for truth ${truth}; each must be a number`);
    if (low <= truth && truth <= high) covered++;
    error += (estimate - truth) / worlds;
    width += (high - low) / worlds;
    truths += truth / worlds;
  }
  const { estimate: share, low, high } = shareInterval(covered, worlds);
  return { worlds, covered, share, low, high, meanError: error, meanWidth: width, meanTruth: truths };
}

/** A share with Wilson's score interval (1927). @throws RangeError without a trial, or for more hits than trials */
export function shareInterval(
  hits: number,
  trials: number,
  level = 0.95,
): { readonly estimate: number; readonly low: number; readonly high: number } {
  if (!(trials > 0) || !(hits >= 0 && hits <= trials))
    throw new RangeError(`share of ${hits} in ${trials}; allowed: 0 … trials in at least 1 trial`);
  const share = hits / trials;
  const z = normalQuantile((1 + level) / 2);
  const centre = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half =
    (z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))) / (1 + (z * z) / trials);
  return { estimate: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Sample ratio mismatch (SRM): whether the arms got the share of users they were meant to get (Fabijan et al., 2019). */
import { within, wholeNumber } from "../checks.js";
import { chiSquareTail } from "../distributions.js";

/** Result of the check. */
export interface SampleRatio {
  readonly chiSquare: number;
  readonly degrees: number;
  readonly pValue: number;
  /** p < 0.001: assignment is broken, and no metric of the experiment can be trusted. */
  readonly mismatch: boolean;
}

/** Chi-square goodness of fit of users counted in each arm against planned shares (default: equal; any positive weights). */
export function sampleRatio(counts: readonly number[], shares: readonly number[] = counts.map(() => 1)): SampleRatio {
  if (counts.length < 2) throw new RangeError(`an SRM check needs at least 2 arms; got ${counts.length}`);
  if (shares.length !== counts.length)
    throw new RangeError(`lengths differ: ${counts.length} counts, ${shares.length} shares; they must be equal`);
  counts.forEach((count, arm) => wholeNumber(`counts[${arm}]`, count, 0));
  within("shares", shares, Number.MIN_VALUE, Number.MAX_VALUE);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new RangeError("counts are all 0; at least one user must be assigned");
  const shareSum = shares.reduce((sum, share) => sum + share, 0);
  let chiSquare = 0;
  counts.forEach((count, arm) => {
    const expected = (total * shares[arm]!) / shareSum;
    chiSquare += (count - expected) ** 2 / expected;
  });
  const degrees = counts.length - 1;
  const pValue = chiSquareTail(chiSquare, degrees);
  return { chiSquare, degrees, pValue, mismatch: pValue < 0.001 };
}

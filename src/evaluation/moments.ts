/** Second moments of columns with one value per user. */
import { sameLength } from "./checks.js";

/** Mean. NaN for an empty column. */
export function columnMean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Mean; 0 for an empty column. */
export function meanOrZero(values: ArrayLike<number>): number {
  return values.length === 0 ? 0 : columnMean(values);
}

/** Covariance of two columns with n − 1 below; of a column with itself: its variance. NaN for fewer than two rows. */
export function covariance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  sameLength({ a, b });
  if (a.length < 2) return NaN;
  const [meanA, meanB] = [columnMean(a), columnMean(b)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - meanA) * (b[i]! - meanB);
  return sum / (a.length - 1);
}

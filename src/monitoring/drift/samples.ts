/**
 * Distances of the values themselves, without bins. With empirical distribution functions F (reference) and G (current):
 *
 *     Kolmogorov–Smirnov   D = max |F − G|     (Smirnov, 1939)
 *     Wasserstein          W = ∫ |F − G| dx    (Vallender, 1974), in the column's unit
 *
 * The p-value of D holds for rows that are independent; rows of one user or day are not (`permutation.ts`).
 */

/** D with its p-value. */
export interface KsTest {
  readonly statistic: number;
  readonly pValue: number;
}

/** Products of the windows' rows up to which the p-value of D counts all paths. */
const exactUpTo = 4e6;

/**
 * Two-sample Kolmogorov–Smirnov test. Its p-value is exact for windows without ties (Hodges, 1958), where n · m is at most four million
 * or `exact` is set; else Kolmogorov's limit at D √(nm / (n + m)). With ties both are conservative.
 * @throws Error where a window is empty or has values that are not finite
 */
export function ksTest(reference: ArrayLike<number>, current: ArrayLike<number>, exact?: boolean): KsTest {
  const [a, b] = [sortedOf(reference), sortedOf(current)];
  const [n, m] = [a.length, b.length];
  let statistic = 0;
  for (let i = 0, j = 0; i < n && j < m;) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < n && a[i] === value) i++;
    while (j < m && b[j] === value) j++;
    statistic = Math.max(statistic, Math.abs(i / n - j / m));
  }
  const pValue =
    (exact ?? n * m <= exactUpTo)
      ? exactTail(n, m, statistic)
      : kolmogorovTail(statistic * Math.sqrt((n / (n + m)) * m));
  return { statistic, pValue };
}

/** ∫ |F − G| dx. @throws Error as `ksTest` */
export function wasserstein(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [a, b] = [sortedOf(reference), sortedOf(current)];
  let [distance, i, j, at] = [0, 0, 0, Math.min(a[0]!, b[0]!)];
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    distance += Math.abs(i / a.length - j / b.length) * (next - at);
    while (i < a.length && a[i] === next) i++;
    while (j < b.length && b[j] === next) j++;
    at = next;
  }
  return distance;
}

/** P(K > x) of Kolmogorov's distribution; below 1 by the theta function's other series, which converges there. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1) {
    for (let k = 1; k <= 20; k++) sum += Math.exp(-(((2 * k - 1) * Math.PI) ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k <= 20; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, 2 * sum);
}

/**
 * P(D ≥ d) where all orders of the n + m rows are equally probable: the share of lattice paths from (0, 0) to (n, m) that leave
 * |i/n − j/m| < d, as the probability of having left by each point.
 */
function exactTail(n: number, m: number, d: number): number {
  const [lower, upper] = n < m ? [n, m] : [m, n];
  const bound = d - 1e-12;
  const left = new Float64Array(lower + 1); // [i]: left before (i, j)
  for (let j = 0; j <= upper; j++) {
    for (let i = 0; i <= lower; i++) {
      if (Math.abs(i / lower - j / upper) >= bound && bound > 0) left[i] = 1;
      else if (i === 0) left[i] = j === 0 ? 0 : left[i]!;
      // the last step of a path to (i, j) came along i with probability i / (i + j)
      else left[i] = (i * left[i - 1]! + j * left[i]!) / (i + j);
    }
  }
  return bound > 0 ? left[lower]! : 1;
}

/** A copy in ascending order. */
function sortedOf(values: ArrayLike<number>): Float32Array | Float64Array {
  if (values.length === 0) throw new Error("a window has no values; allowed: at least one in each");
  const sorted = (values instanceof Float32Array ? values.slice() : Float64Array.from(values)).sort();
  if (!Number.isFinite(sorted[0]!) || !Number.isFinite(sorted[sorted.length - 1]!))
    throw new Error("values are not all finite; allowed: finite numbers");
  return sorted;
}

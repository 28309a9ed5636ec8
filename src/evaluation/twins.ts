/**
 * Twin worlds against an A/B test. In twin worlds each of n users is in both arms, in two copies with common random numbers; in an A/B
 * test of the same size the n users are split in halves. With per-user values A and B (control, treatment):
 *
 *     Var(twins) = (var A + var B − 2 cov(A, B)) / n                       n pairs
 *     Var(A/B)   = var A / (n/2) + var B / (n/2) = 2 (var A + var B) / n
 *     factor     = Var(A/B) / Var(twins) = 2 / (1 − ρ),   ρ = 2 cov(A, B) / (var A + var B)
 *
 * With equal variances ρ is Pearson's correlation. A factor f means: the A/B test needs f times as many users for the same interval. The 2
 * is there for any pairing (each user is in both arms); 1 / (1 − ρ) is what the users' tastes and the shared draws give. Ratios of sums
 * (CTR, return) enter by each user's influence on the ratio (delta method; Deng et al., 2018).
 */
import { influence } from "./experiment/ab-test.js";
import type { RatioSums } from "./bootstrap.js";
import { notEmpty, sameLength } from "./checks.js";
import { cuped, type Cuped } from "./experiment/cuped.js";
import { covariance } from "./moments.js";

/** One metric of twin arms in one world. Variances are per user; over the number of users they are the estimator's. */
export interface TwinStatistics {
  readonly users: number;
  readonly control: number;
  readonly treatment: number;
  readonly difference: number; // treatment − control
  readonly standardError: number; // of the twins' difference, by user
  readonly abStandardError: number; // of an A/B test of the same size
  readonly varianceControl: number;
  readonly varianceTreatment: number;
  readonly pearson: number; // cov / √(var A · var B)
  readonly rho: number; // 2 cov / (var A + var B), at most |pearson|; NaN where nothing varies
  /** Var(twins) / Var(A/B) = (1 − ρ) / 2: 0 where the arms are equal in every user; NaN where nothing varies. */
  readonly kept: number;
  readonly factor: number; // 1 / kept
  readonly cuped: Cuped | undefined; // of the A/B test; undefined without a covariate
}

/**
 * The statistics of one metric from per-user sums of both arms, same users in the same order.
 * @param before pre-period covariate [users], for CUPED
 * @throws RangeError if there are no users or lengths differ.
 */
export function twinStatistics(control: RatioSums, treatment: RatioSums, before?: Float64Array): TwinStatistics {
  notEmpty("control", control.numerator);
  sameLength({ control: control.numerator, treatment: treatment.numerator, ...(before && { before }) });
  const users = control.numerator.length;
  const [a, b] = [influence(control), influence(treatment)];
  const [varianceControl, varianceTreatment, shared] = [covariance(a, a), covariance(b, b), covariance(a, b)];
  const both = varianceControl + varianceTreatment;
  // the variance of the differences themselves, so that equal arms give exactly 0
  const apart = b.map((value, u) => value - a[u]!);
  const twin = covariance(apart, apart);
  const kept = both === 0 ? NaN : twin / (2 * both);
  const [from, to] = [ratioOf(control), ratioOf(treatment)];
  return {
    users,
    control: from,
    treatment: to,
    difference: to - from,
    standardError: Math.sqrt(twin / users),
    abStandardError: Math.sqrt((2 * both) / users),
    varianceControl,
    varianceTreatment,
    pearson: shared / Math.sqrt(varianceControl * varianceTreatment),
    rho: 1 - 2 * kept,
    kept,
    factor: 1 / kept,
    cuped: before && cuped({ outcome: a, before }, { outcome: b, before }),
  };
}

/** Σ numerator / Σ denominator. */
export function ratioOf({ numerator, denominator }: RatioSums): number {
  let [above, below] = [0, 0];
  for (let u = 0; u < numerator.length; u++) {
    above += numerator[u]!;
    below += denominator[u]!;
  }
  return above / below;
}

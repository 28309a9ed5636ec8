/**
 * CUPED: what a user did before the experiment explains part of what the user does in it; removing that part does not change the
 * expectation of the difference and narrows its interval (Deng, Xu, Kohavi & Walker, 2013).
 *
 *     Y' = Y − θ (X − E X),   θ = cov(Y, X) / var X,   var Y' = (1 − r²) var Y,   factor = 1 / (1 − r²)
 *
 * With two arms of unequal variance one θ serves both; the one that minimises var Y'_A + var Y'_B is
 * θ = (cov(A, X) + cov(B, X)) / (2 var X), and r² = (cov(A, X) + cov(B, X))² / (2 var X (var A + var B)), so the factor keeps its form.
 */
import { notEmpty } from "../checks.js";
import { covariance } from "../moments.js";

/** What CUPED does to an A/B test. */
export interface Cuped {
  readonly theta: number;
  /** r of the formula: correlation of outcome and covariate, pooled over the arms. 0 for a covariate that does not vary. */
  readonly correlation: number;
  /** Share of the variance that is left: 1 − r². */
  readonly kept: number;
  /** A/B variance without over with: 1 / (1 − r²). */
  readonly factor: number;
}

/**
 * θ, r and the factor from two arms and their pre-period covariates, row by row of users. Both arms may be the same users (twins) or
 * others.
 * @throws RangeError if an arm has no users or lengths differ.
 */
export function cuped(control: CupedArm, treatment: CupedArm): Cuped {
  notEmpty("control", control.outcome);
  notEmpty("treatment", treatment.outcome);
  const shared = covariance(control.outcome, control.before) + covariance(treatment.outcome, treatment.before);
  const before = covariance(control.before, control.before) + covariance(treatment.before, treatment.before);
  const outcome = covariance(control.outcome, control.outcome) + covariance(treatment.outcome, treatment.outcome);
  if (before === 0 || outcome === 0) return { theta: 0, correlation: 0, kept: 1, factor: 1 };
  const correlation = shared / Math.sqrt(before * outcome);
  const kept = 1 - correlation ** 2;
  return { theta: shared / before, correlation, kept, factor: 1 / kept };
}

/** Outcomes of an arm's users and what was known of them before; same rows. */
export interface CupedArm {
  readonly outcome: Float64Array; // [users]
  readonly before: Float64Array; // [users] not touched by the treatment
}

/**
 * How well recovered utilities agree with the true ones, estimated from clicks alone: their correlation over (user, topic) cells,
 * within users, on randomised pages that the utilities were not fitted on.
 *
 *   C   = Σ s̃ y                        covariance of centred recovered utility s̃ with the truth: E[y] is the truth
 *   V_s = Σ s̃²
 *   V   = Σ_u [W_u − (Σ_{i≠j} y_i y_j + W_u) / n_u],   W_u = Σ_t Σ_{i≠j in t} y_i y_j / (n_t − 1)    variance of true utilities
 *         between topics, Σ n_t (π_t − π)²: products of different impressions carry no noise in their mean (disattenuation:
 *         Spearman, 1904), and W_u stands for the squares that clicks cannot show
 *   r   = C / √(V_s V)
 *
 * With clicks y it is an estimate, with true click probabilities π in their place it is the estimand itself: the same cells,
 * the same users, the same score. Given these, what is random are the clicks; the interval is the delta method for that noise
 * ε, var π(1 − π), with the quadratic part of V kept: Var Σ a_ij ε_i ε_j = 2 Σ a_ij² v_i v_j.
 */
import { normalQuantile } from "./distributions.js";
import type { TasteCounts } from "./tastes.js";

/** Correlation of utilities with an interval. `low` and `high` are NaN where the quantity is exact (true probabilities). */
export interface TasteAgreement {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly spread: number; // √(V / impressions): standard deviation of true utility between a user's topics
}

/**
 * Agreement of `utility` [users, topics] with the clicks of held-out randomised pages. @throws RangeError if sizes differ or utilities
 * do not vary within users
 */
export function tasteAgreement(utility: Float64Array, held: TasteCounts, level = 0.95): TasteAgreement {
  const m = momentsOf(utility, held);
  const r = m.covariance / Math.sqrt(m.scores * m.truths);
  // dr · √(V_s V) = Σ ε (s̃ − (C/V) g) − C / (2V) · Q,  g the true centred utility, of which (C / V_s) s̃ is the part known
  const toG = m.covariance / m.truths;
  const linear =
    (1 - r * r) ** 2 * m.scoreNoise +
    toG * toG * m.meanNoise * Math.max(0, m.truths - (m.covariance * m.covariance) / m.scores);
  const quadratic = (toG / 2) ** 2 * m.pairNoise;
  const half = normalQuantile((1 + level) / 2) * Math.sqrt((linear + quadratic) / (m.scores * m.truths));
  return { estimate: r, low: r - half, high: r + half, spread: Math.sqrt(Math.max(0, m.truths / m.impressions)) };
}

/** The same with true click probabilities in place of clicks: what `tasteAgreement` estimates. */
export function trueTasteAgreement(utility: Float64Array, truth: TasteCounts): TasteAgreement {
  const m = momentsOf(utility, truth);
  return {
    estimate: m.covariance / Math.sqrt(m.scores * m.truths),
    low: NaN,
    high: NaN,
    spread: Math.sqrt(Math.max(0, m.truths / m.impressions)),
  };
}

interface TasteMoments {
  readonly covariance: number; // C
  readonly scores: number; // V_s
  readonly truths: number; // V
  readonly scoreNoise: number; // Σ v s̃²
  readonly pairNoise: number; // Var Q
  readonly meanNoise: number; // mean v
  readonly impressions: number;
}

/** Cells with fewer than two impressions are left out of all sums. */
function momentsOf(utility: Float64Array, { users, topics, impressions, sum, squares }: TasteCounts): TasteMoments {
  if (utility.length !== users * topics)
    throw new RangeError(`utility has ${utility.length} cells; it must have ${users} × ${topics}`);
  let [covariance, scores, truths, scoreNoise, pairNoise, count, clicks] = [0, 0, 0, 0, 0, 0, 0];
  for (let u = 0; u < users; u++) {
    let [n, s, q, weighted] = [0, 0, 0, 0];
    for (let at = u * topics; at < (u + 1) * topics; at++) {
      if (impressions[at]! < 2) continue;
      n += impressions[at]!;
      s += sum[at]!;
      q += squares[at]!;
      weighted += impressions[at]! * utility[at]!;
    }
    if (n < 2) continue;
    const centre = weighted / n;
    let samePairs = 0;
    let within = 0; // W_u
    for (let at = u * topics; at < (u + 1) * topics; at++) {
      const nt = impressions[at]!;
      if (nt < 2) continue;
      const score = utility[at]! - centre;
      const pairs = sum[at]! * sum[at]! - squares[at]!; // Σ_{i≠j} y_i y_j, in the mean Σ π_i π_j
      covariance += score * sum[at]!;
      scores += nt * score * score;
      within += pairs / (nt - 1);
      scoreNoise += score * score * sum[at]!;
      pairNoise += 2 * ((1 - 1 / n) / (nt - 1) - 1 / n) ** 2 * pairs;
      samePairs += pairs;
    }
    truths += within - (s * s - q + within) / n;
    pairNoise += (2 * (s * s - q - samePairs)) / n ** 2;
    count += n;
    clicks += s;
  }
  if (!(scores > 1e-12 * count))
    throw new RangeError("recovered utilities do not vary between a user's topics; there is nothing to correlate");
  const rate = clicks / count;
  return {
    covariance,
    scores,
    truths,
    scoreNoise: scoreNoise * (1 - rate),
    pairNoise: pairNoise * (1 - rate) ** 2,
    meanNoise: rate * (1 - rate),
    impressions: count,
  };
}

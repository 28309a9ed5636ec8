/**
 * Importance weighting: what the target would have earned, as a weighted mean of what was earned. Which weights: `weights.ts`.
 *
 *     IPS       (1/n) Σ_i Σ_k w_ik r_ik                    unbiased (Horvitz & Thompson, 1952; Precup et al., 2000)
 *     clipped   (1/n) Σ_i Σ_k min(w_ik, λ) r_ik            too low for rewards ≥ 0, less variance (Ionides, 2008: λ = √n)
 *     SNIPS     Σ_k (Σ_i w_ik r_ik / Σ_i w_ik)             consistent; within the range of the rewards (Swaminathan & Joachims, 2015)
 */
import type { Weighted } from "./weights.js";

/** A ratio of sums over rows; without a denominator: a mean over rows. */
export interface Term {
  readonly numerator: Float64Array; // [rows]
  readonly denominator?: Float64Array; // [rows]
}

/** What each row adds to an estimate, so that it can be resampled by user. The estimate is the sum of the terms. */
export interface Contributions {
  readonly user: ArrayLike<number>; // [rows]
  readonly terms: readonly Term[];
}

/** Inverse propensity scores. */
export function ips(rows: Weighted): Contributions {
  return clippedIps(rows, Infinity);
}

/** IPS with no weight above `most`. @throws RangeError unless `most` is above 0 */
export function clippedIps({ user, slots, reward, weight }: Weighted, most: number): Contributions {
  if (!(most > 0)) throw new RangeError(`largest weight is ${most}; it must be above 0`);
  const numerator = new Float64Array(user.length);
  for (let k = 0; k < slots; k++)
    for (let row = 0, i = k; row < numerator.length; row++, i += slots) {
      const value = (weight[i]! > most ? most : weight[i]!) * reward[i]!;
      numerator[row] = k === 0 ? value : numerator[row]! + value;
    }
  return { user, terms: [{ numerator }] };
}

/** Self-normalised IPS, each position by its own weights. */
export function selfNormalisedIps({ user, slots, reward, weight }: Weighted): Contributions {
  const terms = Array.from({ length: slots }, (_, k) => {
    const denominator = new Float64Array(user.length).map((_, row) => weight[row * slots + k]!);
    return { numerator: denominator.map((w, row) => w * reward[row * slots + k]!), denominator };
  });
  return { user, terms };
}

/** The estimate alone. NaN where all weights are 0. */
export function valueOf({ terms }: Contributions): number {
  return terms.reduce((value, { numerator, denominator }) => {
    let [above, below] = [0, denominator === undefined ? numerator.length : 0];
    for (let row = 0; row < numerator.length; row++) above += numerator[row]!;
    if (denominator !== undefined) for (let row = 0; row < denominator.length; row++) below += denominator[row]!;
    return value + above / below;
  }, 0);
}

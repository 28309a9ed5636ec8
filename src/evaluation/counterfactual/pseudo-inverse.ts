/**
 * Pseudo-inverse weights (PI): for a page whose total reward is a sum of one unknown term for each (position, video). Swaminathan et al.,
 * 2017, "Off-policy evaluation for slate recommendation":
 *
 *     w(page) = qᵀ Γ⁺ 1_page      q: the target's marginals; Γ = E_μ[1_page 1_pageᵀ]: the logging policy's pairs of marginals
 *
 * with 1_page the indicator of (position, video). Where positions are drawn independently this is Σ_k w_k − (slots − 1), with w_k the
 * marginal weights. The log of a policy without replacement needs Γ: `pseudoInverseWeight`.
 */
import { eigenSymmetric } from "../symmetric.js";
import type { LoggedPages } from "./logged.js";
import { marginalWeights, totals, type Unweighted, type Weighted } from "./weights.js";

/**
 * Weights of pages with their total rewards: of `weight` [pages], one `pseudoInverseWeight` for each page; without it the formula for
 * positions drawn independently of each other. @throws RangeError as `checkPages`, and on a weight for another number of pages
 */
export function pseudoInverseWeights(pages: LoggedPages, weight?: Float64Array): Weighted | Unweighted {
  const single = marginalWeights(pages);
  if ("refused" in single) return single;
  const { slots, user } = pages;
  if (weight !== undefined && weight.length !== user.length)
    throw new RangeError(`weight has ${weight.length} values; it must have one for each of ${user.length} pages`);
  const summed = new Float64Array(user.length).fill(1 - slots);
  for (let i = 0; i < single.weight.length; i++) summed[Math.floor(i / slots)]! += single.weight[i]!;
  return { ...single, slots: 1, reward: totals(pages), weight: weight ?? summed };
}

/**
 * The weight of pages that share one pool: exact for any logging policy. For tens of (position, video) pairs: O(size³).
 *
 * @param pairs [size, size] P_μ(both on the page), size = slots · videos, place = position · videos + video; symmetric
 * @param target [size] the target's marginals
 * @returns the weight of a page, given as its places [slots]
 * @throws RangeError on sizes that differ
 */
export function pseudoInverseWeight(
  pairs: ArrayLike<number>,
  target: ArrayLike<number>,
): (places: ArrayLike<number>) => number {
  const size = target.length;
  const { values, vectors } = eigenSymmetric(pairs, size);
  const least = 1e-10 * (values[0] ?? 0); // a direction in which pages do not differ
  const solved = new Float64Array(size); // Γ⁺ q
  for (let e = 0; e < size && values[e]! > least; e++) {
    let along = 0;
    for (let i = 0; i < size; i++) along += vectors[e * size + i]! * target[i]!;
    for (let i = 0; i < size; i++) solved[i]! += (along / values[e]!) * vectors[e * size + i]!;
  }
  return (places) => Array.from(places).reduce((sum, place) => sum + solved[place]!, 0);
}

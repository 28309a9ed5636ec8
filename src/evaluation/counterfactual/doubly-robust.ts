/**
 * A reward model, and weights for what it leaves over. q is the model's value of what was shown, v its expectation under the target.
 *
 *     direct method   (1/n) Σ_i v_i                                          biased as the model is; needs no propensity
 *     DR              (1/n) Σ_i Σ_k w_{i,k−1} v_ik + w_ik (r_ik − q_ik)      unbiased if propensities or model are right
 *     SN-DR           the same with w_ik / Σ_i w_ik for w_ik / n             (weighted DR; Thomas & Brunskill, 2016)
 *     switch-DR       (1/n) Σ_i v_i + w_i (r_i − q_i) [w_i ≤ λ]              model alone where weights are large (Wang et al., 2017)
 *
 * Resampled, a model stays as it was fitted: the direct method's interval leaves out how uncertain the fit is.
 *
 * With one position (w_{i,0} = 1) DR is that of Dudík et al. (2011); with `cascadeWeights` it is cascade-DR (Kiyohara et al., 2022), where
 * q and v are of the rewards from position k on.
 */
import { checkActions, type LoggedActions, type ModelledRewards } from "./logged.js";
import type { Contributions } from "./importance.js";
import type { Weighted } from "./weights.js";

/** The reward model's expectation under the target. @throws RangeError without a model, and as `checkActions` */
export function directMethod(log: LoggedActions): Contributions {
  checkActions(log);
  if (log.model === undefined) throw new RangeError("model is absent; the direct method needs expected rewards");
  return { user: log.user, terms: [{ numerator: Float64Array.from(log.model.expected) }] };
}

/** DR of actions, or of pages with `cascadeWeights`. @throws RangeError on a model of another size */
export function doublyRobust(rows: Weighted, model: ModelledRewards): Contributions {
  return switchDoublyRobust(rows, model, Infinity);
}

/** DR of actions where weights are at most `most`, the model alone elsewhere. @throws RangeError on pages, unless `most` is infinite */
export function switchDoublyRobust(
  { user, slots, reward, weight }: Weighted,
  { shown, expected }: ModelledRewards,
  most: number,
): Contributions {
  if (!(most >= 0)) throw new RangeError(`largest weight is ${most}; it must be 0 or more`);
  if (slots > 1 && most !== Infinity)
    throw new RangeError(`rows have ${slots} positions; the switch is defined for rounds of one action`);
  modelOf({ shown, expected }, weight.length);
  const numerator = new Float64Array(user.length);
  for (let row = 0, i = 0; row < numerator.length; row++) {
    let before = 1;
    let sum = 0;
    for (let k = 0; k < slots; k++, i++) {
      const w = weight[i]!;
      sum += before * expected[i]! + (w <= most ? w * (reward[i]! - shown[i]!) : 0);
      before = w;
    }
    numerator[row] = sum;
  }
  return { user, terms: [{ numerator }] };
}

/** DR with weights that sum to the number of rows. @throws RangeError on a model of another size */
export function selfNormalisedDoublyRobust(
  { user, slots, reward, weight }: Weighted,
  { shown, expected }: ModelledRewards,
): Contributions {
  modelOf({ shown, expected }, weight.length);
  const column = (of: (i: number) => number, k: number): Float64Array =>
    new Float64Array(user.length).map((_, row) => of(row * slots + k));
  const terms = Array.from({ length: slots }, (_, k) => [
    k === 0
      ? { numerator: column((i) => expected[i]!, k) }
      : { numerator: column((i) => weight[i - 1]! * expected[i]!, k), denominator: column((i) => weight[i - 1]!, k) },
    { numerator: column((i) => weight[i]! * (reward[i]! - shown[i]!), k), denominator: column((i) => weight[i]!, k) },
  ]);
  return { user, terms: terms.flat() };
}

function modelOf({ shown, expected }: ModelledRewards, size: number): void {
  for (const [name, column] of Object.entries({ shown, expected }))
    if (column.length !== size)
      throw new RangeError(`model ${name} has ${column.length} values; the weights are ${size}: they must be as many`);
}

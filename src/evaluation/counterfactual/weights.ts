/**
 * Importance weights: how much likelier the target shows a thing than the logging policy did. Which thing, is what the estimator
 * assumes of the reward of a position:
 *
 * | weights | thing | the reward of position k may depend on | with `ips` |
 * |---|---|---|---|
 * | `actionWeights` | an action | – | IPS (Horvitz & Thompson, 1952) |
 * | `jointWeights` | the page | the whole page | standard IPS (Precup et al., 2000) |
 * | `cascadeWeights` | positions 1 … k | itself and what is above it | reward-interaction IPS (RIPS; McInerney et al., 2020) |
 * | `marginalWeights` | position k | itself | independent IPS (Li et al., 2018) |
 * | `pseudoInverseWeights` | the page | only the page's sum counts: a sum of terms, one for each position | PI (Swaminathan et al., 2017) |
 *
 * Weights of pages that a mixture draws, or without replacement, are ratios of exact probabilities: of joint ones where pages or prefixes
 * are weighted (a product of marginals is not a page's probability), of marginal ones where positions are.
 */
import {
  checkActions,
  checkLengths,
  checkPages,
  productOf,
  type LoggedActions,
  type LoggedPages,
  type PagePropensities,
} from "./logged.js";

/** Rows with their weights. */
export interface Weighted {
  readonly user: ArrayLike<number>; // [rows]
  readonly slots: number; // 1 where a whole page is weighted
  readonly reward: ArrayLike<number>; // [rows, slots]
  readonly weight: Float64Array; // [rows, slots]
  /** The target's mass on what the logging policy cannot show, in the mean of rows, where it is known. */
  readonly unsupported?: number;
}

/** Why there are no weights. */
export interface Unweighted {
  readonly refused: string;
}

/** π(a | x) / μ(a | x). @throws RangeError as `checkActions` */
export function actionWeights(log: LoggedActions): Weighted {
  checkLengths(log);
  const { user, reward, logging, target, unsupported } = log;
  const weight = new Float64Array(user.length);
  let sound = true; // logs are long: one pass
  for (let i = 0; i < weight.length; i++) {
    const p = logging[i]!;
    const t = target[i]!;
    weight[i] = t / p;
    if (!(p > 0 && p <= 1 && t >= 0 && t <= 1 && Number.isFinite(reward[i]))) sound = false;
  }
  if (!sound) checkActions(log); // says what is wrong
  return { user, slots: 1, reward, weight, ...known(unsupported, 1) };
}

/** π(page) / μ(page), with the page's total reward. @throws RangeError as `checkPages` */
export function jointWeights(pages: LoggedPages): Weighted | Unweighted {
  checkPages(pages);
  const [logging, target] = [jointOf(pages.logging, pages.slots), jointOf(pages.target, pages.slots)];
  if (logging === undefined) return lacking("logging", pages.logging, "the probability of the whole page");
  if (target === undefined) return lacking("target", pages.target, "the probability of the whole page");
  const weight = logging.map((p, page) => target[page]! / p);
  return { user: pages.user, slots: 1, reward: totals(pages), weight, ...known(pages.unsupported?.joint, 1) };
}

/** Π_{j ≤ k} π(position j | before) / μ(position j | before). @throws RangeError as `checkPages` */
export function cascadeWeights(pages: LoggedPages): Weighted | Unweighted {
  checkPages(pages);
  const { slots, user, reward } = pages;
  const [logging, target] = [pages.logging.conditional, pages.target.conditional];
  const wanted = "the probability of each position given those before it";
  if (logging === undefined) return lacking("logging", pages.logging, wanted);
  if (target === undefined) return lacking("target", pages.target, wanted);
  const weight = new Float64Array(reward.length);
  for (let i = 0; i < weight.length; i++)
    weight[i] = (i % slots === 0 ? 1 : weight[i - 1]!) * (target[i]! / logging[i]!);
  return { user, slots, reward, weight, ...known(pages.unsupported?.joint, 1) };
}

/** π(video at position k) / μ(video at position k). @throws RangeError as `checkPages` */
export function marginalWeights(pages: LoggedPages): Weighted | Unweighted {
  checkPages(pages);
  const { slots, user, reward } = pages;
  const [logging, target] = [pages.logging.marginal, pages.target.marginal];
  const wanted = "the probability of each position whatever comes before it (marginal)";
  if (logging === undefined) return lacking("logging", pages.logging, wanted);
  if (target === undefined) return lacking("target", pages.target, wanted);
  const weight = new Float64Array(reward.length);
  for (let i = 0; i < weight.length; i++) weight[i] = target[i]! / logging[i]!;
  return { user, slots, reward, weight, ...known(pages.unsupported?.marginal, slots) };
}

/** Σ_page of a flat [pages, slots] column of rewards. */
export function totals({ reward, slots, user }: LoggedPages): Float64Array {
  const total = new Float64Array(user.length);
  for (let i = 0; i < reward.length; i++) total[Math.floor(i / slots)]! += reward[i]!;
  return total;
}

function jointOf({ joint, conditional }: PagePropensities, slots: number): Float64Array | undefined {
  if (joint) return Float64Array.from(joint);
  if (conditional === undefined) return undefined;
  return new Float64Array(conditional.length / slots).map((_, page) => productOf(conditional, page, slots));
}

function lacking(policy: "logging" | "target", given: PagePropensities, wanted: string): Unweighted {
  const kinds = Object.keys(given).filter((kind) => given[kind as keyof PagePropensities] !== undefined);
  return { refused: `it needs ${wanted}; of the ${policy} policy there is ${kinds.join(" and ") || "none"}` };
}

/** Mean over rows, of the position where it is largest. */
function known(unsupported: ArrayLike<number> | undefined, slots: number): { readonly unsupported?: number } {
  if (unsupported === undefined) return {};
  const sums = new Float64Array(slots);
  for (let i = 0; i < unsupported.length; i++) sums[i % slots]! += unsupported[i]!;
  return { unsupported: Math.max(...sums) / (unsupported.length / slots) };
}

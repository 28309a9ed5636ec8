/**
 * What off-policy estimators see: rows that a logging policy produced, with the probabilities that it and the target policy give to
 * what was shown. Rows are rounds of one action, or pages of several positions.
 */
import { finite, notEmpty, sameLength, wholeNumber, within } from "../checks.js";

/** A reward model's word on each row (and position): q̂ of what was shown, and its expectation under the target. */
export interface ModelledRewards {
  readonly shown: ArrayLike<number>; // [rows, slots] q̂(x, a); of pages: rewards from this position on, given the positions before
  readonly expected: ArrayLike<number>; // [rows, slots] Σ_a π(a | x, positions before) q̂(x, a)
}

/** Rounds of one action each. */
export interface LoggedActions {
  readonly user: ArrayLike<number>; // [rounds] whose rows belong together
  readonly reward: ArrayLike<number>; // [rounds]
  readonly logging: ArrayLike<number>; // [rounds] the logging policy's probability of the action, in (0, 1]
  readonly target: ArrayLike<number>; // [rounds] the target's, in [0, 1]
  readonly model?: ModelledRewards;
  /** The target's probability of actions that the logging policy cannot take; estimated from the weights where it is not known. */
  readonly unsupported?: ArrayLike<number>; // [rounds]
}

/** Probabilities of pages under one policy: of the whole page, or of each position, in one or both senses. */
export interface PagePropensities {
  readonly joint?: ArrayLike<number>; // [pages] P(page)
  readonly conditional?: ArrayLike<number>; // [pages, slots] P(video of the position | videos before it); their product is the joint
  readonly marginal?: ArrayLike<number>; // [pages, slots] P(video of the position), whatever else is on the page
}

/** Pages of several positions. A shorter page is filled up with positions of reward 0 and probabilities 1. */
export interface LoggedPages {
  readonly user: ArrayLike<number>; // [pages]
  readonly slots: number;
  readonly reward: ArrayLike<number>; // [pages, slots]
  readonly logging: PagePropensities; // in (0, 1]
  readonly target: PagePropensities; // in [0, 1]
  readonly model?: ModelledRewards;
  /** The target's probability of what the logging policy cannot show: of whole pages, of videos at positions. */
  readonly unsupported?: { readonly joint?: ArrayLike<number>; readonly marginal?: ArrayLike<number> }; // [pages], [pages, slots]
}

/** @throws RangeError on lengths that differ, no rounds, rewards that are not finite, propensities that are none */
export function checkActions(log: LoggedActions): void {
  checkLengths(log);
  finite("reward", log.reward);
  probabilities(log.logging, log.target);
}

/** The part of `checkActions` that is left where each round is looked at anyway. */
export function checkLengths({ user, reward, logging, target, model, unsupported }: LoggedActions): void {
  notEmpty("reward", reward);
  sameLength({ reward, user, logging, target, ...model, ...(unsupported && { unsupported }) });
  checkRest(model, unsupported);
}

/** @throws RangeError as `checkActions`, and where a joint propensity is not the product of the conditional ones */
export function checkPages({ user, slots, reward, logging, target, model, unsupported }: LoggedPages): void {
  wholeNumber("slots", slots, 1);
  notEmpty("user", user);
  const pages = user.length;
  sized("reward", reward, pages, slots);
  finite("reward", reward);
  for (const kind of ["joint", "conditional", "marginal"] as const) {
    const size = kind === "joint" ? 1 : slots;
    const [ours, theirs] = [logging[kind], target[kind]];
    if (ours) sized(`logging ${kind}`, ours, pages, size);
    if (theirs) sized(`target ${kind}`, theirs, pages, size);
    probabilities(ours ?? [], theirs ?? [], ` ${kind}`);
  }
  productsAgree("logging", logging, slots);
  productsAgree("target", target, slots);
  if (model) for (const name of ["shown", "expected"] as const) sized(`model ${name}`, model[name], pages, slots);
  if (unsupported?.joint) sized("unsupported joint", unsupported.joint, pages, 1);
  if (unsupported?.marginal) sized("unsupported marginal", unsupported.marginal, pages, slots);
  checkRest(model, unsupported?.joint);
  checkRest(undefined, unsupported?.marginal);
}

function checkRest(model: ModelledRewards | undefined, unsupported: ArrayLike<number> | undefined): void {
  if (model) {
    finite("model shown", model.shown);
    finite("model expected", model.expected);
  }
  if (unsupported) within("unsupported", unsupported, 0, 1);
}

/** What was shown had a chance under the logging policy; under the target it may have none. */
function probabilities(logging: ArrayLike<number>, target: ArrayLike<number>, kind = ""): void {
  for (let i = 0; i < logging.length; i++) {
    const p = logging[i]!;
    if (!(p > 0 && p <= 1))
      throw new RangeError(
        `logging${kind} propensity [${i}] is ${p}; it must be in (0, 1]: what was shown had a chance`,
      );
  }
  within(`target${kind} probability `, target, 0, 1);
}

function sized(name: string, column: ArrayLike<number>, pages: number, slots: number): void {
  if (column.length !== pages * slots)
    throw new RangeError(`${name} has ${column.length} values; ${pages} pages × ${slots} are ${pages * slots}`);
}

function productsAgree(name: string, { joint, conditional }: PagePropensities, slots: number): void {
  if (joint === undefined || conditional === undefined) return;
  for (let page = 0; page < joint.length; page++) {
    const product = productOf(conditional, page, slots);
    if (!(Math.abs(product - joint[page]!) <= 1e-9 * Math.max(product, joint[page]!)))
      throw new RangeError(
        `${name} joint[${page}] is ${joint[page]}; its positions' conditional propensities multiply to ${product}: they must agree`,
      );
  }
}

/** Product over the positions of a page. */
export function productOf(conditional: ArrayLike<number>, page: number, slots: number): number {
  let product = 1;
  for (let k = 0; k < slots; k++) product *= conditional[page * slots + k]!;
  return product;
}

/**
 * Rounds from tables over actions: the target's probability, and the reward model's value, of every action in a context. Many rounds may
 * share a context, so a table has a row for each context and not for each round.
 */
import { sameLength, wholeNumber } from "../checks.js";
import type { LoggedActions } from "./logged.js";

/** Rounds and the tables that they point into. */
export interface TabledActions {
  readonly user: ArrayLike<number>; // [rounds]
  readonly reward: ArrayLike<number>; // [rounds]
  readonly logging: ArrayLike<number>; // [rounds] of the action
  readonly action: ArrayLike<number>; // [rounds] 0 … actions − 1
  readonly context?: ArrayLike<number>; // [rounds] 0 … contexts − 1; default: the round's own
  readonly actions: number;
  readonly target: ArrayLike<number>; // [contexts, actions] each row sums to 1
  readonly model?: ArrayLike<number>; // [contexts, actions] q̂
}

/**
 * The rounds' own numbers; propensities and rewards are checked where they are weighed.
 * @throws RangeError on an action or a context that is not in the tables, and on target probabilities that do not sum to 1 (to 1e-6)
 */
export function actionsFromTables(tables: TabledActions): LoggedActions {
  const { user, reward, logging, action, context, actions, target, model } = tables;
  wholeNumber("actions", actions, 1);
  sameLength({ action, user, reward, logging, ...(context && { context }) });
  const contexts = target.length / actions;
  wholeNumber("rows of the target's table", contexts, 1);
  if (context === undefined && contexts !== action.length)
    throw new RangeError(
      `target has ${contexts} rows for ${action.length} rounds; it must have one for each, or context say which`,
    );
  if (model !== undefined) sameLength({ target, model });
  const columns = (): Float64Array => new Float64Array(action.length);
  const read: Read = { target: columns(), ...(model && { model: { shown: columns(), expected: columns() } }) };
  const expected = new Float64Array(contexts);
  const block = context === undefined ? 256 : contexts; // rounds are read while their own rows are in the cache
  for (let from = 0; from < contexts; from += block) {
    const to = Math.min(contexts, from + block);
    for (let row = from; row < to; row++) expected[row] = expectation(tables, row);
    readRounds(tables, expected, read, context === undefined ? from : 0, context === undefined ? to : action.length);
  }
  return { user, reward, logging, ...read };
}

/** Columns that are filled. */
interface Read {
  readonly target: Float64Array;
  readonly model?: { readonly shown: Float64Array; readonly expected: Float64Array };
}

/** Σ_a π(a | x) q̂(x, a) of a context, 0 without a model; its probabilities are checked. */
function expectation({ actions, target, model }: TabledActions, context: number): number {
  let sum = 0;
  let below = 0;
  let value = 0;
  const from = context * actions;
  for (let i = from; i < from + actions; i++) {
    const p = target[i]!;
    sum += p;
    if (p < 0) below = p;
  }
  if (below < 0) throw new RangeError(`target probability in context ${context} is ${below}; it must be in [0, 1]`);
  if (!(Math.abs(sum - 1) <= 1e-6))
    throw new RangeError(`target probabilities of context ${context} sum to ${sum}; they must sum to 1`);
  if (model !== undefined) for (let i = from; i < from + actions; i++) value += target[i]! * model[i]!;
  return value;
}

function readRounds(
  { action, context, actions, target, model }: TabledActions,
  expected: Float64Array,
  read: Read,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const row = context === undefined ? i : context[i]!;
    const a = action[i]!;
    if (!(a >= 0 && a < actions && Number.isInteger(a)))
      throw new RangeError(`action[${i}] is ${a}; it must be a whole number from 0 to ${actions - 1}`);
    if (!(row >= 0 && row < expected.length && Number.isInteger(row)))
      throw new RangeError(`context[${i}] is ${row}; it must be a whole number from 0 to ${expected.length - 1}`);
    read.target[i] = target[row * actions + a]!;
    if (read.model === undefined) continue;
    read.model.shown[i] = model![row * actions + a]!;
    read.model.expected[i] = expected[row]!;
  }
}

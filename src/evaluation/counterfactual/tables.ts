/**
 * Rounds from tables over actions: the target's probability, and the reward model's value, of every action in a context. Many rounds may
 * share a context, so a table has a row for each context and not for each round.
 */
import { sameLength, wholeNumber, within } from "../checks.js";
import { checkActions, type LoggedActions } from "./logged.js";

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
 * The rounds' own numbers. @throws RangeError on an action or a context that is not in the tables, and on target probabilities that do
 * not sum to 1 (to 1e-6)
 */
export function actionsFromTables(tables: TabledActions): LoggedActions {
  const { user, reward, logging, action, context, actions, target, model } = tables;
  wholeNumber("actions", actions, 1);
  sameLength({ action, user, reward, logging, ...(context && { context }) });
  const contexts = target.length / actions;
  wholeNumber("rows of the target's table", contexts, 1);
  if (model !== undefined) sameLength({ target, model });
  const expectedOf = expectations(tables, contexts);
  const rounds = action.length;
  const [probability, shown, expected] = [0, 1, 2].map(() => new Float64Array(rounds)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < rounds; i++) {
    const row = context === undefined ? i : context[i]!;
    const a = action[i]!;
    if (!(a >= 0 && a < actions && Number.isInteger(a)))
      throw new RangeError(`action[${i}] is ${a}; it must be a whole number from 0 to ${actions - 1}`);
    if (!(row >= 0 && row < contexts && Number.isInteger(row)))
      throw new RangeError(`context[${i}] is ${row}; it must be a whole number from 0 to ${contexts - 1}`);
    probability[i] = target[row * actions + a]!;
    if (model === undefined) continue;
    shown[i] = model[row * actions + a]!;
    expected[i] = expectedOf[row]!;
  }
  const log = { user, reward, logging, target: probability, ...(model && { model: { shown, expected } }) };
  checkActions(log);
  return log;
}

/** Σ_a π(a | x) q̂(x, a) of each context; checks the sums of π on its pass. */
function expectations({ actions, target, model }: TabledActions, contexts: number): Float64Array {
  const expected = new Float64Array(contexts);
  for (let row = 0, i = 0; row < contexts; row++) {
    let [sum, value, least] = [0, 0, 0];
    for (const end = i + actions; i < end; i++) {
      const p = target[i]!;
      sum += p;
      if (p < least) least = p;
      if (model !== undefined) value += p * model[i]!;
    }
    if (!(Math.abs(sum - 1) <= 1e-6))
      throw new RangeError(`target probabilities of context ${row} sum to ${sum}; they must sum to 1`);
    if (least < 0) within("target", [least], 0, 1);
    expected[row] = value;
  }
  return expected;
}

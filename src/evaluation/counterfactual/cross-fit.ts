/**
 * Cross-fitting: a row's reward is predicted by a model that has not seen its user, or doubly robust estimates are biased by the fit
 * (Chernozhukov et al., 2018). Users fall into folds by a hash of their ids, whoever else is there.
 */
import { hash32, keyOf } from "../../random.js";
import { notEmpty, wholeNumber } from "../checks.js";

/** One model for each fold, fitted on all others. */
export interface CrossFitted<Model> {
  readonly fold: Uint8Array; // [rows] whose model is for the row
  readonly models: readonly Model[]; // [folds]
}

/**
 * @param user [rows] whole numbers
 * @param fit gets the rows to learn from, ascending
 * @throws RangeError on no rows, folds outside 2 … 255, or a fold that has nothing to learn from
 */
export function crossFit<Model>(
  user: ArrayLike<number>,
  fit: (rows: Uint32Array, fold: number) => Model,
  { folds = 5, seed = 0 }: { readonly folds?: number; readonly seed?: number | string } = {},
): CrossFitted<Model> {
  notEmpty("user", user);
  wholeNumber("folds", folds, 2);
  if (folds > 255) throw new RangeError(`folds is ${folds}; it must be 2 to 255`);
  const key = keyOf(seed, "cross-fit");
  const fold = new Uint8Array(user.length);
  for (let row = 0; row < fold.length; row++)
    fold[row] = hash32(key, user[row]!, Math.floor(user[row]! / 4294967296)) % folds;
  const models = Array.from({ length: folds }, (_, out) => {
    const rows = Uint32Array.from(fold.keys()).filter((row) => fold[row] !== out);
    if (rows.length === 0)
      throw new RangeError(
        `all users are in fold ${out} of ${folds}: there is nothing to learn from; allowed: more users`,
      );
    return fit(rows, out);
  });
  return { fold, models };
}

/** Who gets which arm: a hash of the user and the experiment's salt, so that the arms of two experiments are independent. */
import { hash32, keyOf } from "../../random.js";

/**
 * The arm of each user: shares of a line from 0 to 1, on which the user's hash lies. The same user and salt always give the same arm; users
 * join an arm that grows and stay in it. −1: in none, where the shares sum to less than 1.
 * @param user whole numbers below 2^53 @param shares in order of the arms, at least 0, summing to at most 1
 * @throws RangeError on shares out of range or a salt that is empty
 */
export function assign(user: ArrayLike<number>, shares: readonly number[], salt: string): Int8Array {
  if (salt.trim() === "") throw new RangeError("salt is empty; it must be a name of the experiment's own");
  if (shares.length === 0 || shares.length > 127)
    throw new RangeError(`shares has ${shares.length} arms; allowed: 1 to 127`);
  const bad = shares.find((share) => !(share >= 0 && share <= 1));
  if (bad !== undefined) throw new RangeError(`a share is ${bad}; it must be in [0, 1]`);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum > 1 + 1e-9) throw new RangeError(`shares sum to ${sum}; they must sum to at most 1`);
  const key = keyOf(0, `experiment/${salt}`);
  const arm = new Int8Array(user.length).fill(-1);
  for (let i = 0; i < user.length; i++) {
    const id = user[i]!;
    let rest = hash32(key, id >>> 0, Math.floor(id / 4294967296)) / 4294967296;
    for (let a = 0; a < shares.length; a++)
      if ((rest -= shares[a]!) < 0) {
        arm[i] = a;
        break;
      }
  }
  return arm;
}

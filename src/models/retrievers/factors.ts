/** Users and items as vectors of `dims` factors; score = <user, item> + item bias. What BPR and ALS learn. */
import { keyOf, normal } from "../../random.js";
import { loadArrays, realArray, saveArrays, type ModelParts } from "../network/model-files.js";
import { checkUsers } from "../contract/kinds.js";
import type { LearningCurve } from "../network/fit.js";

/** Factor matrices, row-major. */
export interface Factors {
  readonly dims: number;
  readonly users: Float32Array; // [users, dims]
  readonly items: Float32Array; // [items, dims]
  readonly bias: Float32Array; // [items]
}

/** A fitted factor model. */
export interface FactorModel<Kind extends string, Config> {
  readonly kind: Kind;
  readonly config: Config;
  readonly factors: Factors;
  readonly curve: LearningCurve;
}

/** Normal noise of the given deviation, biases 0. The vector of an id depends on the seed, its side and the id alone. */
export function makeFactors(
  userCount: number,
  itemCount: number,
  dims: number,
  deviation: number,
  seed: number,
  name: string,
): Factors {
  const noise = (count: number, side: string): Float32Array => {
    const key = keyOf(seed, `${name}/${side}`);
    const values = new Float32Array(count * dims);
    for (let at = 0; at < values.length; at++) values[at] = deviation * normal(key, Math.floor(at / dims), at % dims);
    return values;
  };
  return {
    dims,
    users: noise(userCount, "users"),
    items: noise(itemCount, "items"),
    bias: new Float32Array(itemCount),
  };
}

/** Scores of all items for each user, [users, items]; sums in float64, rounded once. @throws Error on a user out of range */
export function scoreFactors({ dims, users, items, bias }: Factors, asked: Int32Array): Float32Array {
  checkUsers(asked, users.length / dims);
  const scores = new Float32Array(asked.length * bias.length);
  for (let u = 0, cell = 0; u < asked.length; u++) {
    const from = asked[u]! * dims;
    for (let item = 0, at = 0; item < bias.length; item++, cell++) {
      let sum = bias[item]!;
      for (let d = 0; d < dims; d++) sum += users[from + d]! * items[at++]!;
      scores[cell] = sum;
    }
  }
  return scores;
}

/** Writes `<kind>.json` and `<kind>.weights`; gives the id. */
export function saveFactors<Kind extends string, Config extends object>(
  model: FactorModel<Kind, Config>,
  dir: string,
): Promise<string> {
  const { dims, users, items, bias } = model.factors;
  const parts: ModelParts = { config: model.config, curve: model.curve, extra: { dims } };
  return saveArrays(dir, model.kind, parts, [
    realArray("users", [users.length / dims, dims], users),
    realArray("items", [bias.length, dims], items),
    realArray("bias", [bias.length], bias),
  ]);
}

/** Loads what `saveFactors` wrote. @throws Error when it is missing, damaged or another kind of model */
export async function loadFactors<Kind extends string, Config>(
  kind: Kind,
  dir: string,
): Promise<FactorModel<Kind, Config>> {
  const { card, real } = await loadArrays(dir, kind);
  return {
    kind,
    config: card.config as Config,
    curve: card.curve,
    factors: { dims: Number(card.extra.dims), users: real("users"), items: real("items"), bias: real("bias") },
  };
}

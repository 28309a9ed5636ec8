/** Users and items as vectors of `dims` factors; score = <user, item> + item bias. What BPR and ALS learn. */
import { keyOf, normal } from "../../random.js";
import { loadArrays, realArray, saveArrays, type ModelParts } from "../network/training/model-files.js";
import { checkUsers } from "../contract/inputs.js";
import type { LearningCurve } from "../network/training/fit.js";

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
  return innerProducts(users, asked, items, dims, bias);
}

/** <row of x, row of y> + bias of y for the rows `some` of x and all of y, [some, y]; sums in float64, rounded once. */
export function innerProducts(
  x: Float32Array,
  some: ArrayLike<number>,
  y: Float32Array,
  dims: number,
  bias: Float32Array = new Float32Array(dims > 0 ? y.length / dims : 0),
): Float32Array {
  const scores = new Float32Array(some.length * bias.length);
  for (let s = 0, cell = 0; s < some.length; s++) {
    const from = some[s]! * dims;
    for (let row = 0, at = 0; row < bias.length; row++, cell++) {
      let sum = bias[row]!;
      for (let d = 0; d < dims; d++) sum += x[from + d]! * y[at++]!;
      scores[cell] = sum;
    }
  }
  return scores;
}

/** Scores of embedded users, all of them, and items; the items' embeddings are made once for each model. */
export function embeddingScores<Model extends object>(
  itemsOf: (model: Model) => Float32Array,
): (model: Model, queries: Float32Array, dims: number) => Float32Array {
  const held = new WeakMap<Model, Float32Array>();
  return (model, queries, dims) => {
    const items = held.get(model) ?? itemsOf(model);
    held.set(model, items);
    return innerProducts(
      queries,
      Int32Array.from({ length: queries.length / dims }, (_, u) => u),
      items,
      dims,
    );
  };
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

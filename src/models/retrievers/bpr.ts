/**
 * Bayesian personalised ranking (Rendle et al., 2009): factors fitted so that an item a user took outranks one the user did not.
 * Takes who took what. For a taken item i and a drawn negative j, with x = <p_u, q_i − q_j> + b_i − b_j:
 *
 *     loss = −ln σ(x) + ½ regularisation (‖p_u‖² + ‖q_i‖² + ‖q_j‖²) + ½ biasRegularisation (b_i² + b_j²)
 *
 * by stochastic gradient descent, one triple at a time. Negatives are uniform over items, or drawn as often as they were taken
 * (harder: they are popular too); never an item the user took.
 */
import { keyOf, uniformInt } from "../../random.js";
import type { RunControl } from "../../types.js";
import { checkKnown, checkSettings } from "../contract/inputs.js";
import type { RetrieverKind } from "../contract/kinds.js";
import { loadFactors, makeFactors, saveFactors, scoreFactors, type FactorModel, type Factors } from "./factors.js";
import { fit, fitDefaults, type FitConfig } from "../network/training/fit.js";
import { byUser, checkInteractions, holds, type Interactions } from "./interactions.js";

/** Settings of `fitBpr`; all JSON. */
export interface BprConfig extends FitConfig {
  readonly dims: number;
  readonly regularisation: number;
  readonly biasRegularisation: number;
  readonly negatives: "uniform" | "popularity";
  /** Deviation of the factors at the start. */
  readonly deviation: number;
}

/** Defaults of `fitBpr`. Batches only say how often progress is told: each triple is an update of its own. */
export const bprDefaults: BprConfig = {
  ...fitDefaults,
  epochs: 60,
  batchSize: 8192,
  minBatches: 8,
  pointsPerEpoch: 1,
  learningRate: 0.05,
  finalRate: 0.1,
  dims: 64,
  regularisation: 0.02,
  biasRegularisation: 0.02,
  negatives: "uniform",
  deviation: 0.1,
};

/** A fitted BPR model. */
export type Bpr = FactorModel<"bpr", BprConfig>;

/**
 * One update on a triple; gives −ln σ(x) before it. All three vectors move by their gradients at the same point.
 * @param rate step size
 */
export function stepBpr(
  factors: Factors,
  user: number,
  taken: number,
  negative: number,
  rate: number,
  regularisation: number,
  biasRegularisation: number,
): number {
  const { dims, users, items, bias } = factors;
  const u = user * dims,
    i = taken * dims,
    j = negative * dims;
  let x = bias[taken]! - bias[negative]!;
  for (let d = 0; d < dims; d++) x += users[u + d]! * (items[i + d]! - items[j + d]!);
  const pull = 1 / (1 + Math.exp(x)); // σ(−x) = −∂loss/∂x
  for (let d = 0; d < dims; d++) {
    const p = users[u + d]!,
      q = items[i + d]!,
      r = items[j + d]!;
    users[u + d] = p + rate * (pull * (q - r) - regularisation * p);
    items[i + d] = q + rate * (pull * p - regularisation * q);
    items[j + d] = r - rate * (pull * p + regularisation * r);
  }
  bias[taken]! += rate * (pull - biasRegularisation * bias[taken]!);
  bias[negative]! -= rate * (pull + biasRegularisation * bias[negative]!);
  return x > 0 ? Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)) - x;
}

/**
 * Trains. Weights of interactions are ignored; a repeated pair counts once. @throws Error on bad interactions or settings; the signal's
 * reason on abort
 */
export async function fitBpr(
  rows: Interactions,
  options: Partial<BprConfig> = {},
  control: RunControl = {},
): Promise<Bpr> {
  const config: BprConfig = { ...bprDefaults, ...options };
  checkSettings(config, {
    dims: { least: 1, whole: true },
    regularisation: { least: 0 },
    biasRegularisation: { least: 0 },
    deviation: { least: 0, above: true },
  });
  checkKnown("negatives", config.negatives, ["uniform", "popularity"]);
  checkInteractions(rows);
  const { userCount, itemCount } = rows;
  const history = byUser(rows);
  const pairs = history.ids.length;
  const owner = new Int32Array(pairs);
  for (let user = 0; user < userCount; user++) owner.fill(user, history.offsets[user], history.offsets[user + 1]);
  const factors = makeFactors(userCount, itemCount, config.dims, config.deviation, config.seed, "bpr");
  const key = keyOf(config.seed, "bpr/negatives");
  const popular = config.negatives === "popularity";
  const curve = await fit(
    {
      name: "bpr",
      examples: pairs,
      weights: [factors.users, factors.items, factors.bias],
      step(batch, rate, step) {
        let loss = 0;
        for (let b = 0; b < batch.length; b++) {
          const user = owner[batch[b]!]!;
          let negative = 0;
          let tries = 0;
          // a user who took nearly everything has few negatives: after 100 draws the triple is left out
          do
            negative = popular
              ? history.ids[uniformInt(pairs, key, step, b, tries)]!
              : uniformInt(itemCount, key, step, b, tries);
          while (holds(history, user, negative) && ++tries < 100);
          if (tries < 100)
            loss += stepBpr(
              factors,
              user,
              history.ids[batch[b]!]!,
              negative,
              rate,
              config.regularisation,
              config.biasRegularisation,
            );
        }
        return loss / batch.length;
      },
    },
    config,
    control,
  );
  return { kind: "bpr", config, factors, curve };
}

/** BPR under the contract of retrievers. */
export const bpr: RetrieverKind<Bpr, BprConfig> = {
  kind: "bpr",
  defaults: bprDefaults,
  fit: fitBpr,
  itemCount: ({ factors }) => factors.bias.length,
  score: ({ factors }, users) => scoreFactors(factors, users),
  save: saveFactors,
  load: (dir) => loadFactors("bpr", dir),
};

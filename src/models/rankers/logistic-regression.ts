/**
 * Logistic regression on hashed sparse features and crosses. Takes rows of features with 0/1 labels; gives probabilities.
 *
 *     p = σ(Σ w_i x_i);   loss = Σ_rows −ln P(label) + ½ l2 Σ_i w_i²
 *
 * by stochastic gradient descent with a step size for each coordinate, AdaGrad (Duchi, Hazan & Singer, 2011):
 * w_i ← w_i − rate · g_i / √(1e-8 + Σ g_i²). Each row that has coordinate i bears the share l2 / n_i of its penalty (n_i rows
 * have it), so an epoch bears all of it and what occurs rarely is drawn to 0 the most: the mode under a normal prior of variance 1 /
 * l2. The intercept is not penalised. Early stopping on held-out rows.
 */
import type { FeatureMatrix, RunControl } from "../../types.js";
import { checkSettings } from "../contract/inputs.js";
import { checkLabelledRows, type HeldOutRows, type LabelledRows, type RankerKind } from "../contract/kinds.js";
import { fit, fitDefaults, type FitConfig } from "../network/training/fit.js";
import {
  eachHashed,
  fitHashing,
  hashingDefaults,
  hashRows,
  loadHashed,
  logitOf,
  predictHashed,
  saveHashed,
  type HashedModel,
  type HashedRows,
  type Hashing,
  type HashingConfig,
} from "./hashing.js";
import { splitRows } from "../network/training/holdout.js";

/** Settings of `fitLogisticRegression`; all JSON. */
export interface LogisticRegressionConfig extends FitConfig, HashingConfig {
  /** Inverse variance of the weights' prior: in units of rows, whatever their number. */
  readonly l2: number;
  /** Share of rows held out for validation where no validation rows are given. */
  readonly validationShare: number;
}

/** Defaults of `fitLogisticRegression`. Batches only say how often progress is told: each row is an update of its own. */
export const logisticRegressionDefaults: LogisticRegressionConfig = {
  ...fitDefaults,
  ...hashingDefaults,
  epochs: 20,
  batchSize: 4096,
  minBatches: 8,
  pointsPerEpoch: 1,
  patience: 3,
  learningRate: 0.15,
  finalRate: 0.1,
  l2: 2,
  validationShare: 0.05,
};

/** A fitted logistic regression. */
export interface LogisticRegression extends HashedModel<"logistic-regression", LogisticRegressionConfig> {
  readonly weights: Float32Array; // [2^bits + 1], the intercept last
}

/**
 * Trains.
 * @throws Error on bad rows or settings (named); the signal's reason on abort
 */
export async function fitLogisticRegression(
  rows: LabelledRows,
  options: Partial<LogisticRegressionConfig> & HeldOutRows = {},
  control: RunControl = {},
): Promise<LogisticRegression> {
  const { validation, ...given } = options;
  const config: LogisticRegressionConfig = { ...logisticRegressionDefaults, ...given };
  checkSettings(config, { l2: { least: 0 } });
  checkLabelledRows(rows, "a logistic regression");
  if (validation !== undefined) checkLabelledRows(validation, "its validation");
  const hashing = fitHashing(rows.features, config);
  const weights = new Float32Array(hashing.size);
  const held = splitRows(
    rows.features.count,
    validation === undefined ? config.validationShare : 0,
    config.seed,
    "logistic regression",
  );
  const judged = validation ?? (held.validation.length > 0 ? rows : undefined);
  const penalties = penaltiesOf(hashing, rows.features, held.train, config.l2);
  const learned = { hashing, weights, squares: new Float32Array(hashing.size), penalties };
  const order = new Int32Array(held.train.length);
  let hashed: HashedRows | undefined;
  const curve = await fit(
    {
      name: "logistic regression",
      examples: held.train.length,
      weights: [weights],
      step(batch, rate) {
        for (let i = 0; i < batch.length; i++) order[i] = held.train[batch[i]!]!;
        hashed = hashRows(hashing, rows.features, order, 0, batch.length, hashed);
        let loss = 0;
        for (let i = 0; i < batch.length; i++)
          loss += stepRow(learned, hashed, i, rows.label[order[i]!]!, rows.weight?.[order[i]!] ?? 1, rate);
        return loss / batch.length;
      },
      ...(judged && {
        validate: () => meanLoss(hashing, weights, judged, validation === undefined ? held.validation : undefined),
      }),
    },
    config,
    control,
  );
  return { kind: "logistic-regression", config, hashing, weights, curve };
}

/** What updates read and write, by coordinate. */
interface Learned {
  readonly hashing: Hashing;
  readonly weights: Float32Array;
  readonly squares: Float32Array; // sums of squared gradients
  readonly penalties: Float32Array;
}

/** One update; gives the row's loss before it. */
function stepRow(
  { hashing: { active }, weights, squares, penalties }: Learned,
  rows: HashedRows,
  i: number,
  label: number,
  weight: number,
  rate: number,
): number {
  const logit = logitOf(weights, rows, i, active);
  const error = weight * (1 / (1 + Math.exp(-logit)) - label);
  for (let at = i * active, end = at + active; at < end; at++) {
    const value = rows.values[at]!;
    if (value === 0) continue;
    const cell = rows.cells[at]!;
    const gradient = error * value + penalties[cell]! * weights[cell]!;
    squares[cell]! += gradient * gradient;
    weights[cell]! -= (rate * gradient) / Math.sqrt(1e-8 + squares[cell]!);
  }
  return weight * logLossOf(logit, label);
}

/** l2 / n of each coordinate; 0 for the intercept. */
function penaltiesOf(hashing: Hashing, features: FeatureMatrix, train: Int32Array, l2: number): Float32Array {
  const counts = new Float32Array(hashing.size);
  const count = ({ count: rows, cells, values }: HashedRows): void => {
    for (let at = 0; at < rows * hashing.active; at++) if (values[at] !== 0) counts[cells[at]!]!++;
  };
  eachHashed(hashing, features, count, { order: train });
  counts[hashing.size - 1] = 0;
  return counts.map((count) => (count > 0 ? l2 / count : 0));
}

/** −ln P(label) from a logit, without overflow. */
export function logLossOf(logit: number, label: number): number {
  const x = label === 1 ? -logit : logit;
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** Mean loss over rows. */
function meanLoss(hashing: Hashing, weights: Float32Array, rows: LabelledRows, order: Int32Array | undefined): number {
  let sum = 0;
  let total = 0;
  const add = (hashed: HashedRows, from: number): void => {
    for (let i = 0; i < hashed.count; i++) {
      const row = order === undefined ? from + i : order[from + i]!;
      const weight = rows.weight?.[row] ?? 1;
      sum += weight * logLossOf(logitOf(weights, hashed, i, hashing.active), rows.label[row]!);
      total += weight;
    }
  };
  eachHashed(hashing, rows.features, add, { order });
  return sum / total;
}

/** Logistic regression under the contract of rankers. */
export const logisticRegression: RankerKind<LogisticRegression, LogisticRegressionConfig> = {
  kind: "logistic-regression",
  defaults: logisticRegressionDefaults,
  fit: fitLogisticRegression,
  score: ({ hashing, weights }, matrix) =>
    predictHashed(hashing, matrix, (rows, i) => logitOf(weights, rows, i, hashing.active)),
  save: (model, dir) => saveHashed(model, dir, { weights: model.weights }),
  load: (dir) => loadHashed("logistic-regression", dir, ["weights"]),
};

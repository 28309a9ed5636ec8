/**
 * FTRL-Proximal, logistic regression that learns online (McMahan et al., 2013). Takes one event at a time; each coordinate has its own
 * learning rate and is exactly 0 until its evidence exceeds l1:
 *
 *     w_i = 0 if |z_i| ≤ l1, else −(z_i − sign(z_i) l1) / ((beta + √n_i) / alpha + l2)
 *     g_i = (p − label) x_i;   σ_i = (√(n_i + g_i²) − √n_i) / alpha;   z_i ← z_i + g_i − σ_i w_i;   n_i ← n_i + g_i²
 *
 * The intercept is not penalised. Nothing is random: the order of events decides.
 */
import { keyOf, permutation } from "../../random.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { checkSettings } from "../contract/inputs.js";
import { checkLabelledRows, type HeldOutRows, type LabelledRows, type RankerKind } from "../contract/kinds.js";
import type { CurvePoint } from "../network/training/fit.js";
import {
  eachHashed,
  fitHashing,
  hashingDefaults,
  loadHashed,
  predictHashed,
  saveHashed,
  type HashedModel,
  type HashedRows,
  type HashingConfig,
} from "./hashing.js";
import { logLossOf } from "./logistic-regression.js";
import { probabilityOf } from "./probability.js";

/** Settings of FTRL; all JSON. */
export interface FtrlConfig extends HashingConfig {
  /** Orders the rows of `fitFtrl`; −1 takes them as they are (in the order of time). */
  readonly seed: number;
  readonly alpha: number;
  readonly beta: number;
  readonly l1: number;
  readonly l2: number;
  /** Passes over the rows of `fitFtrl`. */
  readonly epochs: number;
}

/** Defaults of FTRL. */
export const ftrlDefaults: FtrlConfig = {
  ...hashingDefaults,
  seed: 1,
  alpha: 0.05,
  beta: 1,
  l1: 0.1,
  l2: 1,
  epochs: 1,
};

/** An online learner: `z` and `n` are moved by `updateFtrl`. */
export interface Ftrl extends HashedModel<"ftrl", FtrlConfig> {
  readonly z: Float32Array; // [2^bits + 1]
  readonly n: Float32Array; // [2^bits + 1]
}

/**
 * A learner that has seen nothing. `rows` give the schema and the scale of its numbers. @throws Error on settings out of range, NaN
 * features
 */
export function makeFtrl(rows: FeatureMatrix, options: Partial<FtrlConfig> = {}): Ftrl {
  const config: FtrlConfig = { ...ftrlDefaults, ...options };
  checkSettings(config, {
    alpha: { least: 0, above: true },
    beta: { least: 0 },
    l1: { least: 0 },
    l2: { least: 0 },
    epochs: { least: 1, whole: true },
  });
  const hashing = fitHashing(rows, config);
  return {
    kind: "ftrl",
    config,
    hashing,
    z: new Float32Array(hashing.size),
    n: new Float32Array(hashing.size),
    curve: { points: [], best: -1, stoppedEarly: false },
  };
}

/** The weight of a coordinate. */
export function ftrlWeight(
  { config, hashing, z, n }: Pick<Ftrl, "config" | "hashing" | "z" | "n">,
  cell: number,
): number {
  const { alpha, beta, l1, l2 } = config;
  const intercept = cell === hashing.size - 1;
  const at = z[cell]!;
  const threshold = intercept ? 0 : l1;
  if (Math.abs(at) <= threshold) return 0;
  return -(at - Math.sign(at) * threshold) / ((beta + Math.sqrt(n[cell]!)) / alpha + (intercept ? 0 : l2));
}

/** All weights, [2^bits + 1]. */
export function ftrlWeights(model: Ftrl): Float32Array {
  return Float32Array.from(model.z, (_, cell) => (model.z[cell] === 0 ? 0 : ftrlWeight(model, cell)));
}

/**
 * Learns from the rows `order[from … to)` (or `from … to`), one after another; gives the mean loss of each row before it was learned:
 * progressive validation, an honest estimate without held-out rows.
 * @throws Error naming the feature on NaN or a negative id; on another schema
 */
export function updateFtrl(
  model: Ftrl,
  rows: LabelledRows,
  order?: Int32Array,
  from = 0,
  to: number = rows.features.count,
): number {
  const { hashing, z, n } = model;
  const { active } = hashing;
  const held = new Float64Array(active);
  let loss = 0;
  let total = 0;
  const learn = ({ count, cells, values }: HashedRows, start: number): void => {
    for (let i = 0; i < count; i++) {
      const row = order === undefined ? start + i : order[start + i]!;
      const weight = rows.weight?.[row] ?? 1;
      let logit = 0;
      for (let a = 0, at = i * active; a < active; a++, at++)
        logit += (held[a] = ftrlWeight(model, cells[at]!)) * values[at]!;
      loss += weight * logLossOf(logit, rows.label[row]!);
      total += weight;
      const error = weight * (probabilityOf(logit) - rows.label[row]!);
      for (let a = 0, at = i * active; a < active; a++, at++) {
        const cell = cells[at]!;
        const gradient = error * values[at]!;
        const before = n[cell]!;
        const after = before + gradient * gradient;
        z[cell]! += gradient - ((Math.sqrt(after) - Math.sqrt(before)) / model.config.alpha) * held[a]!;
        n[cell] = after;
      }
    }
  };
  eachHashed(hashing, rows.features, learn, { order, from, to, size: 1024 });
  return total > 0 ? loss / total : NaN;
}

/** Learns from rows in a seeded order (or, with seed −1, as they are). The curve's train loss is progressive. */
export async function fitFtrl(
  rows: LabelledRows,
  options: Partial<FtrlConfig> & HeldOutRows = {},
  control: RunControl = {},
): Promise<Ftrl> {
  const { validation: _unused, ...given } = options;
  checkLabelledRows(rows, "FTRL");
  const empty = makeFtrl(rows.features, given);
  const { seed, epochs } = empty.config;
  const { count } = rows.features;
  const points: CurvePoint[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = seed === -1 ? undefined : permutation(count, keyOf(seed, `ftrl/epoch ${epoch}`));
    for (let from = 0; from < count; from += 65_536) {
      control.signal?.throwIfAborted();
      const to = Math.min(count, from + 65_536);
      const trainLoss = updateFtrl(empty, rows, order, from, to);
      points.push({ step: epoch * count + to, examples: epoch * count + to, epoch: epoch + to / count, trainLoss });
      control.onProgress?.("ftrl", epoch * count + to, epochs * count, `loss ${trainLoss.toFixed(4)}`);
      await new Promise<void>((resolve) => setImmediate(resolve));
      control.signal?.throwIfAborted();
    }
  }
  return { ...empty, curve: { points, best: points.length - 1, stoppedEarly: false } };
}

/**
 * Probabilities under the present weights. They are made of z and n where a row asks for one: all of them would be a million for a page
 * of candidates.
 */
function predictFtrl(model: Ftrl, matrix: FeatureMatrix): Float32Array {
  const { active } = model.hashing;
  return predictHashed(model.hashing, matrix, ({ cells, values }, i) => {
    let logit = 0;
    for (let at = i * active, end = at + active; at < end; at++) logit += ftrlWeight(model, cells[at]!) * values[at]!;
    return logit;
  });
}

/** FTRL under the contract of rankers. */
export const ftrl: RankerKind<Ftrl, FtrlConfig> = {
  kind: "ftrl",
  defaults: ftrlDefaults,
  dataSettings: { epochs: 4, l1: 0, alpha: 0.15 }, // chosen on MovieLens 100K
  fit: fitFtrl,
  score: predictFtrl,
  save: (model, dir) => saveHashed(model, dir, { z: model.z, n: model.n }),
  load: (dir) => loadHashed("ftrl", dir, ["z", "n"]),
};

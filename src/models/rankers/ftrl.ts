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
import { loadArrays, realArray, saveArrays } from "../network/model-files.js";
import {
  checkLabelledRows,
  checkSettings,
  type HeldOutRows,
  type LabelledRows,
  type RankerKind,
} from "../contract/kinds.js";
import { encodingFromJson, encodingToJson } from "../network/encoding.js";
import type { CurvePoint, LearningCurve } from "../network/fit.js";
import {
  fitHashing,
  hashingDefaults,
  hashRows,
  makeHashing,
  type HashedRows,
  type Hashing,
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
export interface Ftrl {
  readonly kind: "ftrl";
  readonly config: FtrlConfig;
  readonly hashing: Hashing;
  readonly z: Float32Array; // [2^bits + 1]
  readonly n: Float32Array; // [2^bits + 1]
  readonly curve: LearningCurve;
}

/**
 * A learner that has seen nothing. `rows` give the schema and the scale of its numbers. @throws Error on settings out of range, NaN
 * features
 */
export function makeFtrl(rows: FeatureMatrix, options: Partial<FtrlConfig> = {}): Ftrl {
  const config: FtrlConfig = { ...ftrlDefaults, ...options };
  checkSettings(config as unknown as Record<string, number>, {
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
  let hashed: HashedRows | undefined;
  let loss = 0;
  let total = 0;
  for (let start = from; start < to; start += 1024) {
    const end = Math.min(to, start + 1024);
    hashed = hashRows(hashing, rows.features, order, start, end, hashed);
    for (let i = 0; i < end - start; i++) {
      const row = order === undefined ? start + i : order[start + i]!;
      const weight = rows.weight?.[row] ?? 1;
      let logit = 0;
      for (let a = 0, at = i * active; a < active; a++, at++)
        logit += (held[a] = ftrlWeight(model, hashed.cells[at]!)) * hashed.values[at]!;
      loss += weight * logLossOf(logit, rows.label[row]!);
      total += weight;
      const error = weight * (probabilityOf(logit) - rows.label[row]!);
      for (let a = 0, at = i * active; a < active; a++, at++) {
        const cell = hashed.cells[at]!;
        const gradient = error * hashed.values[at]!;
        const before = n[cell]!;
        const after = before + gradient * gradient;
        z[cell]! += gradient - ((Math.sqrt(after) - Math.sqrt(before)) / model.config.alpha) * held[a]!;
        n[cell] = after;
      }
    }
  }
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
  const probabilities = new Float32Array(matrix.count);
  let rows: HashedRows | undefined;
  for (let from = 0; from < matrix.count; from += 4096) {
    const to = Math.min(matrix.count, from + 4096);
    rows = hashRows(model.hashing, matrix, undefined, from, to, rows);
    for (let i = 0, at = 0; i < to - from; i++) {
      let logit = 0;
      for (let a = 0; a < active; a++, at++) logit += ftrlWeight(model, rows.cells[at]!) * rows.values[at]!;
      probabilities[from + i] = probabilityOf(logit);
    }
  }
  return probabilities;
}

/** FTRL under the contract of rankers. */
export const ftrl: RankerKind<Ftrl, FtrlConfig> = {
  kind: "ftrl",
  defaults: ftrlDefaults,
  dataSettings: { epochs: 4, l1: 0, alpha: 0.15 }, // chosen on MovieLens 100K
  fit: fitFtrl,
  score: predictFtrl,
  save: ({ config, hashing, z, n, curve }, dir) =>
    saveArrays(dir, "ftrl", { config, curve, encodings: { rows: encodingToJson(hashing.encoding) } }, [
      realArray("z", [z.length], z),
      realArray("n", [n.length], n),
    ]),
  async load(dir) {
    const { card, real } = await loadArrays(dir, "ftrl");
    const config = card.config as unknown as FtrlConfig;
    return {
      kind: "ftrl",
      config,
      hashing: makeHashing(encodingFromJson(card.encodings.rows!), config),
      z: real("z"),
      n: real("n"),
      curve: card.curve,
    };
  },
};

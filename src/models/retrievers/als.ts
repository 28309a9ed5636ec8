/**
 * Implicit alternating least squares (Hu, Koren & Volinsky, 2008). Takes who took what, how much; with preference p = 1 where taken,
 * else 0, and confidence c = 1 + confidence · weight it minimises
 *
 *     Σ_{u,i} c_ui (p_ui − <x_u, y_i>)² + regularisation (Σ_u ‖x_u‖² + Σ_i ‖y_i‖²)
 *
 * one side at a time. A user's vector solves (YᵀY + Σ_{i taken} (c − 1) y yᵀ + λI) x = Σ_{i taken} c y, by a few
 * conjugate-gradient steps from its current value (Takács, Pilászy & Tikk, 2011): O(taken · dims + dims²) a step; it does not
 * depend on the number of items.
 */
import type { RunControl } from "../../types.js";
import { checkSettings } from "../contract/inputs.js";
import type { RetrieverKind } from "../contract/kinds.js";
import { loadFactors, makeFactors, saveFactors, scoreFactors, type FactorModel } from "./factors.js";
import type { CurvePoint } from "../network/training/fit.js";
import { byItem, byUser, checkInteractions, type Interactions, type SparseRows } from "./interactions.js";

/** Settings of `fitAls`; all JSON. */
export interface AlsConfig {
  readonly seed: number;
  readonly epochs: number;
  readonly dims: number;
  /** α: how much a weight of 1 adds to the confidence of 1 that all pairs have. */
  readonly confidence: number;
  readonly regularisation: number;
  /** Conjugate-gradient steps a vector and epoch. */
  readonly steps: number;
}

/** Defaults of `fitAls`. */
export const alsDefaults: AlsConfig = { seed: 1, epochs: 15, dims: 64, confidence: 5, regularisation: 50, steps: 3 };

/** A fitted ALS model. Its curve's loss is the objective over interactions. */
export type Als = FactorModel<"als", AlsConfig>;

/** Trains. @throws Error on bad interactions or settings; the signal's reason on abort */
export async function fitAls(
  rows: Interactions,
  options: Partial<AlsConfig> = {},
  control: RunControl = {},
): Promise<Als> {
  const config: AlsConfig = { ...alsDefaults, ...options };
  checkSettings(config, {
    epochs: { least: 1, whole: true },
    dims: { least: 1, whole: true },
    confidence: { least: 0, above: true },
    regularisation: { least: 0, above: true },
    steps: { least: 1, whole: true },
  });
  checkInteractions(rows);
  const history = byUser(rows);
  const visitors = byItem(rows);
  const factors = makeFactors(
    rows.userCount,
    rows.itemCount,
    config.dims,
    0.1 / Math.sqrt(config.dims),
    config.seed,
    "als",
  );
  const points: CurvePoint[] = [];
  const pairs = history.ids.length;
  for (let epoch = 1; epoch <= config.epochs; epoch++) {
    for (const [x, y, taken] of [
      [factors.users, factors.items, history],
      [factors.items, factors.users, visitors],
    ] as const) {
      control.signal?.throwIfAborted();
      halfStepAls(x, y, taken, config);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const trainLoss = objectiveAls(factors.users, factors.items, history, config) / pairs;
    points.push({ step: epoch, examples: epoch * pairs, epoch, trainLoss });
    control.onProgress?.("als", epoch, config.epochs, `loss ${trainLoss.toFixed(4)}`);
  }
  return { kind: "als", config, factors, curve: { points, best: points.length - 1, stoppedEarly: false } };
}

/**
 * Moves every row of `x` to (or toward) the solution of its normal equations, `y` fixed.
 * @param x [rows, dims], changed @param y [columns, dims] @param taken columns taken by each row, with weights
 */
export function halfStepAls(
  x: Float32Array,
  y: Float32Array,
  taken: SparseRows,
  config: Pick<AlsConfig, "dims" | "confidence" | "regularisation" | "steps">,
): void {
  const { dims, confidence, steps } = config;
  const gram = gramOf(y, dims, config.regularisation);
  const solution = new Float64Array(dims),
    residual = new Float64Array(dims),
    direction = new Float64Array(dims),
    image = new Float64Array(dims);
  for (let row = 0; row < taken.offsets.length - 1; row++) {
    const from = taken.offsets[row]!,
      to = taken.offsets[row + 1]!;
    if (from === to) {
      x.fill(0, row * dims, (row + 1) * dims); // the solution of a row that took nothing
      continue;
    }
    for (let d = 0; d < dims; d++) solution[d] = x[row * dims + d]!;
    apply(gram, y, taken, from, to, confidence, solution, residual);
    for (let d = 0; d < dims; d++) residual[d] = -residual[d]!;
    for (let at = from; at < to; at++) {
      const scale = 1 + confidence * taken.weights[at]!;
      const base = taken.ids[at]! * dims;
      for (let d = 0; d < dims; d++) residual[d]! += scale * y[base + d]!;
    }
    direction.set(residual);
    let length = dot(residual, residual);
    for (let step = 0; step < steps && length > 1e-20; step++) {
      apply(gram, y, taken, from, to, confidence, direction, image);
      const alpha = length / dot(direction, image);
      for (let d = 0; d < dims; d++) {
        solution[d]! += alpha * direction[d]!;
        residual[d]! -= alpha * image[d]!;
      }
      const next = dot(residual, residual);
      const beta = next / length;
      length = next;
      for (let d = 0; d < dims; d++) direction[d] = residual[d]! + beta * direction[d]!;
    }
    x.set(solution, row * dims);
  }
}

/** The objective, all pairs counted: the part of untaken pairs comes from Gram matrices. */
export function objectiveAls(
  users: Float32Array,
  items: Float32Array,
  history: SparseRows,
  config: Pick<AlsConfig, "dims" | "confidence" | "regularisation">,
): number {
  const { dims, confidence, regularisation } = config;
  const [a, b] = [gramOf(users, dims, 0), gramOf(items, dims, 0)];
  let total = dot(a, b); // Σ over all pairs of <x, y>²
  for (let d = 0; d < dims; d++) total += regularisation * (a[d * dims + d]! + b[d * dims + d]!);
  for (let user = 0; user < history.offsets.length - 1; user++) {
    for (let at = history.offsets[user]!; at < history.offsets[user + 1]!; at++) {
      let score = 0;
      for (let d = 0; d < dims; d++) score += users[user * dims + d]! * items[history.ids[at]! * dims + d]!;
      total += (1 + confidence * history.weights[at]!) * (1 - score) ** 2 - score ** 2;
    }
  }
  return total;
}

/** YᵀY + λI, [dims, dims]. */
function gramOf(y: Float32Array, dims: number, regularisation: number): Float64Array {
  const gram = new Float64Array(dims * dims);
  for (let base = 0; base < y.length; base += dims) {
    for (let a = 0; a < dims; a++) {
      const value = y[base + a]!;
      for (let b = a; b < dims; b++) gram[a * dims + b]! += value * y[base + b]!;
    }
  }
  for (let a = 0; a < dims; a++) {
    gram[a * dims + a]! += regularisation;
    for (let b = 0; b < a; b++) gram[a * dims + b] = gram[b * dims + a]!;
  }
  return gram;
}

/** out = (gram + Σ_{taken} confidence · weight · y yᵀ) v. */
function apply(
  gram: Float64Array,
  y: Float32Array,
  taken: SparseRows,
  from: number,
  to: number,
  confidence: number,
  v: Float64Array,
  out: Float64Array,
): void {
  const dims = v.length;
  for (let a = 0, cell = 0; a < dims; a++) {
    let sum = 0;
    for (let b = 0; b < dims; b++) sum += gram[cell++]! * v[b]!;
    out[a] = sum;
  }
  for (let at = from; at < to; at++) {
    const base = taken.ids[at]! * dims;
    let score = 0;
    for (let d = 0; d < dims; d++) score += y[base + d]! * v[d]!;
    score *= confidence * taken.weights[at]!;
    for (let d = 0; d < dims; d++) out[d]! += score * y[base + d]!;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}

/** ALS under the contract of retrievers. */
export const als: RetrieverKind<Als, AlsConfig> = {
  kind: "als",
  defaults: alsDefaults,
  fit: fitAls,
  itemCount: ({ factors }) => factors.bias.length,
  score: ({ factors }, users) => scoreFactors(factors, users),
  save: saveFactors,
  load: (dir) => loadFactors("als", dir),
};

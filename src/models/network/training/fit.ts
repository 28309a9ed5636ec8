/**
 * The training loop that all learned models share: batches in a seeded order, a learning rate that falls linearly, a
 * learning curve, early stopping with the best weights restored, progress and abort between steps, and checkpoints to go on from.
 */
import { rm } from "node:fs/promises";
import { keyOf, permutation } from "../../../random.js";
import type { RunControl } from "../../../types.js";
import { checkSettings } from "../../contract/inputs.js";
import {
  fitKey,
  loadCheckpoint,
  saveCheckpoint,
  type CheckpointConfig,
  type FitState,
  type OptimiserState,
} from "./checkpoint.js";
import type { CurvePoint, LearningCurve } from "./learning-curve.js";

export type { CurvePoint, LearningCurve } from "./learning-curve.js";

/** Settings of `fit`. */
export interface FitConfig {
  readonly seed: number;
  readonly epochs: number;
  /** Examples a batch at most. */
  readonly batchSize: number;
  /** Small data get smaller batches (from 32), so that an epoch has about this many updates. */
  readonly minBatches: number;
  readonly learningRate: number;
  /** The last step's rate as a share of the first's; between them it falls linearly. */
  readonly finalRate: number;
  /** Validations an epoch, the last at its end. */
  readonly pointsPerEpoch: number;
  /** Stops after this many validations in a row without a new best. */
  readonly patience: number;
}

/** Defaults of `fit`. */
export const fitDefaults: FitConfig = {
  seed: 1,
  epochs: 1,
  batchSize: 512,
  minBatches: 40,
  learningRate: 5e-3,
  finalRate: 0.1,
  pointsPerEpoch: 4,
  patience: 8,
};

/** What a fit accepts beside its settings. */
export interface FitControl extends RunControl {
  /** Each new point of the learning curve, as numbers. */
  readonly onPoint?: (point: CurvePoint) => void;
  /** Keeps the state of the fit in a file and goes on from it if it is there: as uninterrupted, to the bit on the portable backend. */
  readonly checkpoint?: CheckpointConfig;
}

/** What `fit` trains. */
export interface Learner {
  readonly name: string;
  /** Training examples, 0 … examples - 1. */
  readonly examples: number;
  /**
   * One update on a batch of examples; gives the batch's mean loss. @param next the next step's batch, if it is known: what that step
   * reads may be made while this one runs
   */
  step(batch: Int32Array, learningRate: number, step: number, next?: Int32Array): number | Promise<number>;
  /** Mean loss on held-out examples. */
  validate?(): number;
  /** Everything that is learned, to be copied and restored. */
  readonly weights: readonly Float32Array[];
  /** What else steps change; needed for checkpoints. */
  readonly optimiser?: OptimiserState;
  /** Where steps keep weights and optimiser elsewhere: writes them into the arrays. */
  readonly sync?: (() => void) | undefined;
  /** Frees what steps hold. */
  readonly close?: (() => void) | undefined;
}

/**
 * Trains. Batches are of equal size within one (no small last batch). Leaves the learner at its best validated weights.
 * @throws `control.signal.reason` soon after an abort; Error when the loss stops being finite, on a checkpoint that is damaged or of
 * another fit
 */
export async function fit(learner: Learner, config: FitConfig, control: FitControl = {}): Promise<LearningCurve> {
  try {
    checkConfig(config);
    return await train(learner, config, control);
  } finally {
    learner.close?.();
  }
}

async function train(learner: Learner, config: FitConfig, control: FitControl): Promise<LearningCurve> {
  const batches = batchesOf(learner.examples, config);
  const total = batches * config.epochs;
  const pointEvery = Math.max(1, Math.floor(batches / config.pointsPerEpoch));
  const points: CurvePoint[] = [];
  let kept: Float32Array[] | undefined;
  let best = -1;
  let examples = 0,
    lossSum = 0,
    lossSteps = 0,
    step = 0;
  const checkpoint = openCheckpoint(learner, config, control.checkpoint);
  const resumed = await checkpoint?.load();
  if (resumed !== undefined) {
    ({ examples, lossSum, lossSteps, step, best } = resumed);
    points.push(...resumed.points);
    kept = resumed.kept?.slice();
  }
  for (let epoch = Math.floor(step / batches); epoch < config.epochs; epoch++) {
    const order = permutation(learner.examples, keyOf(config.seed, `${learner.name}/epoch ${epoch}`));
    const batchAt = (b: number): Int32Array =>
      order.subarray(Math.floor((b * order.length) / batches), Math.floor(((b + 1) * order.length) / batches));
    for (let b = step % batches; b < batches; b++) {
      control.signal?.throwIfAborted();
      const batch = batchAt(b);
      const rate = config.learningRate * (1 - (1 - config.finalRate) * (total > 1 ? step / (total - 1) : 0));
      const loss = await learner.step(batch, rate, step, b + 1 < batches ? batchAt(b + 1) : undefined);
      if (!Number.isFinite(loss))
        throw new Error(
          `${learner.name}: loss is ${loss} at step ${step}; try a learning rate below ${config.learningRate}`,
        );
      step++;
      examples += batch.length;
      lossSum += loss;
      lossSteps++;
      if (b === batches - 1 || ((b + 1) % pointEvery === 0 && b + pointEvery < batches)) {
        learner.sync?.();
        const validationLoss = learner.validate?.();
        points.push({
          step,
          examples,
          epoch: step / batches,
          trainLoss: lossSum / lossSteps,
          ...(validationLoss === undefined ? {} : { validationLoss }),
        });
        lossSum = lossSteps = 0;
        if (validationLoss === undefined || best < 0 || validationLoss < points[best]!.validationLoss!) {
          best = points.length - 1;
          if (validationLoss !== undefined) kept = copyInto(learner.weights, kept);
        }
        control.onPoint?.(points.at(-1)!);
      }
      const point = points.at(-1);
      control.onProgress?.(learner.name, examples, learner.examples * config.epochs, point && describe(point));
      await new Promise<void>((resolve) => setImmediate(resolve)); // lets an interrupt and a display have their turn
      if (points.length - 1 - best >= config.patience) {
        restore(learner.weights, kept);
        const whole = learner.examples * config.epochs; // the step is over, whatever was planned
        control.onProgress?.(learner.name, whole, whole, "stopped early");
        await checkpoint?.remove();
        return { points, best, stoppedEarly: true };
      }
      if (checkpoint !== undefined && step % checkpoint.everySteps === 0 && step < total) {
        learner.sync?.();
        await checkpoint.save({ step, examples, lossSum, lossSteps, best, points, kept });
      }
    }
  }
  restore(learner.weights, kept);
  await checkpoint?.remove();
  return { points, best, stoppedEarly: false };
}

/** What steps read, that of the next made while the current one runs. @param make what the step of a number reads */
export function madeAhead<T>(make: (batch: Int32Array, step: number) => T): {
  take(batch: Int32Array, step: number): T;
  /** Makes what the next step reads, if there is a next batch; then waits for the running one. */
  during(running: Promise<number>, next: Int32Array | undefined, step: number): Promise<number>;
} {
  let held: { readonly step: number; readonly made: T } | undefined;
  return {
    take(batch, step) {
      const made = held?.step === step ? held.made : make(batch, step);
      held = undefined;
      return made;
    },
    async during(running, next, step) {
      try {
        if (next !== undefined) held = { step: step + 1, made: make(next, step + 1) };
      } finally {
        await running; // whatever happens: nothing may be freed before it has ended
      }
      return running;
    },
  };
}

/** Steps of an epoch. */
export function batchesOf(
  examples: number,
  { batchSize, minBatches }: Pick<FitConfig, "batchSize" | "minBatches">,
): number {
  return Math.max(1, Math.round(examples / Math.min(batchSize, Math.max(32, Math.round(examples / minBatches)))));
}

interface OpenCheckpoint {
  readonly everySteps: number;
  load(): Promise<FitState | undefined>;
  save(state: FitState): Promise<void>;
  remove(): Promise<void>;
}

function openCheckpoint(
  { name, examples, weights, optimiser }: Learner,
  config: FitConfig,
  wish: CheckpointConfig | undefined,
): OpenCheckpoint | undefined {
  if (wish === undefined) return undefined;
  const { path, everySteps } = wish;
  if (!Number.isInteger(everySteps) || everySteps < 1)
    throw new Error(`everySteps is ${everySteps}; allowed: whole numbers from 1`);
  if (optimiser === undefined)
    throw new Error(
      `${name} has no optimiser state to keep; checkpoints are for ranker, two-tower, multi-task, sasrec`,
    );
  const key = fitKey(name, examples, config, weights);
  return {
    everySteps,
    load: () => loadCheckpoint(path, key, weights, optimiser),
    save: (state) => saveCheckpoint(path, key, state, weights, optimiser),
    remove: () => rm(path, { force: true }),
  };
}

function describe(point: CurvePoint): string {
  const validation = point.validationLoss === undefined ? "" : `, validation ${point.validationLoss.toFixed(4)}`;
  return `loss ${point.trainLoss.toFixed(4)}${validation}`;
}

function copyInto(weights: readonly Float32Array[], kept: Float32Array[] | undefined): Float32Array[] {
  if (kept === undefined) return weights.map((values) => values.slice());
  weights.forEach((values, i) => kept[i]!.set(values));
  return kept;
}

function restore(weights: readonly Float32Array[], kept: readonly Float32Array[] | undefined): void {
  if (kept !== undefined) weights.forEach((values, i) => values.set(kept[i]!));
}

function checkConfig(config: FitConfig): void {
  const whole = { least: 1, whole: true };
  checkSettings(config, {
    epochs: whole,
    batchSize: whole,
    minBatches: whole,
    pointsPerEpoch: whole,
    patience: whole,
    learningRate: { least: 0, above: true },
    finalRate: { least: 0, most: 1 },
  });
}

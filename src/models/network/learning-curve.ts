/** The learning curve of a fit, as cards and checkpoints keep it. */

/** One point of the learning curve. */
export interface CurvePoint {
  readonly step: number;
  readonly examples: number; // seen so far, repetitions counted
  readonly epoch: number; // fractional
  readonly trainLoss: number; // mean since the point before
  readonly validationLoss?: number;
}

/** How training went. `best` indexes the point whose weights were kept (the last without validation). */
export interface LearningCurve {
  readonly points: readonly CurvePoint[];
  readonly best: number;
  readonly stoppedEarly: boolean;
}

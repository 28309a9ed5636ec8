/** The learning curve of a fit, as cards and checkpoints keep it. */
import { z } from "zod";

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

/** A point as it is read back from a file. */
export const pointShape = z.object({
  step: z.number(),
  examples: z.number(),
  epoch: z.number(),
  trainLoss: z.number(),
  validationLoss: z.number().optional(),
});

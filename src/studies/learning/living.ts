/** What learns on from day to day, and what a day of it leaves behind. */
import type { GateResult, RetrainDecision } from "../../monitoring/index.js";
import type { Day, Impressions, Policy } from "../../types.js";
import type { Loop } from "./loop.js";
import type { LearningPolicy } from "./plans.js";

/** What a day left behind. */
export interface LearningDay {
  readonly day: Day;
  readonly pages: number;
  readonly userDays: number;
  readonly minutes: number; // watched, all users
  readonly regret: number; // minutes expected of the best pages less those of the pages shown, from a sample of pages
  readonly auc: number | null; // of clicks, as the day's model predicted them; null before the first
  readonly calibration: number | null; // label observed over predicted
  readonly alarm: boolean;
  readonly decision: RetrainDecision["reason"] | "first";
  readonly rows: number; // rows × passes that were learned
  readonly gate?: GateResult;
  readonly version: number; // that serves from tomorrow; 0: none, or the funnel as it was trained
  readonly loop: Loop;
}

/** A policy's days. */
export interface LearningRun {
  readonly policy: LearningPolicy;
  readonly seed: number;
  readonly days: readonly LearningDay[];
}

/** What a day's end gives: how it was predicted, and what was learned from it. */
export type DayLearned = Pick<LearningDay, "auc" | "calibration" | "alarm" | "decision" | "rows" | "gate"> & {
  /** A model that serves from tomorrow. */
  readonly model?: { readonly weights?: Float32Array };
};

/** What learns on: its pages, and what it makes of a day. `alarmed` asks the detector about the day's AUC. */
export interface Living {
  readonly policy: Policy;
  close(day: Day, events: Impressions, alarmed: (auc: number | null) => boolean): DayLearned | Promise<DayLearned>;
  end?(): Promise<void>;
}

/** What a scorecard holds. */
import type { Difference } from "./difference.js";
import type { GuardrailVerdict } from "./guardrail.js";
import type { Novelty } from "./novelty.js";
import type { SampleRatio } from "./sample-ratio.js";
import type { SegmentEffects } from "./segments.js";
import type { Look } from "./sequential.js";

/** A metric to judge. */
export interface MetricPlan {
  readonly name: string;
  readonly better: "higher" | "lower";
  /** A guardrail: how much worse is accepted, as a share of the control, at least 0. */
  readonly margin?: number;
}

/** One metric of one treatment. */
export interface JudgedMetric extends Difference {
  readonly metric: MetricPlan;
  readonly adjustedP: number; // Holm, over the metrics of this treatment
  /** Smallest lift that so many users find with power .8. */
  readonly smallestLift: number;
  readonly verdict: "better" | "worse" | "undecided";
  readonly guardrail?: GuardrailVerdict;
}

/** A treatment against the control. */
export interface Scorecard {
  readonly control: string;
  readonly treatment: string;
  readonly users: readonly [control: number, treatment: number];
  readonly sampleRatio: SampleRatio;
  /** p of the same split on every day of exposure. */
  readonly splitByDay?: number;
  readonly metrics: readonly JudgedMetric[];
  /** The first metric at the end of each day of exposure; where it is looked at every day. */
  readonly looks?: readonly Look[];
  readonly novelty?: Novelty; // of the first metric
  readonly segments: Readonly<Record<string, SegmentEffects>>; // of the first metric
  readonly decision: "ship" | "do not ship" | "undecided" | "broken";
  /** The decision in a sentence, and what it rests on. */
  readonly sentences: readonly string[];
  /** What was not decided. */
  readonly open: readonly string[];
}

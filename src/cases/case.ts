/** What the case studies share: a name, a run that gives a report, and what the verb and the notebooks read of it. */
import type { Report } from "../lab/index.js";
import type { RunControl, Scale } from "../types.js";

/** How a case is run. */
export interface CaseOptions {
  readonly scale: Scale;
  /** The first of the markets, worlds or scenes; the next ones follow. */
  readonly seed: number;
  /** How many. */
  readonly seeds: number;
}

/** A case: `run` does all of it. */
export interface Case {
  readonly name: string;
  readonly title: string;
  run(options: CaseOptions, control?: RunControl): Promise<CaseResult>;
}

/** What a case found. */
export interface CaseResult {
  readonly report: Report;
  /** Each hypothesis as it was written before the run, and what became of it. */
  readonly hypotheses: readonly Hypothesis[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** A sentence that was written before the run, with its answer. */
export interface Hypothesis {
  readonly says: string;
  readonly found: { readonly estimate: number; readonly low: number; readonly high: number };
  readonly outcome: "held" | "did not hold" | "undecided";
}

/** Whether a difference is above 0, as was said, beyond its interval over worlds. */
export function answered(says: string, found: Hypothesis["found"]): Hypothesis {
  return { says, found, outcome: found.low > 0 ? "held" : found.high < 0 ? "did not hold" : "undecided" };
}

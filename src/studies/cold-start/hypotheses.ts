/**
 * What was expected of the strategies, written before the first run. Each is a strategy, a measure and the side on which its paired
 * difference to the control must lie; `held`, `did not hold` and `undecided` follow from the interval over worlds.
 */
import type { Interval } from "../../evaluation/index.js";

/** An expectation. `within`: the whole interval lies between minus and plus this. */
export interface ColdHypothesis {
  readonly sentence: string;
  readonly strategy: string;
  readonly measure: string;
  readonly expected: "above" | "below" | "within";
  readonly margin?: number;
}

/** An expectation beside what was found. */
export interface TriedCold extends ColdHypothesis {
  readonly found: Interval;
  readonly outcome: "held" | "did not hold" | "undecided";
}

/** All of them; "regret" is the share of the best page's watch time that is lost. */
export const coldHypotheses: readonly ColdHypothesis[] = [
  of(
    "popular by segment",
    "regret at 0",
    "above",
    "On a newcomer's first page, what is popular in the segment loses more than the towers' metadata",
  ),
  of("three topics asked", "regret at 0", "below", "Asking for three topics makes the first page better"),
  of("three topics asked", "newcomers: return", "above", "… and brings newcomers back"),
  of("Thompson sampling", "regret at 0", "above", "Thompson sampling costs something on the first page"),
  of("Thompson sampling", "regret at 20", "below", "… and has paid by the twentieth interaction"),
  of("LinUCB", "regret at 20", "below", "So has LinUCB"),
  of("ε-greedy", "newcomers: minutes", "below", "ε-greedy costs newcomers' minutes"),
  of("no id dropout", "newcomers: regret", "above", "Models that never met an unknown id serve newcomers worse"),
  of("no fresh places", "uploads: found", "below", "Without places for fresh videos fewer uploads are found"),
  of("exploration slot", "uploads: found", "above", "A slot for uploads finds more of them"),
  of("exploration slot", "established: minutes", "below", "… and established users pay for it"),
  of("budgeted boost", "uploads: found", "above", "A boost finds more uploads"),
  of(
    "creator prior",
    "uploads: regret at 0",
    "below",
    "The creator's record picks better among uploads without an impression",
  ),
  of("thumbnail embedding", "uploads: regret at 0", "below", "So does the thumbnail"),
  {
    ...of(
      "three topics asked",
      "established: minutes",
      "within",
      "What is done for newcomers leaves established users as they are, to 1 %",
    ),
    margin: 0.01,
  },
];

function of(strategy: string, measure: string, expected: ColdHypothesis["expected"], sentence: string): ColdHypothesis {
  return { sentence, strategy, measure, expected };
}

/** Tries those whose strategy was played. */
export function tryCold(found: (strategy: string, measure: string) => Interval | undefined): readonly TriedCold[] {
  return coldHypotheses.flatMap((one) => {
    const interval = found(one.strategy, one.measure);
    return interval === undefined ? [] : [{ ...one, found: interval, outcome: outcomeOf(one, interval) }];
  });
}

function outcomeOf({ expected, margin = 0 }: ColdHypothesis, { low, high }: Interval): TriedCold["outcome"] {
  if (expected === "within") {
    if (low > -margin && high < margin) return "held";
    return low > margin || high < -margin ? "did not hold" : "undecided";
  }
  if (low > 0) return expected === "above" ? "held" : "did not hold";
  if (high < 0) return expected === "below" ? "held" : "did not hold";
  return "undecided";
}

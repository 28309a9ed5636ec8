/** Tables that the pages of all cases have. */
import type { Interval } from "../evaluation/index.js";
import { table, type Table } from "../lab/index.js";
import type { Hypothesis } from "./case.js";

/** Whether a difference is above 0, as was said, beyond its interval over worlds. */
export function answered(says: string, found: Interval): Hypothesis {
  return { says, found, outcome: found.low > 0 ? "held" : found.high < 0 ? "did not hold" : "undecided" };
}

/** Hypotheses beside what was found. */
export function hypothesesTable(hypotheses: readonly Hypothesis[]): Table {
  return table(
    hypotheses.map(({ says, ...rest }) => ({ hypothesis: says, ...rest })),
    { name: "hypotheses", caption: "Differences over worlds with 95 % t-intervals; each was expected to be above 0" },
  );
}

/** The one-page summary that an interviewer expects, by step: requirements, framing, data, model, evaluation, serving, monitoring. */
export function summaryTable(rows: Readonly<Record<string, string>>): Table {
  return table(
    Object.entries(rows).map(([step, answer]) => ({ step, answer })),
    { name: "summary", caption: "The case on one page" },
  );
}

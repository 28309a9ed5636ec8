/**
 * What a notebook says about its numbers. A check is what the world promises for every seed: outside the stated range it stops the
 * notebook, so that every notebook is a test. A finding is what this seed shows: it prints the sentence that the number bears out. An
 * exercise without an answer is skipped.
 */
import type { Interval } from "../evaluation/index.js";
import { formatInterval, formatNumber } from "./text.js";

/**
 * Prints in one line that a number lies within `[low, high]`.
 * @throws RangeError with the label, the value and the range; a value that is not a number is outside every range.
 * @example lab.check("CTR of random pages", ctr, 0.03, 0.1);
 */
export function check(label: string, value: number, low: number, high: number = Infinity): void {
  const range = rangeText(low, high);
  if (!(value >= low && value <= high)) throw new RangeError(`${label} is ${formatNumber(value)}; expected ${range}`);
  console.log(`ok: ${label} is ${formatNumber(value)} (expected ${range})`);
}

/** Where a number lies against a threshold: undecided where its interval holds the threshold, or where it is not a number. */
export type Side = "above" | "undecided" | "below";

/** The number of a finding: an interval, or a number that has none. */
export type Found = number | Pick<Interval, "estimate" | "low" | "high">;

/**
 * The side of `than` on which a number lies. An interval must exclude `than`; a number without one must leave the range, if `than` is
 * a range.
 */
export function sideOf(found: Found, than: number | readonly [low: number, high: number] = 0): Side {
  const { low, high } = typeof found === "number" ? { low: found, high: found } : found;
  const [bottom, top] = typeof than === "number" ? [than, than] : than;
  if (low > top) return "above";
  return high < bottom ? "below" : "undecided";
}

/**
 * Prints what was found and the sentence for the side of `than` (default 0) on which it lies; returns that sentence.
 * @example lab.finding("CTR, B minus A", difference, { above: "B gains clicks.", below: "B loses clicks." });
 */
export function finding(
  label: string,
  found: Found,
  says: Readonly<Record<"above" | "below", string>> & { readonly undecided?: string },
  than: number | readonly [low: number, high: number] = 0,
): string {
  const plain = typeof found === "number";
  const undecided = plain ? "No clear difference." : `Undecided: the interval includes ${String(than)}.`;
  const sentence = { undecided, ...says }[sideOf(found, than)];
  console.log(`found: ${label} is ${plain ? formatNumber(found) : formatInterval(found)}. ${sentence}`);
  return sentence;
}

/**
 * An exercise: prints that it is open while there is no answer, else checks the answer. `mistakes` are wrong answers by the reason why
 * they are wrong; where there are any, the right one is not given away.
 * @throws RangeError as `check` does; for a known mistake with its reason
 * @example let gauc: number | undefined; // your answer
 *          lab.exercise("GAUC", gauc, 0.61, 0.62, { "that is the AUC of all rows": auc });
 */
export function exercise(
  label: string,
  answer: number | undefined,
  low: number,
  high: number = Infinity,
  mistakes: Readonly<Record<string, number>> = {},
): void {
  const reasons = Object.entries(mistakes);
  const hidden = reasons.length > 0;
  if (answer === undefined) return console.log(`open: ${label}${hidden ? "" : ` (expected ${rangeText(low, high)})`}`);
  if (hidden && !(answer >= low && answer <= high)) {
    const why = reasons.find(([, value]) => Math.abs(answer - value) <= 1e-6 * Math.max(1, Math.abs(value)))?.[0];
    throw new RangeError(`${label} is not ${formatNumber(answer)}${why === undefined ? "" : `: ${why}`}`);
  }
  check(label, answer, low, high);
}

function rangeText(low: number, high: number): string {
  return high === Infinity
    ? `at least ${formatNumber(low)}`
    : low === -Infinity
      ? `at most ${formatNumber(high)}`
      : `${formatNumber(low)} to ${formatNumber(high)}`;
}

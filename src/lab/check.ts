/**
 * Checks of a notebook: a number outside its stated range stops the notebook, so that every notebook is a test. An exercise without an
 * answer is skipped.
 */
import { formatNumber } from "./text.js";

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

/**
 * An exercise: prints that it is open while there is no answer, else checks the answer.
 * @throws RangeError as `check` does
 * @example let recall: number | undefined; // your answer
 *          lab.exercise("recall without logQ over recall with it", recall, 0.2, 1.1);
 */
export function exercise(label: string, answer: number | undefined, low: number, high: number = Infinity): void {
  if (answer === undefined) console.log(`open: ${label} (expected ${rangeText(low, high)})`);
  else check(label, answer, low, high);
}

function rangeText(low: number, high: number): string {
  return high === Infinity
    ? `at least ${formatNumber(low)}`
    : low === -Infinity
      ? `at most ${formatNumber(high)}`
      : `${formatNumber(low)} to ${formatNumber(high)}`;
}

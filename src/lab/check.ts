/** Checks of a notebook: a number that leaves its stated range stops the notebook, so that every notebook is a test. */
import { formatNumber } from "./text.js";

/**
 * Says in one line that a number lies within `[low, high]`.
 * @throws RangeError with the label, the value and the range; a value that is not a number is outside every range.
 * @example lab.check("CTR of random pages", ctr, 0.03, 0.1);
 */
export function check(label: string, value: number, low: number, high: number = Infinity): void {
  const range = high === Infinity ? `at least ${formatNumber(low)}` : low === -Infinity ? `at most ${formatNumber(high)}` : `${formatNumber(low)} to ${formatNumber(high)}`;
  if (!(value >= low && value <= high)) throw new RangeError(`${label} is ${formatNumber(value)}; expected ${range}`);
  console.log(`ok: ${label} is ${formatNumber(value)} (expected ${range})`);
}

/** Guardrails: a metric that must not get worse by more than a margin (non-inferiority), which is not the same as "no significant loss". */
import type { Interval } from "../bootstrap.js";

/** `passed`: worse by at most the margin; `failed`: worse by more; `undecided`: the interval holds both. */
export type GuardrailVerdict = "passed" | "failed" | "undecided";

/**
 * Judges a difference (treatment − control), or a lift with a margin as a share, by its interval.
 * @param better which way the metric should go @param margin how much worse is accepted, at least 0
 */
export function guardrail(
  { low, high }: Pick<Interval, "low" | "high">,
  better: "higher" | "lower",
  margin: number,
): GuardrailVerdict {
  if (!(margin >= 0 && margin < Infinity))
    throw new RangeError(`margin is ${margin}; it must be a number of at least 0`);
  const [worst, best] = better === "higher" ? [low, high] : [-high, -low];
  if (worst >= -margin) return "passed";
  return best < -margin ? "failed" : "undecided";
}

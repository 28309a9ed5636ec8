/**
 * Gates of a promotion. A gate that cannot decide does not pass. The canary is compared with a baseline that was started with it, on as
 * many users, never with the warm champion: caches, aggregates and old users make the champion another population (Kayenta, 2018).
 */
import {
  differenceOf,
  guardrail,
  type GuardrailVerdict,
  type Interval,
  type MetricOfArm,
} from "../../evaluation/index.js";
import type { GateResult } from "./registry.js";

/** Offline: the candidate's metric less the champion's, with its interval; worse by at most `margin`. */
export function offlineGate(difference: Pick<Interval, "low" | "high">, margin: number): GateResult {
  const verdict = guardrail(difference, "higher", margin);
  return { gate: "offline", verdict, says: `difference ${span(difference)}, worse by at most ${margin}` };
}

/** Scores of one row that differ by less are the same, as a share of the larger. */
const sameScore = 0.01;

/**
 * Parity: the same rows scored as the trainer scored and as the model serves; a share of `most` at most may differ. What differs between
 * the two sides (units, order of columns, features that serving does not have) is found before a user sees it (Breck et al., 2017).
 * @param offline [rows] @param served [rows]
 */
export function parityGate(offline: Float32Array, served: Float32Array, most = 0.001): GateResult {
  if (offline.length !== served.length || served.length === 0)
    throw new RangeError(`scores: ${offline.length} and ${served.length}; allowed: as many of each, at least one`);
  const differ = (a: number, b: number): boolean =>
    !(Math.abs(a - b) <= sameScore * Math.max(Math.abs(a), Math.abs(b)));
  const share = offline.reduce((sum, a, i) => sum + (differ(a, served[i]!) ? 1 : 0), 0) / offline.length;
  const says = `${(100 * share).toPrecision(3)} % of scores differ from the trainer's, at most ${100 * most} %`;
  return { gate: "parity", verdict: share <= most ? "passed" : "failed", says };
}

/** Calibration: observed over predicted within `1 ± tolerance`. */
export function calibrationGate(ratio: Pick<Interval, "low" | "high">, tolerance = 0.1): GateResult {
  const verdict =
    ratio.low >= 1 - tolerance && ratio.high <= 1 + tolerance
      ? "passed"
      : ratio.high < 1 - tolerance || ratio.low > 1 + tolerance
        ? "failed"
        : "undecided"; // also where the ratio is NaN: scores that are none
  return { gate: "calibration", verdict, says: `observed over predicted ${span(ratio)}, allowed 1 ± ${tolerance}` };
}

/** Latency: the 99th percentile within its budget. */
export function latencyGate(p99Ms: number, budgetMs: number): GateResult {
  const says = `p99 ${p99Ms} ms, budget ${budgetMs} ms`;
  return { gate: "latency", verdict: p99Ms <= budgetMs ? "passed" : "failed", says };
}

/** A metric of the canary, by user. */
export interface CanaryMetric {
  readonly name: string;
  readonly better: "higher" | "lower";
  /** How much worse is accepted, as a share of the baseline. */
  readonly margin: number;
  readonly baseline: MetricOfArm;
  readonly canary: MetricOfArm;
}

/** Users that each side needs, and by how much the sides may differ in size. */
const [leastUsers, mostUneven] = [50, 0.1];

/** Canary: no metric worse than a fresh baseline of equal size by more than its margin. Intervals share `1 − level` among the metrics. */
export function canaryGate(metrics: readonly CanaryMetric[], level = 0.95): GateResult {
  if (metrics.length === 0) throw new RangeError("the canary has no metric; allowed: at least one");
  const judged = metrics.map(
    ({ name, better, margin, baseline, canary }): { verdict: GuardrailVerdict; says: string } => {
      const [a, b] = [baseline.numerator.length, canary.numerator.length];
      if (Math.min(a, b) < leastUsers)
        return { verdict: "undecided", says: `${name}: ${a} and ${b} users, at least ${leastUsers} needed` };
      if (Math.abs(a - b) > mostUneven * Math.max(a, b))
        return {
          verdict: "undecided",
          says: `${name}: baseline of ${a} users, canary of ${b}; a baseline of equal size is needed`,
        };
      const { lift } = differenceOf(baseline, canary, { level: 1 - (1 - level) / metrics.length });
      return {
        verdict: guardrail(lift, better, margin),
        says: `${name}: lift ${span(lift)}, worse by at most ${margin}`,
      };
    },
  );
  const verdict =
    (["failed", "undecided"] as const).find((one) => judged.some((metric) => metric.verdict === one)) ?? "passed";
  const told = verdict === "passed" ? judged : judged.filter((metric) => metric.verdict === verdict);
  return { gate: "canary", verdict, says: told.map(({ says }) => says).join(", ") };
}

function span({ low, high }: Pick<Interval, "low" | "high">): string {
  return `${low.toPrecision(3)} to ${high.toPrecision(3)}`;
}

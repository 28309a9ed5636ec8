/** What a threshold means without any drift: how often two windows of one distribution exceed it, by their size. */
import { chiSquareTail, shareInterval } from "../../evaluation/index.js";
import { hash32, uniform } from "../../random.js";
import { countBins, quantileBins } from "./bins.js";
import { jensenShannon, ksOfCounts, psiOfCounts } from "./divergence.js";
import { ksTest } from "./samples.js";

/** Measures with customary thresholds. */
export type Measure = "psi" | "jensenShannon" | "ks" | "ksP";

/** Customary thresholds: PSI 0.1 and 0.25, Jensen–Shannon distance 0.1 (NannyML, evidently), KS 0.1, p-value of KS 0.05. */
export const customary: readonly (readonly [Measure, number])[] = [
  ["psi", 0.1],
  ["psi", 0.25],
  ["jensenShannon", 0.1],
  ["ks", 0.1],
  ["ksP", 0.05],
];

/** One threshold at one size. */
export interface QuietRow {
  readonly rows: number; // of each window
  readonly measure: Measure;
  readonly threshold: number;
  /** Share of draws beyond the threshold, with its 95 % interval. */
  readonly alarms: ReturnType<typeof shareInterval>;
  /** For PSI and Jensen–Shannon the limit law: P(χ² with bins − 1 degrees > threshold / (2 / rows)); else NaN. */
  readonly formula: number;
}

/** Which windows are drawn. */
export interface QuietOptions {
  readonly sizes?: readonly number[];
  readonly bins?: number;
  readonly draws?: number; // pairs of windows for each size
  readonly key?: number;
}

/**
 * Draws pairs of windows of independent uniform values. All measures depend on ranks alone, so any continuous column gives the same
 * table; bins are quantiles of the reference window, as in monitoring.
 */
export function quietTable(options: QuietOptions = {}): readonly QuietRow[] {
  const { sizes = [100, 200, 500, 1000], bins = 10, draws = 1000, key = 1 } = options;
  return sizes.flatMap((rows) => {
    const beyond = new Float64Array(customary.length);
    for (let draw = 0; draw < draws; draw++) {
      const window = (side: number): Float64Array =>
        Float64Array.from({ length: rows }, (_, row) => uniform(hash32(key, rows, draw, side), row));
      const [reference, current] = [window(0), window(1)];
      const binned = quantileBins(reference, bins);
      const counts = { reference: countBins(reference, binned), current: countBins(current, binned) };
      const value = {
        psi: psiOfCounts(counts),
        jensenShannon: jensenShannon(counts),
        ks: ksOfCounts(counts),
        ksP: -ksTest(reference, current, false).pValue,
      };
      customary.forEach(([measure, threshold], c) => {
        if (value[measure] > (measure === "ksP" ? -threshold : threshold)) beyond[c]! += 1;
      });
    }
    return customary.map(([measure, threshold], c) => ({
      rows,
      measure,
      threshold,
      alarms: shareInterval(beyond[c]!, draws),
      formula: limitOf(measure, threshold, rows, bins),
    }));
  });
}

function limitOf(measure: Measure, threshold: number, rows: number, bins: number): number {
  if (measure === "ks" || measure === "ksP") return NaN;
  // near equality PSI is 8 times the Jensen–Shannon divergence in nats
  const psi = measure === "psi" ? threshold : 8 * Math.LN2 * threshold ** 2;
  return chiSquareTail((psi * rows) / 2, bins - 1);
}

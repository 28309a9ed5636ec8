/**
 * Models over seeds: each metric's mean, and its difference to the family's baseline, paired by user within a seed's data and by seed
 * over several. Where each seed is another world or another random split, intervals are over seeds, from three on. Where all seeds
 * share one split (by time, leave-one-out), they differ only in the models' random draws, so intervals over them would not show the
 * variation between users: there they are by user.
 */
import { columnMean, difference, overSeeds, type Interval } from "../../evaluation/index.js";
import type { AnswerCost, FitCost, ModelCost } from "./cost.js";
import type { Family } from "./model.js";
import type { Measured, BenchmarkRecord } from "./record.js";
import type { DataQuality } from "./world-rows.js";

/** One model on data of one quality, over worlds. */
export interface BenchmarkRow {
  readonly model: string;
  readonly family: Family;
  readonly own: boolean;
  readonly quality: DataQuality;
  readonly seeds: readonly number[];
  /** Mean over worlds with its t-interval; of fewer than `worldsForT` the interval is by user. */
  readonly metrics: Readonly<Record<string, Interval>>;
  /** Difference to the baseline on the same data, in the same way; empty for the baseline itself. */
  readonly differences: Readonly<Record<string, Interval>>;
  readonly cost: MeanCost;
}

/** Costs, mean over worlds; those of figures also with their least and most. */
export interface MeanCost extends FitCost, AnswerCost {
  readonly modelBytes: number;
  readonly range: Readonly<Record<"cpuP99Ms" | "cpuSeconds", readonly [least: number, most: number]>>;
}

/**
 * One row per model and data quality, in the order of the records; the baseline of a family is its first model.
 * @param sameData whether all seeds share the same users and rows
 * @throws RangeError when a model lacks a seed that another has
 */
export function judgeBenchmark(records: readonly BenchmarkRecord[], sameData = false): readonly BenchmarkRow[] {
  const groups = new Map<string, BenchmarkRecord[]>();
  for (const record of records) {
    const key = keyOf(record.model, record.quality);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()].map((group): BenchmarkRow => {
    const { model, family, own, quality } = group[0]!;
    const baseline = (records.find((one) => one.family === family) as BenchmarkRecord).model;
    const seeds = group.map(({ seed }) => seed);
    const control = groups.get(keyOf(baseline, quality)) ?? [];
    if (control.map(({ seed }) => seed).join() !== seeds.join())
      throw new RangeError(
        `${model} was measured in worlds ${seeds.join(", ")}, ${baseline} in ` +
          `${control.map(({ seed }) => seed).join(", ")}; they must be the same`,
      );
    const overMetrics = (
      of: (metric: string, record: BenchmarkRecord, w: number) => Measured | undefined,
    ): BenchmarkRow["metrics"] =>
      Object.fromEntries(
        Object.keys(group[0]!.metrics).flatMap((metric) => {
          const measured = group.map((record, w) => of(metric, record, w)).filter((one) => one !== undefined);
          return measured.length === group.length ? [[metric, intervalOver(measured, sameData)]] : [];
        }),
      );
    return {
      model,
      family,
      own,
      quality,
      seeds,
      metrics: overMetrics((metric, record) => record.metrics[metric]),
      differences:
        model === baseline
          ? {}
          : overMetrics((metric, record, w) => {
              const [from, to] = [control[w]?.metrics[metric], record.metrics[metric]];
              return from && to && difference(from, to);
            }),
      cost: meanCost(group.map(({ cost }) => cost)),
    };
  });
}

/** Number of worlds from which their variance is informative: t with one degree of freedom is 12.7 standard errors wide to each side. */
export const worldsForT = 3;

/** Of one or two seeds, or of the same data, the interval is by user: how other users would have it. */
function intervalOver(measured: readonly Measured[], sameData: boolean): Interval {
  const { byUser, bySeed } = overSeeds(measured);
  return sameData || measured.length < worldsForT ? byUser : bySeed;
}

function meanCost(costs: readonly ModelCost[]): MeanCost {
  const flat = costs.map(({ answer, ...fit }) => ({ ...fit, ...answer }));
  type Name = keyof (typeof flat)[number];
  const values = (name: Name): number[] => flat.map((cost) => cost[name]);
  const range = (name: Name): [number, number] => [Math.min(...values(name)), Math.max(...values(name))];
  const means = Object.fromEntries((Object.keys(flat[0]!) as Name[]).map((name) => [name, columnMean(values(name))]));
  return {
    ...(means as unknown as (typeof flat)[number]),
    range: { cpuP99Ms: range("cpuP99Ms"), cpuSeconds: range("cpuSeconds") },
  };
}

function keyOf(model: string, { volume, noise }: DataQuality): string {
  return `${model}/${volume}/${noise}`;
}

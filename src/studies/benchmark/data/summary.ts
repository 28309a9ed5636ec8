/**
 * Models over seeds. Where each seed is another random split, intervals are over splits (from three on; of two by user). Where all seeds share one split (by time,
 * leave-one-out), they differ in the models' luck alone, so that intervals over them would say nothing of other users: there each metric is the
 * mean over seeds, and its interval is by user.
 */
import { combine, intervalOf, type Interval, type Replicates } from "../../../evaluation/index.js";
import { judgeTradeOff, meanOver, type TradeOffRow } from "../judge.js";
import type { ModelRecord } from "../record.js";
import type { Protocol } from "./protocol.js";

/** One row a model, in the order of the records; the first of a family is its baseline. */
export function overSeeds(records: readonly ModelRecord[], protocol: Protocol): readonly TradeOffRow[] {
  const rows = judgeTradeOff(records);
  if (protocol === "ratio") return rows;
  const of = (model: string): readonly ModelRecord[] => records.filter((record) => record.model === model);
  return rows.map((row) => {
    const control = of(rows.find(({ family }) => family === row.family)?.model ?? row.model);
    const own = of(row.model);
    const users = Math.max(...own.flatMap(({ metrics }) => Object.values(metrics).map((metric) => metric.users)));
    const over = (value: (metric: string, seed: number) => Replicates): Record<string, Interval> =>
      Object.fromEntries(
        Object.keys(row.metrics).map((metric) => [
          metric,
          intervalOf(meanOver(own.map((_, seed) => value(metric, seed))), users),
        ]),
      );
    const measured = (of: readonly ModelRecord[], metric: string, seed: number): Replicates =>
      of[seed]?.metrics[metric] as Replicates;
    return {
      ...row,
      metrics: over((metric, seed) => measured(own, metric, seed)),
      differences:
        control[0]?.model === row.model
          ? {}
          : over((metric, seed) =>
              combine(measured(control, metric, seed), measured(own, metric, seed), (a, b) => b - a),
            ),
    };
  });
}

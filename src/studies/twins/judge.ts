/**
 * Several worlds together. Users of one world are dependent: what a policy learns from some it shows to all. So the
 * interval of an effect comes from worlds (one value per seed, Student's t); the interval by user within one world is given too,
 * to show how much it leaves out.
 */
import { tInterval, type Interval } from "../../evaluation/index.js";
import { twinMetrics, type TwinMetric } from "./metrics.js";
import type { TwinPair, TwinRow, TwinWorld } from "./twin-world.js";

/** One metric of one pair at one horizon over all worlds. */
export interface TwinSummary {
  readonly pair: string;
  readonly distance: TwinPair["distance"];
  readonly metric: TwinMetric;
  readonly horizon: number;
  readonly worlds: number;
  readonly users: number; // a world, mean
  readonly control: number;
  readonly rho: Interval; // between twins, by world
  readonly rhoOtherDraws: Interval; // between twins with other random draws: the users' part
  readonly factor: Interval; // 2 / (1 − ρ); Infinity where twins are equal
  readonly cupedCorrelation: Interval;
  readonly cupedFactor: Interval; // 1 / (1 − r²)
  /** Variance over simulated experiments, over what the formula says, mean over worlds: 1 if it is right. */
  readonly checked: { readonly twins: number; readonly ab: number; readonly cuped: number };
  readonly checkedFactor: number; // as `factor`, from the variances over simulated experiments
  /** Variance of the difference over replications, over that of independent users: above 1, users are dependent. */
  readonly tie: number;
  readonly difference: Interval; // treatment − control, by world
  readonly userStandardError: number; // of one world's difference, by user
  readonly worldDeviation: number; // standard deviation of the difference over worlds: the users' part and all that worlds differ in
}

/** Summaries in order of pairs, metrics, horizons. Rows that fewer than two worlds have are left out. */
export function judgeTwins(worlds: readonly TwinWorld[], pairs: readonly TwinPair[]): readonly TwinSummary[] {
  const rows = worlds.flatMap((world) => world.rows);
  const horizons = [...new Set(rows.map((row) => row.horizon))].sort((a, b) => a - b);
  return pairs.flatMap(({ name, distance }) =>
    twinMetrics.flatMap((metric) =>
      horizons.flatMap((horizon) => {
        const found = rows.filter((row) => row.pair === name && row.metric === metric && row.horizon === horizon);
        return found.length < 2 ? [] : [{ pair: name, distance, metric, horizon, ...summaryOf(found) }];
      }),
    ),
  );
}

function summaryOf(rows: readonly TwinRow[]): Omit<TwinSummary, "pair" | "distance" | "metric" | "horizon"> {
  const over = (of: (row: TwinRow) => number): Interval => tInterval(rows.map(of));
  const total = (of: (row: TwinRow) => number): number =>
    rows.reduce((sum, row) => sum + (Number.isFinite(of(row)) ? of(row) : 0), 0);
  const meanOf = (of: (row: TwinRow) => number): number => {
    const defined = rows.map(of).filter(Number.isFinite);
    return defined.reduce((sum, value) => sum + value, 0) / defined.length;
  };
  const first = over((row) => row.firstDifference);
  return {
    worlds: rows.length,
    users: total((row) => row.users) / rows.length,
    control: total((row) => row.control) / rows.length,
    rho: correlationOf(over((row) => row.kept)),
    rhoOtherDraws: correlationOf(over((row) => row.keptOtherDraws)),
    factor: factorOf(over((row) => row.kept)),
    cupedCorrelation: over((row) => row.cupedCorrelation),
    cupedFactor: factorOf(over((row) => row.cupedKept)),
    checked: {
      twins: meanOf((row) => row.spread.twins / row.spread.expectedTwins),
      ab: meanOf((row) => row.spread.ab / row.spread.expectedAb),
      cuped: meanOf((row) => row.spread.cuped / row.spread.expectedCuped),
    },
    checkedFactor: 1 / meanOf((row) => row.spread.twins / row.spread.ab),
    tie: total((row) => row.replication.observed) / total((row) => row.replication.independent),
    difference: over((row) => row.difference),
    userStandardError: Math.sqrt(total((row) => row.standardError ** 2) / rows.length),
    worldDeviation: first.standardError * Math.sqrt(rows.length),
  };
}

/** ρ = 1 − 2 kept, turned over with its interval, within [−1, 1]. */
function correlationOf(kept: Interval): Interval {
  return turnedOver(kept, (value) => Math.max(-1, Math.min(1, 1 - 2 * value)), 2 * kept.standardError);
}

/**
 * 1 / kept with its interval: the mean is taken of the share that is left, not of the factor, which has a long tail and no mean where
 * twins may be equal. An end at or below 0 is a factor without bound.
 */
function factorOf(kept: Interval): Interval {
  const of = (value: number): number => (Number.isNaN(value) ? NaN : value > 1e-12 ? 1 / value : Infinity);
  return turnedOver(kept, of, kept.standardError / kept.estimate ** 2);
}

function turnedOver(kept: Interval, of: (value: number) => number, standardError: number): Interval {
  return { ...kept, estimate: of(kept.estimate), low: of(kept.high), high: of(kept.low), standardError };
}

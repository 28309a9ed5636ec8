/**
 * The twin study: how much narrower is a comparison in twin worlds than an A/B test, and than an A/B test with CUPED?
 *
 * Users of one world are dependent: what a policy learns from some it shows to all. So the interval of an effect comes from several worlds
 * (one value per seed, Student's t); the interval by user within one world is given too, to show how much it leaves out.
 */
import { tInterval, type Interval } from "../../evaluation/index.js";
import type { Arm } from "../../pipeline/arms/arm.js";
import type { Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { compiledUrl } from "../../platform/compiled.js";
import { type JobProgress, oneBar, runJobs } from "../../platform/jobs.js";
import { seedWorlds, wholeNumber } from "../run-study.js";
import { twinMetrics, type TwinMetric } from "./metrics.js";
import { armsOf, twinWorld, type TwinPair, type TwinPlan, type TwinWorld, type TwinRow } from "./twin-world.js";
import type { RunControl } from "../../types.js";

/** Options of a study; the rest follows from the scale. */
export interface TwinStudyOptions extends Partial<TwinPlan> {
  readonly seeds?: number; // worlds, at least 2, default 5: seed, seed + 1, …
  readonly remake?: boolean;
}

/** All worlds of a study, and their summary. */
export interface TwinStudy {
  readonly plan: TwinPlan;
  readonly worlds: readonly TwinWorld[];
  readonly summaries: readonly TwinSummary[];
}

const uniform: Arm = { name: "uniform", policy: { kind: "uniform" } };
const popularity: Arm = { name: "popularity", policy: { kind: "popularity" } };

/** Two near pairs (another MMR λ; 5 % random pages) and a far one. */
export const twinPairs: readonly TwinPair[] = [
  {
    name: "MMR λ 0.9 → 0.85",
    distance: "near",
    control: popularity,
    treatment: { name: "popularity, λ 0.85", policy: { kind: "popularity", rerank: { mmrLambda: 0.85 } } },
  },
  {
    name: "5 % random pages",
    distance: "near",
    control: popularity,
    treatment: { name: "popularity, 5 % random", policy: { kind: "popularity", uniformPages: 0.05 } },
  },
  { name: "uniform → popularity", distance: "far", control: uniform, treatment: popularity },
];

/** A checked plan. @throws RangeError naming the field, the value and what is allowed */
export function twinPlan(base: Setting, options: Partial<TwinPlan> = {}): TwinPlan {
  const days = options.days ?? 14;
  const plan: TwinPlan = {
    pairs: options.pairs ?? twinPairs,
    users: wholeNumber("users", options.users ?? base.sizes.online.users, 24, 10_000_000),
    days: wholeNumber("days", days, 1, 365),
    horizons: (options.horizons ?? [...new Set([1, 3, 7, 14, days])].filter((horizon) => horizon <= days))
      .map((horizon) => wholeNumber("horizon", horizon, 1, days))
      .sort((a, b) => a - b),
    replications: wholeNumber("replications", options.replications ?? 3, 2, 1_000),
    before: wholeNumber("before", options.before ?? Math.min(7, base.world.days), 1, base.world.days),
  };
  if (plan.pairs.length === 0) throw new RangeError("pairs is empty: 0 pairs; at least 1 is needed");
  armsOf(plan.pairs);
  return plan;
}

/** The settings of the worlds: successive seeds, with enough days after the log. */
export function twinSettings(base: Setting, plan: TwinPlan, seeds: number): readonly Setting[] {
  const extraDays = Math.max(base.world.extraDays, plan.days);
  return seedWorlds(base, wholeNumber("seeds", seeds, 2, 1000), { extraDays });
}

/** What one world's thread is given. */
export interface TwinJob {
  readonly setting: Setting;
  readonly plan: TwinPlan;
  readonly remake: boolean;
}

/** One world, from its log on. Its argument and result are structured-cloneable: a job of `platform/jobs`. */
export async function playTwinWorld(
  { setting: one, plan, remake }: TwinJob,
  control: RunControl = {},
): Promise<TwinWorld> {
  return twinWorld(await simulateLog(one, control), plan, control, { remake });
}

/** Plays or loads all worlds, as many at a time as there are workers, and judges them. Whole worlds are kept: a stopped study resumes. */
export async function studyTwins(
  base: Setting,
  options: TwinStudyOptions = {},
  control: RunControl = {},
): Promise<TwinStudy> {
  const { seeds = 5, remake = false, ...rest } = options;
  const plan = twinPlan(base, rest);
  const jobs = twinSettings(base, plan, seeds).map((one): TwinJob => ({ setting: one, plan, remake }));
  const perWorld = armsOf(plan.pairs).length * plan.replications;
  const progress = oneBar({ step: "plays", total: seeds * perWorld, inner: "plays" }, control.onProgress);
  const worlds =
    base.workers === 1
      ? await inTurn(jobs, progress, perWorld, control)
      : ((await runJobs(
          jobs.map((job) => ({ label: labelOf(job), module, export: "playTwinWorld", argument: job })),
          { workers: base.workers, control, progress },
        )) as TwinWorld[]);
  control.onProgress?.("plays", seeds * perWorld, seeds * perWorld);
  return { plan, worlds, summaries: judgeTwins(worlds, plan.pairs) };
}

const module = compiledUrl("study", import.meta.url).href;
const labelOf = ({ setting: { seed } }: TwinJob): string => `seed ${seed}`;

async function inTurn(
  jobs: readonly TwinJob[],
  progress: JobProgress,
  perWorld: number,
  control: RunControl,
): Promise<TwinWorld[]> {
  const worlds: TwinWorld[] = [];
  for (const job of jobs) {
    control.signal?.throwIfAborted();
    worlds.push(await playTwinWorld(job, { ...control, onProgress: (...of) => progress(labelOf(job), ...of) }));
    progress(labelOf(job), "plays", perWorld, perWorld);
  }
  return worlds;
}

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

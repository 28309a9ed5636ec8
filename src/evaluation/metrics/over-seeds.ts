/**
 * A metric measured in several seeds (worlds, splits, fits), and the difference of two models over the same seeds. Two intervals, two
 * questions: `byUser` is how other users would have it, `bySeed` how other seeds would.
 */
import { combine } from "../experiment/ab-test.js";
import { intervalOf, type Interval, type Replicates } from "../bootstrap.js";
import { notEmpty } from "../checks.js";
import { tInterval } from "../student.js";

/** A metric of one seed with its replicates by user, and how many users there are. */
export interface SeedMetric extends Replicates {
  readonly users: number;
}

/** The mean over seeds. */
export interface OverSeeds {
  /** Percentiles of the replicates' mean: a user has the same weights in each seed, so seeds and models are paired by user. */
  readonly byUser: Interval;
  /** Student's t over the seeds' values (Student, 1908); the ends are NaN for one seed. */
  readonly bySeed: Interval;
}

/** All NaN but the estimate where a seed has no value. @throws RangeError without a seed */
export function overSeeds(seeds: readonly SeedMetric[]): OverSeeds {
  notEmpty("seeds", seeds);
  const missing = seeds.find(({ estimate }) => !Number.isFinite(estimate));
  if (missing) {
    const none = intervalOf(missing, missing.users);
    return { byUser: none, bySeed: none };
  }
  const sum = seeds.reduce<Replicates>((a, b) => combine(a, b, (x, y) => x + y), {
    estimate: 0,
    values: seeds[0]!.values.map(() => 0),
  });
  const mean = { estimate: sum.estimate / seeds.length, values: sum.values.map((value) => value / seeds.length) };
  return {
    byUser: intervalOf(mean, Math.min(...seeds.map(({ users }) => users))),
    bySeed: tInterval(seeds.map(({ estimate }) => estimate)),
  };
}

/** Treatment − control in one seed, replicate by replicate; `overSeeds` of these is paired by user and by seed. */
export function difference(control: SeedMetric, treatment: SeedMetric): SeedMetric {
  return { ...combine(control, treatment, (a, b) => b - a), users: treatment.users };
}

/**
 * Examination by position from uniformly random pages (position-based model: Richardson et al., 2007; Craswell et al., 2008;
 * estimation by randomisation: Joachims et al., 2017). On such pages every video is equally likely in every slot, so
 *
 *   E[click at k] / E[click at 0] = E[p e(k)] / E[p e(0)],   e(0) = 1
 *
 * What is estimated is therefore the *click-weighted* mean of e(k): users who click more weigh more, where users differ in e.
 */
import { combine } from "./experiment/ab-test.js";
import {
  intervalOf,
  ratioReplicates,
  type BootstrapOptions,
  type Interval,
  type RatioSums,
  type Replicates,
} from "./bootstrap.js";

/** Clicks and impressions by user and slot, of randomised pages. */
export interface PositionCounts {
  readonly users: ArrayLike<number>; // ids
  readonly slots: number;
  readonly impressions: ArrayLike<number>; // [users, slots]
  readonly clicks: ArrayLike<number>; // [users, slots]
}

/** Examination relative to slot 0, by slot from 1 on, and its mean over those slots. Intervals by resampling users. */
export interface RelativeExamination {
  readonly bySlot: readonly Interval[]; // [slots − 1] of slots 1 …
  readonly mean: Interval;
}

/** Ratio estimator with percentile intervals by user. @throws RangeError for fewer than two slots */
export function relativeExamination(counts: PositionCounts, options: BootstrapOptions = {}): RelativeExamination {
  const { users, slots, impressions, clicks } = counts;
  if (!(slots >= 2)) throw new RangeError(`slots are ${slots}; at least 2 are needed to compare positions`);
  const column = (values: ArrayLike<number>, slot: number): Float64Array =>
    Float64Array.from({ length: users.length }, (_, u) => values[u * slots + slot]!);
  const sums: RatioSums[] = Array.from({ length: slots }, (_, k) => ({
    numerator: column(clicks, k),
    denominator: column(impressions, k),
  }));
  const rates = ratioReplicates(users, sums, options);
  const first = rates[0]!;
  const relative = rates.slice(1).map((rate) => combine(rate, first, (at, top) => at / top));
  const mean: Replicates = {
    estimate: relative.reduce((sum, { estimate }) => sum + estimate, 0) / relative.length,
    values: first.values.map((_, b) => relative.reduce((sum, { values }) => sum + values[b]!, 0) / relative.length),
  };
  return {
    bySlot: relative.map((one) => intervalOf(one, users.length, options)),
    mean: intervalOf(mean, users.length, options),
  };
}

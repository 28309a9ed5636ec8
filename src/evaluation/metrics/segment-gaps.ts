/**
 * Gaps between segments of rows (newcomers, regions, languages): a metric that is good on average may be bad for some. The metric is a
 * mean of per-row values: NDCG of each request, log loss of each impression.
 */
import { combine } from "../experiment/ab-test.js";
import { intervalOf, meanReplicates, type BootstrapOptions, type Interval, type Replicates } from "../bootstrap.js";
import { sameLength } from "../checks.js";
import { groupBy } from "../order.js";

/** One segment against all other rows. */
export interface SegmentGap {
  readonly segment: number;
  readonly rows: number; // with a value
  readonly mean: Interval;
  readonly gap: Interval; // mean of the segment less that of all other rows; NaN where there are no others
}

/**
 * Mean and gap of each segment, ascending, with intervals resampling whole users. A user may have rows in several segments: weights are
 * the same in each, so the gap is paired. Rows whose value is NaN are left out. @throws RangeError on lengths that differ, no rows
 */
export function segmentGaps(
  values: ArrayLike<number>,
  segments: ArrayLike<number>,
  users: ArrayLike<number>,
  options: BootstrapOptions = {},
): readonly SegmentGap[] {
  sameLength({ values, segments, users });
  const of = (keep: (row: number) => boolean): { rows: number; replicates: Replicates; units: number } | undefined => {
    const rows = Array.from(values, (_, row) => row).filter((row) => keep(row) && !Number.isNaN(values[row]));
    if (rows.length === 0) return undefined;
    const pick = (column: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => column[row]!);
    return { rows: rows.length, ...meanReplicates(pick(values), pick(users), options) };
  };
  const everyone = groupBy(users).count;
  return Array.from(groupBy(segments).ids).flatMap((segment) => {
    const [own, others] = [of((row) => segments[row] === segment), of((row) => segments[row] !== segment)];
    if (own === undefined) return [];
    const nothing: Replicates = { estimate: NaN, values: own.replicates.values.map(() => NaN) };
    return {
      segment,
      rows: own.rows,
      mean: intervalOf(own.replicates, own.units, options),
      gap: intervalOf(
        combine(others?.replicates ?? nothing, own.replicates, (rest, here) => here - rest),
        everyone,
        options,
      ),
    };
  });
}

/** One column of two windows: counts by unit and bin, and what is measured on the values themselves. */
import { hash32 } from "../../random.js";
import {
  binCodes,
  binsOfSorted,
  categoryBins,
  coarser,
  countBins,
  countValues,
  missing,
  type BinCounts,
  type NumberBins,
} from "./bins.js";
import { ksOfCounts } from "./divergence.js";
import type { UnitCounts } from "./permutation.js";
import { ksTest, wasserstein } from "./samples.js";
import { halvesOf, manyExchanges, usualPsi, type Halves } from "./usual.js";

/** What is compared of a column. */
export type ColumnKind = "category" | "number" | "prediction";

/** A column, ready to be judged. */
export interface BinnedColumn {
  readonly feature: string;
  readonly kind: ColumnKind;
  /** By stratum, of one unit. */
  readonly counts: UnitCounts;
  /** By each thing whose rows are not independent: users, videos, days. */
  readonly clusters: readonly UnitCounts[];
  /** PSI to be expected of the column's own movement within the reference; 0 without days. */
  readonly usual: number;
  /** Of numbers; NaN for categories. Wasserstein distance is in deviations of the reference. */
  readonly ks: number;
  readonly wasserstein: number;
  readonly referenceMean: number;
  readonly currentMean: number;
}

/** Which unit and stratum each row is of; absent arrays: all rows are one group. */
interface Grouping {
  readonly units: number;
  readonly strata: number;
  readonly reference?: Int32Array; // [rows] unit · strata + stratum
  readonly current?: Int32Array;
}

/** How rows belong together: in strata, in clusters of each kind, and in time. */
export interface RowGroups {
  readonly strata: Grouping;
  readonly clusters: readonly Grouping[];
  readonly halves?: Halves;
}

/** All rows in one group. */
const oneGroup: RowGroups = { strata: { units: 1, strata: 1 }, clusters: [] };

/** More units than these are joined at random into so many : whole units still stay together. */
const mostUnits = 400;

/** Codes of both windows by row. */
export interface RowCodes {
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
}

/** Groups of rows from codes of units (users, videos: each kind by itself), strata, days. @throws RangeError on over 100 strata */
export function rowGroups(of: {
  readonly units?: readonly RowCodes[];
  readonly strata?: RowCodes;
  readonly days?: RowCodes;
}): RowGroups {
  const strata = of.strata ? dense(of.strata) : undefined;
  const width = strata?.size ?? 1;
  if (width > 100) throw new RangeError(`strata: ${width}; allowed: at most 100`);
  const grouped = (units: Dense): Grouping => {
    const side = (name: "reference" | "current"): Int32Array =>
      strata ? units[name].map((unit, row) => unit * width + strata[name][row]!) : units[name];
    return { units: units.size, strata: width, reference: side("reference"), current: side("current") };
  };
  return {
    strata: { units: 1, strata: width, ...(strata && { reference: strata.reference, current: strata.current }) },
    clusters: [
      ...(of.units ?? []).map((codes) => grouped(joined(dense(codes)))),
      ...(of.days && manyExchanges(of.days) ? [grouped(joined(dense(of.days)))] : []),
    ],
    ...(of.days && halvesOf(of.days)),
  };
}

interface Dense {
  readonly size: number;
  readonly reference: Int32Array; // [rows] 0 … size − 1
  readonly current: Int32Array;
}

function dense({ reference, current }: RowCodes): Dense {
  const known = new Map<number, number>();
  const of = (codes: ArrayLike<number>): Int32Array =>
    Int32Array.from(codes, (code) => {
      const at = known.get(code) ?? known.size;
      if (at === known.size) known.set(code, at);
      return at;
    });
  const [before, after] = [of(reference), of(current)];
  return { size: known.size, reference: before, current: after };
}

function joined(units: Dense): Dense {
  if (units.size <= mostUnits) return units;
  const to = (unit: number): number => hash32(mostUnits, unit) % mostUnits;
  return { size: mostUnits, reference: units.reference.map(to), current: units.current.map(to) };
}

/** Rows from which quantiles are taken, and rows up to which Kolmogorov–Smirnov and Wasserstein use the values themselves. */
const [sampleRows, exactRows] = [65_536, 20_000];

/** How numbers are binned. */
export interface NumberOptions {
  readonly bins?: number; // default 10
  readonly groups?: RowGroups;
  readonly gaps?: boolean; // values may be missing
  readonly known?: { readonly reference: Summary; readonly current: Summary };
}

/**
 * A number in bins of the reference's quantiles (of every k-th row, where it has more than 65,536). KS and Wasserstein are exact up to
 * 20,000 rows; of larger windows they are taken in bins ten times as fine.
 * @throws Error where a window has no finite value or, unless `gaps` says that values may be missing, one that is not finite
 */
export function binNumbers(
  { feature, kind }: Pick<BinnedColumn, "feature" | "kind">,
  { reference, current }: RowCodes,
  { bins = 10, groups = oneGroup, gaps = false, known }: NumberOptions = {},
): BinnedColumn {
  const { reference: before, current: after } = known ?? { reference: summary(reference), current: summary(current) };
  const sorted = sampleOf(reference);
  // the sample's range is widened to the window's: outside of the bins is what the reference never had
  const [fine, coarse] = [10 * bins, bins].map((count) => widened(binsOfSorted(sorted, count), before)) as [
    NumberBins,
    NumberBins,
  ];
  const whole = { reference: countBins(reference, fine, gaps), current: countBins(current, fine, gaps) };
  const to = coarser(fine, coarse);
  const width = coarse.edges.length + 2;
  const counted = (side: "reference" | "current"): Float64Array => {
    const counts = new Float64Array(width);
    whole[side].forEach((count, bin) => (counts[to[bin]!]! += count));
    return counts;
  };
  const plain = groups.clusters.length === 0 && groups.strata.reference === undefined;
  const exact = reference.length <= exactRows && current.length <= exactRows;
  const [a, b] = exact ? [finiteOf(reference), finiteOf(current)] : [];
  const distance = a && b ? wasserstein(a, b) : binnedDistance(whole, fine, after);
  return {
    feature,
    kind,
    ...(plain
      ? {
          counts: { units: 1, strata: 1, bins: width, reference: counted("reference"), current: counted("current") },
          clusters: [],
        }
      : countedBy(groups, { reference: binCodes(reference, coarse), current: binCodes(current, coarse) }, width)),
    usual: usualPsi(groups.halves, reference, (older, newer) => {
      const half = binsOfSorted(sampleOf(older), bins);
      return { reference: countBins(older, half, true), current: countBins(newer, half, true) };
    }),
    ks: a && b ? ksTest(a, b, false).statistic : ksOfCounts(whole),
    wasserstein: distance / Math.max(before.deviation, 1e-12),
    referenceMean: before.mean,
    currentMean: after.mean,
  };
}

/** A category by its codes, in bins of the reference's most frequent. */
export function binCategories(
  feature: string,
  { reference, current }: RowCodes,
  { keep = 50, groups = oneGroup }: { readonly keep?: number; readonly groups?: RowGroups } = {},
): BinnedColumn {
  const coded = (before: ArrayLike<number>, after: ArrayLike<number>) => {
    const bins = categoryBins(countValues(before), keep);
    const codes = (values: ArrayLike<number>): Uint16Array => Uint16Array.from(values, (value) => bins.binOf(value));
    return { codes: { reference: codes(before), current: codes(after) }, width: bins.kept.length + 2 };
  };
  const { codes, width } = coded(reference, current);
  const none = { ks: NaN, wasserstein: NaN, referenceMean: NaN, currentMean: NaN };
  return {
    feature,
    kind: "category",
    ...countedBy(groups, codes, width),
    usual: usualPsi(groups.halves, reference, (older, newer) => {
      const half = coded(older, newer);
      return countedBy(oneGroup, half.codes, half.width).counts;
    }),
    ...none,
  };
}

function countedBy(
  { strata, clusters }: RowGroups,
  codes: Readonly<Record<"reference" | "current", Uint16Array>>,
  bins: number,
): Pick<BinnedColumn, "counts" | "clusters"> {
  const count = (by: Grouping): UnitCounts => ({
    units: by.units,
    strata: by.strata,
    bins,
    reference: countGroups(codes.reference, bins, by, by.reference),
    current: countGroups(codes.current, bins, by, by.current),
  });
  return { counts: count(strata), clusters: clusters.map(count) };
}

function countGroups(codes: Uint16Array, width: number, { units, strata }: Grouping, group?: Int32Array): Float64Array {
  const counts = new Float64Array(units * strata * width);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code !== missing) counts[(group === undefined ? 0 : group[row]! * width) + code]! += 1;
  }
  return counts;
}

/** ∫ |F − G| where values are spread evenly within their bins. */
function binnedDistance({ reference, current }: BinCounts, bins: NumberBins, after: Summary): number {
  const { least, edges } = bins;
  const points = [Math.min(least, after.least), least, ...edges, Math.max(edges[edges.length - 1]!, after.most)];
  const [n, m] = [reference, current].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [
    number,
    number,
  ];
  let [gap, distance] = [0, 0];
  for (let bin = 0; bin < reference.length; bin++) {
    const next = gap + current[bin]! / m - reference[bin]! / n;
    const width = points[bin + 1]! - points[bin]!;
    const crosses = gap * next < 0;
    // a line from gap to next: a trapezium, or two triangles where it crosses 0
    distance += width * (crosses ? (gap ** 2 + next ** 2) / (2 * Math.abs(next - gap)) : Math.abs(gap + next) / 2);
    gap = next;
  }
  return distance;
}

/** What one pass over a column gives; values that are not finite are missing. NaN where all are. */
export interface Summary {
  readonly missing: number;
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Sums are of differences from the first value, so that they keep their digits. */
export function summary(values: ArrayLike<number>): Summary {
  let count = 0; // one by one: taken out of an array they would be boxed
  let sum = 0;
  let squares = 0;
  let least = Infinity;
  let most = -Infinity;
  let first = NaN;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (!(value - value === 0)) continue; // NaN, infinite
    if (count === 0) first = value;
    count++;
    const off = value - first;
    sum += off;
    squares += off * off; // a power is a call
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (count === 0) [least, most] = [NaN, NaN];
  const deviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  return { missing: values.length - count, least, most, mean: first + sum / count, deviation };
}

/** Finite values of every k-th row, ascending. */
function sampleOf(values: ArrayLike<number>): Float64Array {
  const step = Math.ceil(values.length / sampleRows);
  const taken = new Float64Array(Math.ceil(values.length / step));
  let count = 0;
  for (let row = 0; row < values.length; row += step) {
    const value = values[row]!;
    if (value - value === 0) taken[count++] = value; // neither NaN nor infinite
  }
  return (count > 0 ? taken.subarray(0, count) : finiteOf(values)).sort();
}

function widened({ edges }: NumberBins, { least, most }: Summary): NumberBins {
  const inner = edges.slice();
  inner[inner.length - 1] = most;
  return { least, edges: inner };
}

function finiteOf(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).filter(Number.isFinite);
}

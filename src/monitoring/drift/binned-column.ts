/** One column of two windows: counts by unit and bin, and what is measured on the values themselves. */
import { hash32 } from "../../random.js";
import {
  binCodes,
  binsOfSorted,
  categoryBins,
  coarser,
  countValues,
  missing,
  type BinCounts,
  type NumberBins,
} from "./bins.js";
import { ksOfCounts } from "./divergence.js";
import type { UnitCounts } from "./permutation.js";
import { ksTest, wasserstein } from "./samples.js";

/** What is compared of a column. */
export type ColumnKind = "category" | "number" | "prediction";

/** A column, ready to be judged. */
export interface BinnedColumn {
  readonly feature: string;
  readonly kind: ColumnKind;
  readonly counts: UnitCounts;
  /** Of numbers; NaN for categories. Wasserstein distance is in deviations of the reference. */
  readonly ks: number;
  readonly wasserstein: number;
  readonly referenceMean: number;
  readonly currentMean: number;
}

/** Which unit and stratum each row is of; absent arrays: all rows are one group. */
export interface RowGroups {
  readonly units: number;
  readonly strata: number;
  readonly reference?: Int32Array; // [rows] unit · strata + stratum
  readonly current?: Int32Array;
}

/** All rows in one group. */
export const oneGroup: RowGroups = { units: 1, strata: 1 };

/** More units than these are joined at random into so many: whole units still stay together. */
const mostUnits = 400;

/** Codes of both windows by row. */
export interface RowCodes {
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
}

/** Groups of rows from codes of units (users, days) and of strata. */
export function rowGroups({ units, strata }: { readonly units?: RowCodes; readonly strata?: RowCodes }): RowGroups {
  if (units === undefined && strata === undefined) return oneGroup;
  const dense = (codes: RowCodes | undefined): { readonly of: (code: number) => number; readonly size: number } => {
    if (codes === undefined) return { of: () => 0, size: 1 };
    const known = new Map(
      [...new Set([...Array.from(codes.reference), ...Array.from(codes.current)])].map((code, i) => [code, i]),
    );
    return { of: (code) => known.get(code)!, size: known.size };
  };
  const [unit, stratum] = [dense(units), dense(strata)];
  if (stratum.size > 100) throw new RangeError(`strata: ${stratum.size}; allowed: at most 100`);
  const joined = unit.size > mostUnits;
  const group = (window: "reference" | "current"): Int32Array =>
    Int32Array.from((units ?? strata)![window], (_, row) => {
      const at = units === undefined ? 0 : unit.of(units[window][row]!);
      const of = joined ? hash32(mostUnits, at) % mostUnits : at;
      return of * stratum.size + (strata === undefined ? 0 : stratum.of(strata[window][row]!));
    });
  return {
    units: Math.min(unit.size, mostUnits),
    strata: stratum.size,
    reference: group("reference"),
    current: group("current"),
  };
}

/** Rows from which quantiles are taken, and rows up to which Kolmogorov–Smirnov and Wasserstein use the values themselves. */
const [sampleRows, exactRows] = [65_536, 20_000];

/**
 * A number in bins of the reference's quantiles (of every k-th row, where it has more than 65,536). KS and Wasserstein are exact up to
 * 20,000 rows; of larger windows they are taken in bins ten times as fine.
 * @throws Error where a window has no finite value or, unless `gaps` says that values may be missing, one that is not finite
 */
export function binNumbers(
  { feature, kind }: Pick<BinnedColumn, "feature" | "kind">,
  windows: RowCodes,
  {
    bins = 10,
    groups = oneGroup,
    gaps = false,
  }: { readonly bins?: number; readonly groups?: RowGroups; readonly gaps?: boolean } = {},
): BinnedColumn {
  const { reference, current } = windows;
  const [sorted, least, most] = [sampleOf(reference), rangeOf(reference), rangeOf(current)];
  const [fine, coarse] = [binsOfSorted(sorted, 10 * bins), binsOfSorted(sorted, bins)];
  // what lies outside of the sample's range lies outside of the bins: the range is the whole window's
  const [fineBins, coarseBins] = [withRange(fine, least), withRange(coarse, least)];
  const codes = { reference: binCodes(reference, fineBins), current: binCodes(current, fineBins) };
  if (!gaps) for (const window of ["reference", "current"] as const) refuseMissing(codes[window], windows[window]);
  const toCoarse = coarser(fineBins, coarseBins);
  const width = coarseBins.edges.length + 2;
  const fineCounts: BinCounts = {
    reference: countCodes(codes.reference, fineBins),
    current: countCodes(codes.current, fineBins),
  };
  const before = momentsOf(reference);
  const exact = reference.length <= exactRows && current.length <= exactRows;
  const values = exact ? ([finiteOf(reference), finiteOf(current)] as const) : undefined;
  const distance = values ? wasserstein(values[0], values[1]) : binnedDistance(fineCounts, fineBins, most);
  return {
    feature,
    kind,
    counts: {
      units: groups.units,
      strata: groups.strata,
      bins: width,
      reference: countGroups(codes.reference, toCoarse, width, groups, groups.reference),
      current: countGroups(codes.current, toCoarse, width, groups, groups.current),
    },
    ks: values ? ksTest(values[0], values[1], false).statistic : ksOfCounts(fineCounts),
    wasserstein: distance / Math.max(before.deviation, 1e-12),
    referenceMean: before.mean,
    currentMean: momentsOf(current).mean,
  };
}

/** A category by its codes, in bins of the reference's most frequent. */
export function binCategories(
  feature: string,
  { reference, current }: RowCodes,
  { keep = 50, groups = oneGroup }: { readonly keep?: number; readonly groups?: RowGroups } = {},
): BinnedColumn {
  const bins = categoryBins(countValues(reference), keep);
  const width = bins.kept.length + 2;
  const codes = (values: ArrayLike<number>): Uint16Array => Uint16Array.from(values, (value) => bins.binOf(value));
  return categoryColumn(feature, {
    units: groups.units,
    strata: groups.strata,
    bins: width,
    reference: countGroups(codes(reference), undefined, width, groups, groups.reference),
    current: countGroups(codes(current), undefined, width, groups, groups.current),
  });
}

/** A category whose counts are known. */
export function categoryColumn(feature: string, counts: UnitCounts): BinnedColumn {
  const none = { ks: NaN, wasserstein: NaN, referenceMean: NaN, currentMean: NaN };
  return { feature, kind: "category", counts, ...none };
}

function countGroups(
  codes: Uint16Array,
  to: Uint16Array | undefined,
  width: number,
  { units, strata }: RowGroups,
  group: Int32Array | undefined,
): Float64Array {
  const counts = new Float64Array(units * strata * width);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code === missing) continue;
    counts[(group === undefined ? 0 : group[row]! * width) + (to === undefined ? code : to[code]!)]! += 1;
  }
  return counts;
}

function countCodes(codes: Uint16Array, { edges }: NumberBins): Float64Array {
  const counts = new Float64Array(edges.length + 2);
  for (let row = 0; row < codes.length; row++) if (codes[row] !== missing) counts[codes[row]!]! += 1;
  return counts;
}

/** ∫ |F − G| where values are spread evenly within their bins. */
function binnedDistance({ reference, current }: BinCounts, bins: NumberBins, most: readonly [number, number]): number {
  const { least, edges } = bins;
  const points = [Math.min(least, most[0]), least, ...edges, Math.max(edges[edges.length - 1]!, most[1])];
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

/** Finite values of every k-th row, ascending. */
function sampleOf(values: ArrayLike<number>): Float64Array {
  const step = Math.ceil(values.length / sampleRows);
  const taken: number[] = [];
  for (let row = 0; row < values.length; row += step) if (Number.isFinite(values[row]!)) taken.push(values[row]!);
  return Float64Array.from(taken.length > 0 ? taken : finiteOf(values)).sort();
}

function withRange({ edges }: NumberBins, [least, most]: readonly [number, number]): NumberBins {
  const inner = edges.slice();
  inner[inner.length - 1] = most;
  return { least, edges: inner };
}

function rangeOf(values: ArrayLike<number>): readonly [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (value < least && value !== -Infinity) least = value;
    if (value > most && value !== Infinity) most = value;
  }
  return [least, most];
}

function momentsOf(values: ArrayLike<number>): { readonly mean: number; readonly deviation: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (!(value - value === 0)) continue; // NaN, infinite
    count++;
    const off = value - sum;
    sum += off / count; // the mean so far (Welford, 1962)
    squares += off * (value - sum);
  }
  return { mean: count > 0 ? sum : NaN, deviation: Math.sqrt(squares / count) };
}

function finiteOf(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(Array.from(values).filter(Number.isFinite));
}

function refuseMissing(codes: Uint16Array, values: ArrayLike<number>): void {
  const row = codes.indexOf(missing);
  if (row >= 0) throw new Error(`value ${row} is ${values[row]}; allowed: finite numbers`);
}

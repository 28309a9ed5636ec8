/**
 * Drift by feature between two windows of rows. A column alarms where its shift is both more than chance (a p-value adjusted for the
 * number of columns) and large enough to matter (PSI beyond what a window without drift has). With units (users) or days chance is what
 * exchanging whole units, or whole days, gives: the larger of both. With days a column is also compared with its own movement within
 * the reference (`usual.ts`); with strata a shift of their mix alone is not a drift.
 */
import { holm } from "../../evaluation/index.js";
import type { FeatureMatrix } from "../../types.js";
import {
  binCategories,
  binNumbers,
  rowGroups,
  type BinnedColumn,
  type ColumnKind,
  type RowCodes,
} from "./binned-column.js";
import type { BinCounts } from "./bins.js";
import {
  chiSquare,
  jensenShannon,
  psiNoise,
  psiOfCounts,
  psiThresholds,
  psiVerdict,
  type PsiVerdict,
} from "./divergence.js";
import {
  largestAdjusted,
  permutationP,
  permutedChiSquare,
  type PermutedChiSquare,
  type UnitCounts,
} from "./permutation.js";
import { chiSquareTail } from "../../evaluation/index.js";

/**
 * `drift`: alarm. `mix`: large, but not within strata. `trend`: no larger than the reference's own movement.
 * `small`: beyond chance, too small to matter. `noise`: large, but not beyond chance.
 * `few rows`: a window is too small to say.
 */
export type DriftState = "drift" | "mix" | "trend" | "small" | "noise" | "quiet" | "few rows";

/** One column's drift. */
export interface DriftRow {
  readonly feature: string;
  readonly kind: ColumnKind;
  readonly state: DriftState;
  readonly psi: number;
  readonly verdict: PsiVerdict; // by the customary thresholds, whatever the size
  /** PSI to be expected without drift. */
  readonly noise: number;
  /** PSI to be expected from the column's movement within the reference; 0 without days. */
  readonly usual: number;
  /** PSI with the strata mixed as in the reference; without strata equal to `psi`. */
  readonly psiWithin: number;
  readonly jensenShannon: number;
  /** Of numbers. Wasserstein distance is in deviations of the reference. */
  readonly ks: number | undefined;
  readonly wasserstein: number | undefined;
  /** Of chi-square within strata: asymptotic, or by exchanging units. */
  readonly pValue: number;
  readonly adjustedP: number;
  readonly referenceRows: number;
  readonly currentRows: number;
  /** Means of the windows; undefined for categories. */
  readonly referenceMean: number | undefined;
  readonly currentMean: number | undefined;
}

/** When a column alarms. */
export interface AlarmRule {
  /** Chance of any false alarm in a table without drift; default 0.05. */
  readonly alpha?: number;
  /** PSI beyond its noise that matters; default 0.1. */
  readonly effect?: number;
  /** Rows that each window needs; default 200. */
  readonly leastRows?: number;
  /** Exchanges of units; default 199. */
  readonly draws?: number;
  readonly key?: number;
}

/** What is compared, and how finely. */
export interface DriftOptions extends AlarmRule {
  /** Bins of each number; default 10. */
  readonly bins?: number;
  /** Categories with bins of their own; default 50. */
  readonly keep?: number;
  /** Features left out: position, ids. Default none. */
  readonly without?: readonly string[];
  /** Which user, which video each row is of: rows of one are not independent. Default: every row its own. */
  readonly units?: readonly RowCodes[];
  /** On which day each row is: neither are rows of one day. */
  readonly days?: RowCodes;
  /** Segment of each row. */
  readonly strata?: RowCodes;
  /** Predictions of both windows, in rows of their own by name. */
  readonly predictions?: Readonly<Record<string, RowCodes>>;
}

/** Each feature and prediction, largest PSI first, ties by name. Throws when the windows' schemas differ or one has no rows. */
export function driftTable(reference: FeatureMatrix, current: FeatureMatrix, options: DriftOptions = {}): DriftRow[] {
  const { bins, keep, without = [], predictions = {} } = options;
  const names = (matrix: FeatureMatrix): string =>
    [...matrix.schema.categories, ...matrix.schema.numbers].map(({ name }) => name).join(", ");
  if (names(reference) !== names(current))
    throw new Error(`windows have other features: ${names(current)}; expected ${names(reference)}`);
  const known = names(reference).split(", ");
  for (const name of without)
    if (!known.includes(name)) throw new Error(`unknown feature: ${name}; known: ${known.join(", ")}`);
  const groups = rowGroups(options);
  const shape = { groups, ...(bins !== undefined && { bins }), ...(keep !== undefined && { keep }) };
  const number = (feature: string, kind: ColumnKind, windows: RowCodes): BinnedColumn => {
    try {
      return binNumbers({ feature, kind }, windows, shape);
    } catch (cause) {
      throw new Error(`drift of ${feature}: ${(cause as Error).message}`, { cause });
    }
  };
  const both = (of: (window: FeatureMatrix) => ArrayLike<number>): RowCodes => ({
    reference: of(reference),
    current: of(current),
  });
  const { categories, numbers } = reference.schema;
  return judgeColumns(
    [
      ...categories.map(({ name }, c) => ({
        name,
        read: () =>
          binCategories(
            name,
            both((window) => columnOf(window.categories, c, categories.length)),
            shape,
          ),
      })),
      ...numbers.map(({ name }, c) => ({
        name,
        read: () =>
          number(
            name,
            "number",
            both((window) => columnOf(window.numbers, c, numbers.length)),
          ),
      })),
    ]
      .filter(({ name }) => !without.includes(name))
      .map(({ read }) => read())
      .concat(Object.entries(predictions).map(([name, windows]) => number(name, "prediction", windows))),
    options,
  );
}

/** What was measured of a column: all but the adjusted p-value, which needs the others. */
export interface MeasuredColumn {
  readonly row: Omit<DriftRow, "adjustedP" | "state">;
  readonly permuted: readonly PermutedChiSquare[]; // of each kind of unit
}

/** Judges all columns together. */
export function judgeColumns(columns: readonly BinnedColumn[], rule: AlarmRule = {}): DriftRow[] {
  return decide(
    columns.map((column) => measure(column, rule)),
    rule,
  );
}

/** Measures one column, so that its counts need not be kept. @throws Error where a window has no rows */
export function measure(
  { counts, clusters, ...column }: BinnedColumn,
  { draws = 199, key = 1 }: AlarmRule = {},
): MeasuredColumn {
  const whole = summed(counts, () => true);
  const strata = Array.from({ length: counts.strata }, (_, stratum) => summed(counts, (of) => of === stratum));
  const shared = strata.filter(({ reference, current }) => total(reference) > 0 && total(current) > 0);
  const permuted = clusters.map((cluster) => permutedChiSquare(cluster, draws, key));
  const tests = shared.map((stratum) => chiSquare(stratum));
  const [statistic, degrees] = [sum(tests.map((test) => test.statistic)), sum(tests.map((test) => test.degrees))];
  const [n, m] = [total(whole.reference), total(whole.current)];
  const bins = whole.reference.filter((count, bin) => count + whole.current[bin]! > 0).length;
  const [psi, known] = [psiOfCounts(whole), (value: number) => (Number.isNaN(value) ? undefined : value)];
  const ofRows = degrees > 0 ? chiSquareTail(statistic, degrees) : 1;
  return {
    row: {
      feature: column.feature,
      kind: column.kind,
      psi,
      verdict: psiVerdict(psi),
      noise:
        permuted.length > 0
          ? Math.max(...permuted.map((one) => (sum(one.draws) / one.draws.length) * (1 / n + 1 / m)))
          : psiNoise(bins, n, m),
      usual: column.usual,
      psiWithin: counts.strata === 1 ? psi : psiOfCounts(standardised(shared)),
      jensenShannon: jensenShannon(whole),
      ks: known(column.ks),
      wasserstein: known(column.wasserstein),
      pValue: permuted.length > 0 ? Math.max(...permuted.map((one) => permutationP(one.observed, one.draws))) : ofRows,
      referenceRows: n,
      currentRows: m,
      referenceMean: known(column.referenceMean),
      currentMean: known(column.currentMean),
    },
    permuted,
  };
}

/** Adjusts for the number of columns, by each kind of unit, and says which alarm. */
export function decide(columns: readonly MeasuredColumn[], rule: AlarmRule = {}): DriftRow[] {
  const kinds = columns[0]?.permuted.length ?? 0;
  const adjusted =
    kinds > 0
      ? Array.from({ length: kinds }, (_, kind) => largestAdjusted(columns.map(({ permuted }) => permuted[kind]!)))
      : [holm(columns.map(({ row }) => row.pValue))];
  return columns
    .map(({ row }, c): DriftRow => {
      const adjustedP = Math.max(...adjusted.map((of) => of[c]!));
      return { ...row, adjustedP, state: stateOf(row, adjustedP, rule) };
    })
    .sort((a, b) => b.psi - a.psi || (a.feature < b.feature ? -1 : 1));
}

function stateOf(row: MeasuredColumn["row"], adjustedP: number, rule: AlarmRule): DriftState {
  const { alpha = 0.05, effect = psiThresholds.moderate, leastRows = 200 } = rule;
  if (Math.min(row.referenceRows, row.currentRows) < leastRows) return "few rows";
  const [large, within] = [row.psi - row.noise >= effect, row.psiWithin - row.noise >= effect];
  const unusual = row.psiWithin - row.noise - row.usual >= effect;
  if (adjustedP <= alpha && within) return unusual ? "drift" : "trend";
  if (adjustedP <= alpha) return large ? "mix" : "small";
  if (within) return "noise";
  return large ? "mix" : "quiet";
}

function summed(
  { units, strata, bins, reference, current }: UnitCounts,
  wanted: (stratum: number) => boolean,
): BinCounts {
  const of = (counts: Float64Array): Float64Array => {
    const sums = new Float64Array(bins);
    for (let group = 0; group < units * strata; group++)
      if (wanted(group % strata)) for (let bin = 0; bin < bins; bin++) sums[bin]! += counts[group * bins + bin]!;
    return sums;
  };
  return { reference: of(reference), current: of(current) };
}

/** The current window with the reference's mix of strata (direct standardisation). */
function standardised(strata: readonly BinCounts[]): BinCounts {
  const bins = strata[0]?.reference.length ?? 0;
  const [reference, current] = [new Float64Array(bins), new Float64Array(bins)];
  const [n, m] = [sum(strata.map((one) => total(one.reference))), sum(strata.map((one) => total(one.current)))];
  for (const one of strata) {
    const weight = (total(one.reference) / n) * (m / total(one.current));
    for (let bin = 0; bin < bins; bin++) {
      reference[bin]! += one.reference[bin]!;
      current[bin]! += one.current[bin]! * weight;
    }
  }
  return { reference, current };
}

/** One column of row-major values. */
function columnOf<T extends Int32Array | Float32Array>(values: T, column: number, width: number): T {
  const taken = values.slice(0, Math.floor(values.length / width)) as T;
  for (let row = 0; row < taken.length; row++) taken[row] = values[row * width + column]!;
  return taken;
}

function sum(values: ArrayLike<number>): number {
  let all = 0;
  for (let i = 0; i < values.length; i++) all += values[i]!;
  return all;
}

const total = sum;

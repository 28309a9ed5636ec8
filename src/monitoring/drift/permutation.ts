/**
 * What chi-square would be without drift when rows of one user (or day) belong together: whole units change sides, never rows.
 *
 * With pooled shares p̄ of a stratum, N and M its rows, and r_u the counts of unit u less what p̄ expects of it, the windows differ by
 *
 *     D = Σ_current r_u / M − Σ_reference r_u / N,      chi-square = Σ_strata NM / (N + M) Σ_bins D² / p̄
 *
 * A unit that is in one window only swaps sides with another such unit (a permutation of labels). One that is in both has its
 * difference's sign flipped, which is the exchange of its two halves where these are equally large (Canay, Romano & Shaikh, 2017).
 */
import { hash32, permutation } from "../../random.js";

/** Counts by unit, stratum and bin. */
export interface UnitCounts {
  readonly units: number;
  readonly strata: number;
  readonly bins: number;
  readonly reference: Float64Array; // [units, strata, bins]
  readonly current: Float64Array; // [units, strata, bins]
}

/** Chi-square as observed, and of each draw without drift; the same key exchanges the same units for every column. */
export interface PermutedChiSquare {
  readonly observed: number;
  readonly draws: Float64Array;
}

/** @param draws exchanges; their number bounds the smallest p-value, 1 / (draws + 1) */
export function permutedChiSquare(counts: UnitCounts, draws: number, key: number): PermutedChiSquare {
  const { units, strata, bins, reference, current } = counts;
  const width = strata * bins;
  const { weight, residuals } = residualsOf(counts);
  const both: number[] = [];
  const single: { readonly unit: number; readonly inCurrent: boolean }[] = [];
  for (let unit = 0; unit < units; unit++) {
    const has = (side: Float64Array): boolean =>
      side.subarray(unit * width, (unit + 1) * width).some((count) => count > 0);
    const [before, after] = [has(reference), has(current)];
    if (before && after) both.push(unit);
    else if (before || after) single.push({ unit, inCurrent: after });
  }
  const gap = new Float64Array(width);
  const add = (unit: number, side: "before" | "after", residual: "before" | "after", sign: number): void => {
    const [scale, from] = [residuals[side].scale, residuals[residual].of];
    for (let at = 0; at < width; at++) gap[at]! += sign * from[unit * width + at]! * scale[Math.trunc(at / bins)]!;
  };
  const statistic = (sideOf: (single: number) => boolean, flip: (unit: number) => boolean): number => {
    gap.fill(0);
    for (const unit of both) {
      const sign = flip(unit) ? -1 : 1;
      add(unit, "after", "after", sign);
      add(unit, "before", "before", -sign);
    }
    for (const [at, { unit, inCurrent }] of single.entries()) {
      const now = sideOf(at);
      add(unit, now ? "after" : "before", inCurrent ? "after" : "before", now ? 1 : -1);
    }
    let sum = 0;
    for (let at = 0; at < width; at++) sum += gap[at]! ** 2 * weight[at]!;
    return sum;
  };
  const observed = statistic(
    (at) => single[at]!.inCurrent,
    () => false,
  );
  const drawn = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    const order = permutation(single.length, hash32(key, draw));
    drawn[draw] = statistic(
      (at) => single[order[at]!]!.inCurrent,
      (unit) => (hash32(key, draw, unit, 1) & 1) === 1,
    );
  }
  return { observed, draws: drawn };
}

interface Residuals {
  readonly of: Float64Array; // [units, strata, bins] counts less what the pooled shares expect
  readonly scale: Float64Array; // [strata] 1 / rows of the window in the stratum
}

/** Residuals of both windows and the weight of each squared difference; a stratum that a window lacks has weight 0. */
function residualsOf({ units, strata, bins, reference, current }: UnitCounts): {
  readonly weight: Float64Array; // [strata, bins]
  readonly residuals: Readonly<Record<"before" | "after", Residuals>>;
} {
  const width = strata * bins;
  const pooled = new Float64Array(width);
  const rows = { before: new Float64Array(strata), after: new Float64Array(strata) };
  for (let at = 0; at < units * width; at++) {
    const stratum = Math.trunc((at % width) / bins);
    pooled[at % width]! += reference[at]! + current[at]!;
    rows.before[stratum]! += reference[at]!;
    rows.after[stratum]! += current[at]!;
  }
  const weight = new Float64Array(width);
  for (let at = 0; at < width; at++) {
    const [n, m] = [rows.before[Math.trunc(at / bins)]!, rows.after[Math.trunc(at / bins)]!];
    if (n > 0 && m > 0 && pooled[at]! > 0) weight[at] = (n * m) / pooled[at]!; // nm/(n+m) over the pooled share
    pooled[at] = n + m > 0 ? pooled[at]! / (n + m) : 0;
  }
  const of = (counts: Float64Array, inWindow: Float64Array): Residuals => {
    const residual = new Float64Array(units * width);
    for (let from = 0; from < counts.length; from += bins) {
      let size = 0;
      for (let bin = 0; bin < bins; bin++) size += counts[from + bin]!;
      for (let bin = 0; bin < bins; bin++)
        residual[from + bin] = counts[from + bin]! - size * pooled[(from + bin) % width]!;
    }
    return { of: residual, scale: inWindow.map((n) => (n > 0 ? 1 / n : 0)) };
  };
  return { weight, residuals: { before: of(reference, rows.before), after: of(current, rows.after) } };
}

/** (1 + draws at least as large) / (1 + draws): never 0. */
export function permutationP(observed: number, draws: ArrayLike<number>): number {
  let above = 0;
  for (let draw = 0; draw < draws.length; draw++) if (draws[draw]! >= observed - 1e-9 * Math.abs(observed)) above++;
  return (1 + above) / (1 + draws.length);
}

/**
 * p-values adjusted for many columns (Westfall & Young, 1993, by the largest standardised statistic of a draw): the chance of any false
 * alarm is kept, and few draws are enough, where Holm's factor would need columns / α of them.
 */
export function largestAdjusted(columns: readonly PermutedChiSquare[]): number[] {
  const draws = columns[0]?.draws.length ?? 0;
  const standard = columns.map(({ observed, draws: drawn }) => {
    const all = [observed, ...drawn]; // what was observed is one of the exchanges
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
    return (value: number): number => (spread > 0 ? (value - mean) / spread : 0);
  });
  const most = Float64Array.from({ length: draws }, (_, draw) =>
    columns.reduce((largest, column, c) => Math.max(largest, standard[c]!(column.draws[draw]!)), -Infinity),
  );
  return columns.map(({ observed }, c) => permutationP(standard[c]!(observed), most));
}

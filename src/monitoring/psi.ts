/**
 * Population stability index between a reference window and a current one:
 *
 *     PSI = Σ_bins (current share − reference share) · ln(current share / reference share)
 *
 * the symmetrised Kullback–Leibler divergence (Jeffreys, 1946) of binned shares. By custom: below 0.1 stable, 0.1 to 0.25 a
 * moderate shift, above 0.25 a major one (Siddiqi, 2006). Without any drift its expectation is about
 * (bins − 1) · (1 / reference rows + 1 / current rows) (Yurdakul, 2018): small windows alarm by chance.
 */

/** Thresholds of a moderate and of a major shift. */
export const psiThresholds = { moderate: 0.1, major: 0.25 } as const;

/** The verdict on a PSI. */
export type PsiVerdict = "stable" | "moderate" | "major";

/** The verdict on a PSI by `psiThresholds`. */
export function psiVerdict(psi: number): PsiVerdict {
  return psi < psiThresholds.moderate ? "stable" : psi < psiThresholds.major ? "moderate" : "major";
}

/** What PSI would be on average without drift, from the windows' sizes alone. */
export function psiNoise(bins: number, referenceRows: number, currentRows: number): number {
  return (bins - 1) * (1 / referenceRows + 1 / currentRows);
}

/** Bins of a number, learned from the reference window. */
export interface NumberBins {
  readonly least: number; // the reference's smallest value: below it is a bin of its own
  readonly edges: Float64Array; // strictly rising; a bin reaches from above one edge up to and with the next
}

/** Counts of both windows by bin. */
export interface BinCounts {
  readonly reference: Float64Array; // [bins]
  readonly current: Float64Array; // [bins]
}

/**
 * PSI of counts by bin. Half a row is added to each bin that either window has, so that a bin empty in one window is
 * large but finite; bins empty in both do not count.
 */
export function psiOfCounts({ reference, current }: BinCounts): number {
  if (reference.length !== current.length)
    throw new Error(`windows have ${reference.length} and ${current.length} bins; allowed: as many`);
  let bins = 0;
  let referenceRows = 0;
  let currentRows = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    if (reference[bin]! + current[bin]! === 0) continue;
    bins++;
    referenceRows += reference[bin]!;
    currentRows += current[bin]!;
  }
  if (referenceRows === 0 || currentRows === 0)
    throw new Error(`no rows to compare: ${referenceRows} reference rows, ${currentRows} current rows`);
  let psi = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    if (reference[bin]! + current[bin]! === 0) continue;
    const was = (reference[bin]! + 0.5) / (referenceRows + 0.5 * bins);
    const is = (current[bin]! + 0.5) / (currentRows + 0.5 * bins);
    psi += (is - was) * Math.log(is / was);
  }
  return psi;
}

/**
 * Bins with about equally many reference values, one more below its smallest value and one above its largest. Discrete
 * columns have fewer: equal quantiles make one edge. Throws on no values and on NaN or infinite ones.
 */
export function quantileBins(reference: ArrayLike<number>, bins = 10): NumberBins {
  if (!Number.isInteger(bins) || bins < 2) throw new RangeError(`bins: ${bins}; allowed: an integer of at least 2`);
  const sorted = Float64Array.from(reference).sort();
  const last = sorted.length - 1;
  if (last < 0) throw new Error("no reference values to make bins of");
  if (!Number.isFinite(sorted[0]!) || !Number.isFinite(sorted[last]!))
    throw new Error("reference values are not all finite; allowed: finite numbers");
  const edges: number[] = [];
  for (let bin = 1; bin <= bins; bin++) {
    const edge = sorted[Math.min(last, Math.ceil((bin * sorted.length) / bins) - 1)]!;
    if (edges.length === 0 || edge > edges[edges.length - 1]!) edges.push(edge);
  }
  return { least: sorted[0]!, edges: Float64Array.from(edges) };
}

/** Counts values by bin: [below least, …, above the last edge]. Throws on values that are not finite. */
export function countBins(values: ArrayLike<number>, bins: NumberBins): Float64Array {
  const { least, edges } = bins;
  const counts = new Float64Array(edges.length + 2);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (!Number.isFinite(value)) throw new Error(`value ${row} is ${value}; allowed: finite numbers`);
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle]! < value) low = middle + 1;
      else high = middle;
    }
    counts[value < least ? 0 : low + 1]! += 1;
  }
  return counts;
}

/** PSI of a number between two windows, in bins of the reference's quantiles: features, scores, predictions. */
export function psiOfNumbers(reference: ArrayLike<number>, current: ArrayLike<number>, bins = 10): number {
  const binned = quantileBins(reference, bins);
  return psiOfCounts({ reference: countBins(reference, binned), current: countBins(current, binned) });
}

/**
 * PSI of a category between two windows. The `keep` most frequent codes of the reference (ties to the smaller) are bins of
 * their own; its other codes together, and codes the reference never met, are one bin each: with thousands of ids, one bin per
 * id would measure nothing but sampling.
 */
export function psiOfCategories(reference: ArrayLike<number>, current: ArrayLike<number>, keep = 50): number {
  const counts = new Map<number, number>();
  for (let row = 0; row < reference.length; row++) counts.set(reference[row]!, (counts.get(reference[row]!) ?? 0) + 1);
  const kept = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b).slice(0, keep);
  const binOf = new Map(kept.map((code, bin) => [code, bin]));
  const count = (codes: ArrayLike<number>): Float64Array => {
    const binned = new Float64Array(kept.length + 2);
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!;
      binned[binOf.get(code) ?? (counts.has(code) ? kept.length : kept.length + 1)]! += 1;
    }
    return binned;
  };
  return psiOfCounts({ reference: count(reference), current: count(current) });
}

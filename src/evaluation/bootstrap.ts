/**
 * Intervals by resampling whole users (or other units), since rows of one user are not independent
 * (cluster bootstrap: Field & Welsh, 2007; percentile interval: Efron, 1979).
 *
 * Each replicate gives every unit a weight: Poisson(1) by default (Chamandy et al., 2012), or multinomial counts. A weight
 * is a hash of (seed, name, unit's id, replicate), so it depends neither on the order of units nor on who else is there, and
 * two arms with the same users get the same weights: their difference is paired. Work is on sums by unit, not rows.
 */
import { hash32, keyOf, uniformInt } from "../random.js";
import { finite, notEmpty, sameLength, wholeNumber } from "./checks.js";
import { groupBy, sumsBy } from "./order.js";

/** An estimate with its percentile interval. All NaN where the statistic is undefined (for example 0 impressions). */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly standardError: number; // standard deviation over replicates
  readonly level: number; // nominal coverage, for example 0.95
  readonly units: number; // resampled units (users)
}

/** How to resample. The same seed and name give the same weights for the same unit ids. */
export interface BootstrapOptions {
  readonly seed?: number | string; // default 0
  readonly name?: string; // default "bootstrap"; another name gives unrelated weights
  readonly replicates?: number; // default 1000
  readonly level?: number; // default 0.95
  readonly method?: "poisson" | "multinomial"; // default "poisson"
}

/** A ratio of sums, by unit: Σ numerator / Σ denominator. A mean has denominators of 1 (or of a unit's rows). */
export interface RatioSums {
  readonly numerator: Float64Array; // [units]
  readonly denominator: Float64Array; // [units]
}

/** A statistic's estimate and its value in each replicate. Differences and lifts are taken replicate by replicate. */
export interface Replicates {
  readonly estimate: number;
  readonly values: Float64Array; // [replicates]
}

/**
 * Interval of any statistic of unit weights: it is called once with all weights 1 and once a replicate.
 * `units` is a number (ids 0 … units − 1) or the ids themselves. Throws if there are none.
 */
export function bootstrapBy(
  units: number | ArrayLike<number>,
  statistic: (weights: Float64Array) => number,
  options: BootstrapOptions = {},
): Interval {
  return intervalOf(replicatesBy(units, statistic, options), typeof units === "number" ? units : units.length, options);
}

/** The replicates of `bootstrapBy`: those of two statistics with equal unit ids, seed and name are paired, also across runs. */
export function replicatesBy(
  units: number | ArrayLike<number>,
  statistic: (weights: Float64Array) => number,
  options: BootstrapOptions = {},
): Replicates {
  const ids = typeof units === "number" ? Float64Array.from({ length: units }, (_, i) => i) : units;
  let estimate = NaN;
  const values: number[] = [];
  forEachResample(ids, options, (weights, replicate) => {
    const value = statistic(weights);
    if (replicate < 0) estimate = value;
    else values.push(value);
  });
  return { estimate, values: Float64Array.from(values) };
}

/** Replicates of several ratios under the same weights. Numerators and denominators have one entry per unit, in the order of `ids`. */
export function ratioReplicates(
  ids: ArrayLike<number>,
  ratios: readonly RatioSums[],
  options: BootstrapOptions = {},
): readonly Replicates[] {
  for (const { numerator, denominator } of ratios) sameLength({ ids, numerator, denominator });
  const estimates = new Float64Array(ratios.length);
  const values = ratios.map(() => new Float64Array(options.replicates ?? 1000));
  forEachResample(ids, options, (weights, replicate) => {
    for (let k = 0; k < ratios.length; k++) {
      const value = weightedRatio(ratios[k]!, weights);
      if (replicate < 0) estimates[k] = value;
      else (values[k] as Float64Array)[replicate] = value;
    }
  });
  return values.map((value, k) => ({ estimate: estimates[k]!, values: value }));
}

/** Mean of `values` (NaN rows are left out, for example queries without a relevant item), resampling whole clusters (users). */
export function meanInterval(
  values: ArrayLike<number>,
  clusters: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  const { replicates, units } = meanReplicates(values, clusters, options);
  return intervalOf(replicates, units, options);
}

/** The replicates of `meanInterval`, and how many clusters there are. */
export function meanReplicates(
  values: ArrayLike<number>,
  clusters: ArrayLike<number>,
  options: BootstrapOptions = {},
): { readonly replicates: Replicates; readonly units: number } {
  const { ids, sums } = meanSums(values, clusters);
  const [mean] = ratioReplicates(ids, [sums], options);
  return { replicates: mean as Replicates, units: ids.length };
}

/** Σ numerators / Σ denominators (for example clicks / impressions), resampling whole clusters (users). */
export function ratioInterval(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
  clusters: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  sameLength({ numerators, denominators, clusters });
  notEmpty("numerators", numerators);
  finite("numerators", numerators);
  finite("denominators", denominators);
  const groups = groupBy(clusters);
  const sums = { numerator: sumsBy(groups, numerators), denominator: sumsBy(groups, denominators) };
  const [ratio] = ratioReplicates(groups.ids, [sums], options);
  return intervalOf(ratio as Replicates, groups.count, options);
}

/** Mean of `treatment − control` over the same rows, for example NDCG of two models on the same queries, resampling whole clusters. */
export function pairedDifference(
  control: ArrayLike<number>,
  treatment: ArrayLike<number>,
  clusters: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  sameLength({ control, treatment, clusters });
  const difference = Float64Array.from({ length: control.length }, (_, i) => treatment[i]! - control[i]!);
  return meanInterval(difference, clusters, options);
}

/**
 * Interval of already made replicates. Replicates without a value (0 / 0) are left out; if they are most, or there is one unit, there
 * is no interval: its ends are NaN.
 */
export function intervalOf(replicates: Replicates, units: number, options: BootstrapOptions = {}): Interval {
  const level = levelOf(options);
  const kept = replicates.values.filter(Number.isFinite).sort();
  // one unit is drawn as itself or not at all: it says nothing of how units differ
  const usable = units > 1 && Number.isFinite(replicates.estimate) && kept.length * 2 > replicates.values.length;
  if (!usable) return { estimate: replicates.estimate, low: NaN, high: NaN, standardError: NaN, level, units };
  let mean = 0;
  for (const value of kept) mean += value / kept.length;
  let squares = 0;
  for (const value of kept) squares += (value - mean) ** 2;
  const standardError = Math.sqrt(squares / Math.max(1, kept.length - 1));
  return {
    estimate: replicates.estimate,
    low: quantile(kept, (1 - level) / 2),
    high: quantile(kept, (1 + level) / 2),
    standardError,
    level,
    units,
  };
}

/** Quantile of ascending values with linear interpolation (Hyndman & Fan, 1996, type 7). NaN if there are none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return NaN;
  const at = share * (sorted.length - 1);
  const left = Math.floor(at);
  const low = sorted[left]!;
  const high = sorted[Math.min(left + 1, sorted.length - 1)]!;
  return low + (at - left) * (high - low);
}

/**
 * Calls `use` with all weights 1 (replicate −1), then once a replicate. The array is re-used: copy it to keep it.
 * Multinomial counts depend on the order of `ids`; Poisson weights do not.
 */
export function forEachResample(
  ids: ArrayLike<number>,
  options: BootstrapOptions,
  use: (weights: Float64Array, replicate: number) => void,
): void {
  const replicates = options.replicates ?? 1000;
  wholeNumber("replicates", replicates, 2);
  levelOf(options);
  notEmpty("units", ids);
  const key = keyOf(options.seed ?? 0, `bootstrap/${options.name ?? "bootstrap"}`);
  const weights = new Float64Array(ids.length).fill(1);
  use(weights, -1);
  const low = Int32Array.from({ length: ids.length }, (_, i) => ids[i]! | 0);
  const high = Int32Array.from({ length: ids.length }, (_, i) => Math.floor(ids[i]! / 4294967296));
  const wide = high.some((word) => word !== 0);
  for (let replicate = 0; replicate < replicates; replicate++) {
    if (options.method === "multinomial") {
      weights.fill(0);
      for (let i = 0; i < ids.length; i++) {
        const drawn = uniformInt(ids.length, key, i, replicate);
        weights[drawn] = weights[drawn]! + 1;
      }
    } else {
      drawPoisson(weights, key, low, wide ? high : undefined, replicate);
    }
    use(weights, replicate);
  }
}

/** Poisson(1) cumulative probabilities × 2³²: a hash below the first is 0, below the second 1, and so on. */
const poissonSteps: Float64Array = (() => {
  const steps = new Float64Array(13);
  let probability = Math.exp(-1);
  let sum = 0;
  for (let n = 0; n < steps.length; n++) {
    sum += probability;
    probability /= n + 1;
    steps[n] = sum * 4294967296;
  }
  return steps;
})();

/** The count of all hashes that begin with these 12 bits, or `mixed` where a step lies among them: one look instead of a search. */
const mixed = 255;
const poissonTable: Uint8Array = Uint8Array.from({ length: 4096 }, (_, top) => {
  const [low, high] = [searchSteps(top * 1048576), searchSteps(top * 1048576 + 1048575)];
  return low === high ? low : mixed;
});

function drawPoisson(
  weights: Float64Array,
  key: number,
  low: Int32Array,
  high: Int32Array | undefined,
  replicate: number,
): void {
  if (high) for (let i = 0; i < low.length; i++) weights[i] = poisson(hash32(key, low[i]!, replicate, high[i]!));
  else for (let i = 0; i < low.length; i++) weights[i] = poisson(hash32(key, low[i]!, replicate));
}

function poisson(bits: number): number {
  const count = poissonTable[bits >>> 20]!;
  return count === mixed ? searchSteps(bits) : count;
}

function searchSteps(bits: number): number {
  let n = 0;
  while (n < poissonSteps.length && bits >= poissonSteps[n]!) n++;
  return n;
}

function weightedRatio({ numerator, denominator }: RatioSums, weights: Float64Array): number {
  let above = 0;
  let below = 0;
  for (let u = 0; u < weights.length; u++) {
    const weight = weights[u]!;
    above += weight * numerator[u]!;
    below += weight * denominator[u]!;
  }
  return above / below;
}

function meanSums(values: ArrayLike<number>, clusters: ArrayLike<number>): { ids: Float64Array; sums: RatioSums } {
  sameLength({ values, clusters });
  notEmpty("values", values);
  const groups = groupBy(clusters);
  const sums: RatioSums = { numerator: new Float64Array(groups.count), denominator: new Float64Array(groups.count) };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    if (!Number.isFinite(value))
      throw new RangeError(`values[${i}] is ${value}; it must be finite, or NaN to leave the row out`);
    const g = groups.group[i]!;
    sums.numerator[g] = sums.numerator[g]! + value;
    sums.denominator[g] = sums.denominator[g]! + 1;
  }
  return { ids: groups.ids, sums };
}

function levelOf(options: BootstrapOptions): number {
  const level = options.level ?? 0.95;
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must be in (0, 1), for example 0.95`);
  return level;
}

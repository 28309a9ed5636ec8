/**
 * The stylised facts of a log, each with its published range and whether it is in or out.
 *
 * Two laws of visit lengths are compared by likelihood. A constant chance of leaving gives a geometric law; a worth that wanders until
 * it falls below a threshold gives an inverse Gaussian (Huberman et al., 1998). Pages are whole numbers, so the inverse Gaussian's mass
 * of n pages is its probability between n − ½ and n + ½ (from 0 for n = 1).
 */
import { kendallTau, quantile, spearman, normalCdf } from "../../evaluation/index.js";
import type { LogMeasures } from "./log-measures.js";
import { publishedFacts, type PublishedFact } from "./published.js";

/** A fact with this log's value. `verdict` is "too few" if the log is too small. */
export interface StylisedFact extends PublishedFact {
  readonly value: number | null;
  readonly verdict: "in" | "out" | "too few";
}

/** All facts, in the order of `publishedFacts`. */
export function stylisedFacts(measures: LogMeasures): readonly StylisedFact[] {
  return publishedFacts.map((fact) => {
    const value = measure[fact.id]!(measures);
    if (!Number.isFinite(value)) return { ...fact, value: null, verdict: "too few" };
    return { ...fact, value, verdict: value >= fact.low && value <= fact.high ? "in" : "out" };
  });
}

const measure: Readonly<Record<string, (m: LogMeasures) => number>> = {
  "head-share": ({ clicksByVideo }) => {
    const sorted = Array.from(clicksByVideo).sort((a, b) => b - a);
    return sum(sorted.slice(0, Math.max(1, Math.round(sorted.length / 10)))) / sum(sorted);
  },
  zipf: ({ clicksByVideo }) => {
    const sorted = Array.from(clicksByVideo.filter((n) => n > 0)).sort((a, b) => b - a);
    const head = sorted.slice(0, Math.round(sorted.length / 10));
    const logRanks = head.map((_, rank) => Math.log(rank + 1));
    return head.length < 10 ? NaN : -slope(logRanks, head.map(Math.log));
  },
  "feed-ctr": ({ clicks, impressions }) => clicks / impressions,
  "position-decay": ({ uniformClicks: c, uniformImpressions: n }) => c.at(-1)! / n.at(-1)! / (c[0]! / n[0]!),
  "position-order": ({ uniformClicks: c, uniformImpressions: n }) =>
    kendallTau(
      Float64Array.from(c, (x, k) => x / n[k]!),
      c.map((_, k) => k),
    ),
  abandoned: ({ watches }) => share(watches.fraction, (x) => x < 0.2),
  bimodal: ({ watches }) => share(watches.fraction, (x) => x < 0.1 || x > 0.9) / 0.2,
  "fraction-by-length": ({ watches }) => rankCorrelation(watches.durationMs, watches.fraction),
  "time-by-length": ({ watches }) => rankCorrelation(watches.durationMs, watches.watchMs),
  "session-tail": ({ pagesOfVisits }) => {
    const sorted = Float64Array.from(pagesOfVisits).sort();
    return quantile(sorted, 0.99) / quantile(sorted, 0.5);
  },
  "session-law": ({ pagesOfVisits }) =>
    (inverseGaussianLogLikelihood(pagesOfVisits) - geometricLogLikelihood(pagesOfVisits)) / pagesOfVisits.length,
  "gap-valley": ({ gapMinutes }) => valley(gapHistogram(gapMinutes)),
  "return-curve": ({ newcomersByAge: n, newcomersActiveByAge: active }) => {
    const late = sum(active.slice(5, 10)) / sum(n.slice(5, 10));
    return sum(n.slice(5, 10)) < 30 ? NaN : active[1]! / n[1]! / late;
  },
  "peak-hour": ({ requestsByHour }) => requestsByHour.indexOf(Math.max(...requestsByHour)),
  "day-night": ({ requestsByHour }) => Math.max(...requestsByHour) / Math.min(...requestsByHour),
  weekend: ({ activeByDay, existingByDay }) => {
    const of = (weekend: boolean): number => {
      const keep = (_: number, day: number): boolean => day % 7 >= 5 === weekend;
      return sum(activeByDay.filter(keep)) / sum(existingByDay.filter(keep));
    };
    return of(true) / of(false);
  },
  newcomers: ({ newByDay, activeByDay }) => sum(newByDay) / sum(activeByDay),
  narrowing: ({ topicsByUser }) => {
    const halves = topicsByUser
      .filter((topics) => topics.length >= 20)
      .map((topics) => {
        const half = Math.floor(topics.length / 2);
        return [diversity(topics.slice(0, half)), diversity(topics.slice(-half))] as const;
      });
    return sum(halves.map(([, late]) => late)) / sum(halves.map(([early]) => early));
  },
};

/** Density of gaps by logarithm: bins of a factor √2 from half a minute to two days. */
export function gapHistogram(gapMinutes: readonly number[]): Float64Array {
  const bins = new Float64Array(23);
  for (const gap of gapMinutes) {
    const bin = Math.floor(2 * Math.log2(gap / 0.5));
    if (bin >= 0 && bin < bins.length) bins[bin]! += 1;
  }
  return bins;
}

/** Lower edge of a bin of `gapHistogram`, in minutes. */
export function gapBinMinutes(bin: number): number {
  return 0.5 * 2 ** (bin / 2);
}

/** Lowest bin between 20 min and 5 h over the smaller of the peaks before and behind it. */
function valley(bins: Float64Array): number {
  const inside = Array.from(bins, (_, bin) => bin).filter(
    (bin) => gapBinMinutes(bin) >= 20 && gapBinMinutes(bin) <= 300,
  );
  const lowest = inside.reduce((a, b) => (bins[b]! < bins[a]! ? b : a));
  return bins[lowest]! / Math.min(Math.max(...bins.slice(0, lowest)), Math.max(...bins.slice(lowest + 1)));
}

/** Probability that two different clicks are of different topics (Simpson, 1949). */
function diversity(topics: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const topic of topics) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  const n = topics.length;
  return 1 - [...counts.values()].reduce((same, c) => same + c * (c - 1), 0) / (n * (n - 1));
}

/** Spearman's on every n-th row, at most 4,000: ranks with ties are quadratic. NaN for fewer than 30. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  if (a.length < 30) return NaN;
  const step = Math.max(1, Math.ceil(a.length / 4_000));
  const thin = (values: readonly number[]): number[] => values.filter((_, i) => i % step === 0);
  return spearman(thin(a), thin(b));
}

function slope(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [sum(x) / x.length, sum(y) / y.length];
  return sum(x.map((xi, i) => (xi - mx) * (y[i]! - my))) / sum(x.map((xi) => (xi - mx) ** 2));
}

function share(values: readonly number[], is: (value: number) => boolean): number {
  return values.filter(is).length / values.length;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** Σ ln P(n) of a geometric law on 1, 2, … with the mean of the data. */
export function geometricLogLikelihood(pages: readonly number[]): number {
  const mean = pages.reduce((a, b) => a + b, 0) / pages.length;
  const leave = Math.min(1 - 1e-12, 1 / mean);
  return pages.reduce((sum, n) => sum + Math.log(leave) + (n - 1) * Math.log(1 - leave), 0);
}

/**
 * Σ ln P(n) of the discretised inverse Gaussian that fits best: golden search over its shape, mean by three refinements around the data's.
 */
export function inverseGaussianLogLikelihood(pages: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const n of pages) counts.set(n, (counts.get(n) ?? 0) + 1);
  const mean = pages.reduce((a, b) => a + b, 0) / pages.length;
  const total = (mu: number, logShape: number): number => {
    let sum = 0;
    for (const [n, times] of counts) {
      const mass = cdf(n + 0.5, mu, Math.exp(logShape)) - (n === 1 ? 0 : cdf(n - 0.5, mu, Math.exp(logShape)));
      sum += times * Math.log(Math.max(1e-300, mass));
    }
    return sum;
  };
  let best = -Infinity;
  for (let factor = 0.7; factor <= 1.3001; factor += 0.05)
    best = Math.max(
      best,
      highest((shape) => total(mean * factor, shape), -3, 5),
    );
  return best;
}

/** Inverse Gaussian cumulative probability (Chhikara & Folks, 1989). */
function cdf(x: number, mu: number, shape: number): number {
  const root = Math.sqrt(shape / x);
  const tail = Math.exp((2 * shape) / mu) * normalCdf(-root * (x / mu + 1));
  return normalCdf(root * (x / mu - 1)) + (Number.isFinite(tail) ? tail : 0);
}

function highest(f: (x: number) => number, low: number, high: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let best = -Infinity;
  for (let i = 0; i < 30; i++) {
    const [left, right] = [b - golden * (b - a), a + golden * (b - a)];
    const [fl, fr] = [f(left), f(right)];
    best = Math.max(best, fl, fr);
    if (fl > fr) b = right;
    else a = left;
  }
  return best;
}

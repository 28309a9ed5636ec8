/**
 * Latency by stage against a budget. The clock is the caller's: without one nothing is timed, so that serving stays
 * deterministic. Kept in a histogram of fixed size (buckets 2 % wide), as a service would.
 */

/** Milliseconds that each stage may take at the 99th percentile; stages without an entry have no budget. */
export type StageBudgets = Readonly<Record<string, number>>;

/** One stage's latency per request. */
export interface StageTiming {
  readonly stage: string;
  readonly requests: number;
  readonly meanMs: number;
  readonly p50Ms: number; // exact to 2 %
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly budgetMs: number | undefined;
  /** p99 within the budget; undefined without one. */
  readonly withinBudget: boolean | undefined;
}

/** All stages in the order of their first appearance. */
export type StageTimings = readonly StageTiming[];

/** Collects stage latencies. */
export interface Timings {
  /** The caller's clock in milliseconds; 0 without one. */
  now(): number;
  /** Counts `elapsedMs` of a batch of `requests` as the batch's mean for each of them: batches of one are exact. */
  record(stage: string, elapsedMs: number, requests: number): void;
  report(): StageTimings;
  reset(): void;
}

interface Histogram {
  requests: number;
  totalMs: number;
  maxMs: number;
  readonly buckets: Float64Array;
}

const growth = Math.log(1.02);
const leastMs = 1e-3;
const bucketCount = 1100; // 1.02^1100 µs: over 40 minutes

/** Opens a collector. `now` is a monotonic clock in ms, such as `() => performance.now()`. */
export function createTimings(now?: () => number, budget: StageBudgets = {}): Timings {
  const stages = new Map<string, Histogram>();
  return {
    now: now ?? ((): number => 0),
    record(stage: string, elapsedMs: number, requests: number): void {
      if (now === undefined || requests === 0) return;
      let histogram = stages.get(stage);
      if (!histogram)
        stages.set(stage, (histogram = { requests: 0, totalMs: 0, maxMs: 0, buckets: new Float64Array(bucketCount) }));
      const ms = elapsedMs / requests;
      const bucket = Math.min(bucketCount - 1, Math.max(0, Math.ceil(Math.log(ms / leastMs) / growth)));
      histogram.buckets[bucket]! += requests;
      histogram.requests += requests;
      histogram.totalMs += elapsedMs;
      histogram.maxMs = Math.max(histogram.maxMs, ms);
    },
    report(): StageTimings {
      return [...stages].map(([stage, histogram]) => {
        const budgetMs = budget[stage];
        const p99Ms = quantile(histogram, 0.99);
        return {
          stage,
          requests: histogram.requests,
          meanMs: histogram.totalMs / histogram.requests,
          p50Ms: quantile(histogram, 0.5),
          p99Ms,
          maxMs: histogram.maxMs,
          budgetMs,
          withinBudget: budgetMs === undefined ? undefined : p99Ms <= budgetMs,
        };
      });
    },
    reset(): void {
      stages.clear();
    },
  };
}

/** The lowest bucket edge with at least the share `q` of requests at or below it, never above the largest seen. */
function quantile(histogram: Histogram, q: number): number {
  const wanted = q * histogram.requests;
  let below = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    below += histogram.buckets[bucket]!;
    if (below >= wanted) return Math.min(histogram.maxMs, leastMs * Math.exp(bucket * growth));
  }
  return histogram.maxMs;
}

import { describe, expect, it } from "vitest";
import { createTimings } from "../../src/serving/timings.js";

describe("stage timings", () => {
  it("give quantiles to 2 %, the exact maximum, and whether p99 keeps the budget", () => {
    const timings = createTimings(() => 0, { rank: 50, rerank: 99.5 });
    for (let ms = 1; ms <= 100; ms++) {
      timings.record("rank", ms, 1);
      timings.record("rerank", ms, 1);
      timings.record("retrieve", ms, 1);
    }
    const [rank, rerank, retrieve] = timings.report();
    expect(rank!.p50Ms / 50).toBeGreaterThan(0.98);
    expect(rank!.p50Ms / 50).toBeLessThan(1.021);
    expect(rank!.p99Ms / 99).toBeGreaterThan(0.98);
    expect(rank!.p99Ms / 99).toBeLessThan(1.021);
    expect([rank!.requests, rank!.maxMs, rank!.meanMs]).toEqual([100, 100, 50.5]);
    expect([rank!.withinBudget, retrieve!.withinBudget]).toEqual([false, undefined]);
    expect(rerank!.budgetMs).toBe(99.5);
  });

  it("share a batch's time among its requests", () => {
    const timings = createTimings(() => 0);
    timings.record("total", 30, 10);
    timings.record("total", 300, 1);
    const total = timings.report()[0]!;
    expect([total.requests, total.meanMs, total.maxMs]).toEqual([11, 30, 300]);
    expect(total.p50Ms).toBeLessThan(3.07);
    expect(total.p99Ms).toBe(300);
  });

  it("record nothing without a clock", () => {
    const timings = createTimings();
    timings.record("rank", 5, 1);
    expect(timings.report()).toEqual([]);
    expect(timings.now()).toBe(0);
  });

  it("survive a stage too fast or too slow for the buckets", () => {
    const timings = createTimings(() => 0);
    timings.record("fast", 0, 1);
    timings.record("slow", 1e12, 1);
    const [fast, slow] = timings.report();
    expect([fast!.p99Ms, fast!.maxMs]).toEqual([0, 0]);
    expect(slow!.maxMs).toBe(1e12);
    expect(slow!.p99Ms).toBeGreaterThan(2e6); // the last bucket: over half an hour
  });
});

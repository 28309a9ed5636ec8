import { describe, expect, it } from "vitest";
import { publishedTails, quantileOf, simulateFanOut } from "../../src/brief/index.js";
import { exponential, keyOf } from "../../src/random.js";

const key = keyOf(7, "test");
const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
const one = { leaves: 1, requests: 40_000, seed: 7 };
const service = (request: number, leaf: number, copy: number): number => exponential(key, request, leaf, copy);

describe("fan-out", () => {
  it.each(publishedTails())("meets the published case: $name", ({ simulated, low, high }) => {
    expect(simulated).toBeGreaterThan(low);
    expect(simulated).toBeLessThan(high);
  });

  it("one server with exponential times waits as queueing theory says: 1 / (1 - utilisation)", () => {
    const { latencyMs, utilisation } = simulateFanOut({ ...one, ratePerSecond: 500, serviceMs: service });
    expect(utilisation).toBeCloseTo(0.5, 1);
    expect(Math.abs(mean(latencyMs) / 2 - 1)).toBeLessThan(0.06);
  });

  it("the slowest of independent leaves follows their distribution to the power of their number", () => {
    const { latencyMs } = simulateFanOut({ ...one, leaves: 10, ratePerSecond: 0, serviceMs: service });
    const median = -Math.log(1 - 0.5 ** (1 / 10));
    expect(Math.abs(quantileOf(latencyMs, 0.5) / median - 1)).toBeLessThan(0.03);
  });

  it("a hedge that is not cancelled saturates servers that one with cancelling does not", () => {
    const hedged = { ...one, requests: 5_000, replicas: 2, ratePerSecond: 1_400, hedgeAfterMs: 3, serviceMs: service };
    const [kept, cancelled] = [false, true].map((cancel) => simulateFanOut({ ...hedged, cancel }));
    expect(kept!.copies).toBeGreaterThan(1.8);
    expect(cancelled!.copies).toBeLessThan(1.3);
    expect(quantileOf(kept!.latencyMs, 0.5)).toBeGreaterThan(10 * quantileOf(cancelled!.latencyMs, 0.5));
  });

  it("refuses what cannot be", () => {
    expect(() => simulateFanOut({ ...one, leaves: 0, ratePerSecond: 1, serviceMs: service })).toThrow(
      "invalid leaves: 0",
    );
    expect(() => simulateFanOut({ ...one, ratePerSecond: 1, hedgeAfterMs: 3, serviceMs: service })).toThrow(
      "invalid replicas: 1; allowed: at least 2",
    );
  });
});

import { describe, expect, test } from "vitest";
import {
  bootstrapBy,
  forEachResample,
  intervalOf,
  meanInterval,
  pairedDifference,
  quantile,
  ratioInterval,
} from "../../src/evaluation/bootstrap.js";
import { hash32, keyOf, normal, permutation, uniform, uniformInt } from "../../src/random.js";

describe("bootstrap", () => {
  test("gives a mean the standard error of the textbook", () => {
    const key = keyOf(1, "values");
    const values = Float64Array.from({ length: 400 }, (_, i) => 3 + 2 * normal(key, i));
    const interval = meanInterval(
      values,
      values.map((_, i) => i),
      { replicates: 2000 },
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / 400;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 399);
    expect(interval.estimate).toBeCloseTo(mean, 12);
    expect(interval.standardError / (deviation / 20)).toBeGreaterThan(0.93);
    expect(interval.standardError / (deviation / 20)).toBeLessThan(1.07);
    expect(interval.units).toBe(400);
    expect(interval.low).toBeLessThan(mean);
    expect(interval.high).toBeGreaterThan(mean);
  });

  test("covers the true ratio of clustered rows about 95 times in 100, where rows taken as independent do not", () => {
    let covered = 0;
    let coveredByRows = 0;
    for (let trial = 0; trial < 100; trial++) {
      const { clicks, ones, users } = clusteredClicks(trial);
      const interval = ratioInterval(clicks, ones, users, { seed: trial, replicates: 300 });
      if (interval.low <= 0.3 && 0.3 <= interval.high) covered++;
      const naive = ratioInterval(
        clicks,
        ones,
        users.map((_, i) => i),
        { seed: trial, replicates: 300 },
      );
      if (naive.low <= 0.3 && 0.3 <= naive.high) coveredByRows++;
    }
    expect(covered).toBeGreaterThanOrEqual(90);
    expect(covered).toBeLessThanOrEqual(99);
    expect(coveredByRows).toBeLessThan(80);
  });

  test("draws each Poisson weight as the inverse of the distribution at the unit's hash", () => {
    const ids = Float64Array.from({ length: 20_000 }, (_, i) => 7 * i);
    const key = keyOf(5, "bootstrap/steps");
    const count = (at: number): number => {
      let [n, probability, sum] = [0, Math.exp(-1), Math.exp(-1)];
      while (at >= sum && n < 13) sum += probability /= ++n;
      return n;
    };
    forEachResample(ids, { seed: 5, name: "steps", replicates: 3 }, (weights, replicate) => {
      if (replicate < 0) return;
      const wrong = ids.findIndex((id, i) => weights[i] !== count(hash32(key, id, replicate) / 4294967296));
      expect(wrong).toBe(-1);
    });
  });

  test("covers with multinomial counts too", () => {
    let covered = 0;
    for (let trial = 0; trial < 100; trial++) {
      const { clicks, ones, users } = clusteredClicks(1000 + trial);
      const interval = ratioInterval(clicks, ones, users, { seed: trial, replicates: 300, method: "multinomial" });
      if (interval.low <= 0.3 && 0.3 <= interval.high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(90);
    expect(covered).toBeLessThanOrEqual(99);
  });

  test("repeats with the same seed, differs with another, and does not see the order of rows", () => {
    const { clicks, ones, users } = clusteredClicks(5);
    const first = ratioInterval(clicks, ones, users, { seed: 1, replicates: 50 });
    expect(ratioInterval(clicks, ones, users, { seed: 1, replicates: 50 })).toEqual(first);
    expect(ratioInterval(clicks, ones, users, { seed: 2, replicates: 50 })).not.toEqual(first);
    const order = permutation(clicks.length, 9);
    const moved = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i]!);
    expect(ratioInterval(moved(clicks), moved(ones), moved(users), { seed: 1, replicates: 50 })).toEqual(first);
  });

  test("has a paired difference far tighter than the values themselves", () => {
    const key = keyOf(2, "paired");
    const users = Float64Array.from({ length: 300 }, (_, i) => i);
    const control = users.map((_, i) => 10 * normal(key, i, 0));
    const treatment = control.map((value, i) => value + 0.5 + 0.1 * normal(key, i, 1));
    const difference = pairedDifference(control, treatment, users, { replicates: 300 });
    expect(difference.low).toBeGreaterThan(0.48);
    expect(difference.high).toBeLessThan(0.52);
    expect(meanInterval(control, users, { replicates: 300 }).standardError).toBeGreaterThan(0.4);
  });

  test("takes any statistic of the weights", () => {
    const values = [1, 2, 3, 4, 100];
    const largest = bootstrapBy(5, (weights) => Math.max(...values.filter((_, i) => weights[i]! > 0)), {
      replicates: 400,
    });
    expect(largest.estimate).toBe(100);
    expect(largest.high).toBe(100);
    expect(largest.low).toBeLessThan(100);
  });

  test("draws Poisson weights of mean and variance 1, and multinomial counts that sum to the units", () => {
    let sum = 0;
    let squares = 0;
    forEachResample(
      Int32Array.from({ length: 1000 }, (_, i) => i),
      { replicates: 50 },
      (weights, replicate) => {
        if (replicate < 0) return;
        for (const weight of weights) {
          sum += weight;
          squares += (weight - 1) ** 2;
        }
      },
    );
    expect(sum / 50_000).toBeGreaterThan(0.98);
    expect(sum / 50_000).toBeLessThan(1.02);
    expect(squares / 50_000).toBeGreaterThan(0.96);
    expect(squares / 50_000).toBeLessThan(1.04);
    forEachResample(Int32Array.of(4, 5, 6), { replicates: 20, method: "multinomial" }, (weights) => {
      expect(weights[0]! + weights[1]! + weights[2]!).toBe(3);
    });
  });

  test("leaves NaN rows out and says NaN where a ratio has nothing below", () => {
    expect(meanInterval([1, NaN, 3], [1, 2, 3], { replicates: 20 }).estimate).toBe(2);
    const nothing = ratioInterval([0, 0], [0, 0], [1, 2], { replicates: 20 });
    expect([nothing.estimate, nothing.low, nothing.high]).toEqual([NaN, NaN, NaN]);
  });

  test("has quantiles by linear interpolation", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 0)).toBe(1);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(intervalOf({ estimate: 2, values: Float64Array.of(4, 1, 3, 2) }, 4, { level: 0.5 })).toMatchObject({
      low: 1.75,
      high: 3.25,
    });
  });

  test("refuses no units, one replicate, a level of 95 and lengths that differ", () => {
    expect(() => meanInterval([], [])).toThrow("values is empty");
    expect(() => bootstrapBy(0, () => 1)).toThrow("units is empty");
    expect(() => meanInterval([1], [1], { replicates: 1 })).toThrow("replicates is 1");
    expect(() => meanInterval([1], [1], { level: 95 })).toThrow("level is 95; it must be in (0, 1)");
    expect(() => meanInterval([1, 2], [1])).toThrow("lengths differ");
    expect(() => ratioInterval([NaN], [1], [1])).toThrow("numerators[0] is NaN");
  });
});

/** 80 users with 1–20 rows each and their own click rate, drawn from a Beta(0.6, 1.4)-like two-point law with mean 0.3. */
function clusteredClicks(trial: number): { clicks: Float64Array; ones: Float64Array; users: Float64Array } {
  const key = keyOf(trial, "clusters");
  const clicks: number[] = [];
  const users: number[] = [];
  for (let user = 0; user < 80; user++) {
    const rate = uniform(key, user, 0) < 0.5 ? 0.1 : 0.5;
    const rows = 1 + uniformInt(20, key, user, 1);
    for (let row = 0; row < rows; row++) {
      clicks.push(uniform(key, user, 2, row) < rate ? 1 : 0);
      users.push(user);
    }
  }
  return {
    clicks: Float64Array.from(clicks),
    ones: new Float64Array(clicks.length).fill(1),
    users: Float64Array.from(users),
  };
}

test("one unit says nothing of how units differ: an estimate without an interval", () => {
  const { estimate, low, high, standardError, units } = meanInterval([1, 2, 4], [5, 5, 5]);
  expect([estimate, units]).toEqual([7 / 3, 1]);
  for (const end of [low, high, standardError]) expect(end).toBeNaN();
});

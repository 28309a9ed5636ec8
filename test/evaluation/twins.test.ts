import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cuped,
  replicationSpread,
  splitSpread,
  studentCdf,
  studentQuantile,
  tInterval,
  twinStatistics,
  type RatioSums,
} from "../../src/evaluation/index.js";
import { normal } from "../../src/random.js";

const mean = (values: Float64Array): RatioSums => ({
  numerator: values,
  denominator: new Float64Array(values.length).fill(1),
});
const column = (n: number, of: (u: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, u) => of(u));

/** Control and treatment with correlation `rho` and the given standard deviations, and a covariate with correlation `r` to control. */
function planted(
  n: number,
  rho: number,
  sdA = 1,
  sdB = 1,
  effect = 0,
  r = 0.6,
): { a: Float64Array; b: Float64Array; x: Float64Array } {
  const z = (u: number, k: number): number => normal(17, u, k);
  const a = column(n, (u) => 3 + sdA * z(u, 0));
  return {
    a,
    b: column(n, (u) => 3 + effect + sdB * (rho * z(u, 0) + Math.sqrt(1 - rho * rho) * z(u, 1))),
    x: column(n, (u) => r * z(u, 0) + Math.sqrt(1 - r * r) * z(u, 2)),
  };
}

describe("twin statistics", () => {
  it("recover the planted correlation and the factor 2 / (1 − ρ)", () => {
    for (const rho of [0, 0.5, 0.9]) {
      const { a, b } = planted(100_000, rho, 1, 1, 0.2);
      const found = twinStatistics(mean(a), mean(b));
      expect(found.rho).toBeCloseTo(rho, 1.8);
      expect(found.factor / (2 / (1 - rho))).toBeCloseTo(1, 1.5);
      expect(Math.abs(found.difference - 0.2)).toBeLessThan(4 * found.standardError);
    }
  });

  it("allow unequal variances: the factor is the ratio of the two estimators' variances", () => {
    const found = twinStatistics(mean(planted(100_000, 0.8, 1, 3).a), mean(planted(100_000, 0.8, 1, 3).b));
    // Var(A/B) = 2 (1 + 9), Var(twins) = 1 + 9 − 2 · 0.8 · 3
    expect(found.factor).toBeCloseTo(20 / (10 - 4.8), 1);
    expect(found.pearson).toBeCloseTo(0.8, 2);
    expect(found.rho).toBeCloseTo((2 * 0.8 * 3) / 10, 2);
  });

  it("give exactly 0 for arms that are equal, and no number where nothing varies", () => {
    const { a } = planted(50, 0);
    const same = twinStatistics(mean(a), mean(a.slice()));
    expect([same.difference, same.standardError, same.kept, same.rho, same.factor]).toEqual([0, 0, 0, 1, Infinity]);
    const flat = twinStatistics(mean(new Float64Array(9).fill(2)), mean(new Float64Array(9).fill(2)));
    expect([flat.difference, flat.kept, flat.rho]).toEqual([0, NaN, NaN]);
    expect(() => twinStatistics(mean(a), mean(a.slice(1)))).toThrow("lengths differ: treatment has 49 rows");
  });

  it("keep ρ in [−1, 1] and the factor at 1 or more, for any arms", () => {
    const values = fc.array(
      fc.tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.double({ min: -50, max: 50, noNaN: true })),
      { minLength: 3, maxLength: 30 },
    );
    fc.assert(
      fc.property(values, (pairs) => {
        const found = twinStatistics(
          mean(Float64Array.from(pairs, ([x]) => x)),
          mean(Float64Array.from(pairs, ([, y]) => y)),
        );
        if (Number.isNaN(found.rho)) return;
        expect(Math.abs(found.rho)).toBeLessThanOrEqual(1 + 1e-9);
        expect(found.factor).toBeGreaterThanOrEqual(1 - 1e-9);
      }),
    );
  });
});

describe("CUPED", () => {
  it("recovers the planted correlation and the factor 1 / (1 − r²)", () => {
    const { a, x } = planted(100_000, 0, 1, 1, 0, 0.6);
    const found = cuped({ outcome: a, before: x }, { outcome: a, before: x });
    expect(found.correlation).toBeCloseTo(0.6, 2);
    expect(found.factor).toBeCloseTo(1 / (1 - 0.36), 1);
    expect(found.theta).toBeCloseTo(0.6, 2);
  });

  it("equals the residual variance of least squares, in closed form", () => {
    const arm = { outcome: Float64Array.of(1, 2, 4, 7), before: Float64Array.of(0, 1, 2, 3) }; // slope 2, residuals .5 −.5 −.5 .5 → 1 of 21
    expect(cuped(arm, arm).theta).toBeCloseTo(2, 12);
    expect(cuped(arm, arm).kept).toBeCloseTo(1 / 21, 12);
  });

  it("does nothing with a covariate that does not vary", () => {
    const arm = { outcome: Float64Array.of(1, 2, 4), before: new Float64Array(3) };
    expect(cuped(arm, arm)).toEqual({ theta: 0, correlation: 0, kept: 1, factor: 1 });
  });
});

describe("spread over experiments that were really run", () => {
  it("agrees with the formulas: twins, A/B test, CUPED", () => {
    const { a, b, x } = planted(4_000, 0.8, 1, 1.5);
    const spread = splitSpread(mean(a), mean(b), x, { groupSize: 40, deals: 60, seed: 1 });
    expect(spread.groups).toBe(100);
    expect(spread.twins / spread.expectedTwins).toBeCloseTo(1, 1);
    expect(spread.ab / spread.expectedAb).toBeCloseTo(1, 1);
    expect(spread.cuped / spread.expectedCuped).toBeCloseTo(1, 1);
    expect(spread.factor).toBeCloseTo(spread.expectedAb / spread.expectedTwins, 0);
  });

  it("repeats with its seed and refuses groups that are too large", () => {
    const { a, b } = planted(60, 0.5);
    const once = splitSpread(mean(a), mean(b), undefined, { groupSize: 10, deals: 3, seed: 5 });
    expect(splitSpread(mean(a), mean(b), undefined, { groupSize: 10, deals: 3, seed: 5 })).toEqual(once);
    expect(splitSpread(mean(a), mean(b), undefined, { groupSize: 10, deals: 3, seed: 6 }).ab).not.toBe(once.ab);
    expect(() => splitSpread(mean(a), mean(b), undefined, { groupSize: 40, deals: 3, seed: 5 })).toThrow(
      "groupSize is 40; it must be at most half of the 60 users",
    );
  });
});

describe("luck", () => {
  it("of users on their own gives the spread of independent users; luck they share shows", () => {
    const [users, replications] = [400, 60];
    const flat = column(users, (u) => normal(3, u));
    const arm = (k: number, shared: number): RatioSums =>
      mean(column(users, (u) => flat[u]! + normal(4, u, k) + shared * normal(5, k)));
    const control = Array.from({ length: replications }, () => mean(flat));
    const alone = replicationSpread(
      control,
      Array.from({ length: replications }, (_, k) => arm(k, 0)),
    );
    expect(alone.independent).toBeCloseTo(1 / users, 3);
    expect(alone.observed / alone.independent).toBeGreaterThan(0.5);
    expect(alone.observed / alone.independent).toBeLessThan(1.7);
    const tied = replicationSpread(
      control,
      Array.from({ length: replications }, (_, k) => arm(k, 0.3)),
    );
    expect(tied.observed / tied.independent).toBeGreaterThan(10); // 1 + 400 · 0.09 = 37
    expect(() => replicationSpread(control.slice(0, 1), control.slice(0, 1))).toThrow("at least 2 are needed");
  });
});

describe("Student's t", () => {
  it("has the quantiles of the tables", () => {
    const table = [
      [1, 12.7062],
      [2, 4.30265],
      [4, 2.77645],
      [9, 2.26216],
      [30, 2.04227],
    ] as const;
    for (const [degrees, t] of table) {
      expect(studentQuantile(0.975, degrees)).toBeCloseTo(t, 4);
      expect(studentCdf(-t, degrees)).toBeCloseTo(0.025, 5);
    }
    expect(studentQuantile(0.5, 7)).toBeCloseTo(0, 12);
    expect(() => studentQuantile(1, 4)).toThrow("probability is 1");
  });

  it("gives intervals that cover the mean of five normal values 95 times in 100", () => {
    let covered = 0;
    for (let run = 0; run < 2_000; run++) {
      const { low, high } = tInterval(column(5, (i) => 2 + 3 * normal(9, run, i)));
      if (low <= 2 && 2 <= high) covered++;
    }
    expect(covered / 2_000).toBeGreaterThan(0.935);
    expect(covered / 2_000).toBeLessThan(0.965);
    expect(tInterval([4])).toMatchObject({ estimate: 4, low: NaN, units: 1 });
    expect(() => tInterval([])).toThrow("values is empty");
  });
});

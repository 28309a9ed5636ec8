import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign } from "../../../src/evaluation/experiment/assignment.js";
import { differenceOf } from "../../../src/evaluation/experiment/difference.js";
import { guardrail } from "../../../src/evaluation/experiment/guardrail.js";
import { daysNeeded, powerOf, smallestEffect, usersNeeded } from "../../../src/evaluation/experiment/power.js";
import { alwaysValid, sequenceWidth } from "../../../src/evaluation/experiment/sequential.js";
import { normal } from "../../../src/random.js";
import { sampleRatio } from "../../../src/evaluation/experiment/sample-ratio.js";

const draws = (n: number, key: number, mean = 0): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => mean + normal(key, i));
const arm = (numerator: Float64Array, before?: Float64Array) => ({ numerator, ...(before && { before }) });

describe("a difference", () => {
  it("with CUPED has the same expectation and a standard error √(1 − r²) times as large", () => {
    const n = 4_000;
    const [beforeA, beforeB] = [draws(n, 1), draws(n, 2)];
    const of = (before: Float64Array, key: number, shift: number): Float64Array =>
      before.map((x, i) => 0.8 * x + 0.6 * normal(key, i) + shift);
    const [a, b] = [of(beforeA, 3, 0), of(beforeB, 4, 0.1)];
    const plain = differenceOf(arm(a), arm(b));
    const adjusted = differenceOf(arm(a, beforeA), arm(b, beforeB));
    expect(adjusted.kept).toBeCloseTo(1 - 0.64, 1);
    expect(adjusted.difference.standardError / plain.difference.standardError).toBeCloseTo(Math.sqrt(adjusted.kept), 6);
    expect(Math.abs(adjusted.difference.estimate - 0.1)).toBeLessThan(3 * adjusted.difference.standardError);
    expect(Math.abs(adjusted.imbalance!)).toBeLessThan(3.5);
  });

  it("of A and A is false one time in twenty, with CUPED too", () => {
    let [plain, adjusted] = [0, 0];
    const worlds = 1_000;
    for (let k = 0; k < worlds; k++) {
      const [xa, xb] = [draws(40, 10 * k), draws(40, 10 * k + 1)];
      const a = xa.map((x, i) => x + normal(10 * k + 2, i));
      const b = xb.map((x, i) => x + normal(10 * k + 3, i));
      if (differenceOf(arm(a), arm(b)).pValue < 0.05) plain++;
      if (differenceOf(arm(a, xa), arm(b, xb)).pValue < 0.05) adjusted++;
    }
    // 99.9 % band of a binomial of 1,000 at 5 %
    for (const found of [plain, adjusted]) expect(Math.abs(found - 50)).toBeLessThan(23);
  });

  it("winsorised is not moved by one user", () => {
    const [a, b] = [draws(500, 21, 5), draws(500, 22, 5)];
    b[0] = 1e6;
    const found = differenceOf(arm(a), arm(b), { winsorise: 0.99 });
    expect(Math.abs(found.difference.estimate)).toBeLessThan(0.3);
    expect(found.winsorised!.at).toBeGreaterThan(6);
  });

  it.each([
    [() => differenceOf(arm(draws(1, 1)), arm(draws(5, 2))), "control has 1 users; a standard error needs at least 2"],
    [() => differenceOf(arm(draws(3, 1)), arm(Float64Array.of(1, NaN))), /numerator of treatment/],
    [
      () => differenceOf(arm(draws(3, 1), draws(3, 2)), arm(draws(3, 3))),
      "control has 1 covariates and treatment 0; both must have the same",
    ],
    [
      () => differenceOf(arm(draws(3, 1), new Float64Array(3)), arm(draws(3, 3), new Float64Array(3))),
      "the covariate is 0 for everybody; it must vary, or be left out",
    ],
    [
      () => {
        const ratio = { numerator: draws(3, 1), denominator: new Float64Array(3) };
        return differenceOf(ratio, ratio);
      },
      "the denominator of control sums to 0",
    ],
    [() => differenceOf(arm(draws(3, 1)), arm(draws(3, 2)), { winsorise: 1 }), "winsorise is 1; it must be in (0, 1)"],
  ])("says what is wrong with bad input (%#)", (compare, fault) => {
    expect(compare).toThrow(fault);
  });
});

describe("planning", () => {
  it("needs as many users as find the smallest effect of so many users, with the power asked for", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.integer({ min: 100, max: 1_000_000 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (variance, users, treatmentShare) => {
          const effect = smallestEffect(variance, users, { treatmentShare });
          expect(Math.abs(usersNeeded(variance, effect, { treatmentShare }) - users)).toBeLessThanOrEqual(1);
          expect(powerOf(variance, effect, users, { treatmentShare })).toBeCloseTo(0.8, 4);
        },
      ),
    );
  });

  it("counts days, the last number of users repeated", () => {
    expect(daysNeeded(100, [60, 30, 10])).toBe(3);
    expect(daysNeeded(121, [60, 30, 10])).toBe(6);
    expect(daysNeeded(200, [60, 0])).toBe(Infinity);
    expect(() => daysNeeded(1, [])).toThrow("daily is empty");
  });
});

describe("looking every day", () => {
  it("at 14 looks fools a fixed interval in about a fifth of A/A tests, an always-valid one in at most 5 %", () => {
    const [worlds, looks, perLook] = [1_000, 14, 50];
    let [fixed, valid] = [0, 0];
    for (let k = 0; k < worlds; k++) {
      let [sum, n] = [0, 0];
      let [fooledFixed, fooledValid] = [false, false];
      for (let look = 0; look < looks; look++) {
        for (let i = 0; i < perLook; i++) sum += normal(k, n++, 77);
        const mean = sum / n;
        fooledFixed ||= Math.abs(mean) > 1.959964 / Math.sqrt(n);
        fooledValid ||= Math.abs(mean) > sequenceWidth(n, { tunedFor: looks * perLook });
      }
      fixed += fooledFixed ? 1 : 0;
      valid += fooledValid ? 1 : 0;
    }
    expect(fixed / worlds).toBeGreaterThan(0.17);
    expect(fixed / worlds).toBeLessThan(0.27);
    expect(valid / worlds).toBeLessThanOrEqual(0.05);
  });

  it("costs about 1.55 times the width at the size that it is tuned for, more elsewhere", () => {
    const over = (n: number): number => (sequenceWidth(n, { tunedFor: 10_000 }) * Math.sqrt(n)) / 1.959964;
    expect(over(10_000)).toBeGreaterThan(1.45);
    expect(over(10_000)).toBeLessThan(1.6);
    expect(over(1_000)).toBeGreaterThan(over(10_000));
    expect(over(100_000)).toBeGreaterThan(over(10_000));
    const interval = { estimate: 1, low: 0.8, high: 1.2, standardError: 0.1, level: 0.95, units: 10_000 };
    const wide = alwaysValid(interval, { tunedFor: 10_000 });
    expect((wide.high - wide.low) / 0.392).toBeCloseTo(over(10_000), 2);
  });
});

describe("guardrails", () => {
  it("pass only where the interval is above the margin", () => {
    expect(guardrail({ low: -0.01, high: 0.02 }, "higher", 0.02)).toBe("passed");
    expect(guardrail({ low: -0.03, high: 0.02 }, "higher", 0.02)).toBe("undecided");
    expect(guardrail({ low: -0.05, high: -0.03 }, "higher", 0.02)).toBe("failed");
    expect(guardrail({ low: -0.05, high: 0.01 }, "lower", 0.02)).toBe("passed");
    expect(guardrail({ low: 0.03, high: 0.05 }, "lower", 0.02)).toBe("failed");
    expect(() => guardrail({ low: 0, high: 1 }, "lower", -1)).toThrow(
      "margin is -1; it must be a number of at least 0",
    );
  });
});

describe("assignment", () => {
  const users = Float64Array.from({ length: 40_000 }, (_, i) => i * 7 + 2 ** 40);
  it("keeps the shares, is the same for the same salt, and independent for another", () => {
    const [one, same, other] = [
      assign(users, [0.5, 0.5], "a"),
      assign(users, [0.5, 0.5], "a"),
      assign(users, [0.5, 0.5], "b"),
    ];
    expect(one).toEqual(same);
    const counts = [0, 1].map((arm) => one.filter((a) => a === arm).length);
    expect(sampleRatio(counts).mismatch).toBe(false);
    const both = one.filter((a, i) => a === 1 && other[i] === 1).length;
    expect(Math.abs(both / users.length - 0.25)).toBeLessThan(4.5 * Math.sqrt((0.25 * 0.75) / users.length));
  });

  it("keeps users in an arm that grows, and leaves the rest out", () => {
    const [small, large] = [assign(users, [0.1], "a"), assign(users, [0.3], "a")];
    small.forEach((a, i) => expect(a === 0 && large[i] !== 0).toBe(false));
    expect(small.filter((a) => a === -1).length / users.length).toBeCloseTo(0.9, 1);
    expect(() => assign(users, [0.7, 0.7], "a")).toThrow("shares sum to 1.4; they must sum to at most 1");
    expect(() => assign(users, [0.5], " ")).toThrow("salt is empty");
  });
});

import { describe, expect, it } from "vitest";
import { waldSlope, type InstrumentGroup } from "../../src/evaluation/instrument.js";
import { normal } from "../../src/random.js";

/** Users with one day each: outcome and dose as given. */
const group = (outcome: readonly number[], dose: readonly number[]): InstrumentGroup => ({
  outcome: { numerator: Float64Array.from(outcome), denominator: new Float64Array(outcome.length).fill(1) },
  dose: { numerator: Float64Array.from(dose), denominator: new Float64Array(dose.length).fill(1) },
});
const drawn = (key: number, n: number, moved: number, slope: number): InstrumentGroup => {
  const hidden = Array.from({ length: n }, (_, u) => normal(key, u, 0)); // moves both, so that a regression would be wrong
  const dose = hidden.map((h, u) => h + moved + 0.5 * normal(key, u, 1));
  return group(
    hidden.map((h, u) => 2 * h + slope * dose[u]! + 0.5 * normal(key, u, 2)),
    dose,
  );
};

describe("the slope by an instrument", () => {
  it("is the ratio of two differences of means", () => {
    const result = waldSlope(group([1, 3], [0, 2]), group([4, 8], [2, 4]));
    expect(result.outcome.estimate).toBe(4); // 6 − 2
    expect(result.dose.estimate).toBe(2); // 3 − 1
    expect(result.slope.estimate).toBe(2);
    expect(result.firstStageF).toBeCloseTo(4 / (1 + 1), 12); // each group: variance 2 over 2 users
  });

  it("has bounds at which the difference left over is just z standard errors", () => {
    const [off, on] = [drawn(1, 200, 0, 0.7), drawn(2, 200, 1, 0.7)];
    const { slope } = waldSlope(off, on);
    for (const bound of [slope.low, slope.high]) {
      const left = (g: InstrumentGroup): InstrumentGroup =>
        group(
          Array.from(g.outcome.numerator, (y, u) => y - bound * g.dose.numerator[u]!),
          Array.from(g.dose.numerator),
        );
      const { outcome } = waldSlope(left(off), left(on));
      expect(Math.min(Math.abs(outcome.low), Math.abs(outcome.high))).toBeLessThan(1e-9);
    }
  });

  it("holds the true slope in about 95 of 100 draws, though something hidden moves both", () => {
    let covered = 0;
    for (let draw = 0; draw < 400; draw++) {
      const { slope } = waldSlope(drawn(10 + 2 * draw, 150, 0, 0.7), drawn(11 + 2 * draw, 150, 0.8, 0.7));
      if (slope.low <= 0.7 && slope.high >= 0.7) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.98);
  });

  it("has no bounds where the lot does not move the dose", () => {
    const { slope } = waldSlope(drawn(3, 50, 0, 0.7), drawn(4, 50, 0, 0.7));
    expect([slope.low, slope.high]).toEqual([-Infinity, Infinity]);
  });

  it("refuses a group of one", () => {
    expect(() => waldSlope(group([1], [1]), group([1, 2], [1, 2]))).toThrow(
      "a group has 1 users of outcome and 1 of dose; it needs at least 2",
    );
  });
});

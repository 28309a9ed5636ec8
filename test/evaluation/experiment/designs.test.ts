import { describe, expect, it } from "vitest";
import { preference, switchback, switchbackArm } from "../../../src/evaluation/index.js";
import { normal, uniform } from "../../../src/random.js";

describe("preference", () => {
  it("by hand: wins and half the ties over pages with a click, its error by user", () => {
    const pages = {
      user: Int32Array.of(4, 4, 4, 9, 9, 7),
      control: Int32Array.of(0, 1, 0, 2, 1, 0),
      treatment: Int32Array.of(3, 1, 0, 0, 2, 1),
    };
    const found = preference(pages); // won: 1, ½, –, 0, 1, 1
    expect(found.estimate).toBeCloseTo(3.5 / 5, 12);
    expect(found.units).toBe(3);
    // users' (won − 0.7 · pages) / mean pages: (1.5 − 1.4, 1 − 1.4, 1 − 0.7) / (5 / 3)
    const influence = [0.06, -0.24, 0.18];
    const error = Math.sqrt(influence.reduce((sum, x) => sum + x * x, 0) / 2 / 3);
    expect(found.standardError).toBeCloseTo(error, 12);
    expect(found.high - found.estimate).toBeCloseTo(4.302652729911275 * error, 6); // t(.975, 2)
    expect(() => preference({ ...pages, user: new Int32Array(6) })).toThrow("1 users clicked");
  });
});

describe("switchback", () => {
  const plan = { salt: "s", firstDay: 3 };
  const days = Array.from({ length: 200 }, (_, d) => d + 3);
  const rows = (value: (day: number, arm: number) => number, of = plan): Parameters<typeof switchback>[1] => {
    const armOf = switchbackArm(of);
    const numerator = days.map((day) => value(day, armOf(0, day)));
    return { market: days.map(() => 0), day: days, numerator, denominator: days.map(() => 10) };
  };

  it("gives each pair of neighbouring blocks one of each arm, in random order", () => {
    const armOf = switchbackArm({ ...plan, blockDays: 2 });
    let first = 0;
    for (let pair = 0; pair < 200; pair++) {
      const arms = [0, 1, 2, 3].map((d) => armOf(0, 3 + 4 * pair + d));
      expect([arms[0]! + arms[2]!, arms[0] === arms[1], arms[2] === arms[3]]).toEqual([1, true, true]);
      first += arms[0]!;
    }
    expect(Math.abs(first - 100)).toBeLessThan(3 * Math.sqrt(50));
    expect(armOf(1, 3) + armOf(2, 3) + armOf(3, 3) + armOf(4, 3) + armOf(5, 3) + armOf(6, 3)).toBeGreaterThan(0);
  });

  it("finds a planted effect without carry-over, through a trend, with an interval that holds it", () => {
    let covered = 0;
    for (let run = 0; run < 100; run++) {
      const own = { ...plan, salt: `run ${run}` };
      const found = switchback(
        own,
        rows((day, arm) => 50 + 0.1 * day + 7 * arm + 4 * normal(run, day), own),
      );
      if (found.low <= 0.7 && 0.7 <= found.high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(88); // of 100 at 95 %: below 88 in 0.1 % of runs
    expect(
      switchback(
        plan,
        rows((day, arm) => 50 + 7 * arm),
      ).estimate,
    ).toBeCloseTo(0.7, 10);
  });

  it("is biased by what lasts into the next block, until those days are left out", () => {
    const armOf = switchbackArm({ ...plan, blockDays: 4 });
    const lasting = (day: number): number =>
      7 * (day > 3 ? 0.5 * armOf(0, day) + 0.5 * armOf(0, day - 1) : armOf(0, day));
    const of = { ...plan, blockDays: 4 };
    const whole = switchback(of, rows(lasting, of));
    const cut = switchback({ ...of, burnIn: 1 }, rows(lasting, of));
    expect(whole.estimate).toBeLessThan(0.66);
    expect(cut.estimate).toBeCloseTo(0.7, 10);
  });

  it("names what is wrong with a plan or its rows", () => {
    expect(() => switchbackArm({ salt: " ", firstDay: 0 })).toThrow("salt is empty");
    expect(() => switchbackArm({ salt: "a", firstDay: 0, blockDays: 0 })).toThrow("blockDays is 0; it must be");
    expect(() => switchbackArm({ salt: "a", firstDay: 0, burnIn: 1 })).toThrow(
      "burnIn is 1; it must be a whole number from 0 to 0",
    );
    const few = { market: [0, 0], day: [3, 4], numerator: [1, uniform(1, 1)], denominator: [1, 1] };
    expect(() => switchback(plan, few)).toThrow("1 pairs of blocks; a standard error needs at least 2");
  });
});

import { describe, expect, it } from "vitest";
import { hypotheses, verdictOf } from "../../src/studies/ab-audit/hypotheses.js";
import { designedWorld, type Interference } from "../../src/studies/ab-audit/designs.js";
import { interferenceSettings } from "../../src/studies/ab-audit/study.js";
import { readings, type Past } from "../../src/pipeline/arms/past.js";
import { adDefaults } from "../../src/pipeline/setting.js";
import { configFor, openWorld } from "../../src/world/index.js";

describe("hypotheses", () => {
  const one = { id: "x", sentence: "", measure: "x", allowed: [0.1, Infinity], whole: true } as const;
  const at = (estimate: number, low: number, high: number) => ({
    ...{ estimate, low, high, standardError: 1, level: 0.95, units: 9 },
  });

  it("hold where the whole interval lies as expected, and are undecided where a part of it does", () => {
    expect(verdictOf(one, at(0.5, 0.2, 0.8))).toBe("held");
    expect(verdictOf(one, at(0.5, 0, 1))).toBe("undecided");
    expect(verdictOf(one, at(0, -0.1, 0.09))).toBe("did not hold");
    expect(verdictOf(one, at(NaN, NaN, NaN))).toBe("undecided");
    expect(verdictOf({ ...one, whole: false }, at(0.5, 0, 1))).toBe("held");
    expect(verdictOf({ ...one, whole: false }, at(0.05, 0, 1))).toBe("did not hold");
  });

  it("of error rates have the binomial band of 5 %", () => {
    const [from, to] = hypotheses(1_000).find(({ id }) => id === "aa-welch")!.allowed;
    expect(from).toBeCloseTo(0.0365, 4); // 50 ± 1.96 √(1000 · .05 · .95) of 1,000
    expect(to).toBeCloseTo(0.0635, 4);
  });

  it("are each about a measure of its own, named once", () => {
    const all = hypotheses(1_000);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ measure }) => measure)).size).toBe(all.length);
  });
});

describe("an experiment in several designs", () => {
  const setting = interferenceSettings.find(({ name }) => name === "budgets run out")!;
  const config = { ...configFor("tiny"), ...setting.world, users: 150, days: 1, extraDays: 8 };
  const past: Past = {
    ...{ seed: 3, firstDay: 0, world: () => openWorld(config, 3), logging: {}, ads: adDefaults },
    ...readings(openWorld(config, 3).catalogue, () => []),
  };
  const play = (change: Partial<Interference> = {}): ReturnType<typeof designedWorld> =>
    designedWorld(past, { ...setting.plan, users: 150, days: 4, ...change });

  it("finds nothing where the arms are the same policy: the truth is exactly 0", async () => {
    const [one] = setting.plan.ads!;
    const { truth, designs } = await play({ treatment: setting.plan.control, ads: [one, one] });
    expect(truth).toBe(0);
    for (const { estimate } of designs) expect(Math.abs(estimate.estimate)).toBeLessThan(4 * estimate.standardError);
  });
});

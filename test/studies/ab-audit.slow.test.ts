import { describe, expect, it } from "vitest";
import { readings, type Past } from "../../src/pipeline/arms/past.js";
import { adDefaults } from "../../src/pipeline/setting.js";
import { designedWorld, type Interference } from "../../src/studies/ab-audit/designs.js";
import { interferenceSettings } from "../../src/studies/ab-audit/study.js";
import { configFor, openWorld } from "../../src/world/index.js";

describe("an experiment in several designs", () => {
  const setting = interferenceSettings.find(({ name }) => name === "budgets run out")!;
  const config = { ...configFor("tiny"), ...setting.world, days: 1, extraDays: 11 };
  const past: Past = {
    ...{ seed: 3, firstDay: 0, world: () => openWorld(config, 3), logging: {}, ads: adDefaults },
    ...readings(openWorld(config, 3).catalogue, () => []),
  };
  const play = (change: Partial<Interference> = {}): ReturnType<typeof designedWorld> =>
    designedWorld(past, { ...setting.plan, ...change });

  it("finds a split by user biased where budgets run out, and budgets split by arm and switchbacks much less", async () => {
    const { truth, designs, spent } = await play();
    const [user, split, block] = designs.map(({ bias }) => bias) as [number, number, number];
    expect(spent[0]).toBeGreaterThan(0.1);
    expect(user).toBeGreaterThan(0.2);
    expect(Math.abs(split)).toBeLessThan(user / 2);
    expect(Math.abs(block)).toBeLessThan(user / 2);
    expect(designs[0]!.estimate.estimate - truth).toBe(user);
  });
});

/** Strategies against cold start: what a remedy does to pages, and what follows from known cells. */
import { describe, expect, it } from "vitest";
import { bins, playCold, type ColdCell, type RegretBin } from "../../src/studies/cold-start/cell.js";
import { coldHypotheses } from "../../src/studies/cold-start/hypotheses.js";
import { coldControl, coldStrategies, type Strategy } from "../../src/studies/cold-start/strategies.js";
import { coldMeasures, coldPlan, judgeCold } from "../../src/studies/cold-start/study.js";
import { setting } from "../../src/pipeline/setting.js";
import type { Trained } from "../../src/pipeline/train.js";
import { trainedPlatform } from "../support/small-platform.js";

const strategy = (name: string): Strategy => coldStrategies.find((one) => one.name === name)!;
const regretBins = (lost: number): RegretBin[] =>
  bins.map((from) => ({ from, shown: 10, expected: 100 * (1 - lost), best: 100 }));

/** A cell whose regret, uploads found and established minutes are known. */
const cell = (seed: number, name: string, lost: number, found: number, established: number): ColdCell => ({
  ...{ seed, strategy: name, newcomers: 20, users: regretBins(lost), videos: regretBins(lost), hitPages: 2 },
  values: {
    ...{ newcomerMinutes: 5, newcomerReturn: 0.5, newcomerActive: 0.5, establishedMinutes: established, allMinutes: 5 },
    ...{ uploadShare: 0.2, uploadsFound: found, uploadWatchSeconds: 10, creatorGini: 0.6 },
  },
});
const worlds = [1, 2, 3, 4, 5];
const noise = (seed: number): number => 0.001 * seed;

describe("judgeCold", () => {
  it("pairs each world with its own control, and ships the best that established users do not pay for", () => {
    const tried = [coldControl, "three topics asked", "LinUCB"].map(strategy);
    const cells = worlds.flatMap((seed) => [
      cell(seed, coldControl, 0.6 + 10 * noise(seed), 0.3, 4),
      cell(seed, "three topics asked", 0.5 + 11 * noise(seed), 0.3, 4 + noise(seed)),
      cell(seed, "LinUCB", 0.4 + 11 * noise(seed), 0.3, 3 + noise(seed)), // better, but others pay
    ]);
    const { rows, answers } = judgeCold(cells, tried);
    const asked = rows[1]!.differences["newcomers: regret"]!;
    expect(asked.estimate).toBeCloseTo(-0.097, 9); // worlds differ by 0.01, differences by 0.001
    expect(asked.high - asked.low).toBeLessThan(0.005);
    expect(rows[2]!.differences["established: minutes"]!.estimate).toBeCloseTo(-0.24925, 9);
    expect(answers.map(({ ship }) => ship)).toEqual(["three topics asked", coldControl]);
    expect(answers[0]!.because).toMatch(/LinUCB gives more, but established: minutes -24\.9 %/);
  });

  it("ships the control where nothing is decided, and with a price what alone is better", () => {
    const tried = [coldControl, "exploration slot"].map(strategy);
    const cells = worlds.flatMap((seed) => [
      cell(seed, coldControl, 0.6, 0.3, 4),
      cell(seed, "exploration slot", 0.6 + noise(seed) - 0.003, 0.5 + noise(seed), 3.8 + noise(seed)),
    ]);
    const { answers } = judgeCold(cells, tried);
    expect(answers.map(({ ship }) => ship)).toEqual([coldControl, "exploration slot"]);
    expect(answers[1]!.because).toMatch(/minutes fall: established: minutes -4\.9 %/);
  });

  it("has no hypothesis about what is not measured", () => {
    const names = coldStrategies.flatMap(({ name }) => coldMeasures.map((one) => `${name}, ${one.name}`));
    expect(coldHypotheses.filter(({ measure }) => !names.includes(measure))).toEqual([]);
  });

  it("refuses unknown strategies and worlds without number", () => {
    expect(() => coldPlan(setting({ scale: "tiny" }), { only: ["pray"] })).toThrow(
      /unknown strategy: pray; known: metadata/,
    );
    expect(() => coldPlan(setting({ scale: "tiny" }), { seeds: 0 })).toThrow(/invalid seeds: 0/);
  });
});

/** The same with a shorter experiment. */
function inDays({ prepared, ...models }: Trained, days: number): Trained {
  const { log } = prepared;
  const { sizes } = log.setting;
  const shorter = { ...log.setting, sizes: { ...sizes, online: { ...sizes.online, days } } };
  return { ...models, prepared: { ...prepared, log: { ...log, setting: shorter } } };
}

describe("playCold", () => {
  it("finds more uploads with a slot for them, and never more than the oracle's best page", async () => {
    const trained = inDays(await trainedPlatform(), 3);
    const [control, slot] = [
      await playCold(trained, strategy(coldControl), {}),
      await playCold(trained, strategy("exploration slot"), {}),
    ];
    expect(slot.newcomers).toBeGreaterThan(0);
    expect(slot.values.uploadsFound).toBeGreaterThan(control.values.uploadsFound);
    for (const { users } of [control, slot])
      for (const { expected, best } of users) expect(expected).toBeLessThanOrEqual(best * 1.000001);
  });
});

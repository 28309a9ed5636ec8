import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { setting } from "../../src/pipeline/setting.js";
import { judgeEstimators } from "../../src/studies/off-policy/judge.js";
import { studyOffPolicy } from "../../src/studies/off-policy/study.js";
import { offPolicyWorld, type OffPolicyRow } from "../../src/studies/off-policy/world.js";

const datasets = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
const base = setting({ scale: "tiny", seed: 9, datasets });

const row = (target: string, truth: number, estimate: number | undefined, log = 0): OffPolicyRow => ({
  seed: 1,
  log,
  logger: "mixture",
  of: "page",
  goal: "clicks",
  target,
  propensities: "exact",
  estimator: "IPS",
  truth,
  pages: 100,
  ...(estimate === undefined ? { refused: "no support" } : { estimate, low: estimate - 0.1, high: estimate + 0.1 }),
});

describe("the judgement of estimators", () => {
  it("counts errors, intervals that hold the truth, wrong winners and what the pick loses", () => {
    const [judged, ...more] = judgeEstimators([
      row("a", 1, 1.05), // .05 off, held
      row("b", 0.8, 1.2), // .5 off, not held, and it wins
      row("c", 2, undefined), // the best is refused
    ]);
    expect(more).toEqual([]);
    expect(judged).toMatchObject({ logs: 1, asked: 3, coverage: 0.5, wrongWinner: 1, pairs: 1 });
    expect(judged!.answered).toBeCloseTo(2 / 3, 12);
    expect(judged!.relativeError).toBeCloseTo((0.05 + 0.5) / 2, 12);
    expect(judged!.regret).toBeCloseTo((2 - 0.8) / 2, 12);
    expect(judged!.squaredErrors.map((e) => Number(e.toFixed(6)))).toEqual([0.0025, 0.25]);
  });

  it("takes the truth over all logs of a world, and does not judge pairs that are equal", () => {
    const [judged] = judgeEstimators([
      row("a", 1, 1, 0),
      row("b", 1.01, 0.5, 0),
      row("a", 1.02, 1, 1),
      row("b", 1.01, 0.5, 1),
    ]);
    expect(judged).toMatchObject({ logs: 2, pairs: 0, wrongWinner: NaN });
    expect(judged!.squaredErrors[0]).toBeCloseTo((0.01 / 1.01) ** 2, 12);
  });
});

describe("one world of the study", () => {
  let rows: readonly OffPolicyRow[] = [];
  beforeAll(async () => {
    rows = await offPolicyWorld({ setting: base, plan: { logger: "mixture", users: 120, logs: 2 } });
  }, 120_000);
  const of = (target: string, estimator: string, propensities = "exact"): readonly OffPolicyRow[] =>
    rows.filter((one) => one.target === target && one.estimator === estimator && one.propensities === propensities);

  it("asks every estimator of pages and of first positions for every target, goal and kind of propensities", () => {
    expect(rows.length).toBe(2 * 5 * 2 * 4 * 13);
    expect(new Set(rows.map(({ estimator }) => estimator)).size).toBe(12); // the direct method is in both
  });

  it("gives the logging policy its own mean, with weights of 1, by every weighted estimator", () => {
    for (const estimator of ["standard IPS", "reward-interaction IPS", "independent IPS", "pseudo-inverse", "SNIPS"])
      for (const one of of("itself", estimator)) {
        expect(one.effectiveSampleSize).toBeCloseTo(one.pages, 6);
        const same = of("itself", estimator === "SNIPS" ? "IPS" : "standard IPS").find(
          ({ log, goal }) => log === one.log && goal === one.goal,
        );
        expect(one.estimate).toBeCloseTo(same!.estimate!, 9);
        expect(Math.abs(one.truth - one.estimate!)).toBeLessThan(one.high! - one.low!); // four standard errors
      }
  });

  it("has less to go on the farther the target is, most for single positions; wrong propensities are noticed or cost", () => {
    const size = (target: string, estimator: string): number => of(target, estimator)[0]!.effectiveSampleSize!;
    expect(size("other shares", "standard IPS")).toBeGreaterThan(size("affinity alone", "standard IPS"));
    expect(size("affinity alone", "standard IPS")).toBeGreaterThan(size("sharp affinity", "standard IPS"));
    expect(size("sharp affinity", "independent IPS")).toBeGreaterThan(size("sharp affinity", "standard IPS"));
    const refusedIn = (kind: string): number =>
      rows.filter(({ propensities, refused }) => propensities === kind && refused !== undefined).length;
    expect(refusedIn("estimated")).toBeGreaterThan(refusedIn("exact"));
    expect(rows.find(({ refused }) => refused?.includes("propensities do not add up"))).toBeDefined();
  });

  it("refuses what it cannot answer with a reason, never with a number", () => {
    for (const { estimate, refused } of rows) expect((estimate === undefined) !== (refused === undefined)).toBe(true);
    for (const one of of("sharp affinity", "standard IPS")) expect(one.refused).toMatch(/support|add up/);
  });
});

describe("the study", () => {
  it("refuses sizes out of range", async () => {
    await expect(studyOffPolicy(base, { seeds: 0 })).rejects.toThrow(
      "invalid seeds: 0; allowed: a whole number from 1 to 1000",
    );
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { inWorld, setting } from "../../src/pipeline/setting.js";
import { versionsOf } from "../../src/monitoring/index.js";
import { funnelPlan } from "../../src/studies/learning/plans.js";
import { playLearning } from "../../src/studies/learning/play.js";

const scratch = mkdtempSync(join(tmpdir(), "learning-funnel-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the platform's funnel that learns on", () => {
  it("is judged as it predicted, resumes with the days and rankers that it had, and registers each ranker", async () => {
    const base = setting({ scale: "tiny", datasets: scratch });
    const chosen = inWorld(base, 5, { days: 7, extraDays: 8 });
    const plan = funnelPlan({ name: "3-days", when: 3 }, 60, 8, 7);
    const stop = (last: number) => (run: { readonly days: readonly unknown[] }) => {
      if (run.days.length === last) throw new Error(`stopped after ${last} days`);
    };
    const seen: unknown[][] = [];
    await expect(
      playLearning(chosen, plan, { models: true, onDay: (run) => (seen.push([...run.days]), stop(4)(run)) }),
    ).rejects.toThrow("stopped after 4 days");
    const { days, dir } = await playLearning(chosen, plan, { models: true });
    expect(days.slice(0, 4)).toEqual(seen.at(-1));
    expect(days.map(({ day }) => day)).toEqual([7, 8, 9, 10, 11, 12, 13, 14]);
    expect(days.filter(({ rows }) => rows > 0).map(({ day }) => day - 7)).toEqual([2, 5]);
    expect(versionsOf(join(dir, "registry")).map(({ artifact }) => artifact)).toEqual([
      "rankers/day=009",
      "rankers/day=012",
    ]);
    for (const { auc, calibration, regret } of days) {
      expect(auc).toBeGreaterThan(0.4);
      expect(calibration).toBeGreaterThan(0.3);
      expect(regret).toBeGreaterThan(0);
    }
  }, 300_000);

  it("knows no policy but never and every so many days", () => {
    expect(() => funnelPlan({ name: "warm", when: 1, window: 1, warm: true }, 60, 8, 7)).toThrow(
      "retraining of the funnel: warm; allowed: never, daily, 3-days, 7-days",
    );
  });
});

import { describe, expect, test } from "vitest";
import { compareArms, influence, standardErrorOf } from "../../src/evaluation/experiment/ab-test.js";
import { gapClosed } from "../../src/evaluation/gap.js";
import { keyOf, normal, uniform } from "../../src/random.js";
import type { UserDays } from "../../src/types.js";
import { userDays, type Row } from "./user-days.js";

/** Users with their own taste for watching; `lift` multiplies watch time, `luck` redraws the noise, `from` is the first user id. */
function arm(users: number, lift: number, seed: number, replication = 0, from = 0): UserDays {
  const key = keyOf(seed, "arm");
  const rows: Row[] = [];
  for (let user = from; user < from + users; user++) {
    const taste = 600_000 * Math.exp(0.8 * normal(key, user, 0));
    for (let day = 0; day < 4; day++) {
      const visits = uniform(key, user, 1, day) < 0.6 ? 1 : 0;
      const watchMs = Math.round(visits * taste * lift * Math.exp(0.2 * normal(key, user, 2 + replication, day)));
      rows.push({
        user,
        day,
        visits,
        requests: 2 * visits,
        impressions: 12 * visits,
        clicks: visits,
        watchMs,
        sessionMs: 2 * watchMs,
      });
    }
  }
  return userDays(rows);
}

describe("comparing arms", () => {
  test("is worked by hand: paired watch minutes of two users", () => {
    const control = userDays([
      { user: 1, day: 0, visits: 1, watchMs: 60_000 },
      { user: 2, day: 0, visits: 1, watchMs: 180_000 },
    ]);
    const treatment = userDays([
      { user: 1, day: 0, visits: 1, watchMs: 120_000 },
      { user: 2, day: 0, visits: 1, watchMs: 360_000 },
    ]);
    const watch = compareArms(control, treatment, { paired: true, replicates: 50 }).metrics.watchMinutes;
    expect([watch.control.estimate, watch.treatment.estimate, watch.difference.estimate, watch.lift.estimate]).toEqual([
      2, 4, 2, 1,
    ]);
    expect([watch.lift.low, watch.lift.high]).toEqual([1, 1]);
    // differences by user are 1 and 3 minutes: sd √2, standard error 1, MDE (1.95996 + 0.84162) × 1
    expect(watch.mde).toBeCloseTo(2.801585218112969, 10);
    expect(watch.mdeLift).toBeCloseTo(1.4007926, 6);
  });

  test("finds nothing between an arm and itself", () => {
    const twin = arm(50, 1, 1);
    const { metrics } = compareArms(twin, twin, { paired: true, replicates: 50 });
    expect(metrics.watchMinutes.difference).toMatchObject({ estimate: 0, low: 0, high: 0 });
    expect([metrics.watchMinutes.pValue, metrics.watchMinutes.significant, metrics.watchMinutes.mde]).toEqual([
      1,
      false,
      0,
    ]);
  });

  test("has a far smaller MDE for twins than for separate users, who need not be as many", () => {
    const paired = compareArms(arm(300, 1, 2), arm(300, 1.05, 2, 1), { paired: true, replicates: 100 });
    const unpaired = compareArms(arm(300, 1, 2), arm(280, 1.05, 2, 1, 300), { paired: false, replicates: 100 });
    expect(unpaired.metrics.watchMinutes.mde / paired.metrics.watchMinutes.mde).toBeGreaterThan(4);
    expect(paired.metrics.watchMinutes.significant).toBe(true);
    expect([unpaired.controlUsers, unpaired.treatmentUsers]).toEqual([300, 280]);
  });

  test("covers no effect about 95 times in 100 between separate users, and finds an effect of the MDE about 80 times", () => {
    let covered = 0;
    let found = 0;
    for (let trial = 0; trial < 100; trial++) {
      const control = arm(200, 1, trial);
      const same = compareArms(control, arm(200, 1, trial, 0, 200), { paired: false, seed: trial, replicates: 200 })
        .metrics.watchMinutes;
      if (same.difference.low <= 0 && 0 <= same.difference.high) covered++;
      const lifted = arm(200, 1 + same.mdeLift, trial, 0, 200);
      if (
        compareArms(control, lifted, { paired: false, seed: trial, replicates: 2 }).metrics.watchMinutes.pValue < 0.05
      )
        found++;
    }
    expect(covered).toBeGreaterThanOrEqual(90);
    expect(covered).toBeLessThanOrEqual(99);
    expect(found).toBeGreaterThanOrEqual(66);
    expect(found).toBeLessThanOrEqual(92);
  });

  test("has bootstrap and linearised standard errors that agree for a ratio", () => {
    const watch = compareArms(arm(500, 1, 3), arm(500, 1, 3, 0, 500), { paired: false, replicates: 800 }).metrics
      .minutesPerVisit;
    const linearised = watch.mde / (1.959963984540054 + 0.8416212335729143);
    expect(watch.difference.standardError / linearised).toBeGreaterThan(0.9);
    expect(watch.difference.standardError / linearised).toBeLessThan(1.1);
  });

  test("refuses pairs of different users and separate arms with shared ones", () => {
    expect(() => compareArms(arm(5, 1, 1), arm(4, 1, 1), { paired: true })).toThrow(
      "paired arms must have the same users: 5 in control, 4 in treatment, 4 in both",
    );
    expect(() => compareArms(arm(5, 1, 1), arm(4, 1, 1), { paired: false })).toThrow(
      "unpaired arms must have no user in common: 4 of 4",
    );
  });

  test("linearises a plain mean to the textbook's standard error", () => {
    const numerator = Float64Array.of(1, 2, 3, 4);
    const denominator = Float64Array.of(1, 1, 1, 1);
    expect(standardErrorOf(influence({ numerator, denominator }))).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
  });
});

describe("gap closed", () => {
  const random = arm(80, 1, 7);
  const oracle = arm(80, 2, 7);

  test("is 0 for random, 1 for the oracle, and a half in the middle, with pairs so tight that the noise cancels", () => {
    const shares = gapClosed({ random, oracle }, { random, oracle, middle: arm(80, 1.5, 7) }, "watchMinutes", {
      replicates: 100,
    });
    expect(shares.map(({ policy }) => policy)).toEqual(["random", "oracle", "middle"]);
    expect([shares[0]!.share.estimate, shares[1]!.share.estimate]).toEqual([0, 1]);
    expect(shares[2]!.share.estimate).toBeCloseTo(0.5, 3);
    expect(shares[2]!.share.high - shares[2]!.share.low).toBeLessThan(0.001);
  });

  test("refuses a way without length and other users", () => {
    expect(() => gapClosed({ random, oracle: random }, {})).toThrow(
      "the oracle is not better than random in watchMinutes: oracle − random is 0",
    );
    expect(() => gapClosed({ random, oracle: arm(81, 2, 7) }, {})).toThrow(
      "oracle must have the same users as random: 81 users against 80",
    );
  });
});

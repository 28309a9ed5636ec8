import { describe, expect, it } from "vitest";
import { dailyHealth, type DailySeries } from "../../../src/monitoring/health/daily.js";
import { normal } from "../../../src/random.js";

/** Weekends are 3 higher; from `at` on the level is `jump` higher. */
function series(key: number, jump = 0, at = 28, days = 28): DailySeries {
  const of = (day: number) => ({
    day,
    value: 10 + (day % 7 >= 5 ? 3 : 0) + 0.3 * normal(key, day) + (day >= at ? jump : 0),
    rows: 500,
  });
  const all = Array.from({ length: days + 14 }, (_, day) => of(day));
  return { metric: "watch", arm: "a", segment: "", reference: all.slice(0, days), current: all.slice(days) };
}
const alerts = (...all: readonly Parameters<typeof dailyHealth>[0][number][]): readonly string[] =>
  dailyHealth(all).flatMap(({ day, alert }) => (alert === "" ? [] : [`${day}`]));

describe("daily health", () => {
  it("alerts from the day of a jump on, and says what is usual for the day of the week", () => {
    const found = dailyHealth([series(1, 4, 33)]);
    expect(found.filter(({ alert }) => alert !== "").map(({ day }) => day)).toEqual([
      33, 34, 35, 36, 37, 38, 39, 40, 41,
    ]);
    expect(found[5]!.alert).toMatch(/^1[67]\.?\d* on day 33; usual for the day of the week is \d/);
    const weekend = found.find(({ day }) => day === 40)!;
    expect(weekend.expected).toBeGreaterThan(found.find(({ day }) => day === 37)!.expected + 1);
  });

  it("has a false alert in about one quiet report of twenty, whatever the number of series", () => {
    let reports = 0;
    for (let run = 0; run < 60; run++)
      reports += Number(alerts(...Array.from({ length: 12 }, (_, s) => series(100 * run + s))).length > 0);
    expect(reports).toBeLessThanOrEqual(8); // 3 expected
  });

  it("is silent on days of few rows and short references, but for guardrails", () => {
    const one = series(1, 9, 4, 4);
    expect(alerts(one)).toEqual([]);
    const thin = { ...series(2, 9), current: series(2, 9).current.map((day) => ({ ...day, rows: 5 })) };
    expect(alerts(thin)).toEqual([]);
    const guardrails = [{ metric: "watch", bound: "most", value: 15 } as const];
    expect(dailyHealth([one], { guardrails })[1]!.alert).toMatch(/; the guardrail is at most 15$/);
  });
});

import { describe, expect, test } from "vitest";
import { armMetrics, armSums } from "../../src/evaluation/experiment/ab-test.js";
import { dailyMetric } from "../../src/evaluation/daily.js";
import { onlineMetric, onlineMetrics, segmentDays, segmentsOf } from "../../src/evaluation/online.js";
import { permutation } from "../../src/random.js";
import { userDays, type Row } from "./user-days.js";

const rows: readonly Row[] = [
  {
    user: 1,
    day: 3,
    visits: 2,
    requests: 5,
    impressions: 30,
    clicks: 6,
    watchMs: 600_000,
    sessionMs: 900_000,
    likes: 1,
    conversions: 1,
    revenueMicros: 2_500_000,
  },
  { user: 1, day: 4 },
  { user: 1, day: 5, visits: 1, requests: 1, impressions: 6, clicks: 0, sessionMs: 30_000, hides: 2 },
  { user: 2, day: 3, visits: 1, requests: 2, impressions: 12, clicks: 3, watchMs: 60_000, sessionMs: 120_000 },
  { user: 2, day: 4, visits: 1, requests: 2, impressions: 12, clicks: 3, watchMs: 60_000, sessionMs: 150_000 },
  { user: 2, day: 5 },
  { user: 9, day: 5, newcomer: 1 },
];

describe("online metrics", () => {
  test("are worked by hand, zeros included", () => {
    const { metrics, users, userDays: assigned } = armMetrics(userDays(rows), { replicates: 20 });
    const value = (name: keyof typeof metrics): number => metrics[name].estimate;
    expect([users, assigned]).toEqual([3, 7]);
    expect(value("watchMinutes")).toBeCloseTo(12 / 7, 12);
    expect(value("ctr")).toBe(12 / 60);
    expect(value("pagesPerVisit")).toBe(2);
    expect(value("minutesPerVisit")).toBe(4);
    expect(value("visits")).toBe(5 / 7);
    expect(value("activeShare")).toBe(4 / 7);
    expect(value("conversions")).toBe(1 / 7);
    expect(value("revenue")).toBeCloseTo(2.5 / 7, 12);
    expect(value("likes")).toBe(1 / 7);
    expect(value("hides")).toBe(2 / 7);
  });

  test("count a return only where the later day is still in the experiment", () => {
    const { metrics } = armMetrics(userDays(rows), { replicates: 20 });
    expect(metrics.day1Return.estimate).toBe(1 / 3); // of (1, 3), (2, 3), (2, 4): only user 2 is back, on day 4
    expect(metrics.day7Return.estimate).toBeNaN();
    const week = armMetrics(
      userDays([
        { user: 1, day: 0, visits: 1 },
        { user: 1, day: 7, visits: 1 },
        { user: 2, day: 0, visits: 1 },
        { user: 2, day: 7 },
      ]),
      { replicates: 20 },
    );
    expect(week.metrics.day7Return.estimate).toBe(0.5);
  });

  test("do not see the order of rows, to the last bit", () => {
    const moved = [...permutation(rows.length, 4)].map((i) => rows[i]!);
    expect(armMetrics(userDays(moved), { replicates: 30 })).toEqual(armMetrics(userDays(rows), { replicates: 30 }));
  });

  test("split into newcomers and established users", () => {
    expect(segmentsOf(userDays(rows))).toEqual(["all", "newcomers", "established"]);
    expect(segmentsOf(userDays(rows.slice(0, 3)))).toEqual(["all", "established"]);
    expect([...armSums(userDays(rows), "newcomers").users]).toEqual([9]);
    expect(armSums(userDays(rows), "established").userDays).toBe(6);
    expect(() => segmentDays(userDays(rows.slice(0, 3)), "newcomers")).toThrow("no newcomers among 3 user-days");
  });

  test("are all computed for each arm under the names they are defined by", () => {
    const { metrics } = armMetrics(userDays(rows), { replicates: 2 });
    expect(Object.keys(metrics)).toEqual(onlineMetrics.map((metric) => metric.name));
  });

  test("refuse an empty arm, a repeated user-day and an unknown metric", () => {
    expect(() => armMetrics(userDays([]))).toThrow("an arm has 0 user-days");
    expect(() =>
      armMetrics(
        userDays([
          { user: 4, day: 2 },
          { user: 4, day: 2 },
        ]),
      ),
    ).toThrow("user 4 has 2 rows for day 2");
    expect(() => onlineMetric("clicks")).toThrow("unknown online metric: clicks; known: watchMinutes, ctr");
  });
});

describe("daily metric", () => {
  test("has one value a day, worked by hand", () => {
    const active = dailyMetric(userDays(rows), "activeShare", { replicates: 20 });
    expect(active.map(({ day, interval }) => [day, interval.estimate])).toEqual([
      [3, 1],
      [4, 0.5],
      [5, 1 / 3],
    ]);
  });
});

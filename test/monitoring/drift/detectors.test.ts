import { describe, expect, it } from "vitest";
import { detect } from "../../../src/monitoring/drift/detectors.js";
import { normal } from "../../../src/random.js";

describe("detectors of a daily metric", () => {
  it("CUSUM adds up what exceeds the slack, by its recursion", () => {
    // mean 0, deviation 1 in the reference; then z = 2, 2, -1, 3
    const found = detect([-1, 1, 0, 2, 2, -1, 3], 3, { kind: "cusum", slack: 0.5, limit: 3.9 });
    expect([found.mean, found.deviation]).toEqual([0, 1]);
    expect(Array.from(found.statistic)).toEqual([1.5, 3, 1.5, 4]);
    expect([found.firstAlarm, found.direction]).toEqual([6, "up"]);
  });

  it("limits alarm on the day of a jump, CUSUM soon after a small lasting fall that limits miss", () => {
    const quiet = Array.from({ length: 30 }, (_, day) => 100 + normal(3, day));
    const jump = [...quiet, 100, 100, 92, 100];
    expect(detect(jump, 30, { kind: "limits" })).toMatchObject({ firstAlarm: 32, direction: "down" });
    const slide = [...quiet, ...Array.from({ length: 12 }, () => 98.3)];
    expect(detect(slide, 30, { kind: "limits" }).firstAlarm).toBeUndefined();
    const alarm = detect(slide, 30).firstAlarm!;
    expect(alarm).toBeGreaterThan(30);
    expect(alarm).toBeLessThan(37);
    expect(detect(slide, 30).direction).toBe("down");
  });

  it("CUSUM seldom alarms on quiet days", () => {
    let alarms = 0;
    for (let run = 0; run < 200; run++) {
      const days = Array.from({ length: 120 }, (_, day) => normal(1000 + run, day));
      if (detect(days, 100).firstAlarm !== undefined) alarms++;
    }
    expect(alarms).toBeLessThan(20); // about 20 of 465 days each
  });

  it("alarms at any change of a metric that never varied, and never without one", () => {
    expect(detect([5, 5, 5, 5, 5.01], 3)).toMatchObject({ firstAlarm: 4, direction: "up" });
    expect(detect([5, 5, 5, 5], 3).firstAlarm).toBeUndefined();
  });

  it("refuses too short a reference and values that are not finite", () => {
    expect(() => detect([1, 2, 3], 1)).toThrow(/referenceCount: 1; allowed: 2 … 3/);
    expect(() => detect([1, 2, NaN], 2)).toThrow(/value 2 is NaN/);
    expect(() => detect([1, 2], 2, { kind: "magic" as "cusum" })).toThrow(
      /unknown detector: magic; known: cusum, limits/,
    );
  });
});

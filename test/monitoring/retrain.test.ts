import { describe, expect, it } from "vitest";
import { decideRetraining, retrainingDue } from "../../src/monitoring/retrain.js";

describe("retraining", () => {
  it("is due after each n-th day, or never", () => {
    const dueDays = (every: "never" | number): number[] =>
      [0, 1, 2, 3, 4, 5].filter((day) => retrainingDue({ every }, day));
    expect([dueDays(1), dueDays(3), dueDays("never")]).toEqual([[0, 1, 2, 3, 4, 5], [2, 5], []]);
  });

  it("answers alarms only when told to, and says why", () => {
    expect(decideRetraining({ every: "never", onAlarm: true }, 1, true)).toEqual({
      day: 1,
      due: true,
      reason: "alarm",
    });
    expect(decideRetraining({ every: 3 }, 1, true)).toEqual({ day: 1, due: false, reason: "not yet" });
    expect(decideRetraining({ every: "never" }, 1, true).reason).toBe("never");
    expect(decideRetraining({ every: 2, onAlarm: true }, 1, true).reason).toBe("schedule");
  });

  it("refuses schedules that are none", () => {
    for (const every of [0, 1.5, NaN])
      expect(() => retrainingDue({ every }, 0)).toThrow(/allowed: never, or an integer of at least 1/);
  });
});

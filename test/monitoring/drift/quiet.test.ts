import { describe, expect, it } from "vitest";
import { quietTable } from "../../../src/monitoring/drift/quiet.js";

describe("thresholds without any drift", () => {
  const table = quietTable({ sizes: [100, 500], draws: 300 });
  const row = (rows: number, measure: string, threshold: number) =>
    table.find((one) => one.rows === rows && one.measure === measure && one.threshold === threshold)!;

  it("PSI of 0.1 is exceeded by most pairs of 100 rows and nearly none of 500, by draws and by its limit law", () => {
    expect(row(100, "psi", 0.1).formula).toBeCloseTo(0.834, 3);
    expect(row(500, "psi", 0.1).formula).toBeCloseTo(0.003, 3);
    expect(row(100, "psi", 0.1).alarms.estimate).toBeGreaterThan(0.8);
    expect(row(500, "psi", 0.1).alarms.estimate).toBeLessThan(0.05);
  });

  it("the p-value of KS alarms in one of twenty, whatever the size", () => {
    for (const rows of [100, 500]) {
      const { low, high } = row(rows, "ksP", 0.05).alarms;
      expect(low).toBeLessThan(0.05);
      expect(high).toBeGreaterThan(0.02); // discrete: below its level
    }
  });
});

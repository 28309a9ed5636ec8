import { describe, expect, it } from "vitest";
import { domainClassifier } from "../../../src/monitoring/drift/domain-classifier.js";
import { driftTable } from "../../../src/monitoring/drift/drift-table.js";
import { normal } from "../../../src/random.js";
import type { FeatureMatrix } from "../../../src/types.js";

/** Two columns, each standard normal; their correlation is what may drift. */
function window(key: number, correlation: number): FeatureMatrix {
  const rows = 1500;
  const numbers = new Float32Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const x = normal(key, row);
    numbers[2 * row] = x;
    numbers[2 * row + 1] = correlation * x + Math.sqrt(1 - correlation ** 2) * normal(key, row, 1);
  }
  return {
    schema: { categories: [], numbers: [{ name: "x" }, { name: "y" }] },
    count: rows,
    categories: new Int32Array(0),
    numbers,
  };
}

describe("the domain classifier", () => {
  it("sees a dependence that moved where no column did, and nothing where nothing did", async () => {
    const moved = await domainClassifier(window(1, 0.8), window(2, -0.8));
    expect(moved.auc).toBeGreaterThan(0.7);
    expect(driftTable(window(1, 0.8), window(2, -0.8)).map(({ state }) => state)).toEqual(["quiet", "quiet"]);
    const quiet = await domainClassifier(window(1, 0.8), window(3, 0.8));
    expect(quiet.pValue).toBeGreaterThan(0.01);
  });

  it("refuses windows too small to fold", async () => {
    const few = { ...window(1, 0), count: 20 };
    await expect(domainClassifier(few, few)).rejects.toThrow(/20 and 20 rows; allowed: at least 30/);
  });
});

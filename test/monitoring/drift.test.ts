import { describe, expect, it } from "vitest";
import { driftTable } from "../../src/monitoring/drift.js";
import { normal, uniformInt } from "../../src/random.js";
import type { FeatureMatrix } from "../../src/types.js";

const rows = 4000;
/** Columns: device (drifts), topic (does not), hour (drifts), age (does not). */
function window(key: number, drifted: boolean): FeatureMatrix {
  return {
    schema: {
      categories: [
        { name: "device", cardinality: 4 },
        { name: "topic", cardinality: 9 },
      ],
      numbers: [{ name: "age" }, { name: "hour" }],
    },
    count: rows,
    categories: Int32Array.from({ length: rows * 2 }, (_, at) =>
      at % 2 === 0 ? uniformInt(drifted ? 2 : 4, key, at) : uniformInt(9, key, at),
    ),
    numbers: Float32Array.from({ length: rows * 2 }, (_, at) => normal(key, at) + (at % 2 === 1 && drifted ? 0.4 : 0)),
  };
}

describe("the drift table", () => {
  it("puts the columns that moved first and calls the others stable", () => {
    const table = driftTable(window(1, false), window(2, true));
    expect(table.map(({ feature }) => feature).slice(0, 2)).toEqual(["device", "hour"]);
    expect(table.map(({ verdict }) => verdict)).toEqual(["major", "moderate", "stable", "stable"]);
    const hour = table.find(({ feature }) => feature === "hour")!;
    expect(hour.currentMean! - hour.referenceMean!).toBeCloseTo(0.4, 1);
    expect(table[0]!.referenceMean).toBeUndefined();
  });

  it("reports predictions beside features, and leaves out what it is told to", () => {
    const predictions = {
      click: { reference: Float32Array.of(0.1, 0.2, 0.3, 0.4), current: Float32Array.of(0.6, 0.7, 0.8, 0.9) },
    };
    const table = driftTable(window(1, false), window(2, false), { predictions, without: ["topic", "age"] });
    expect(table.map(({ feature, kind }) => `${kind} ${feature}`)[0]).toBe("prediction click");
    expect(table.map(({ feature }) => feature).sort()).toEqual(["click", "device", "hour"]);
  });

  it("refuses other schemas, unknown features, and names the feature that holds NaN", () => {
    const [reference, current] = [window(1, false), window(2, false)];
    expect(() =>
      driftTable(reference, {
        ...current,
        schema: { ...current.schema, numbers: [{ name: "hour" }, { name: "age" }] },
      }),
    ).toThrow(/other features: device, topic, hour, age; expected device, topic, age, hour/);
    expect(() => driftTable(reference, current, { without: ["ages"] })).toThrow(
      /unknown feature: ages; known: device, topic, age, hour/,
    );
    const broken = { ...current, numbers: current.numbers.map((value, at) => (at === 7 ? NaN : value)) };
    expect(() => driftTable(reference, broken)).toThrow(/drift of hour: value 3 is NaN/);
  });
});

import { describe, expect, it } from "vitest";
import { driftTable } from "../../../src/monitoring/drift/drift-table.js";
import { normal, uniformInt } from "../../../src/random.js";
import type { FeatureMatrix } from "../../../src/types.js";

import { permutedChiSquare } from "../../../src/monitoring/drift/permutation.js";
import { binNumbers } from "../../../src/monitoring/drift/binned-column.js";
import { chiSquare } from "../../../src/monitoring/drift/divergence.js";
import { wasserstein } from "../../../src/monitoring/drift/samples.js";
import { hash32, uniform } from "../../../src/random.js";

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

/** Windows of users with a level of their own: rows of one user are alike. `shift` moves the current window. */
function users(key: number, count: number, rowsOf: number, shift = 0): { values: Float32Array; unit: Int32Array } {
  const unit = Int32Array.from({ length: count * rowsOf }, (_, row) => hash32(key, Math.floor(row / rowsOf)) >>> 1);
  const values = Float32Array.from(unit, (user, row) => 2 * normal(user, 1) + 0.3 * normal(key, row) + shift);
  return { values, unit };
}
const matrixOf = (values: Float32Array): FeatureMatrix => ({
  schema: { categories: [], numbers: [{ name: "x" }] },
  count: values.length,
  categories: new Int32Array(0),
  numbers: values,
});

describe("alarms", () => {
  it("of a quiet window of users are as rare as asked for, where rows taken as independent alarm nearly always", () => {
    let [byUser, byRow, moved] = [0, 0, 0];
    for (let run = 0; run < 40; run++) {
      const [a, b] = [users(2 * run, 60, 30), users(2 * run + 1, 60, 30)];
      const c = users(2 * run + 1, 60, 30, 2);
      const units = { reference: a.unit, current: b.unit };
      const one = { effect: 0, key: run };
      byUser += Number(
        driftTable(matrixOf(a.values), matrixOf(b.values), { ...one, units: [units] })[0]!.adjustedP <= 0.05,
      );
      byRow += Number(driftTable(matrixOf(a.values), matrixOf(b.values), one)[0]!.adjustedP <= 0.05);
      moved += Number(
        driftTable(matrixOf(a.values), matrixOf(c.values), { ...one, units: [units] })[0]!.state === "drift",
      );
    }
    expect(byUser).toBeLessThanOrEqual(6); // 2 expected
    expect(byRow).toBeGreaterThan(34);
    expect(moved).toBeGreaterThan(34);
  });

  it("of users that are in both windows flip each user's difference", () => {
    let alarms = 0;
    for (let run = 0; run < 40; run++) {
      const a = users(run, 60, 30);
      // the same users on another day, each with a mood of that day
      const b = Float32Array.from(a.values, (value, row) => value + 0.5 * normal(run, a.unit[row]!, 9));
      const units = { reference: a.unit, current: a.unit };
      alarms += Number(driftTable(matrixOf(a.values), matrixOf(b), { units: [units], key: run })[0]!.pValue <= 0.05);
    }
    expect(alarms).toBeLessThanOrEqual(6);
  });

  it("of a column that moves as it did within the reference are none; a jump beyond that is one", () => {
    const day = (from: number): Int32Array =>
      Int32Array.from({ length: 2800 }, (_, row) => from + Math.trunc(row / 200));
    const values = (key: number, from: number, jump: number): Float32Array =>
      Float32Array.from(day(from), (of, row) => normal(key, row) + of / 20 + jump);
    const days = { reference: day(0), current: day(14) };
    const state = (jump: number, given: object = { days }) =>
      driftTable(matrixOf(values(1, 0, 0)), matrixOf(values(2, 14, jump)), given)[0]!.state;
    expect([state(0), state(0, {}), state(1.5)]).toEqual(["trend", "drift", "drift"]);
  });

  it("need to be beyond chance by each kind of unit: a few creators' new levels are none", () => {
    let [byUser, byBoth] = [0, 0];
    for (let run = 0; run < 20; run++) {
      const row = (side: number) => Array.from({ length: 2000 }, (_, at) => hash32(run, side, at) >>> 1);
      const user = { reference: row(0).map((of) => of % 90), current: row(1).map((of) => of % 90) };
      const creator = { reference: row(2).map((of) => of % 8), current: row(3).map((of) => of % 8) };
      const levels = (side: "reference" | "current"): Float32Array =>
        Float32Array.from(creator[side], (of, at) => normal(run, of, side.length) + 0.3 * normal(run, at, 7));
      const drifted = (units: readonly (typeof user)[]) =>
        Number(driftTable(matrixOf(levels("reference")), matrixOf(levels("current")), { units })[0]!.state === "drift");
      byUser += drifted([user]);
      byBoth += drifted([user, creator]);
    }
    expect(byUser).toBeGreaterThan(17);
    expect(byBoth).toBeLessThanOrEqual(3);
  });

  it("over many quiet columns are one table's in twenty", () => {
    let tables = 0;
    for (let run = 0; run < 40; run++) {
      const matrix = (side: number): FeatureMatrix => ({
        schema: { categories: [], numbers: Array.from({ length: 20 }, (_, c) => ({ name: `x${c}` })) },
        count: 300,
        categories: new Int32Array(0),
        numbers: Float32Array.from({ length: 6000 }, (_, at) => uniform(run, side, at)),
      });
      if (driftTable(matrix(0), matrix(1), { effect: 0 }).some(({ adjustedP }) => adjustedP <= 0.05)) tables++;
    }
    expect(tables).toBeLessThanOrEqual(7); // 2 expected
  });

  it("are none where only the mix of strata moved, and one where each stratum moved", () => {
    const window = (key: number, newcomers: number, shift = 0): { values: Float32Array; stratum: Int32Array } => {
      const stratum = Int32Array.from({ length: 3000 }, (_, row) => Number(uniform(key, row) < newcomers));
      return { values: Float32Array.from(stratum, (s, row) => 3 * s + normal(key, row, 5) + shift), stratum };
    };
    const row = (current: ReturnType<typeof window>) => {
      const before = window(1, 0.2);
      const strata = { reference: before.stratum, current: current.stratum };
      return driftTable(matrixOf(before.values), matrixOf(current.values), { strata })[0]!;
    };
    expect(row(window(2, 0.6))).toMatchObject({ state: "mix", verdict: "major" });
    expect(row(window(2, 0.6)).psiWithin).toBeLessThan(0.03);
    expect(row(window(2, 0.2, 1)).state).toBe("drift");
  });

  it("say when a window is too small, a shift too small to matter, or large by chance", () => {
    const state = (count: number, shift: number): string => {
      const values = (key: number, by: number): Float32Array =>
        Float32Array.from({ length: count }, (_, row) => normal(key, row) + by);
      return driftTable(matrixOf(values(1, 0)), matrixOf(values(2, shift)))[0]!.state;
    };
    expect(state(100, 0)).toBe("few rows");
    expect(state(50_000, 0.05)).toBe("small");
    expect(state(5000, 0)).toBe("quiet");
    expect(state(5000, 0.6)).toBe("drift");
  });
});

describe("chi-square by units", () => {
  it("without an exchange is the chi-square of the counts, summed over strata", () => {
    const counts = (key: number): Float64Array =>
      Float64Array.from({ length: 5 * 2 * 3 }, (_, at) => hash32(key, at) % 9);
    const [reference, current] = [counts(1), counts(2)];
    const of = (window: Float64Array, stratum: number): Float64Array =>
      Float64Array.from([0, 1, 2], (bin) =>
        [0, 1, 2, 3, 4].reduce((sum, u) => sum + window[(u * 2 + stratum) * 3 + bin]!, 0),
      );
    const expected = [0, 1].map((s) => chiSquare({ reference: of(reference, s), current: of(current, s) }).statistic);
    const { observed } = permutedChiSquare({ units: 5, strata: 2, bins: 3, reference, current }, 3, 1);
    expect(observed).toBeCloseTo(expected[0]! + expected[1]!, 9);
  });
});

describe("a column in fine bins", () => {
  it("of more rows than are sorted has KS and Wasserstein near those of its values", () => {
    const values = (key: number, shift: number): Float32Array =>
      Float32Array.from({ length: 30_000 }, (_, row) => Math.exp(normal(key, row)) + shift);
    const windows = { reference: values(1, 0), current: values(2, 0.3) };
    const column = binNumbers({ feature: "x", kind: "number" }, windows);
    const deviation = Math.sqrt((Math.E - 1) * Math.E);
    expect(column.wasserstein).toBeCloseTo(wasserstein(windows.reference, windows.current) / deviation, 1);
    expect(column.currentMean - column.referenceMean).toBeCloseTo(0.3, 1);
    expect(column.ks).toBeGreaterThan(0.15);
  });
});

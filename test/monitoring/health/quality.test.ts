import { describe, expect, it } from "vitest";
import { qualityAlarms, type ColumnProfile, type WindowProfile } from "../../../src/monitoring/health/quality.js";

const column = (name: string, more: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name,
  type: "number",
  rows: 700,
  nulls: 7,
  distinct: 50,
  least: 0,
  most: 10,
  ...more,
});
const week = (from: number, rows = 100): WindowProfile => ({
  rows: 7 * rows,
  columns: [column("x"), column("updated", { type: "time", least: from, most: from + 6.9 })],
  days: Array.from({ length: 7 }, (_, day) => ({ day: from + day, rows, labelled: rows })),
  longestGap: 0.02,
});
const kinds = (current: WindowProfile, fresh?: ReadonlyMap<string, number>): string[] =>
  qualityAlarms(week(0), current, fresh).map(({ kind, column }) => `${kind} ${column}`.trim());
const withX = (more: Partial<ColumnProfile>): WindowProfile => {
  const current = week(7);
  return { ...current, columns: [column("x", more), current.columns[1]!] };
};

describe("data quality", () => {
  it("is silent about a week like the one before", () => {
    expect(kinds(week(7))).toEqual([]);
  });

  it("names what is wrong of a column", () => {
    expect(kinds(withX({ nulls: 70 }))).toEqual(["nulls x"]);
    expect(kinds(withX({ nulls: 13 }))).toEqual([]);
    expect(kinds(withX({ distinct: 1 }))).toEqual(["constant x"]);
    expect(kinds(withX({ most: 1000 }))).toEqual(["range x"]);
    expect(kinds(withX({ type: "category" }))).toEqual(["type x"]);
    expect(kinds(week(7), new Map([["x", 0.2]]))).toEqual(["new values x"]);
    expect(kinds({ ...week(7), columns: [column("y"), column("updated", { type: "time", most: 13.9 })] })).toEqual([
      "column gone x",
      "column new y",
    ]);
    expect(kinds({ ...week(7), columns: week(0).columns })).toEqual(["stale updated"]);
  });

  it("names windows that share some of their days, or follow each other the wrong way round", () => {
    const says = (from: number): string[] =>
      qualityAlarms(week(10), week(from)).flatMap(({ kind, says }) => (kind === "order of windows" ? [says] : []));
    expect(says(13)).toEqual(["both have 4 days, the first is day 13: a drift is hidden there"]);
    expect(says(2)).toEqual(["the current window ends on day 8, before the reference begins on day 10"]);
    expect(says(16)).toEqual([]); // a day cut in two
    expect(says(10)).toEqual([]); // two arms on the same days
  });

  it("names days that are missing, empty of labels or of another volume, and gaps of the clock", () => {
    const days = week(7).days!;
    const current = { ...week(7), days: days.map((one, i) => (i === 2 ? { ...one, rows: 300 } : one)) };
    expect(kinds(current)).toEqual(["volume"]);
    expect(kinds({ ...week(7), days: days.filter((_, i) => i !== 3), longestGap: 1.1 })).toEqual(["missing day"]);
    expect(kinds({ ...week(7), days: days.map((one, i) => (i > 4 ? { ...one, labelled: 0 } : one)) })).toEqual([
      "labels",
    ]);
    expect(kinds({ ...week(7), longestGap: 0.3 })).toEqual(["gap"]);
    const dated = qualityAlarms({ ...week(20_000) }, { ...week(20_007), days: [] }, undefined);
    expect(dated).toEqual([]);
  });
});

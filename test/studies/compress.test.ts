import { describe, expect, it } from "vitest";
import { chosen, frontOf, judgeExpected, type CompressRow } from "../../src/studies/compress/findings.js";
import { variants } from "../../src/studies/compress/variants.js";
import type { CompressCell } from "../../src/studies/compress/cell.js";

const interval = (estimate: number, half: number): CompressRow["lift"] => ({
  ...{ estimate, low: estimate - half, high: estimate + half, standardError: half / 2, level: 0.95, units: 3 },
});
const row = (name: string, bytes: number, lift: number, half: number, aucLift = 0): CompressRow =>
  ({ name, bytes, lift: interval(lift, half), aucLift: interval(aucLift, 1e-4), wasm: 1e-6 }) as CompressRow;

describe("which point ships", () => {
  const rows = [
    row("float32", 1_000, 0, 0),
    row("half", 500, -0.1, 0.5),
    row("unsure", 200, -0.5, 3, -0.001),
    row("worse", 100, -5, 1, 0.001),
    row("blind", 50, -9, 1, -0.01),
  ];

  it("is the smallest whose loss is known to be within the margin; AUC's may be another", () => {
    const { ship, byAuc } = chosen(rows);
    expect([ship.name, byAuc.name]).toEqual(["half", "worse"]);
    expect(chosen([row("float32", 1_000, 0, 0), row("bad", 10, -50, 1, -0.1)]).ship.name).toBe("float32");
  });

  it("is on the front of what nothing beats in both", () => {
    const front = frontOf(
      rows,
      ({ bytes }) => bytes,
      ({ lift }) => lift.estimate,
    );
    expect(front.map(({ name }) => name)).toEqual(["blind", "worse", "unsure", "half", "float32"]);
    const twice = [row("a", 10, 1, 0), row("b", 10, 2, 0), row("c", 20, 2, 0)];
    const best = frontOf(
      twice,
      ({ bytes }) => bytes,
      ({ lift }) => lift.estimate,
    );
    expect(best.map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("what was expected", () => {
  const cells = [0, 1, 2].map((world) =>
    variants.map(({ name }) => {
      const better = name === "distilled" ? 0.5 + 0.01 * world : 0;
      return {
        name,
        auc: name === "int8 dynamic" ? 0.7 + 0.01 * world : 0.71,
        watch: { estimate: 6 + better },
      } as CompressCell;
    }),
  );

  it("is held or not by intervals, and undecided between", () => {
    const rows = variants.map(({ name }) => row(name, 100, name === "pruned" ? -2 : name === "hashed" ? -7 : 0, 0.5));
    const found = judgeExpected(rows, cells).map(({ verdict }) => verdict);
    expect(found).toEqual(["held", "undecided", "undecided", "held", "did not hold", "held", "did not hold"]);
  });
});

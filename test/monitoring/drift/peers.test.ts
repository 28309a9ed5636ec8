/** Values of scipy, evidently, river and nannyml (versions in peers.json, made by peers.py). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { binNumbers } from "../../../src/monitoring/drift/binned-column.js";
import { chiSquare, jensenShannon, psiOfCounts } from "../../../src/monitoring/drift/divergence.js";
import { estimatedPerformance } from "../../../src/monitoring/drift/performance.js";
import { kolmogorovTail, ksTest, wasserstein } from "../../../src/monitoring/drift/samples.js";
import { alarmsOf, stream } from "../../../src/monitoring/drift/streams.js";

interface SampleCase {
  readonly name: string;
  readonly a: number[];
  readonly b: number[];
  readonly ks: number;
  readonly exactP: number;
  readonly limitP: number;
  readonly wasserstein: number;
  readonly evidentlyWasserstein: number;
  readonly evidentlyKsP: number;
}
interface CountCase {
  readonly name: string;
  readonly a: number[];
  readonly b: number[];
  readonly chiSquare: number;
  readonly degrees: number;
  readonly p: number;
  readonly evidentlyFitP: number;
  readonly evidentlyPsi: number;
  readonly evidentlyJs: number;
  readonly scipyJs2: number;
}
interface Alarms {
  readonly alarms: number[];
}
const peers = JSON.parse(readFileSync(new URL("peers.json", import.meta.url), "utf8")) as {
  readonly samples: readonly SampleCase[];
  readonly counts: readonly CountCase[];
  readonly streams: {
    readonly level: number[];
    readonly errors: number[];
    readonly adwin: readonly (Alarms & { readonly delta: number; readonly every: number })[];
    readonly adwinErrors: number[];
    readonly pageHinkley: readonly (Alarms & {
      readonly least: number;
      readonly tolerance: number;
      readonly threshold: number;
      readonly direction: "up" | "down" | "both";
    })[];
    readonly ddm: readonly (Alarms & { readonly least: number; readonly warning: number; readonly drift: number })[];
    readonly ddmWarnings: number[];
  };
  readonly estimated: Readonly<Record<"auc" | "accuracy" | "precision" | "recall" | "f1", number>> & {
    readonly score: number[];
    readonly chance: number[];
  };
};

const near = (value: number, expected: number): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

describe("two windows of values", () => {
  it.each(peers.samples)("$name", (given) => {
    const { a, b } = given;
    const exact = ksTest(a, b, true);
    near(exact.statistic, given.ks);
    near(exact.pValue, given.exactP);
    near(exact.pValue, given.evidentlyKsP);
    near(ksTest(a, b, false).pValue, given.limitP);
    near(wasserstein(a, b), given.wasserstein);
    if (a.length === 1) return; // evidently divides by 0.001 where the reference has no deviation
    near(
      binNumbers({ feature: "x", kind: "number" }, { reference: a, current: b }).wasserstein,
      given.evidentlyWasserstein,
    );
  });

  it("Kolmogorov's tail falls from 1 to 0", () => {
    const tail = Array.from({ length: 400 }, (_, i) => kolmogorovTail(i / 100));
    tail.slice(1).forEach((p, i) => expect(p).toBeLessThanOrEqual(tail[i]!));
    expect([tail[0], tail[20]]).toEqual([1, expect.closeTo(1, 9)]);
    expect(kolmogorovTail(1 - 1e-12)).toBeCloseTo(kolmogorovTail(1), 11);
  });
});

describe("two windows of counts", () => {
  it.each(peers.counts)("$name", (given) => {
    const counts = { reference: Float64Array.from(given.a), current: Float64Array.from(given.b) };
    const found = chiSquare(counts);
    near(found.statistic, given.chiSquare);
    expect(found.degrees).toBe(given.degrees);
    near(found.pValue, given.p);
    near(chiSquare(counts, "fit").pValue, given.evidentlyFitP);
    near(psiOfCounts(counts, "floor"), given.evidentlyPsi);
    near(jensenShannon(counts, "e"), given.evidentlyJs);
    near(jensenShannon(counts), given.scipyJs2);
  });
});

describe("streams alarm where river's do", () => {
  const { level, errors } = peers.streams;
  it.each(peers.streams.adwin)("ADWIN, delta $delta, every $every", ({ alarms, ...config }) => {
    expect(alarmsOf(level, { kind: "adwin", ...config })).toEqual(alarms);
  });
  it("ADWIN on errors", () => {
    expect(alarmsOf(errors, { kind: "adwin" })).toEqual(peers.streams.adwinErrors);
  });
  it.each(peers.streams.pageHinkley)("Page–Hinkley $tolerance $threshold $direction", ({ alarms, ...config }) => {
    expect(alarmsOf(level, { kind: "page-hinkley", ...config })).toEqual(alarms);
  });
  it.each(peers.streams.ddm)("DDM $warning $drift", ({ alarms, ...config }) => {
    expect(alarmsOf(errors, { kind: "ddm", ...config })).toEqual(alarms);
  });
  it("DDM warns where river's does", () => {
    const next = stream({ kind: "ddm" });
    const warned = errors.flatMap((value, at) => (next(value) === "warning" ? [at] : []));
    expect(warned).toEqual(peers.streams.ddmWarnings);
  });
  it("refuse what they cannot use", () => {
    expect(() => alarmsOf([0, 2], { kind: "ddm" })).toThrow(/value 1 is 2; allowed: 0 and 1/);
    expect(() => alarmsOf([NaN], { kind: "adwin" })).toThrow(/value 0 is NaN/);
    expect(() => stream({ kind: "magic" as "ddm" })).toThrow(/unknown stream: magic; known: page-hinkley, ddm, adwin/);
  });
});

describe("performance without labels", () => {
  it("equals nannyml's from the same chances", () => {
    const { score, chance, ...expected } = peers.estimated;
    const found = estimatedPerformance(
      undefined,
      chance,
      score.map((value) => Number(value >= 0.5)),
    );
    for (const metric of ["accuracy", "precision", "recall", "f1"] as const) near(found[metric], expected[metric]);
    // chances rise with scores, so both rank alike; nannyml rounds its sums to five digits
    expect(found.auc).toBeCloseTo(expected.auc, 4);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitLogisticRegression, logisticRegression } from "../../../src/models/rankers/logistic-regression.js";
import { watchMsOfOdds, watchRows } from "../../../src/models/rankers/weighted-logistic.js";
import { keyOf, uniform } from "../../../src/random.js";
import { matrixOf, schemaOf } from "../../support/fake-rows.js";

/** `count` rows of one category; a share of each kind's rows is watched for a time of its own. */
function watched(count: number, share: readonly number[], minutes: readonly number[]) {
  const key = keyOf(3, "watched");
  const kinds = share.length;
  const click = Uint8Array.from({ length: count }, (_, i) => (uniform(key, i) < share[i % kinds]! ? 1 : 0));
  const watchMs = Float64Array.from(
    { length: count },
    (_, i) => click[i]! * minutes[i % kinds]! * 60_000 * (0.5 + uniform(key, i, 1)),
  );
  return {
    features: matrixOf(schemaOf({ kind: kinds }, []), count, (i) => ({ categories: [i % kinds], numbers: [] })),
    click,
    watchMs,
  };
}

describe("watch time as weighted logistic regression", () => {
  it("gives a constant model, whose odds are Σ positives / Σ negatives, the mean watch minutes of an impression", () => {
    const outcome = fc.record({
      click: fc.integer({ min: 0, max: 1 }),
      watchMs: fc.integer({ min: 0, max: 3_600_000 }),
    });
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 40 }), (outcomes) => {
        const seen = (o: (typeof outcomes)[number]): number => (o.click === 1 ? o.watchMs : 0);
        fc.pre(outcomes.some((o) => seen(o) > 0));
        const features = matrixOf(schemaOf({ row: outcomes.length }, []), outcomes.length, (i) => ({
          categories: [i],
          numbers: [],
        }));
        const rows = watchRows({
          features,
          click: outcomes.map((o) => o.click),
          watchMs: outcomes.map((o) => o.watchMs),
        });
        const sum = (label: number): number =>
          Array.from({ length: rows.features.count }, (_, i) =>
            rows.label[i] === label ? rows.weight![i]! : 0,
          ).reduce((a, b) => a + b, 0);
        const meanMs = outcomes.reduce((total, o) => total + seen(o), 0) / outcomes.length;
        expect(watchMsOfOdds(sum(1) / (sum(0) + sum(1)))).toBeCloseTo(Math.min(meanMs, 1440 * 60_000), 3);
      }),
    );
  });

  it("repeats the features of watched rows alone, and multiplies both weights by the row's own", () => {
    const features = matrixOf(schemaOf({ row: 4 }, ["x"]), 4, (i) => ({ categories: [i], numbers: [i / 2] }));
    const rows = watchRows({ features, click: [0, 1, 1, 0], watchMs: [0, 120_000, 0, 60_000], weight: [1, 3, 1, 0.5] });
    expect(Array.from(rows.features.categories)).toEqual([0, 1, 2, 3, 1]);
    expect(Array.from(rows.features.numbers)).toEqual([0, 0.5, 1, 1.5, 0.5]);
    expect([Array.from(rows.label), Array.from(rows.weight!)]).toEqual([
      [0, 0, 0, 0, 1],
      [1, 3, 1, 0.5, 6],
    ]);
  });

  it("recovers each kind's planted watch time by logistic regression, a click's chance being another order", async () => {
    const rows = watched(12_000, [0.6, 0.1, 0.3], [0.2, 4, 0.5]); // clickbait; rarely clicked, long watched; between
    const model = await fitLogisticRegression(watchRows(rows), { l2: 0.1, bits: 12, epochs: 30, validationShare: 0 });
    const one = matrixOf(schemaOf({ kind: 3 }, []), 3, (i) => ({ categories: [i], numbers: [] }));
    const found = Array.from(
      logisticRegression.score(model, one),
      (probability) => watchMsOfOdds(probability) / 60_000,
    );
    const means = [0, 1, 2].map((kind) => {
      const own = Array.from(rows.watchMs.keys()).filter((i) => i % 3 === kind);
      return own.reduce((sum, i) => sum + rows.watchMs[i]!, 0) / own.length / 60_000;
    });
    found.forEach((minutes, kind) => expect(Math.abs(minutes / means[kind]! - 1)).toBeLessThan(0.05));
    expect(found[1]).toBeGreaterThan(2 * found[0]!);
  });

  it("keeps a probability that rounds to 1 a finite time, and 0 at 0", () => {
    expect([watchMsOfOdds(0), watchMsOfOdds(0.5), watchMsOfOdds(1)]).toEqual([0, 60_000, 1440 * 60_000]);
  });

  it("refuses rows of which none was watched", () => {
    const features = matrixOf(schemaOf({ row: 2 }, []), 2, (i) => ({ categories: [i], numbers: [] }));
    expect(() => watchRows({ features, click: [0, 1], watchMs: [9, 0] })).toThrow(
      "watchMs is 0 in all 2 rows; allowed: at least one that was clicked and watched",
    );
  });
});

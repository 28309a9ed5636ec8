import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auc } from "../../../src/evaluation/metrics/classification.js";
import { mae, rmse, xauc } from "../../../src/evaluation/metrics/regression.js";
import { keyOf, uniform } from "../../../src/random.js";
import { bothClasses, columnsOf } from "./rows.js";

const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -4, max: 4 })), {
  minLength: 2,
  maxLength: 40,
});

/** Pair by pair, by the definition. */
function naive(
  actual: readonly number[],
  predicted: readonly number[],
  convention: "concordance" | "agreement",
): number {
  let [right, counted] = [0, 0];
  for (let i = 0; i < actual.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, p] = [Math.sign(actual[i]! - actual[j]!), Math.sign(predicted[i]! - predicted[j]!)];
      if (convention === "concordance" && a === 0) continue;
      counted++;
      if (a === p) right++;
      else if (convention === "concordance" && p === 0) right += 0.5;
    }
  return right / counted;
}

describe("XAUC", () => {
  test("counts every pair of rows, under both conventions", () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom("concordance" as const, "agreement" as const), (rows, convention) => {
        const [actual, predicted] = [rows.map(([a]) => a), rows.map(([, p]) => p)];
        expect(xauc(actual, predicted, convention)).toBe(naive(actual, predicted, convention));
      }),
    );
  });

  test("is the AUC for labels, ½ for a constant, and unchanged by a monotone transform", () => {
    fc.assert(
      fc.property(bothClasses, (rows) => {
        const { labels, scores } = columnsOf(rows);
        expect(xauc(labels, scores)).toBeCloseTo(auc(labels, scores), 12);
        expect(
          xauc(
            labels,
            scores.map(() => 1),
          ),
        ).toBe(0.5);
        expect(
          xauc(
            labels,
            scores.map((score) => score ** 3),
          ),
        ).toBe(xauc(labels, scores));
      }),
    );
  });

  test("does not change its value with many rows, sorted by radix", () => {
    const key = keyOf(1, "xauc");
    const actual = Array.from({ length: 6000 }, (_, i) => Math.floor(50 * uniform(key, i)));
    const predicted = actual.map((value, i) => Math.floor(value + 40 * uniform(key, i, 1)));
    expect(xauc(actual, predicted)).toBe(naive(actual, predicted, "concordance"));
  });

  test("has no value where nothing differs", () => {
    expect(xauc([2, 2], [1, 3])).toBeNaN();
    expect(xauc([2], [1], "agreement")).toBeNaN();
  });
});

describe("errors of amounts", () => {
  test("are worked by hand, with weights as repeated rows", () => {
    expect(rmse([1, 2], [2, 4])).toBe(Math.sqrt(2.5));
    expect(mae([1, 2], [2, 4])).toBe(1.5);
    expect(mae([1, 2], [2, 4], [3, 1])).toBe(mae([1, 1, 1, 2], [2, 2, 2, 4]));
  });

  test("refuse no rows, other lengths and what is no number", () => {
    expect(() => rmse([], [])).toThrow("actual is empty");
    expect(() => mae([1], [1, 2])).toThrow("lengths differ: predicted has 2 rows, actual has 1");
    expect(() => xauc([1, NaN], [1, 2])).toThrow("actual[1] is NaN; it must be a finite number");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ridgeLogistic } from "../../src/evaluation/ridge-logistic.js";
import { keyOf, normal, uniform } from "../../src/random.js";

/** Rows of an intercept and normal columns, labels drawn from the given coefficients. */
function planted(count: number, b: readonly number[], seed = 1) {
  const key = keyOf(seed, "ridge logistic");
  const columns = b.length;
  const x = Float64Array.from({ length: count * columns }, (_, at) =>
    at % columns === 0 ? 1 : normal(key, Math.floor(at / columns), at % columns),
  );
  const y = Uint8Array.from({ length: count }, (_, row) =>
    uniform(key, row, 99) < 1 / (1 + Math.exp(-b.reduce((z, value, c) => z + value * x[row * columns + c]!, 0)))
      ? 1
      : 0,
  );
  return { columns, x, y };
}

function loss(
  { columns, x, y }: ReturnType<typeof planted>,
  b: Float64Array,
  ridge: readonly number[],
  weight?: ArrayLike<number>,
): number {
  let sum = b.reduce((total, value, c) => total + 0.5 * ridge[c]! * value ** 2, 0);
  for (let row = 0; row < y.length; row++) {
    const z = b.reduce((total, value, c) => total + value * x[row * columns + c]!, 0);
    sum += (weight?.[row] ?? 1) * (Math.log(1 + Math.exp(z)) - y[row]! * z);
  }
  return sum;
}

describe("ridge logistic regression", () => {
  it("finds a point from which every step in every column makes the loss larger", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 4 }), (seed, columns) => {
        const rows = planted(
          40,
          Array.from({ length: columns }, (_, c) => c - 1),
          seed,
        );
        const ridge = Array.from({ length: columns }, (_, c) => 0.1 + c);
        const weight = rows.y.map((_, row) => row % 3);
        const b = ridgeLogistic(rows, { ridge, weight });
        const least = loss(rows, b, ridge, weight);
        for (let c = 0; c < columns; c++)
          for (const step of [-0.01, 0.01])
            expect(
              loss(
                rows,
                b.map((value, d) => value + (d === c ? step : 0)),
                ridge,
                weight,
              ),
            ).toBeGreaterThan(least);
      }),
      { numRuns: 50 },
    );
  });

  it("gives an intercept alone the log odds of the mean, from any start", () => {
    const rows = { columns: 1, x: new Float64Array(10).fill(1), y: [1, 1, 1, 0, 0, 0, 0, 0, 0, 0] };
    for (const start of [0, -30, 30])
      expect(ridgeLogistic(rows, { ridge: [1e-9], start: Float64Array.of(start) })[0]).toBeCloseTo(Math.log(3 / 7), 6);
  });

  it("recovers planted coefficients from many rows, and weight 2 is a row twice", () => {
    const truth = [-0.5, 1, -2];
    const rows = planted(20_000, truth);
    ridgeLogistic(rows, { ridge: [0, 1, 1] }).forEach((value, c) =>
      expect(Math.abs(value - truth[c]!)).toBeLessThan(0.08),
    );
    const few = planted(50, truth);
    const twice = { columns: 3, x: Float64Array.of(...few.x, ...few.x), y: [...few.y, ...few.y] };
    const [a, b] = [
      ridgeLogistic(few, { ridge: [0.1, 1, 1], weight: new Float64Array(50).fill(2) }),
      ridgeLogistic(twice, { ridge: [0.1, 1, 1] }),
    ];
    a.forEach((value, c) => expect(value).toBeCloseTo(b[c]!, 8));
  });

  it("refuses columns of another length and a column that nothing decides", () => {
    expect(() => ridgeLogistic({ columns: 2, x: new Float64Array(3), y: [0, 1] }, { ridge: [1, 1] })).toThrow(
      "x has 3 values and ridge 2; expected 2 rows × 2 and 2",
    );
    expect(() => ridgeLogistic({ columns: 1, x: new Float64Array(2), y: [0, 1] }, { ridge: [0] })).toThrow(
      /not positive definite/,
    );
  });
});

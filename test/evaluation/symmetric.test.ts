import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eigenSymmetric, solvePositive, subspaceOverlap } from "../../src/evaluation/symmetric.js";

const squareOf = (values: readonly number[], n: number): Float64Array => {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = values[i * n + j]!;
  return a;
};
const matrices = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 25, maxLength: 25 })
  .map((values) => squareOf(values, 5));

describe("symmetric matrices", () => {
  it("has the eigenvalues of a matrix that can be done by hand", () => {
    const { values, vectors } = eigenSymmetric([2, 1, 1, 2], 2);
    expect(Array.from(values)).toEqual([expect.closeTo(3, 12), expect.closeTo(1, 12)]);
    expect(vectors[0]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(vectors[1]).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it("gives vectors that the matrix only stretches, of length 1, at right angles, largest stretch first", () => {
    fc.assert(
      fc.property(matrices, (a) => {
        const { values, vectors } = eigenSymmetric(a, 5);
        for (let k = 0; k < 5; k++) {
          if (k > 0) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]! + 1e-9);
          for (let i = 0; i < 5; i++) {
            let image = 0;
            for (let j = 0; j < 5; j++) image += a[i * 5 + j]! * vectors[k * 5 + j]!;
            expect(image).toBeCloseTo(values[k]! * vectors[k * 5 + i]!, 8);
          }
          for (let l = 0; l <= k; l++) {
            let dot = 0;
            for (let i = 0; i < 5; i++) dot += vectors[k * 5 + i]! * vectors[l * 5 + i]!;
            expect(dot).toBeCloseTo(k === l ? 1 : 0, 8);
          }
        }
      }),
    );
  });

  it("solves A x = b, and refuses a matrix that is not positive definite", () => {
    const x = solvePositive([4, 2, 2, 3], [10, 9]);
    expect(4 * x[0]! + 2 * x[1]!).toBeCloseTo(10, 12);
    expect(2 * x[0]! + 3 * x[1]!).toBeCloseTo(9, 12);
    expect(() => solvePositive([1, 2, 2, 1], [1, 1])).toThrow(
      "matrix is not positive definite: pivot 1 is -3; it must be above 0",
    );
  });

  it("measures overlap of subspaces, whatever basis they are given in", () => {
    const plane = [1, 0, 0, 0, 1, 0];
    const turned = [Math.SQRT1_2, Math.SQRT1_2, 0, Math.SQRT1_2, -Math.SQRT1_2, 0];
    expect(subspaceOverlap(plane, turned, 2, 3)).toBeCloseTo(1, 12);
    expect(subspaceOverlap(plane, [1, 0, 0, 0, 0, 1], 2, 3)).toBeCloseTo(0.5, 12);
    expect(subspaceOverlap([1, 0, 0], [0, 1, 0], 1, 3)).toBe(0);
  });
});

/**
 * Logistic regression of few columns with a ridge, by Newton's method: the minimum of
 *
 *     Σ_rows weight · (ln(1 + e^z) − y z) + ½ Σ_columns ridge_c b_c²,   z = x · b
 *
 * (iteratively reweighted least squares; Hoerl & Kennard, 1970, for the ridge). Any number of rows; columns² of memory.
 */
import { solvePositive } from "./symmetric.js";

/** Rows to regress on. A column of ones is the intercept. */
export interface LogisticRows {
  readonly columns: number;
  readonly x: Float64Array; // [rows, columns]
  readonly y: ArrayLike<number>; // [rows] 0 or 1
}

/** Options of a fit. */
export interface RidgeOptions {
  /** Inverse prior variance of each coefficient; above 0 wherever the data may leave a coefficient open. */
  readonly ridge: ArrayLike<number>; // [columns]
  readonly weight?: ArrayLike<number>; // [rows], default 1
  /** Coefficients to begin at: a fit of nearly the same rows. Default 0. */
  readonly start?: Float64Array; // [columns]
}

/** The coefficients. @throws RangeError on columns of another length, or where the data and the ridge leave a coefficient open */
export function ridgeLogistic({ columns, x, y }: LogisticRows, { ridge, weight, start }: RidgeOptions): Float64Array {
  if (x.length !== y.length * columns || ridge.length !== columns)
    throw new RangeError(
      `x has ${x.length} values and ridge ${ridge.length}; expected ${y.length} rows × ${columns} and ${columns}`,
    );
  let b: Float64Array = start ? start.slice() : new Float64Array(columns);
  const gradient = new Float64Array(columns);
  const hessian = new Float64Array(columns * columns);
  const held = new Int32Array(columns);
  /** Loss at `at`, with its gradient and Hessian. */
  const lossAt = (at: Float64Array): number => {
    let loss = 0;
    hessian.fill(0);
    for (let c = 0; c < columns; c++) {
      loss += 0.5 * ridge[c]! * at[c]! ** 2;
      gradient[c] = ridge[c]! * at[c]!;
      hessian[c * columns + c] = ridge[c]!;
    }
    for (let row = 0, from = 0; row < y.length; row++, from += columns) {
      const w = weight === undefined ? 1 : weight[row]!;
      if (w === 0) continue;
      let z = 0;
      for (let c = 0; c < columns; c++) z += x[from + c]! * at[c]!;
      const p = 1 / (1 + Math.exp(-z));
      loss += w * ((z > 0 ? z : 0) + Math.log1p(Math.exp(-Math.abs(z))) - y[row]! * z);
      const [slope, bend] = [w * (p - y[row]!), w * p * (1 - p)];
      let filled = 0; // columns that are not 0: of indicators, most are
      for (let c = 0; c < columns; c++) if (x[from + c] !== 0) held[filled++] = c;
      for (let i = 0; i < filled; i++) {
        const c = held[i]!;
        const value = x[from + c]!;
        gradient[c] = gradient[c]! + slope * value;
        for (let j = 0; j <= i; j++) {
          const d = held[j]!;
          hessian[c * columns + d] = hessian[c * columns + d]! + bend * value * x[from + d]!;
        }
      }
    }
    return loss;
  };
  let loss = lossAt(b);
  for (let turn = 0; turn < 50; turn++) {
    const step = solvePositive(hessian, gradient); // reads the lower triangle
    const expected = step.reduce((sum, value, c) => sum + value * gradient[c]!, 0);
    if (expected < 1e-13 * Math.max(1, loss)) return b;
    for (let size = 1; ; size /= 2) {
      const next = b.map((value, c) => value - size * step[c]!);
      const found = lossAt(next);
      if (found <= loss || size < 1e-9) {
        b = next;
        loss = found;
        break;
      }
    }
  }
  return b;
}

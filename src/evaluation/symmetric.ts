/** Small dense symmetric matrices (tens of rows): eigenvectors and solving. Row-major; nothing here is made for large ones. */

/** Eigenvalues, largest first, and their eigenvectors as rows: vector k is `vectors[k·n … k·n + n − 1]`. */
export interface Eigen {
  readonly values: Float64Array; // [n]
  readonly vectors: Float64Array; // [n, n]
}

/**
 * Eigen decomposition by cyclic Jacobi rotations (Golub & Van Loan, 2013, §8.5). The sign of a vector is fixed by its largest
 * component being positive, so equal inputs give equal bytes.
 * @throws RangeError unless `matrix` has n² entries.
 */
export function eigenSymmetric(matrix: ArrayLike<number>, n: number): Eigen {
  if (matrix.length !== n * n) throw new RangeError(`matrix has ${matrix.length} entries; it must have ${n} × ${n}`);
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n); // rows are vectors
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 60 && offDiagonal(a, n) > 1e-22 * squares(a); sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((x, y) => a[y * n + y]! - a[x * n + x]! || x - y);
  const values = Float64Array.from(order, (i) => a[i * n + i]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    const row = v.subarray(from * n, from * n + n);
    let top = 0;
    for (let i = 1; i < n; i++) if (Math.abs(row[i]!) > Math.abs(row[top]!) + 1e-12) top = i;
    const sign = row[top]! < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) vectors[to * n + i] = sign * row[i]!;
  });
  return { values, vectors };
}

/** Solves A x = b for symmetric positive definite A by Cholesky. @throws RangeError if A is not positive definite */
export function solvePositive(matrix: ArrayLike<number>, right: ArrayLike<number>): Float64Array {
  const n = right.length;
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i === j && !(sum > 0))
        throw new RangeError(`matrix is not positive definite: pivot ${i} is ${sum}; it must be above 0`);
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!;
    }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] = x[i]! - l[i * n + k]! * x[k]!;
    x[i] = x[i]! / l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] = x[i]! - l[k * n + i]! * x[k]!;
    x[i] = x[i]! / l[i * n + i]!;
  }
  return x;
}

/**
 * How far two subspaces of dimension k overlap: mean cos² of their principal angles, trace(AᵀB BᵀA) / k; 1 the same, about
 * k / n for random ones (Björck & Golub, 1973). Rows of `a` and `b` are orthonormal vectors.
 */
export function subspaceOverlap(a: ArrayLike<number>, b: ArrayLike<number>, k: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) {
      let dot = 0;
      for (let d = 0; d < n; d++) dot += a[i * n + d]! * b[j * n + d]!;
      sum += dot * dot;
    }
  return sum / k;
}

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  if (apq === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k]!, a[q * n + k]!];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [v[p * n + k]!, v[q * n + k]!];
    v[p * n + k] = c * x - s * y;
    v[q * n + k] = s * x + c * y;
  }
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) sum += a[i * n + j]! ** 2;
  return sum;
}

function squares(a: Float64Array): number {
  return a.reduce((sum, x) => sum + x * x, 0);
}

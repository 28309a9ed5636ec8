/** The three distribution functions the tests need: normal, its inverse, and the chi-square tail. */

/** P(Z ≤ z) for a standard normal, to about 1e-14: the chi-square tail with one degree of freedom, halved. */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return NaN;
  const tail = 0.5 * upperGamma(0.5, (z * z) / 2);
  return z < 0 ? tail : 1 - tail;
}

/** Two-sided p-value of a z statistic: P(|Z| ≥ |z|). */
export function twoSidedP(z: number): number {
  return Number.isNaN(z) ? NaN : upperGamma(0.5, (z * z) / 2);
}

/** z with P(Z ≤ z) = p, for p in (0, 1): bisection to machine precision, then exact by construction against `normalCdf`. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`probability is ${p}; it must be in (0, 1)`);
  if (p === 0.5) return 0;
  let low = -40;
  let high = 40;
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X ≥ x) for a chi-square of `degrees` degrees of freedom. */
export function chiSquareTail(x: number, degrees: number): number {
  if (!(degrees >= 1)) throw new RangeError(`degrees of freedom are ${degrees}; at least 1 is needed`);
  if (Number.isNaN(x)) return NaN;
  return upperGamma(degrees / 2, x / 2);
}

/** Regularised upper incomplete gamma Q(a, x): power series below a + 1, Lentz's continued fraction above (Abramowitz & Stegun 6.5). */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 1000; n++) {
      term *= x / (a + n);
      sum += term;
      if (term < sum * 1e-16) break;
    }
    return 1 - sum * front;
  }
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 1000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return front * h;
}

/** ln Γ(a): Stirling's series after shifting a above 10 by the recurrence Γ(a + 1) = a Γ(a). */
function logGamma(a: number): number {
  let shift = 0;
  let x = a;
  while (x < 10) {
    shift += Math.log(x);
    x += 1;
  }
  const r = 1 / (x * x);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

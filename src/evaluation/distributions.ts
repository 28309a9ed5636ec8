/** Distribution functions that the tests need: normal, its inverse, the chi-square tail, and the incomplete beta behind Student's t. */

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

/** z with P(Z ≤ z) = p, for p in (0, 1). Above ½ it is the upper tail's, which has all its digits. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`probability is ${p}; it must be in (0, 1)`);
  return p > 0.5 ? -normalQuantile(1 - p) : inverse(normalCdf, p, -40, 0);
}

/** x in [low, high] where an ascending function reaches `value`, by bisection to machine precision. */
export function inverse(ascending: (x: number) => number, value: number, low: number, high: number): number {
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (ascending(middle) < value) low = middle;
    else high = middle;
  }
}

/** P(X ≥ x) for a chi-square of `degrees` degrees of freedom. */
export function chiSquareTail(x: number, degrees: number): number {
  if (!(degrees >= 1)) throw new RangeError(`degrees of freedom are ${degrees}; at least 1 is needed`);
  if (Number.isNaN(x)) return NaN;
  return upperGamma(degrees / 2, x / 2);
}

/**
 * Regularised upper incomplete gamma Q(a, x): power series below a + 1, continued fraction above (Abramowitz & Stegun 6.5). About √a
 * terms.
 */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const front = gammaFront(a, x);
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term >= sum * 1e-16; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - sum * front;
  }
  return (
    front *
    continuedFraction(
      (i) => -i * (i - a),
      (i) => x + 1 - a + 2 * i,
    )
  );
}

/** xᵃ e⁻ˣ / Γ(a). For large a without the difference of large logarithms. */
function gammaFront(a: number, x: number): number {
  if (a < 10) return Math.exp(a * Math.log(x) - x - logGamma(a));
  const off = (x - a) / a;
  return Math.exp(a * (Math.log1p(off) - off) - stirling(a)) * Math.sqrt(a / (2 * Math.PI));
}

/**
 * Regularised incomplete beta I_x(a, b), for x below its mean (a + 1) / (a + b + 2) (Abramowitz & Stegun 26.5.8). `y` is 1 − x with
 * all its digits.
 */
export function lowerBeta(a: number, b: number, x: number, y: number): number {
  const [few, many] = [Math.min(a, b), Math.max(a, b)];
  const logBeta = logGamma(few) - logGammaStep(many, few);
  const front = Math.exp(a * logOf(x, y) + b * logOf(y, x) - logBeta) / a;
  const fraction = continuedFraction(
    (i) => {
      const m = i >> 1;
      return i % 2 === 0
        ? (m * (b - m) * x) / ((a + i - 1) * (a + i))
        : (-(a + m) * (a + b + m) * x) / ((a + i - 1) * (a + i));
    },
    () => 1,
  );
  return front * fraction;
}

/** ln x, where y = 1 − x has more digits near 1. */
function logOf(x: number, y: number): number {
  return x > 0.5 ? Math.log1p(-y) : Math.log(x);
}

/** ln Γ(a + s) − ln Γ(a). For large a without the difference of large logarithms. */
function logGammaStep(a: number, s: number): number {
  if (a < 10) return logGamma(a + s) - logGamma(a);
  return (a + s - 0.5) * Math.log1p(s / a) + s * Math.log(a) - s + stirling(a + s) - stirling(a);
}

/** 1 / (below(0) + above(1) / (below(1) + above(2) / (below(2) + …))) by Lentz's method. */
function continuedFraction(above: (i: number) => number, below: (i: number) => number): number {
  const kept = (x: number): number => (Math.abs(x) < 1e-300 ? 1e-300 : x);
  let c = 1e300;
  let d = 1 / kept(below(0));
  let h = d;
  for (let i = 1, step = 0; Math.abs(step - 1) > 2 * Number.EPSILON; i++) {
    d = 1 / kept(below(i) + above(i) * d);
    c = kept(below(i) + above(i) / c);
    step = c * d;
    h *= step;
  }
  return h;
}

/** ln Γ(a): Stirling's series after shifting a above 10 by the recurrence Γ(a + 1) = a Γ(a). */
function logGamma(a: number): number {
  let shift = 0;
  let x = a;
  while (x < 10) {
    shift += Math.log(x);
    x += 1;
  }
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + stirling(x) - shift;
}

/** ln Γ(x) less its leading terms, for x of at least 10. */
function stirling(x: number): number {
  const r = 1 / (x * x);
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / x;
}

/**
 * The slope of an outcome on a dose that was not randomised, with an instrument that was: users were assigned to two groups
 * at random, which changes the dose and through it the outcome (Wald, 1940; Angrist, Imbens & Rubin, 1996).
 *
 *   slope = (outcome₁ − outcome₀) / (dose₁ − dose₀)
 *
 * Its interval is Fieller's (1954), which equals inverting the Anderson–Rubin (1949) test: all b for which
 * (Δy − b Δx)² ≤ z² Var(Δy − b Δx). It keeps its level when the assignment hardly changes the dose; then it is unbounded.
 */
import { influence, standardErrorOf } from "./experiment/ab-test.js";
import type { RatioSums } from "./bootstrap.js";
import { normalQuantile } from "./distributions.js";

/** One group: what is summed by user for outcome and dose, in the same order of users. */
export interface InstrumentGroup {
  readonly outcome: RatioSums;
  readonly dose: RatioSums;
}

/** An estimate with a normal (or Fieller) interval. */
export interface Effect {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** The effect of the assignment. */
export interface InstrumentResult {
  readonly outcome: Effect; // of assignment on the outcome (intention to treat)
  readonly dose: Effect; // of assignment on the dose (first stage)
  readonly slope: Effect; // outcome per unit of dose; ±Infinity where it is not bounded
  readonly firstStageF: number; // (Δdose / its standard error)²
}

/** Wald estimate between `off` and `on` with users as units. @throws RangeError for groups of fewer than two users or unequal columns */
export function waldSlope(off: InstrumentGroup, on: InstrumentGroup, level = 0.95): InstrumentResult {
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must be in (0, 1), for example 0.95`);
  const groups = [off, on].map(({ outcome, dose }) => {
    const n = outcome.numerator.length;
    if (n < 2 || dose.numerator.length !== n)
      throw new RangeError(
        `a group has ${n} users of outcome and ${dose.numerator.length} of dose; it needs at least 2, the same in both`,
      );
    return moments(outcome, dose);
  });
  const [a, b] = groups as [Moments, Moments];
  const dy = b.y - a.y;
  const dx = b.x - a.x;
  const [vy, vx, c] = [a.vy + b.vy, a.vx + b.vx, a.c + b.c];
  const z = normalQuantile((1 + level) / 2);
  const normal = (estimate: number, variance: number): Effect => ({
    estimate,
    low: estimate - z * Math.sqrt(variance),
    high: estimate + z * Math.sqrt(variance),
  });
  return {
    outcome: normal(dy, vy),
    dose: normal(dx, vx),
    slope: fieller(dy, dx, vy, vx, c, z),
    firstStageF: (dx * dx) / vx,
  };
}

interface Moments {
  readonly y: number;
  readonly x: number;
  readonly vy: number;
  readonly vx: number;
  readonly c: number;
}

function moments(outcome: RatioSums, dose: RatioSums): Moments {
  const [fy, fx] = [influence(outcome), influence(dose)];
  const [sy, sx] = [standardErrorOf(fy), standardErrorOf(fx)];
  const both = standardErrorOf(fy.map((value, u) => value + fx[u]!));
  return { y: ratio(outcome), x: ratio(dose), vy: sy * sy, vx: sx * sx, c: (both * both - sy * sy - sx * sx) / 2 };
}

function ratio({ numerator, denominator }: RatioSums): number {
  return numerator.reduce((s, x) => s + x, 0) / denominator.reduce((s, x) => s + x, 0);
}

/** All b with (dy − b dx)² ≤ z² (vy − 2 b c + b² vx). */
function fieller(dy: number, dx: number, vy: number, vx: number, c: number, z: number): Effect {
  const estimate = dy / dx;
  const square = dx * dx - z * z * vx;
  const middle = dy * dx - z * z * c;
  const free = dy * dy - z * z * vy;
  const root = middle * middle - square * free;
  if (square <= 0 || root < 0) return { estimate, low: -Infinity, high: Infinity };
  return { estimate, low: (middle - Math.sqrt(root)) / square, high: (middle + Math.sqrt(root)) / square };
}

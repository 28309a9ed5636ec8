/**
 * Two laws of visit lengths, compared by likelihood. A constant chance of leaving gives a geometric law; a worth that wanders
 * until it falls below a threshold gives an inverse Gaussian (Huberman et al., 1998). Pages are whole numbers, so the inverse
 * Gaussian's mass of n pages is its probability between n − ½ and n + ½ (from 0 for n = 1).
 */
import { normalCdf } from "../../evaluation/index.js";

/** Σ ln P(n) of a geometric law on 1, 2, … with the mean of the data. */
export function geometricLogLikelihood(pages: readonly number[]): number {
  const mean = pages.reduce((a, b) => a + b, 0) / pages.length;
  const leave = Math.min(1 - 1e-12, 1 / mean);
  return pages.reduce((sum, n) => sum + Math.log(leave) + (n - 1) * Math.log(1 - leave), 0);
}

/**
 * Σ ln P(n) of the discretised inverse Gaussian that fits best: golden search over its shape, mean by three refinements around the data's.
 */
export function inverseGaussianLogLikelihood(pages: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const n of pages) counts.set(n, (counts.get(n) ?? 0) + 1);
  const mean = pages.reduce((a, b) => a + b, 0) / pages.length;
  const total = (mu: number, logShape: number): number => {
    let sum = 0;
    for (const [n, times] of counts) {
      const mass = cdf(n + 0.5, mu, Math.exp(logShape)) - (n === 1 ? 0 : cdf(n - 0.5, mu, Math.exp(logShape)));
      sum += times * Math.log(Math.max(1e-300, mass));
    }
    return sum;
  };
  let best = -Infinity;
  for (let factor = 0.7; factor <= 1.3001; factor += 0.05)
    best = Math.max(
      best,
      highest((shape) => total(mean * factor, shape), -3, 5),
    );
  return best;
}

/** Inverse Gaussian cumulative probability (Chhikara & Folks, 1989). */
function cdf(x: number, mu: number, shape: number): number {
  const root = Math.sqrt(shape / x);
  const tail = Math.exp((2 * shape) / mu) * normalCdf(-root * (x / mu + 1));
  return normalCdf(root * (x / mu - 1)) + (Number.isFinite(tail) ? tail : 0);
}

function highest(f: (x: number) => number, low: number, high: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let best = -Infinity;
  for (let i = 0; i < 30; i++) {
    const [left, right] = [b - golden * (b - a), a + golden * (b - a)];
    const [fl, fr] = [f(left), f(right)];
    best = Math.max(best, fl, fr);
    if (fl > fr) b = right;
    else a = left;
  }
  return best;
}

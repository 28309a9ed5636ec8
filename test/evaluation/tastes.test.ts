import { describe, expect, it } from "vitest";
import { eigenSymmetric, subspaceOverlap } from "../../src/evaluation/symmetric.js";
import { tasteAgreement, trueTasteAgreement } from "../../src/evaluation/taste-agreement.js";
import {
  baseRates,
  recoverTastes,
  tasteCounts,
  tasteCovariance,
  type TasteCounts,
} from "../../src/evaluation/tastes.js";
import { normal, uniform } from "../../src/random.js";

const [users, topics, impressionsACell] = [300, 6, 6];
/** Users like topics 0–2 or 3–5, more or less: one direction of taste. */
const loading = [1, 1, 1, -1, -1, -1].map((x) => x / Math.sqrt(6));
const probability = (user: number, topic: number): number =>
  Math.min(0.6, Math.max(0.01, 0.15 + 0.16 * normal(5, user) * loading[topic]!));

/** Clicks drawn with a key, and their true probabilities in the same cells. */
function draw(key: number): { readonly clicks: TasteCounts; readonly truth: TasteCounts } {
  const [clicks, truth] = [tasteCounts(users, topics), tasteCounts(users, topics)];
  for (let u = 0; u < users; u++)
    for (let t = 0; t < topics; t++)
      for (let i = 0; i < impressionsACell; i++) {
        const p = probability(u, t);
        const y = uniform(key, u, t, i) < p ? 1 : 0;
        const at = u * topics + t;
        for (const [counts, value] of [
          [clicks, y],
          [truth, p],
        ] as const) {
          counts.impressions[at]! += 1;
          counts.sum[at]! += value;
          counts.squares[at]! += value * value;
        }
      }
  return { clicks, truth };
}

describe("recovered tastes", () => {
  const { clicks, truth } = draw(1);
  const tastes = recoverTastes(clicks, { rank: 2 });

  it("point along the planted direction", () => {
    expect(subspaceOverlap(tastes.directions, loading, 1, topics)).toBeGreaterThan(0.9);
    expect(tastes.variances[0]!).toBeGreaterThan(4 * tastes.variances[1]!);
  });

  it("are nearer to the truth than the rate of each cell, and than no taste at all", () => {
    const error = (of: (at: number) => number): number => {
      let sum = 0;
      for (let at = 0; at < users * topics; at++) sum += (of(at) - truth.sum[at]! / impressionsACell) ** 2;
      return sum;
    };
    const recovered = error((at) => tastes.utility[at]!);
    expect(recovered).toBeLessThan(error((at) => clicks.sum[at]! / impressionsACell) / 2);
    expect(recovered).toBeLessThan(error((at) => tastes.base[at]!) / 1.5);
  });

  it("come from a covariance without the noise of clicks: that of clicks equals that of true probabilities", () => {
    const base = baseRates(truth, 50);
    const top = (counts: TasteCounts): number => eigenSymmetric(tasteCovariance(counts, base), topics).values[0]!;
    const drawn = [2, 3, 4, 5, 6, 7].map((key) => top(draw(key).clicks));
    expect(drawn.reduce((a, b) => a + b, 0) / drawn.length / top(truth)).toBeCloseTo(1, 0.8);
  });

  it("agree with the truth as much as later clicks say, in about 95 of 100 draws", () => {
    let covered = 0;
    let error = 0;
    for (let key = 100; key < 250; key++) {
      const later = draw(key);
      const target = trueTasteAgreement(tastes.utility, later.truth).estimate;
      const { estimate, low, high } = tasteAgreement(tastes.utility, later.clicks);
      if (low <= target && target <= high) covered++;
      error += (estimate - target) / 150;
    }
    expect(covered).toBeGreaterThanOrEqual(135);
    expect(covered).toBeLessThanOrEqual(149);
    expect(Math.abs(error)).toBeLessThan(0.025);
  });

  it("agree perfectly if they are the truth", () => {
    const exact = Float64Array.from({ length: users * topics }, (_, at) =>
      probability(Math.floor(at / topics), at % topics),
    );
    expect(trueTasteAgreement(exact, truth).estimate).toBeCloseTo(1, 10);
  });

  it("cannot be recovered without clicks, nor judged where they do not vary", () => {
    expect(() => recoverTastes({ ...clicks, sum: new Float64Array(users * topics) })).toThrow("clicks sum to 0");
    expect(() => recoverTastes(clicks, { rank: 9 })).toThrow("rank is 9; it must be a whole number from 1 to 6");
    expect(() => tasteAgreement(new Float64Array(users * topics).fill(0.1), clicks)).toThrow(
      "do not vary between a user's topics",
    );
  });
});

import { describe, expect, it, vi } from "vitest";
import type { LiveCurve } from "../../src/lab/live-curve.js";
import { watchTraining } from "../../src/lab/training-watch.js";
import { fit, fitDefaults } from "../../src/models/network/training/fit.js";

function recorder(): { curve: LiveCurve; points: [string, number, number][] } {
  const points: [string, number, number][] = [];
  return {
    points,
    curve: { add: (series, x, y) => void points.push([series, x, y]), finish: () => ({ data: [], layout: {} }) },
  };
}

describe("watchTraining", () => {
  it("adds each pair of losses once, at the examples seen", () => {
    const { curve, points } = recorder();
    const watch = watchTraining(curve);
    watch("ranker", 10, 40);
    watch("ranker", 20, 40, "loss 0.5000, validation 0.6000");
    watch("ranker", 30, 40, "loss 0.5000, validation 0.6000");
    watch("ranker", 40, 40, "loss 0.4000");
    expect(points).toEqual([
      ["train", 20, 0.5],
      ["validation", 20, 0.6],
      ["train", 40, 0.4],
    ]);
  });

  it("passes every report on and takes details without losses", () => {
    const { curve, points } = recorder();
    const passed = vi.fn();
    watchTraining(curve, passed)("join training rows", 1, 2, "day 3");
    expect(passed).toHaveBeenCalledWith("join training rows", 1, 2, "day 3");
    expect(points).toEqual([]);
  });

  it("understands what the training loop says", async () => {
    const { curve, points } = recorder();
    const weights = Float32Array.of(1);
    const learner = {
      name: "toy",
      examples: 64,
      weights: [weights],
      step: () => (weights[0]! *= 0.9),
      validate: () => 2 * weights[0]!,
    };
    const { points: expected } = await fit(
      learner,
      { ...fitDefaults, batchSize: 32, minBatches: 1, epochs: 3 },
      { onProgress: watchTraining(curve) },
    );
    expect(points.filter(([series]) => series === "validation").map(([, x]) => x)).toEqual(
      expected.map((point) => point.examples),
    );
    expected.forEach((point, i) => expect(points[2 * i]?.[2]).toBeCloseTo(point.trainLoss, 3));
  });
});

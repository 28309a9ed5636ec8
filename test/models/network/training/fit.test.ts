import { describe, expect, it } from "vitest";
import { fit, fitDefaults, type Learner } from "../../../../src/models/network/training/fit.js";

const config = { ...fitDefaults, epochs: 2, batchSize: 10, minBatches: 1 };

/** A learner that writes down what it is shown; its validation losses are given. */
function recorder(examples: number, losses: readonly number[] = []) {
  const weight = Float32Array.of(0);
  const batches: number[][] = [];
  const rates: number[] = [];
  let validations = 0;
  const learner: Learner = {
    name: "recorder",
    examples,
    weights: [weight],
    step(batch, rate) {
      batches.push([...batch]);
      rates.push(rate);
      weight[0]!++;
      return 1;
    },
    ...(losses.length > 0 && { validate: () => losses[validations++]! }),
  };
  return { learner, weight, batches, rates };
}

describe("fit", () => {
  it("shows every example once an epoch, in an order that the seed alone decides", async () => {
    const [a, b, c] = [recorder(95), recorder(95), recorder(95)];
    await fit(a.learner, config);
    await fit(b.learner, config);
    await fit(c.learner, { ...config, seed: 2 });
    const first = a.batches.slice(0, a.batches.length / 2).flat();
    expect([...first].sort((x, y) => x - y)).toEqual(Array.from({ length: 95 }, (_, i) => i));
    expect(a.batches.slice(a.batches.length / 2).flat()).not.toEqual(first);
    expect(b.batches).toEqual(a.batches);
    expect(c.batches).not.toEqual(a.batches);
  });

  it("makes batches of nearly equal size, smaller ones for small data", async () => {
    const a = recorder(95);
    await fit(a.learner, config);
    expect(new Set(a.batches.map((batch) => batch.length))).toEqual(new Set([9, 10]));
    const small = recorder(2000);
    await fit(small.learner, { ...config, batchSize: 1000, minBatches: 40 });
    expect(small.batches.length).toBe(2 * 40);
    const tiny = recorder(3);
    await fit(tiny.learner, config);
    expect(tiny.batches.map((batch) => batch.length)).toEqual([3, 3]);
  });

  it("lets the learning rate fall linearly", async () => {
    const a = recorder(30);
    await fit(a.learner, { ...config, epochs: 1, learningRate: 1, finalRate: 0.5 });
    expect(a.rates).toEqual([1, 0.75, 0.5]);
  });

  it("ends at its best validated weights and stops when patience runs out", async () => {
    const a = recorder(40, [5, 3, 4, 4, 4, 4, 4, 4]);
    const curve = await fit(a.learner, { ...config, epochs: 10, pointsPerEpoch: 2, patience: 3 });
    expect(curve.best).toBe(1);
    expect(curve.stoppedEarly).toBe(true);
    expect(curve.points.length).toBe(5);
    expect(a.weight[0]).toBe(curve.points[1]!.step);
  });

  it("records a curve with points within each epoch, and progress in examples", async () => {
    const a = recorder(80);
    const seen: number[] = [];
    const curve = await fit(a.learner, { ...config, pointsPerEpoch: 4 }, { onProgress: (_, done) => seen.push(done) });
    expect(curve.points.map(({ step, examples, epoch, trainLoss }) => [step, examples, epoch, trainLoss])).toEqual(
      [2, 4, 6, 8, 10, 12, 14, 16].map((step) => [step, step * 10, step / 8, 1]),
    );
    expect(curve.best).toBe(7);
    expect(seen.at(-1)).toBe(160);
  });

  it("stops soon after an abort, with its reason", async () => {
    const a = recorder(1000);
    const controller = new AbortController();
    const running = fit(
      a.learner,
      { ...config, epochs: 100 },
      { signal: controller.signal, onProgress: (_, done) => done >= 50 && controller.abort(new Error("enough")) },
    );
    await expect(running).rejects.toThrow("enough");
    expect(a.batches.length).toBe(5);
  });

  it("says when the loss stops being finite, and names a wrong setting", async () => {
    const a = recorder(10);
    await expect(fit({ ...a.learner, step: () => NaN }, config)).rejects.toThrow(
      "recorder: loss is NaN at step 0; try a learning rate below",
    );
    await expect(fit(a.learner, { ...config, epochs: 0 })).rejects.toThrow(
      "epochs is 0; allowed: whole numbers from 1",
    );
    await expect(fit(a.learner, { ...config, learningRate: NaN })).rejects.toThrow("learningRate is NaN");
    await expect(fit(a.learner, { ...config, finalRate: 2 })).rejects.toThrow(
      "finalRate is 2; allowed: numbers from 0 to 1",
    );
  });
});

// The fused loss against the small functions it stands for, and against finite differences.
import { describe, expect, it } from "vitest";
import { lossAndGradients, type ArrayInput } from "../../../../src/models/network/layers/layers.js";
import {
  correctSamplingBias,
  inBatchSoftmax,
  removeAccidentalHits,
} from "../../../../src/models/network/layers/losses.js";
import { sampledSoftmax, type SampledBatch } from "../../../../src/models/network/layers/sampled-softmax.js";
import { tensorflow } from "../../../../src/models/network/tensor.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../../../src/models/network/tensor-types.js";
import { keyOf, normal, uniform, uniformInt } from "../../../../src/random.js";

function units(rows: number, dims: number, name: string): ArrayInput {
  const values = new Float32Array(rows * dims);
  for (let i = 0; i < rows; i++) {
    const row = Array.from({ length: dims }, (_, d) => normal(keyOf(1, name), i, d));
    const length = Math.hypot(...row);
    row.forEach((x, d) => (values[i * dims + d] = x / length));
  }
  return { shape: [rows, dims], values };
}

const batch = 6,
  all = 9,
  dims = 4;
const queries = units(batch, dims, "queries");
const candidates = units(all, dims, "candidates");
const videos = Int32Array.from({ length: all }, (_, i) => uniformInt(4, keyOf(1, "ids"), i)); // many hits
const logQ = Float32Array.from({ length: all }, (_, i) => -6 * uniform(keyOf(1, "rates"), i));
const weights = Float32Array.of(1, 2, 0, 0.5, 1, 3);

const bySteps =
  (temperature: number, part: SampledBatch) =>
  (q: Tensor, c: Tensor): Tensor => {
    let logits = q.div(temperature).matMul(c as Tensor2D, false, true) as Tensor2D;
    if (part.logQ) logits = correctSamplingBias(logits, tensorflow().tensor1d(part.logQ) as Tensor1D);
    return inBatchSoftmax(removeAccidentalHits(logits, part.videos), part.weights);
  };

describe("sampled softmax", () => {
  it.each<[string, number, SampledBatch]>([
    ["all tricks", 0.1, { videos, logQ, weights }],
    ["no correction", 0.1, { videos, weights }],
    ["no weights", 0.07, { videos, logQ }],
    ["no hits", 0.5, { videos: Int32Array.from({ length: all }, (_, i) => i), logQ }],
    ["a temperature too low for sums without a maximum", 0.005, { videos, logQ, weights }],
  ])("is the small functions one after another, gradients too: %s", (_, temperature, part) => {
    const fused = lossAndGradients([queries, candidates], (q, c) =>
      sampledSoftmax(q as Tensor2D, c as Tensor2D, temperature, part),
    );
    const steps = lossAndGradients([queries, candidates], (q, c) => bySteps(temperature, part)(q!, c!));
    expect(fused.loss).toBeCloseTo(steps.loss, 4);
    steps.gradients.forEach((gradient, side) =>
      gradient.forEach((g, i) => expect(fused.gradients[side]![i]).toBeCloseTo(g, 4)),
    );
  });

  it("has the gradient that finite differences give", () => {
    const loss = (q: Float32Array): number =>
      lossAndGradients([{ ...queries, values: q }, candidates], (a, b) =>
        sampledSoftmax(a as Tensor2D, b as Tensor2D, 0.5, { videos, logQ, weights }),
      ).loss;
    const { gradients } = lossAndGradients([queries, candidates], (a, b) =>
      sampledSoftmax(a as Tensor2D, b as Tensor2D, 0.5, { videos, logQ, weights }).mul(1),
    );
    for (let i = 0; i < queries.values.length; i++) {
      const moved = (by: number): number => loss(queries.values.map((x, at) => (at === i ? x + by : x)));
      expect(gradients[0]![i]).toBeCloseTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 2);
    }
  });

  it("leaves no tensor behind", () => {
    const before = tensorflow().memory().numTensors;
    lossAndGradients([queries, candidates], (q, c) =>
      sampledSoftmax(q as Tensor2D, c as Tensor2D, 0.1, { videos, logQ, weights }),
    );
    expect(tensorflow().memory().numTensors).toBe(before);
  });
});

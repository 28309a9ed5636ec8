import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lossAndGradients, evaluate, type ArrayInput } from "../../src/models/layers.js";
import { correctSamplingBias, inBatchSoftmax, poissonLoss, removeAccidentalHits, sigmoidCrossEntropy } from "../../src/models/losses.js";
import { tensorflow } from "../../src/models/tensor.js";
import type { Tensor1D, Tensor2D } from "../../src/models/tensor-types.js";
import { keyOf, normal } from "../../src/random.js";

const matrix = (rows: number, columns: number, values: readonly number[]): ArrayInput => ({ shape: [rows, columns], values: Float32Array.from(values) });
const vector = (values: readonly number[]): ArrayInput => ({ shape: [values.length], values: Float32Array.from(values) });
const noise = (n: number, name: string, scale = 1): number[] => Array.from({ length: n }, (_, i) => scale * normal(keyOf(1, name), i));

/** -log softmax of the diagonal, by definition and in float64. */
function softmaxOracle(logits: readonly number[], batch: number, columns: number, weights?: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < batch; i++) {
    const row = logits.slice(i * columns, (i + 1) * columns);
    const total = row.reduce((t, z) => t + Math.exp(z), 0);
    sum -= ((weights?.[i] ?? 1) * Math.log(Math.exp(row[i]!) / total)) / batch;
  }
  return sum;
}

describe("in-batch softmax", () => {
  it("is the weighted mean of -log softmax of each row's own column", () => {
    const logits = noise(20, "softmax", 3);
    const weights = [1, 0, 2, 0.5];
    const { loss } = lossAndGradients([matrix(4, 5, logits)], (x) => inBatchSoftmax(x as Tensor2D, Float32Array.from(weights)));
    expect(loss).toBeCloseTo(softmaxOracle(logits, 4, 5, weights), 5);
  });

  it("has the gradient that finite differences give", () => {
    const logits = noise(12, "softmax gradient", 2);
    const weights = [1, 3, 0.5];
    const { gradients } = lossAndGradients([matrix(3, 4, logits)], (x) => inBatchSoftmax(x as Tensor2D, Float32Array.from(weights)).mul(5));
    logits.forEach((z, at) => {
      const moved = (by: number): number => 5 * softmaxOracle(logits.map((other, i) => (i === at ? z + by : other)), 3, 4, weights);
      expect(gradients[0]![at]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
    });
  });

  it("stays finite for logits far apart", () => {
    const { loss, gradients } = lossAndGradients([matrix(2, 2, [-1e4, 1e4, 0, 50])], (x) => inBatchSoftmax(x as Tensor2D));
    expect(loss).toBeCloseTo(1e4, 0);
    expect([...gradients[0]!].map((g) => Math.round(g * 1e6) / 1e6 + 0)).toEqual([-0.5, 0.5, 0, 0]);
  });

  it("refuses fewer candidates than rows", () => {
    expect(() => evaluate([matrix(3, 2, noise(6, "few"))], (x) => [inBatchSoftmax(x as Tensor2D)])).toThrow("logits are [3, 2]; allowed: at least as many candidates as rows");
  });
});

describe("logQ correction", () => {
  it("takes the log sampling rate off every row", () => {
    const [out] = evaluate([matrix(2, 2, [1, 2, 3, 4])], (x) => [correctSamplingBias(x as Tensor2D, tensorflow().tensor1d([0.5, -1]) as Tensor1D)]);
    expect([...out!]).toEqual([0.5, 3, 2.5, 5]);
  });

  it("makes the sampled softmax agree with the full softmax in expectation over samples of another rate", () => {
    // one query over 4 videos; negatives sampled by q, far from uniform: average of exp(logit - log q) estimates Σ exp(logit)
    const logits = [0.3, -1, 2, 0.7];
    const q = [0.6, 0.2, 0.15, 0.05];
    const [corrected] = evaluate([matrix(1, 4, logits)], (x) => [correctSamplingBias(x as Tensor2D, tensorflow().tensor1d(q.map(Math.log)) as Tensor1D)]);
    const expected = q.reduce((sum, share, v) => sum + share * Math.exp(corrected![v]!), 0);
    expect(expected).toBeCloseTo(logits.reduce((sum, z) => sum + Math.exp(z), 0), 4);
  });
});

describe("accidental hits", () => {
  it("are the other columns of a row's own positive, and only those", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 8 }), (videos) => {
        const batch = 3;
        const [out] = evaluate([matrix(batch, videos.length, new Array(batch * videos.length).fill(1))], (x) => [removeAccidentalHits(x as Tensor2D, Int32Array.from(videos))]);
        for (let row = 0; row < batch; row++) {
          videos.forEach((video, column) => {
            const hit = video === videos[row] && column !== row;
            expect(out![row * videos.length + column]! < -1e8).toBe(hit);
          });
        }
      }),
      { numRuns: 50 },
    );
  });

  it("get no gradient", () => {
    const { gradients } = lossAndGradients([matrix(2, 3, noise(6, "hits"))], (x) => inBatchSoftmax(removeAccidentalHits(x as Tensor2D, Int32Array.of(7, 8, 7))));
    expect(gradients[0]![2]).toBe(0);
    expect(gradients[0]![5]).toBeGreaterThan(0);
  });
});

describe("sigmoid cross-entropy", () => {
  it("is -y log p - (1 - y) log (1 - p), with gradient p - y, at 0 and far from it", () => {
    const logits = [0, 2, -3, 40, -40];
    const labels = [1, 0, 1, 1, 1];
    const { loss, gradients } = lossAndGradients([vector(logits)], (z) => sigmoidCrossEntropy(z as Tensor1D, tensorflow().tensor1d(labels) as Tensor1D).mul(5));
    const p = logits.map((z) => 1 / (1 + Math.exp(-z)));
    const terms = [-Math.log(0.5), -Math.log(1 - p[1]!), -Math.log(p[2]!), 0, 40];
    expect(loss).toBeCloseTo(terms.reduce((a, b) => a + b), 4);
    p.forEach((value, i) => expect(gradients[0]![i]).toBeCloseTo(value - labels[i]!, 5));
  });

  it("weighs rows", () => {
    const weighted = lossAndGradients([vector([1, 1])], (z) => sigmoidCrossEntropy(z as Tensor1D, tensorflow().tensor1d([1, 0]) as Tensor1D, tensorflow().tensor1d([4, 0]) as Tensor1D));
    expect(weighted.loss).toBeCloseTo(2 * Math.log(1 + Math.exp(-1)), 5);
    expect(weighted.gradients[0]![1]).toBe(0);
  });
});

describe("Poisson loss", () => {
  it("has gradient exp(h) - y", () => {
    const h = [0, 1, -2];
    const y = [3, 0, 0.5];
    const { gradients } = lossAndGradients([vector(h)], (x) => poissonLoss(x as Tensor1D, tensorflow().tensor1d(y) as Tensor1D).mul(3));
    h.forEach((value, i) => expect(gradients[0]![i]).toBeCloseTo(Math.exp(value) - y[i]!, 5));
  });

  it("is least at the log of the mean, whatever the distribution", () => {
    const amounts = [0, 0, 0, 100, 3]; // far from Poisson
    const mean = amounts.reduce((a, b) => a + b) / 5;
    const at = (h: number): number => lossAndGradients([vector(new Array(5).fill(h))], (x) => poissonLoss(x as Tensor1D, tensorflow().tensor1d(amounts) as Tensor1D)).gradients[0]!.reduce((a, b) => a + b);
    expect(at(Math.log(mean))).toBeCloseTo(0, 4);
    expect(at(Math.log(mean) - 0.1)).toBeLessThan(0);
    expect(at(Math.log(mean) + 0.1)).toBeGreaterThan(0);
  });
});

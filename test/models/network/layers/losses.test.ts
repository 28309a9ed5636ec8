import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lossAndGradients, evaluateTensors, type ArrayInput } from "../../../../src/models/network/layers/layers.js";
import {
  correctSamplingBias,
  inBatchSoftmax,
  logisticLoss,
  loopLoss,
  poissonLoss,
  removeAccidentalHits,
} from "../../../../src/models/network/layers/losses.js";
import { tensorflow } from "../../../../src/models/network/tensor.js";
import type { Tensor1D, Tensor2D } from "../../../../src/models/network/tensor-types.js";
import { keyOf, normal } from "../../../../src/random.js";

const matrix = (rows: number, columns: number, values: readonly number[]): ArrayInput => ({
  shape: [rows, columns],
  values: Float32Array.from(values),
});
const noise = (n: number, name: string, scale = 1): number[] =>
  Array.from({ length: n }, (_, i) => scale * normal(keyOf(1, name), i));

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
    const { loss } = lossAndGradients([matrix(4, 5, logits)], (x) =>
      inBatchSoftmax(x as Tensor2D, Float32Array.from(weights)),
    );
    expect(loss).toBeCloseTo(softmaxOracle(logits, 4, 5, weights), 5);
  });

  it("has the gradient that finite differences give", () => {
    const logits = noise(12, "softmax gradient", 2);
    const weights = [1, 3, 0.5];
    const { gradients } = lossAndGradients([matrix(3, 4, logits)], (x) =>
      inBatchSoftmax(x as Tensor2D, Float32Array.from(weights)).mul(5),
    );
    logits.forEach((z, at) => {
      const moved = (by: number): number =>
        5 *
        softmaxOracle(
          logits.map((other, i) => (i === at ? z + by : other)),
          3,
          4,
          weights,
        );
      expect(gradients[0]![at]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
    });
  });

  it("stays finite for logits far apart", () => {
    const { loss, gradients } = lossAndGradients([matrix(2, 2, [-1e4, 1e4, 0, 50])], (x) =>
      inBatchSoftmax(x as Tensor2D),
    );
    expect(loss).toBeCloseTo(1e4, 0);
    expect([...gradients[0]!].map((g) => Math.round(g * 1e6) / 1e6 + 0)).toEqual([-0.5, 0.5, 0, 0]);
  });

  it("refuses fewer candidates than rows", () => {
    expect(() => evaluateTensors([matrix(3, 2, noise(6, "few"))], (x) => [inBatchSoftmax(x as Tensor2D)])).toThrow(
      "logits are [3, 2]; allowed: at least as many candidates as rows",
    );
  });
});

describe("logQ correction", () => {
  it("takes the log sampling rate off every row", () => {
    const [out] = evaluateTensors([matrix(2, 2, [1, 2, 3, 4])], (x) => [
      correctSamplingBias(x as Tensor2D, tensorflow().tensor1d([0.5, -1]) as Tensor1D),
    ]);
    expect([...out!]).toEqual([0.5, 3, 2.5, 5]);
  });

  it("makes the sampled softmax agree with the full softmax in expectation over samples of another rate", () => {
    // one query over 4 videos; negatives sampled by q, far from uniform: average of exp(logit - log q) estimates Σ exp(logit)
    const logits = [0.3, -1, 2, 0.7];
    const q = [0.6, 0.2, 0.15, 0.05];
    const [corrected] = evaluateTensors([matrix(1, 4, logits)], (x) => [
      correctSamplingBias(x as Tensor2D, tensorflow().tensor1d(q.map(Math.log)) as Tensor1D),
    ]);
    const expected = q.reduce((sum, share, v) => sum + share * Math.exp(corrected![v]!), 0);
    expect(expected).toBeCloseTo(
      logits.reduce((sum, z) => sum + Math.exp(z), 0),
      4,
    );
  });
});

describe("accidental hits", () => {
  it("are the other columns of a row's own positive, and only those", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 8 }), (videos) => {
        const batch = 3;
        const [out] = evaluateTensors([matrix(batch, videos.length, new Array(batch * videos.length).fill(1))], (x) => [
          removeAccidentalHits(x as Tensor2D, Int32Array.from(videos)),
        ]);
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
    const { gradients } = lossAndGradients([matrix(2, 3, noise(6, "hits"))], (x) =>
      inBatchSoftmax(removeAccidentalHits(x as Tensor2D, Int32Array.of(7, 8, 7))),
    );
    expect(gradients[0]![2]).toBe(0);
    expect(gradients[0]![5]).toBeGreaterThan(0);
  });
});

/** Loss and gradient of one head that stands alone. */
function ofHead(
  logits: readonly number[],
  lossOf: (head: { logits: Float32Array; gradient: Float32Array; from: number; by: number }) => number,
): { loss: number; gradient: number[] } {
  const head = { logits: Float32Array.from(logits), gradient: new Float32Array(logits.length), from: 0, by: 1 };
  return { loss: lossOf(head), gradient: [...head.gradient] };
}

describe("logistic loss", () => {
  const f32 = (values: readonly number[]): Float32Array => Float32Array.from(values);

  it("is -y log p - (1 - y) log (1 - p) for weights and labels, with gradient p - y, at 0 and far from it", () => {
    const logits = [0, 2, -3, 40, -40];
    const labels = [1, 0, 1, 1, 1];
    const { loss, gradient } = ofHead(logits, (head) => logisticLoss(head, f32([1, 1, 1, 1, 1]), f32(labels)));
    const p = logits.map((z) => 1 / (1 + Math.exp(-z)));
    const terms = [-Math.log(0.5), -Math.log(1 - p[1]!), -Math.log(p[2]!), 0, 40];
    expect(loss).toBeCloseTo(
      terms.reduce((a, b) => a + b),
      4,
    );
    p.forEach((value, i) => expect(gradient[i]).toBeCloseTo(value - labels[i]!, 5));
  });

  it("with amounts T + 1 and targets T is least where the odds are the mean of T", () => {
    const watched = [0, 0, 0, 8, 2];
    const at = (odds: number): number =>
      ofHead(
        watched.map(() => Math.log(odds)),
        (head) => logisticLoss(head, f32(watched.map((t) => t + 1)), f32(watched)),
      ).gradient.reduce((a, b) => a + b);
    expect(at(2)).toBeCloseTo(0, 5);
    expect(at(1.9)).toBeLessThan(-0.01);
    expect(at(2.1)).toBeGreaterThan(0.01);
  });
});

describe("Poisson loss", () => {
  it("has gradient exp(h) - y, and none beyond its limit", () => {
    const h = [0, 1, -2, 9, -9];
    const y = [3, 0, 0.5, 1, 1];
    const { gradient } = ofHead(h, (head) =>
      poissonLoss(head, Float32Array.of(1, 1, 1, 1, 1), Float32Array.from(y), 6),
    );
    h.forEach((value, i) => expect(gradient[i]).toBeCloseTo(Math.abs(value) > 6 ? 0 : Math.exp(value) - y[i]!, 5));
  });

  it("is least at the log of the mean, whatever the distribution", () => {
    const amounts = [0, 0, 0, 100, 3]; // far from Poisson
    const mean = amounts.reduce((a, b) => a + b) / 5;
    const at = (h: number): number =>
      ofHead([h, h, h, h, h], (head) =>
        poissonLoss(head, Float32Array.of(1, 1, 1, 1, 1), Float32Array.from(amounts), 6),
      ).gradient.reduce((a, b) => a + b);
    expect(at(Math.log(mean))).toBeCloseTo(0, 3);
    expect(at(Math.log(mean) - 0.1)).toBeLessThan(0);
    expect(at(Math.log(mean) + 0.1)).toBeGreaterThan(0);
  });
});

describe("a loss in plain loops", () => {
  it("reads and writes its own head among others, and is differentiable in what came before", () => {
    const [amounts, targets] = [Float32Array.of(1, 2), Float32Array.of(1, 0)];
    const { loss, gradients } = lossAndGradients([matrix(2, 2, [0.3, 5, -0.4, 6])], (x) =>
      loopLoss(x!.mul(2), (logits) => {
        const gradient = new Float32Array(4);
        return { value: logisticLoss({ logits, gradient, from: 0, by: 2 }, amounts, targets), gradient };
      }),
    );
    const [a, b] = [0.6, -0.8];
    expect(loss).toBeCloseTo(Math.log1p(Math.exp(a)) - a + 2 * Math.log1p(Math.exp(b)), 5);
    const slopes = [2 * (1 / (1 + Math.exp(-a)) - 1), 0, 4 / (1 + Math.exp(-b)), 0];
    gradients[0]!.forEach((slope, i) => expect(slope).toBeCloseTo(slopes[i]!, 5));
  });
});

import { describe, expect, it } from "vitest";
import { makeDense, rankerLogits } from "../../../../src/models/rankers/dcn/network.js";
import {
  evaluateTensors,
  lossAndGradients,
  relu,
  unitRows,
  type ArrayInput,
} from "../../../../src/models/network/layers/layers.js";
import { tensorflow } from "../../../../src/models/network/tensor.js";
import type { Tensor, Tensor2D } from "../../../../src/models/network/tensor-types.js";
import { keyOf, normal } from "../../../../src/random.js";

const noise = (shape: readonly number[], name: string): ArrayInput => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => normal(keyOf(1, name), i)),
});

describe("relu", () => {
  it("keeps what is above 0, with the gradient that TensorFlow.js itself gives: 0 at 0 and below", () => {
    const x = { shape: [2, 3], values: Float32Array.of(-1, 0, 2, 3, -0.5, 1e-30) };
    const ours = lossAndGradients([x], (input) =>
      relu(input!)
        .mul([
          [1, 2, 3],
          [4, 5, 6],
        ])
        .sum(),
    );
    const theirs = lossAndGradients([x], (input) =>
      input!
        .relu()
        .mul([
          [1, 2, 3],
          [4, 5, 6],
        ])
        .sum(),
    );
    expect(ours).toEqual(theirs);
    expect([...ours.gradients[0]!]).toEqual([0, 0, 3, 4, 0, 6]);
  });
});

describe("unit rows", () => {
  it("have length 1, and a row of zeros stays finite", () => {
    const [out] = evaluateTensors([{ shape: [2, 2], values: Float32Array.of(3, 4, 0, 0) }], (x) => [
      unitRows(x as Tensor2D),
    ]);
    expect(out![0]).toBeCloseTo(0.6, 6);
    expect(out![1]).toBeCloseTo(0.8, 6);
    expect([out![2], out![3]]).toEqual([0, 0]);
  });
});

describe("the ranker's network", () => {
  const shape = { crossLayers: 2, deep: [5, 3], seed: 1 };

  it("begins at the base rate where nothing is known", () => {
    const dense = makeDense(4, shape, 0.2);
    const [logits] = evaluateTensors([{ shape: [1, 4], values: new Float32Array(4) }, ...dense], (x, ...p) => [
      rankerLogits(x as Tensor2D, p, shape),
    ]);
    expect(1 / (1 + Math.exp(-logits![0]!))).toBeCloseTo(0.2, 5);
  });

  it("reads as many parameters as are made, with and without cross and deep layers", () => {
    for (const some of [{ crossLayers: 0, deep: [4] }, { crossLayers: 1, deep: [] }, shape]) {
      const dense = makeDense(4, { ...some, seed: 1 }, 0.5);
      expect(dense.length).toBe(2 * (some.crossLayers + some.deep.length + 2));
      const [out] = evaluateTensors([noise([2, 4], "rows"), ...dense], (x, ...p: Tensor[]) => [
        rankerLogits(x as Tensor2D, p, some),
      ]);
      expect(out!.length).toBe(4);
      for (const value of out!) expect(Number.isFinite(value)).toBe(true);
    }
  });
});

describe("a step", () => {
  it("leaves no tensors behind", () => {
    const before = tensorflow().memory().numTensors;
    lossAndGradients([noise([3, 4], "a"), noise([4, 4], "b")], (a, b) => (a as Tensor2D).matMul(b as Tensor2D).sum());
    evaluateTensors([noise([3, 4], "a")], (a) => [a!.sum()]);
    expect(tensorflow().memory().numTensors).toBe(before);
  });
});

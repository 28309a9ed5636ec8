import { describe, expect, it } from "vitest";
import { crossLayers } from "../../../src/models/rankers/dcn/cross-layers.js";
import { evaluateTensors, lossAndGradients, type ArrayInput } from "../../../src/models/network/layers/layers.js";
import { tensorflow } from "../../../src/models/network/tensor.js";
import type { Tensor, Tensor2D } from "../../../src/models/network/tensor-types.js";
import { keyOf, normal } from "../../../src/random.js";

const [rows, width, layers] = [3, 4, 3];
const noise = (shape: readonly number[], name: string): ArrayInput => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => 0.5 * normal(keyOf(1, name), i)),
});
const x0 = noise([rows, width], "x0");
const parameters = Array.from({ length: layers }, (_, l) => [
  noise([width, width], `w${l}`),
  noise([width], `b${l}`),
]).flat();
const ours = (x: Tensor | undefined, ...some: Tensor[]): Tensor2D => crossLayers(x as Tensor2D, some);
const theirs = (x: Tensor | undefined, ...some: Tensor[]): Tensor => {
  let h = x!;
  for (let at = 0; at < some.length; at += 2)
    h = x!.mul((h as Tensor2D).matMul(some[at] as Tensor2D).add(some[at + 1]!)).add(h);
  return h;
};

/** x0 ⊙ (x W + b) + x, layer by layer, in float64. */
function oracle(parts: readonly ArrayLike<number>[]): number[] {
  let x = Array.from(parts[0]!);
  for (let l = 0; l < layers; l++) {
    const [w, b] = [parts[1 + 2 * l]!, parts[2 + 2 * l]!];
    x = x.map((held, at) => {
      const [row, j] = [Math.floor(at / width), at % width];
      let u = b[j]!;
      for (let k = 0; k < width; k++) u += x[row * width + k]! * w[k * width + j]!;
      return parts[0]![at]! * u + held;
    });
  }
  return x;
}

describe("cross layers", () => {
  it("are x0 ⊙ (x W + b) + x, one on another, and nothing at all without layers", () => {
    const [out, none] = evaluateTensors([x0, ...parameters], (x, ...some) => [ours(x, ...some), ours(x)]);
    oracle([x0, ...parameters].map(({ values }) => values)).forEach((value, i) =>
      expect(out![i]).toBeCloseTo(value, 4),
    );
    expect(none).toEqual(x0.values);
  });

  it("have the gradients that finite differences give, for input and parameters", () => {
    const inputs = [x0, ...parameters];
    const { gradients } = lossAndGradients(inputs, (...t) =>
      ours(...(t as [Tensor]))
        .square()
        .sum(),
    );
    inputs.forEach(({ values }, which) => {
      values.forEach((_, at) => {
        const lossAt = (by: number): number =>
          oracle(
            inputs.map((input, i) =>
              Float64Array.from(input.values, (value, j) => (i === which && j === at ? value + by : value)),
            ),
          ).reduce((sum, value) => sum + value * value, 0);
        const slope = (lossAt(1e-5) - lossAt(-1e-5)) / 2e-5;
        expect(Math.abs(gradients[which]![at]! - slope)).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
      });
    });
  });

  it("have the gradients of automatic differentiation at the size of a batch, and leave no tensors behind", () => {
    const inputs = [
      noise([64, 30], "big x0"),
      ...Array.from({ length: 4 }, (_, l) => noise(l % 2 === 0 ? [30, 30] : [30], `big ${l}`)),
    ];
    const before = tensorflow().memory().numTensors;
    const [a, b] = [ours, theirs].map((network) =>
      lossAndGradients(inputs, (...t) =>
        network(...(t as [Tensor]))
          .mul(0.1)
          .square()
          .mean(),
      ),
    );
    expect(tensorflow().memory().numTensors).toBe(before);
    expect(a!.loss).toBeCloseTo(b!.loss, 4);
    a!.gradients.forEach((gradient, p) => {
      const largest = Math.max(...b!.gradients[p]!.map(Math.abs));
      gradient.forEach((value, i) => expect(Math.abs(value - b!.gradients[p]![i]!)).toBeLessThan(1e-4 * largest));
    });
  });
});

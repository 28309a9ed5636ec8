import { describe, expect, it } from "vitest";
import { adamState, stepAdam, type DenseParameter } from "../../../../src/models/network/training/adam.js";
import {
  embeddingDefaults,
  gatherInput,
  inputBlock,
  lazyAdamState,
  stepEmbeddings,
} from "../../../../src/models/network/layers/embedding.js";
import type { EncodedRows } from "../../../../src/models/network/encoding.js";
import { hasGraphs } from "../../../../src/models/network/graph/graph.js";
import { graphStep, type StepInput, type Trained } from "../../../../src/models/network/graph/step.js";
import { linear, lossAndGradients, relu } from "../../../../src/models/network/layers/layers.js";
import { headsLoss } from "../../../../src/models/network/layers/losses.js";
import { tensorflow } from "../../../../src/models/network/tensor.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../../../src/models/network/tensor-types.js";
import { keyOf, normal, uniformInt } from "../../../../src/random.js";

const noise = (length: number, name: string): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.3 * normal(keyOf(7, name), i));

/** Three tables, two of one width side by side, two numbers, and two layers. */
function parts(): Trained {
  const table = (name: string, rows: number, dims: number) => ({ name, rows, dims, values: noise(rows * dims, name) });
  const input = inputBlock([table("a", 9, 3), table("b", 5, 3), table("c", 4, 2)], 2);
  const layer = (name: string, shape: number[]): DenseParameter => ({
    name,
    shape,
    values: noise(
      shape.reduce((x, y) => x * y),
      name,
    ),
  });
  const dense = [layer("w", [input.width, 4]), layer("b1", [4]), layer("v", [4, 2]), layer("b2", [2])];
  const states = dense.map(({ values }) => adamState(values));
  return { inputs: [input], dense, lazy: [lazyAdamState(input)], states, config: embeddingDefaults };
}

function batch(step: number, count: number): { rows: EncodedRows; others: StepInput[] } {
  const key = keyOf(step, "batch");
  const categories = Int32Array.from({ length: 3 * count }, (_, i) => uniformInt([9, 5, 4][i % 3]!, key, i));
  const rows = { count, categories, numbers: noise(2 * count, `numbers ${step}`) };
  const amounts = new Float32Array(2 * count).fill(1 / count);
  const targets = Float32Array.from(amounts, (a, i) => (uniformInt(2, key, i, 1) === 1 ? a : 0));
  return { rows, others: [amounts, targets].map((values) => ({ shape: [2, count], values })) };
}

function lossOf([x]: readonly Tensor2D[], dense: readonly Tensor[], others: readonly Tensor[]): Tensor {
  const [w, b, v, c] = dense as [Tensor2D, Tensor1D, Tensor2D, Tensor1D];
  const logits = linear(relu(linear(x!, w, b)), v, c).transpose();
  return headsLoss(logits as Tensor2D, others[0] as Tensor2D, others[1] as Tensor2D, [undefined, 2]);
}

function eagerStep(trained: Trained, { rows, others }: ReturnType<typeof batch>, rate: number): number {
  const { inputs, dense, lazy, states, config } = trained;
  const x = { shape: [rows.count, inputs[0]!.width], values: gatherInput(inputs[0]!, rows) };
  const { loss, gradients } = lossAndGradients([x, ...dense], (block, ...layers) =>
    lossOf(
      [block as Tensor2D],
      layers,
      others.map(({ values, shape }) => tensorflow().tensor(values, [...shape])),
    ),
  );
  stepEmbeddings(inputs[0]!, rows, gradients[0]!, lazy[0]!, rate, config);
  dense.forEach(({ values }, p) => stepAdam(values, gradients[p + 1]!, states[p]!, rate));
  return loss;
}

const stateOf = ({ inputs, dense, lazy, states }: Trained): number[][] =>
  [
    ...inputs[0]!.tables.map(({ values }) => values),
    ...dense.map(({ values }) => values),
    ...lazy[0]!.tables.flatMap(({ first, second, steps }) => [first, second, steps]),
    ...states.flatMap(({ first, second, steps }) => [first, second, Int32Array.of(steps)]),
  ].map((values) => Array.from(values));

function expectClose(one: Trained, other: Trained): void {
  const expected = stateOf(other).flat();
  stateOf(one)
    .flat()
    .forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!))));
}

describe.runIf(hasGraphs())("a step as one graph", () => {
  it("is the eager step: losses, weights, moments and counts, batches of two sizes, rates that change", async () => {
    const [graphed, eager] = [parts(), parts()];
    const graph = graphStep(graphed, lossOf)!;
    const tensors = tensorflow().memory().numTensors;
    for (let step = 0; step < 12; step++) {
      const some = batch(step, 16 + (step % 2));
      const rate = 0.02 / (1 + step);
      expect(await graph.step([some.rows], some.others, rate)).toBeCloseTo(eagerStep(eager, some, rate), 5);
    }
    expect(stateOf(graphed)[0]).toEqual(stateOf(parts())[0]); // until it is asked for, the arrays stand still
    graph.sync();
    expectClose(graphed, eager);
    expect(tensorflow().memory().numTensors).toBe(tensors);
    graph.close();
  });

  it("goes on from the arrays after it was left, as from a checkpoint", async () => {
    const [graphed, eager] = [parts(), parts()];
    const graph = graphStep(graphed, lossOf)!;
    for (let step = 0; step < 9; step++) {
      const some = batch(step, 16);
      if (step % 3 === 2) {
        graph.leave();
        eagerStep(graphed, some, 0.01);
      } else await graph.step([some.rows], some.others, 0.01);
      eagerStep(eager, some, 0.01);
    }
    graph.close(); // the last step was an eager one
    expectClose(graphed, eager);
  });

  it("keeps each vector that is added to a product, and the product where it is read itself", async () => {
    const trained = parts();
    const lossAt = ([x]: readonly Tensor[], [w, b]: readonly Tensor[]): Tensor => {
      const product = x!.matMul(w!);
      return relu(product.add(b!).add(b!)).sum().add(product.square().sum());
    };
    const { rows } = batch(0, 16);
    const x = { shape: [16, trained.inputs[0]!.width], values: gatherInput(trained.inputs[0]!, rows) };
    const { loss } = lossAndGradients([x, ...trained.dense.slice(0, 2)], (block, ...layers) =>
      lossAt([block!], layers),
    );
    const graph = graphStep({ ...trained, dense: trained.dense.slice(0, 2) }, lossAt)!;
    expect((await graph.step([rows], [], 0.1)) / loss).toBeCloseTo(1, 5);
    graph.close();
  });

  it("says what a loss may not do", async () => {
    const graph = graphStep(parts(), ([x]) => x!.sum().mul(x!.dataSync()[0]!))!;
    const { rows } = batch(0, 4);
    await expect(graph.step([rows], [], 0.1)).rejects.toThrow("a traced function reads values; allowed: shapes");
    const outside = tensorflow().scalar(2).mul(1);
    const other = graphStep(parts(), ([x]) => x!.sum().mul(outside))!;
    await expect(other.step([rows], [], 0.1)).rejects.toThrow("a tensor from outside");
    outside.dispose();
    for (const one of [graph, other]) one.close();
  });
});

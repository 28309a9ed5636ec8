import { describe, expect, it } from "vitest";
import { adamState, stepAdam } from "../../../../src/models/network/training/adam.js";
import {
  dropIds,
  embeddingDefaults,
  gatherInput,
  growInputBlock,
  inputBlock,
  lazyAdamState,
  makeInputBlock,
  stepEmbeddings,
} from "../../../../src/models/network/layers/embedding.js";
import { extendEncoding, fitEncoding } from "../../../../src/models/network/encoding.js";
import { matrixOf, schemaOf } from "../../../support/fake-rows.js";

const table = (name: string, rows: number, dims: number) => ({
  name,
  rows,
  dims,
  values: Float32Array.from({ length: rows * dims }, (_, i) => i),
});

describe("Adam", () => {
  it("takes a first step of the rate against the gradient's sign, and the paper's second", () => {
    const values = Float32Array.of(1, 1);
    const state = adamState(values);
    stepAdam(values, [0.5, -4], state, 0.1);
    expect(values[0]).toBeCloseTo(0.9, 5);
    expect(values[1]).toBeCloseTo(1.1, 5);
    stepAdam(values, [1, 0], state, 0.1);
    const m = (0.9 * 0.05 + 0.1) / (1 - 0.9 ** 2);
    const v = (0.999 * 0.00025 + 0.001) / (1 - 0.999 ** 2);
    expect(values[0]).toBeCloseTo(0.9 - (0.1 * m) / Math.sqrt(v), 5);
  });

  it("finds the bottom of a bowl and refuses a gradient of another length", () => {
    const values = Float32Array.of(5, -3);
    const state = adamState(values);
    for (let i = 0; i < 2000; i++) stepAdam(values, [values[0]! - 1, 10 * (values[1]! - 2)], state, 0.02);
    expect(values[0]).toBeCloseTo(1, 2);
    expect(values[1]).toBeCloseTo(2, 2);
    expect(() => stepAdam(values, [1], state, 0.1)).toThrow("gradient holds 1 values; expected 2");
  });
});

describe("an input block", () => {
  it("lays embeddings and numbers side by side", () => {
    const block = inputBlock([table("a", 3, 2), table("b", 2, 1)], 1);
    const rows = { count: 2, categories: Int32Array.of(2, 0, 1, 1), numbers: Float32Array.of(0.5, -0.5) };
    expect([...gatherInput(block, rows)]).toEqual([4, 5, 0, 0.5, 2, 3, 1, -0.5]);
  });

  it("updates touched rows as dense Adam would and leaves others alone", () => {
    const block = inputBlock([table("a", 4, 2)], 1);
    const before = block.tables[0]!.values.slice();
    const rows = { count: 3, categories: Int32Array.of(1, 3, 1), numbers: new Float32Array(3) };
    const gradient = Float32Array.of(1, 2, 99, 3, 4, 99, 10, 20, 99); // row 1 is met twice: its gradients add up
    stepEmbeddings(block, rows, gradient, lazyAdamState(block), 0.1, embeddingDefaults);
    const dense = before.slice();
    stepAdam(dense, [0, 0, 11, 22, 0, 0, 3, 4], adamState(dense), 0.1);
    expect([...block.tables[0]!.values]).toEqual([...dense]);
  });

  it("adds up the gradients of rows met more than once, each table in its own columns, step after step", () => {
    const block = inputBlock([table("a", 3, 2), table("b", 4, 3)], 1);
    const state = lazyAdamState(block);
    const dense = block.tables.map(({ values }) => values.slice());
    const moments = dense.map((values) => adamState(values));
    for (let step = 0; step < 3; step++) {
      const categories = Int32Array.of(2, 3, 0, 1, 1, 2, 2, 0, 2, 3, 0, 0); // all rows are met, so lazy is dense
      const gradient = Float32Array.from({ length: 6 * 6 }, (_, i) => ((i * 7 + step) % 11) - 5);
      const sums = dense.map((values) => new Float64Array(values.length));
      for (let i = 0; i < 6; i++) {
        for (let d = 0; d < 2; d++) sums[0]![categories[2 * i]! * 2 + d]! += gradient[6 * i + d]!;
        for (let d = 0; d < 3; d++) sums[1]![categories[2 * i + 1]! * 3 + d]! += gradient[6 * i + 2 + d]!;
      }
      stepEmbeddings(
        block,
        { count: 6, categories, numbers: new Float32Array(6) },
        gradient,
        state,
        0.1,
        embeddingDefaults,
      );
      dense.forEach((values, c) => stepAdam(values, sums[c]!, moments[c]!, 0.1));
    }
    block.tables.forEach(({ values }, c) => expect([...values]).toEqual([...dense[c]!]));
  });

  it("counts steps by row: a rare row's first step is as long as a frequent one's", () => {
    const block = inputBlock([table("a", 3, 1)], 0);
    const state = lazyAdamState(block);
    const touch = (row: number): void =>
      stepEmbeddings(
        block,
        { count: 1, categories: Int32Array.of(row), numbers: new Float32Array(0) },
        Float32Array.of(1),
        state,
        0.1,
        embeddingDefaults,
      );
    for (let i = 0; i < 50; i++) touch(1);
    touch(2);
    expect(block.tables[0]!.values[2]).toBeCloseTo(2 - 0.1, 5);
  });

  it("pulls id rows toward 0 by their L2, other categories not", () => {
    const config = { ...embeddingDefaults, idL2: 1, idRows: 4 };
    const block = inputBlock([table("id", 4, 1), table("other", 3, 1)], 0);
    const rows = { count: 1, categories: Int32Array.of(3, 2), numbers: new Float32Array(0) };
    stepEmbeddings(block, rows, Float32Array.of(0, 0), lazyAdamState(block), 0.1, config);
    expect(block.tables[0]!.values[3]).toBeCloseTo(2.9, 5);
    expect(block.tables[1]!.values[2]).toBe(2);
  });

  it("drops its share of ids, the same ones for the same step, and no other categories", () => {
    const block = inputBlock([table("id", 200, 1), table("other", 5, 1)], 0);
    const fresh = () => ({ count: 5000, categories: new Int32Array(10_000).fill(3), numbers: new Float32Array(0) });
    const [a, b, c] = [fresh(), fresh(), fresh()];
    const config = { ...embeddingDefaults, idDropout: 0.25 };
    dropIds(block, a, config, 1, 7);
    dropIds(block, b, config, 1, 7);
    dropIds(block, c, config, 1, 8);
    const dropped = a.categories.filter((row, at) => at % 2 === 0 && row === 0).length;
    expect(dropped / 5000).toBeGreaterThan(0.22);
    expect(dropped / 5000).toBeLessThan(0.28);
    expect(a.categories.filter((row, at) => at % 2 === 1 && row === 0).length).toBe(0);
    expect(b.categories).toEqual(a.categories);
    expect(c.categories).not.toEqual(a.categories);
  });

  it("grows with an extended encoding: old rows stay, new ones begin as the OOV row", () => {
    const schema = schemaOf({ video: 9 }, []);
    const encoding = fitEncoding(matrixOf(schema, 4, (i) => ({ categories: [i % 2], numbers: [] })));
    const block = makeInputBlock(encoding, embeddingDefaults, 1, "test");
    const grown = growInputBlock(
      block,
      extendEncoding(
        encoding,
        matrixOf(schema, 4, () => ({ categories: [5], numbers: [] })),
      ),
    );
    const { dims } = grown.tables[0]!;
    expect(grown.tables[0]!.rows).toBe(4);
    expect(grown.tables[0]!.values.subarray(0, 3 * dims)).toEqual(block.tables[0]!.values);
    expect(grown.tables[0]!.values.subarray(3 * dims)).toEqual(block.tables[0]!.values.subarray(0, dims));
  });
});

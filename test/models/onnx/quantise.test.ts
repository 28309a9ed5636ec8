import { describe, expect, it } from "vitest";
import { onnxGraph } from "../../../src/models/onnx/graph.js";
import { activationsOf, quantise, withOutputs, type Ranges } from "../../../src/models/onnx/quantise.js";
import { keyOf, uniform } from "../../../src/random.js";
import { onnxRuntime } from "../../../src/serving/rank/onnx-runtime.js";

const key = keyOf(5, "quantise");
const draws = (name: number, count: number, size = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => size * (2 * uniform(key, name, i) - 1));

/** A table beside numbers, two layers. `small`: how large the table's values are. */
function network(small = 0.05): Uint8Array {
  const graph = onnxGraph("test");
  graph.input("categories", "int32", 1);
  graph.input("numbers", "float32", 6);
  const table = graph.constant("table", [40, 4], draws(1, 160, small));
  const ids = graph.op("Gather", ["categories", graph.constant("column", [], Int32Array.of(0))], { axis: 1 });
  const x = graph.op("Concat", [graph.op("Gather", [table, ids], { axis: 0 }), "numbers"], { axis: 1 });
  const weights = draws(2, 160, 0.3).map((w, at) => (at < 64 ? w / small : w)); // the table counts as much as the numbers
  const h = graph.op("Relu", [
    graph.op("Gemm", [x, graph.constant("w1", [10, 16], weights), graph.constant("b1", [16], draws(3, 16))]),
  ]);
  graph.output("y", graph.op("MatMul", [h, graph.constant("w2", [16, 2], draws(4, 32, 0.4))]), 2);
  return graph.encode();
}

type Feeds = { readonly categories: Int32Array; readonly numbers: Float32Array };
const feeds: Feeds = {
  categories: Int32Array.from({ length: 300 }, (_, i) => i % 40),
  numbers: draws(6, 1800, 4),
};
const part = (from: number, to: number): Feeds => ({
  categories: feeds.categories.slice(from, to),
  numbers: feeds.numbers.slice(from * 6, to * 6),
});

async function run(bytes: Uint8Array, { categories, numbers }: Feeds): Promise<Readonly<Record<string, Float32Array>>> {
  const { InferenceSession, Tensor } = await onnxRuntime();
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const n = categories.length;
  const out = await session.run({
    categories: new Tensor("int32", categories, [n, 1]),
    numbers: new Tensor("float32", numbers, [n, 6]),
  });
  await session.release();
  return Object.fromEntries(Object.entries(out).map(([name, tensor]) => [name, tensor.data as Float32Array]));
}

async function rangesOf(bytes: Uint8Array): Promise<Map<string, Ranges>> {
  const names = activationsOf(bytes);
  const out = await run(withOutputs(bytes, names), feeds);
  return new Map(
    names.map((name) => {
      const columns = out[name]!.length / feeds.categories.length;
      const over = (pick: (...values: number[]) => number): Float32Array =>
        Float32Array.from({ length: columns }, (_, c) => pick(...out[name]!.filter((_, at) => at % columns === c)));
      return [name, { min: over(Math.min), max: over(Math.max) }];
    }),
  );
}

const spread = (values: Float32Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
const error = (a: Float32Array, b: Float32Array): number => spread(a.map((v, at) => v - b[at]!)) / spread(a);

describe("int8", () => {
  it("is a quarter of the bytes and gives nearly the same answers, dynamic and static", async () => {
    const bytes = network();
    const [exact, dynamic, fixed] = await Promise.all(
      [bytes, quantise(bytes), quantise(bytes, await rangesOf(bytes))].map((file) => run(file, feeds)),
    );
    const [ofDynamic, ofFixed] = [dynamic, fixed].map((answers) => error(exact!["y"]!, answers!["y"]!)) as [
      number,
      number,
    ];
    expect(ofDynamic).toBeGreaterThan(0.001); // it was rounded
    expect(ofDynamic).toBeLessThan(0.15); // one scale for a small table beside wide numbers
    expect(ofFixed).toBeLessThan(0.02); // a scale per column keeps the table's digits
  });

  it("answers a batch as its rows one by one where ranges are fixed", async () => {
    const bytes = network();
    const file = quantise(bytes, await rangesOf(bytes));
    const batch = (await run(file, part(0, 5)))["y"]!;
    for (let row = 0; row < 5; row++)
      expect((await run(file, part(row, row + 1)))["y"]).toEqual(batch.slice(row * 2, row * 2 + 2));
  });

  it("never saturates: the largest products are exact", async () => {
    const graph = onnxGraph("large");
    graph.input("categories", "int32", 1);
    graph.input("numbers", "float32", 6);
    graph.output("y", graph.op("MatMul", ["numbers", graph.constant("w", [6, 2], new Float32Array(12).fill(63))]), 2);
    const bytes = graph.encode();
    const ranges = new Map([["numbers", { min: new Float32Array(6), max: new Float32Array(6).fill(255) }]]);
    const { y } = await run(quantise(bytes, ranges), {
      categories: new Int32Array(1),
      numbers: new Float32Array(6).fill(255),
    });
    expect(y![0]! / (6 * 255 * 63)).toBeCloseTo(1, 6);
  });

  it("refuses what it cannot round", () => {
    const bytes = network();
    expect(() => quantise(bytes, new Map())).toThrow(/ranges of .*: 0 columns; expected 10/);
    const infinite = new Map(
      activationsOf(bytes).map((name, at) => {
        const columns = at === 0 ? 10 : 16;
        return [name, { min: new Float32Array(columns), max: new Float32Array(columns).fill(Infinity) }] as const;
      }),
    );
    expect(() => quantise(bytes, infinite)).toThrow(/column 0 goes from 0 to Infinity; allowed: finite/);
    expect(() => quantise(Uint8Array.of())).toThrow(/not an ONNX graph/);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { flopsOfRow, saturatingPairs } from "../../../src/models/onnx/cost.js";
import { funnelRankers, retrieverLadder } from "../../../src/models/ladder.js";
import { onnxGraph } from "../../../src/models/onnx/graph.js";
import { halfOf, halfWeights } from "../../../src/models/onnx/half.js";
import { activationsOf, quantise } from "../../../src/models/onnx/quantise.js";
import type { GraphRuntime } from "../../../src/serving/edge/open-model.js";
import { onnxRuntime } from "../../../src/serving/rank/onnx-runtime.js";
import { wasmRuntime } from "../../../src/serving/rank/wasm-runtime.js";
import { deepModels, type Exported } from "./exported.js";

async function run(
  { InferenceSession, Tensor }: GraphRuntime,
  { bytes, feeds, count }: Pick<Exported, "bytes" | "feeds" | "count">,
): Promise<Readonly<Record<string, Float32Array>>> {
  const one = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session = await InferenceSession.create(bytes, one);
  const tensors = Object.entries(feeds).map(([name, values]) => {
    const type = values instanceof Int32Array ? "int32" : "float32";
    return [name, new Tensor(type as never, values as never, [count, values.length / count])] as const;
  });
  const out = await session.run(Object.fromEntries(tensors) as never);
  await session.release();
  return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data as Float32Array]));
}

/** The largest difference, relative where values are above 1. */
const apart = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!) / Math.max(1, Math.abs(value))), 0);

describe("every deep model as ONNX", () => {
  it("is each model of the ladders that TensorFlow.js fits", () => {
    const deep = [...funnelRankers, ...retrieverLadder].filter(({ engine }) => engine === "tensorflow");
    const without = deep.filter(({ name }) => !Object.keys(deepModels).some((known) => known.split(", ")[0] === name));
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it.each(Object.keys(deepModels))("%s: native and WASM answer as TensorFlow.js does, to 1e-4", async (name) => {
    const dir = await mkdtemp(join(tmpdir(), "export-"));
    try {
      for (const graph of await deepModels[name]!(dir)) {
        for (const runtime of [await onnxRuntime(), await wasmRuntime()]) {
          const out = await run(runtime, graph);
          for (const [output, expected] of Object.entries(graph.expected))
            expect(apart(expected, out[output]!), output).toBeLessThan(1e-4);
        }
        const half = halfWeights(graph.bytes);
        expect(half.length).toBeLessThan(0.75 * graph.bytes.length);
        expect(flopsOfRow(half)).toBe(flopsOfRow(graph.bytes));
        expect(saturatingPairs(quantise(graph.bytes))).toBe(0);
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe("the cost of a graph", () => {
  it("is two operations a weight of a product, narrower matrices have fewer, and tables none", async () => {
    const graph = onnxGraph("two layers");
    const table = graph.constant("table", [50, 3], new Float32Array(150));
    const ids = graph.op("Gather", [graph.input("categories", "int32", 1), graph.constant("c", [], Int32Array.of(0))], {
      axis: 1,
    });
    const weights = (name: string, rows: number, columns: number): string =>
      graph.constant(name, [rows, columns], new Float32Array(rows * columns).fill(1));
    const h = graph.op("MatMul", [graph.op("Gather", [table, ids], { axis: 0 }), weights("w1", 3, 8)]);
    graph.output("y", graph.op("MatMul", [h, weights("w2", 8, 2)]), 2);
    expect(flopsOfRow(graph.encode())).toBe(2 * (3 * 8 + 8 * 2));
    expect(flopsOfRow(quantise(graph.encode()))).toBe(2 * (3 * 8 + 8 * 2));
    const dir = await mkdtemp(join(tmpdir(), "cost-"));
    const [whole, pruned] = [await deepModels["dcn"]!(dir), await deepModels["dcn, pruned"]!(dir)];
    expect(flopsOfRow(pruned[0]!.bytes)).toBeLessThan(0.6 * flopsOfRow(whole[0]!.bytes));
    await rm(dir, { recursive: true, force: true });
  });
});

describe("saturation", () => {
  /** What a CPU without VNNI computes: two products of 8 × 8 bits are added in 16 bits that saturate. */
  const without = (x: readonly number[], w: readonly number[]): number => {
    let sum = 0;
    for (let at = 0; at < x.length; at += 2)
      sum += Math.max(-32_768, Math.min(32_767, x[at]! * w[at]! + x[at + 1]! * w[at + 1]!));
    return sum;
  };

  it("is found in 8-bit weights and cannot be in 7-bit ones", () => {
    const graph = onnxGraph("large");
    graph.input("numbers", "float32", 4);
    graph.output("y", graph.op("MatMul", ["numbers", graph.constant("w", [4, 1], Float32Array.of(1, 1, 1, -1))]), 1);
    const bytes = graph.encode();
    const ranges = new Map([
      [activationsOf(bytes)[0]!, { min: new Float32Array(4), max: new Float32Array(4).fill(1) }],
    ]);
    expect(saturatingPairs(quantise(bytes, ranges, 8))).toBe(1); // the first pair: 1, 1
    expect(saturatingPairs(quantise(bytes, ranges))).toBe(0);
    const x = [255, 255, 255, 255];
    expect(without(x, [127, 127, 127, -127])).toBeLessThan(2 * 255 * 127); // 32,767 in place of 64,770
    expect(without(x, [63, 63, 63, -63])).toBe(2 * 255 * 63);
  });
});

describe("16 bits", () => {
  it("are the nearest half, ties to even, down to the least subnormal", () => {
    const known: readonly (readonly [number, number])[] = [
      [0, 0], [1, 0x3c00], [-2, 0xc000], [65_504, 0x7bff], [2 ** -14, 0x0400], [2 ** -24, 1], [2 ** -25, 0], [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02], [1 / 3, 0x3555], [2 - 2 ** -12, 0x4000],
    ]; // prettier-ignore
    for (const [value, bits] of known) expect(halfOf(value), String(value)).toBe(bits);
  });

  it("leave a matrix as it is that they cannot hold", () => {
    const graph = onnxGraph("large");
    graph.input("numbers", "float32", 1);
    graph.output("y", graph.op("MatMul", ["numbers", graph.constant("w", [1, 1], Float32Array.of(1e5))]), 1);
    expect(halfWeights(graph.encode())).toEqual(new Uint8Array(graph.encode()));
  });
});

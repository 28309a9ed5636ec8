import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOnnx } from "../../../src/serving/rank/onnx.js";
import type { OnnxExpectation } from "../../../src/serving/rank/onnx.js";
import { tinyRanker, tinyTower } from "./tiny-onnx.js";

let dir: string;
const file = async (name: string, bytes: Uint8Array): Promise<string> => {
  await writeFile(join(dir, name), bytes);
  return join(dir, name);
};
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "stagecraft-onnx-"));
});
afterAll(() => rm(dir, { recursive: true }));

const ranker: OnnxExpectation = { tableSizes: [3, 3], numbers: 2, outputs: { click_probability: 1, watch_ms: 1 } };

describe("a graph behind onnxruntime", () => {
  it.each([
    ["int32", 6],
    ["int64", 7],
  ] as const)("computes what its nodes say, with %s ids", async (_, idType) => {
    const model = await openOnnx(await file("ranker.onnx", tinyRanker(2, 2, [100, 200, 900], idType)), ranker);
    const out = await model.run({
      count: 2,
      categories: Int32Array.of(0, 1, 2, 2),
      numbers: Float32Array.of(1, 3, -1, 1),
    });
    expect(out["click_probability"]![0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(out["click_probability"]![1]).toBeCloseTo(0.5, 6);
    expect(Array.from(out["watch_ms"]!)).toEqual([150, 900]);
    await model.close();
  });

  it("gives matrices row by row, and nothing for no rows", async () => {
    const model = await openOnnx(await file("tower.onnx", tinyTower(1, 2)), {
      tableSizes: [9],
      numbers: 2,
      outputs: { embedding: 2 },
    });
    const out = await model.run({ count: 2, categories: Int32Array.of(0, 8), numbers: Float32Array.of(3, 4, 0, -2) });
    [0.6, 0.8, 0, -1].forEach((expected, at) => expect(out["embedding"]![at]).toBeCloseTo(expected, 6));
    expect(
      (await model.run({ count: 0, categories: new Int32Array(0), numbers: new Float32Array(0) }))["embedding"],
    ).toHaveLength(0);
    await model.close();
  });

  it("refuses ids outside their table, numbers that are not finite, and rows of another shape", async () => {
    const model = await openOnnx(await file("rows.onnx", tinyRanker(2, 2, [1, 2, 3])), ranker);
    const numbers = Float32Array.of(0, 0);
    await expect(model.run({ count: 1, categories: Int32Array.of(0, -1), numbers })).rejects.toThrow(
      /category 1 is -1 in row 0; allowed: 0 … 2/,
    );
    await expect(model.run({ count: 1, categories: Int32Array.of(3, 0), numbers })).rejects.toThrow(/category 0 is 3/);
    await expect(
      model.run({ count: 1, categories: Int32Array.of(0, 0), numbers: Float32Array.of(0, NaN) }),
    ).rejects.toThrow(/number 1 is NaN in row 0/);
    await expect(model.run({ count: 2, categories: Int32Array.of(0, 0), numbers })).rejects.toThrow(
      /expected 2 rows × 2/,
    );
    await model.close();
  });

  it("refuses outputs that are not finite", async () => {
    const model = await openOnnx(await file("nan.onnx", tinyRanker(2, 2, [1, NaN, 3])), ranker);
    await expect(
      model.run({ count: 1, categories: Int32Array.of(0, 1), numbers: Float32Array.of(0, 0) }),
    ).rejects.toThrow(/output watch_ms is NaN/);
    await model.close();
  });

  it("says of a missing, damaged or truncated file what is wrong and what to do", async () => {
    await expect(openOnnx(join(dir, "absent.onnx"), ranker)).rejects.toThrow(/no model at .*absent\.onnx/);
    const whole = tinyRanker(2, 2, [1, 2, 3]);
    for (const bytes of [new Uint8Array(0), Uint8Array.from([1, 2, 3, 4]), whole.slice(0, whole.length - 25)]) {
      await expect(openOnnx(await file("bad.onnx", bytes), ranker)).rejects.toThrow(/bad\.onnx/);
    }
  });

  it("refuses a graph that is not the one its sidecar describes", async () => {
    const path = await file("other.onnx", tinyRanker(2, 2, [1, 2, 3]));
    await expect(openOnnx(path, { ...ranker, tableSizes: [3, 3, 3] })).rejects.toThrow(
      /does not match its sidecar: input categories has shape \[n, 2\]; expected \[n, 3\]/,
    );
    await expect(openOnnx(path, { ...ranker, numbers: 5 })).rejects.toThrow(/input numbers has shape/);
    await expect(openOnnx(path, { ...ranker, outputs: { embedding: 8 } })).rejects.toThrow(
      /no output embedding; its outputs are click_probability, watch_ms/,
    );
    const tower = await file("tower8.onnx", tinyTower(1, 8));
    await expect(openOnnx(tower, { tableSizes: [2], numbers: 8, outputs: { embedding: 16 } })).rejects.toThrow(
      /output embedding has shape \[n, 8\]; expected \[n, 16\]/,
    );
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { halfWeights } from "../../../src/models/onnx/half.js";
import { quantise } from "../../../src/models/onnx/quantise.js";
import { pythonOf } from "../../support/python.js";
import { deepModels } from "./exported.js";

const script = "import sys, onnx\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)";
const folder = mkdtempSync(join(tmpdir(), "checker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let python = "";
beforeAll(async () => {
  python = await pythonOf(import.meta.dirname);
}, 600_000);

describe("onnx.checker", () => {
  it.each(Object.keys(deepModels))("accepts %s in 32, 16 and 8 bits", async (name) => {
    const paths: string[] = [];
    for (const { bytes } of await deepModels[name]!(folder))
      for (const form of [bytes, halfWeights(bytes), quantise(bytes)]) {
        paths.push(join(folder, `${paths.length}.onnx`));
        writeFileSync(paths.at(-1)!, form);
      }
    await promisify(execFile)(python, ["-c", script, ...paths]);
  });

  it("refuses a graph that is none", async () => {
    const path = join(folder, "none.onnx");
    writeFileSync(path, Uint8Array.of(8, 8, 58, 0));
    await expect(promisify(execFile)(python, ["-c", script, path])).rejects.toThrow(/checker|opset|Field/);
  });
});

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { backendName, tensorflow } from "../../../src/models/network/tensor.js";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

describe("TensorFlow", () => {
  it("is opened once and computes", () => {
    const tf = tensorflow();
    expect(tensorflow()).toBe(tf);
    expect(
      tf.tidy(() =>
        tf
          .tensor2d([
            [1, 2],
            [3, 4],
          ])
          .matMul(tf.tensor2d([[1], [1]]))
          .arraySync(),
      ),
    ).toEqual([[3], [7]]);
    expect(["native", "portable"]).toContain(backendName());
  });

  it("is the one that other packages get by tfjs-node's name, so that one lives in the process", () => {
    const theirs: unknown = require("@tensorflow/tfjs-node");
    expect((theirs as { ENV: unknown }).ENV).toBe((tensorflow() as unknown as { ENV: unknown }).ENV);
  });

  it("refuses an unknown backend by name", async () => {
    process.env.STAGECRAFT_BACKEND = "gpu";
    try {
      const fresh = (await import(
        "../../../src/models/network/tensor.js?fresh" as string
      )) as typeof import("../../../src/models/network/tensor.js");
      expect(() => fresh.tensorflow()).toThrow("unknown STAGECRAFT_BACKEND: gpu; known: native, portable");
    } finally {
      delete process.env.STAGECRAFT_BACKEND;
    }
  });

  it.skipIf(!existsSync("dist/models/network/tensor.js"))(
    "says in one line that the native library is missing, and goes on",
    async () => {
      // a process in which tfjs-node cannot be loaded
      const script = `
      const Module = require("node:module");
      const load = Module._load;
      Module._load = function (name, ...rest) { if (name === "@tensorflow/tfjs-node") throw new Error("no addon"); return load.call(this, name, ...rest); };
      import("./dist/models/network/tensor.js").then(({ tensorflow, backendName }) => { tensorflow(); console.log(backendName(), require("@tensorflow/tfjs").getBackend()); });
    `;
      const { stdout, stderr } = await run(process.execPath, ["-e", script], {
        env: { ...process.env, STAGECRAFT_BACKEND: "" },
      });
      expect(stdout.trim()).toBe("portable cpu");
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(stderr).toContain("native TensorFlow not found, using the portable backend");
    },
  );
});

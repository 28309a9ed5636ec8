/** Nothing is kept in a person's home and nothing is sent: native libraries have telemetry of their own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quietRun } from "../support/quiet-run.js";
import { tinyRanker } from "./rank/tiny-onnx.js";

const scratch = mkdtempSync(join(tmpdir(), "privacy-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const graph = join(scratch, "ranker.onnx");
beforeAll(() => writeFileSync(graph, tinyRanker(2, 2, [100, 200, 900], 6)));

const root = new URL("../..", import.meta.url).href;
const script = (text: string): readonly string[] => ["--input-type=module", "-e", text];

describe.skipIf(process.platform !== "linux")("a fresh home", () => {
  it("holds nothing after a graph was served, and no socket was opened", async () => {
    const open = `openOnnx(${JSON.stringify(graph)}, { tableSizes: [3, 3], numbers: 2, outputs: { click_probability: 1, watch_ms: 1 } })`;
    const served = await quietRun(
      script(`import { openOnnx } from "${root}dist/serving/rank/onnx.js";
        const model = await ${open};
        const out = await model.run({ count: 1, categories: Int32Array.of(0, 1), numbers: Float32Array.of(1, 3) });
        await model.close();
        console.log(Object.keys(out).join());`),
    );
    expect(served).toEqual({ code: 0, said: "click_probability,watch_ms\n", home: [], sockets: [] });
  });

  it("is where this test would see ONNX Runtime's telemetry, and a socket that may send", async () => {
    const told = await quietRun(
      script(`import ort from "${root}node_modules/onnxruntime-node/dist/index.js";
        await (await ort.InferenceSession.create(${JSON.stringify(graph)})).release();`),
    );
    expect(told.home.some((file) => file.includes("onnxruntime"))).toBe(true);
    const called = await quietRun(
      script(`import dgram from "node:dgram";
        import net from "node:net";
        dgram.createSocket("udp4").bind(0, "127.0.0.1");
        net.createServer().listen(0, "127.0.0.1", function () { net.connect(this.address().port, "127.0.0.1"); });
        setTimeout(() => process.exit(), 300);`),
    );
    expect(called.sockets).toEqual(["udp 00000000:0000"]);
  });
});

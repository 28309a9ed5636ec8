/** The one door to ONNX Runtime's WebAssembly in Node: what a page runs, to compare its answers with the native library's. */
import type { GraphRuntime } from "../edge/open-model.js";

/** Loads it, on one thread, as in a page from a file. */
export async function wasmRuntime(): Promise<GraphRuntime> {
  const { env, ...runtime } = await import("onnxruntime-web");
  env.wasm.numThreads = 1;
  return runtime as unknown as GraphRuntime;
}

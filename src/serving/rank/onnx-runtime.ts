/** The one door to ONNX Runtime, loaded on first use: a worker that only draws random pages never opens the native library. */

// The library sends telemetry where it is not told to leave that: it kept a device id in the home folder and opened sockets. The
// variable is set as this module is evaluated, in the main thread first: a worker thread's own environment does not reach native code.
process.env["ORT_DISABLE_TELEMETRY"] = "1";

/** Loads the library. */
export function onnxRuntime(): Promise<typeof import("onnxruntime-node")> {
  return import("onnxruntime-node");
}

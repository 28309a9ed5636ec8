/* exported openRuntime */
// What stands in a page as data: blocks, and ONNX Runtime among them.
const $ = (id) => document.getElementById(id);

/** A block of the page: base64 of gzip. */
async function block(id) {
  const packed = Uint8Array.from(atob($(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function openRuntime() {
  const [code, wasmBinary] = await Promise.all([block("runtime"), block("wasm")]);
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" })); // a module from a file needs an address
  const runtime = await import(url);
  runtime.env.wasm.wasmBinary = wasmBinary;
  runtime.env.wasm.numThreads = 1; // a page from a file has no shared memory
  runtime.env.logLevel = "error";
  return runtime;
}

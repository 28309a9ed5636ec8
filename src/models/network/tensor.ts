/**
 * The one door to TensorFlow.js. `tensorflow()` opens the native library (tfjs-node) where it loads and the portable
 * pure-JavaScript CPU backend where it does not, and says so in one line on stderr. STAGECRAFT_BACKEND=native|portable
 * forces one. Nothing is loaded before the first call, so importing this package stays fast.
 */
import Module, { createRequire } from "node:module";
import { installPortableMatmul } from "./layers/portable-matmul.js";
import { installReluGradient } from "./layers/relu-gradient.js";
import type { Tensorflow } from "./tensor-types.js";

export type { Tensorflow } from "./tensor-types.js";

/** native: libtensorflow on all cores. portable: plain JavaScript on one core, for `tiny`. */
export type BackendName = "native" | "portable";

interface Opened {
  readonly tf: Tensorflow;
  readonly name: BackendName;
}

const require = createRequire(import.meta.url);
const nativePackage = "@tensorflow/tfjs-node";
const portablePackage = "@tensorflow/tfjs";
let opened: Opened | undefined;
let opening = false;

redirectNative();

/**
 * TensorFlow.js, opened on first use.
 * @throws Error when STAGECRAFT_BACKEND is unknown, or is native and the native library does not load
 */
export function tensorflow(): Tensorflow {
  return open().tf;
}

/** Which backend `tensorflow()` runs on (opens it). */
export function backendName(): BackendName {
  return open().name;
}

function open(): Opened {
  if (opened !== undefined) return opened;
  const wish = process.env.STAGECRAFT_BACKEND ?? "";
  if (!["", "native", "portable"].includes(wish))
    throw new Error(`unknown STAGECRAFT_BACKEND: ${wish}; known: native, portable`);
  opening = true;
  try {
    opened = wish === "portable" ? openPortable() : openNative(wish === "native");
    installReluGradient(opened.tf);
  } finally {
    opening = false;
  }
  return opened;
}

function openNative(must: boolean): Opened {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  restoreOldUtil();
  try {
    return { tf: require(nativePackage) as Tensorflow, name: "native" };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    if (must)
      throw new Error(
        `the native TensorFlow library does not load (${reason}); run npm run setup, or STAGECRAFT_BACKEND=portable`,
        { cause },
      );
    process.stderr.write(
      `native TensorFlow not found, using the portable backend: fine at tiny, slow beyond (npm run doctor tells more)\n`,
    );
    return openPortable();
  }
}

function openPortable(): Opened {
  const tf = require(portablePackage) as Tensorflow;
  tf.enableProdMode(); // silences the advice to install tfjs-node, nothing else that we use
  void tf.setBackend("cpu"); // takes effect at once: the CPU backend opens synchronously
  if (tf.getBackend() !== "cpu")
    throw new Error(`the portable backend did not open; TensorFlow.js chose ${tf.getBackend()}`);
  installPortableMatmul(tf);
  return { tf, name: "portable" };
}

/** tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed, and util.isArray, which is deprecated. */
function restoreOldUtil(): void {
  const util = require("node:util") as Record<string, (value: unknown) => boolean>;
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/** danfo requires tfjs-node by name: where that is not what is open, it gets the portable package (one TensorFlow a process). */
function redirectNative(): void {
  const loader = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function (request: string, ...rest: unknown[]): string {
    if (request !== nativePackage || opening) return resolve.call(this, request, ...rest);
    return open().name === "native" ? resolve.call(this, request, ...rest) : require.resolve(portablePackage);
  };
}

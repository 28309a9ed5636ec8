// Gives @tensorflow/tfjs-node its native library from package registries alone: the C library and headers of a PyPI wheel
// (hash-pinned, kept in the cache folder for every checkout), and the package's addon compiled here. Measured: download 187 MB,
// 400 MB kept; compile 10-13 s the first time, 5 s after a later `npm ci`. The package's own installer downloads from an outside
// host, so it is tried only where this way does not exist. Wheels from 2.18 on break `round` on int32: stay on 2.13.1.
// Where nothing works the portable backend is used, and set-up goes on.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { at, cache, root } from "./paths.mjs";
import { findCompiler, mend } from "./prerequisites.mjs";
import { must, StepError } from "./run.mjs";
import { hashFiles, readStamp, sha256, writeStamp } from "./stamp.mjs";
import { takeWheel, wheelFolder } from "./wheel.mjs";

/** @type {import("./wheel.mjs").Wheel} */
const wheel = {
  id: "tensorflow-cpu-2.13.1",
  requirement: "tensorflow-cpu==2.13.1",
  sha256: "87be6e61314b2c0fa062f71e26e41d6a17e162ffe4da72c820fe8f1fc94d97fe",
  pip: ["--implementation=cp", "--python-version=3.11", "--abi=cp311", "--platform=manylinux2014_x86_64"],
  timeoutMs: 1_800_000,
  unpack: `
headers = tuple('tensorflow/include/tensorflow/' + p for p in ('c/', 'core/platform/ctstring', 'tsl/c/', 'tsl/platform/ctstring'))
def place(n):
    b = n.split('/')[-1]
    if b in ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'): return 'lib/' + b
    if b == 'LICENSE' and '/include/' not in n: return b
    return n[len('tensorflow/'):] if n.startswith(headers) and n.endswith('.h') else None
`,
};
const napi = Math.min(8, Number(process.versions.napi));
const packageFolder = at("node_modules", "@tensorflow", "tfjs-node");
const addon = path.join(packageFolder, "lib", `napi-v${napi}`, "tfjs_binding.node");
const library = () => wheelFolder(wheel); // lib/, include/, LICENSE, ok (written last)

const isGlibc = () => Boolean(process.report?.getReport().header.glibcVersionRuntime);
const wheelFits = () => process.platform === "linux" && process.arch === "x64" && isGlibc();
const asked = () => process.env.STAGECRAFT_BACKEND === "portable"; // do without it, as a person or a test wishes
// what a success or a failure was about: tried again by itself when one of these changes
const key = (compiler) =>
  sha256(
    process.platform,
    process.arch,
    String(napi),
    library(),
    String(compiler),
    hashFiles(root, ["node_modules/@tensorflow/tfjs-node/package.json"]),
  );

/** `native`, `portable: <why>` or undefined when it was not set up yet. */
export function backend() {
  return asked() ? "portable: asked for by STAGECRAFT_BACKEND" : readStamp("tensorflow")?.split("\n")[1];
}

function done() {
  if (asked()) return true;
  const [was, state] = readStamp("tensorflow")?.split("\n") ?? [];
  if (state === "native")
    return was === key(true) && existsSync(addon) && existsSync(path.join(packageFolder, "deps", "lib"));
  return was !== undefined && was === key(Boolean(findCompiler()));
}

async function run({ log, note }) {
  const compiler = findCompiler();
  let state = "native";
  try {
    if (!existsSync(addon) || !(await works())) {
      if (wheelFits()) await fromWheel(compiler, log);
      else await fromPackage(log);
    }
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    log(error.message);
    if (error.mend) log(`to fix it: ${error.mend}`);
    rmSync(addon, { force: true });
    state = `portable: ${error.message.split("\n")[0].replace(/:$/, "")}`;
  }
  writeStamp("tensorflow", `${key(state === "native" || Boolean(compiler))}\n${state}`);
  note(portableLine());
}

/** The one line that says the native library is not there; undefined when it is. */
export function portableLine() {
  const state = backend();
  if (!state?.startsWith("portable")) return undefined;
  return (
    `TensorFlow's native library is not available (${state.slice(10)}): the portable backend is used, fit ` +
    `for --scale tiny; try again with npm run setup -- --retry-native`
  );
}

export const tensorflow = { name: "tensorflow", done, run };

async function fromWheel(compiler, log) {
  if (!compiler) throw new StepError("no C++ compiler", mend.compiler);
  if (!existsSync(path.join(library(), "ok"))) await download(log);
  log(`compiling the addon with ${compiler.command}`);
  const deps = path.join(packageFolder, "deps");
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(deps);
  mkdirSync(path.dirname(addon), { recursive: true });
  for (const name of ["lib", "include"]) symlinkSync(path.join(library(), name), path.join(deps, name));
  const beside = `${addon}.${process.pid}.tmp`;
  await must(
    "compiling TensorFlow's addon",
    compiler.command,
    [
      "-std=c++17",
      "-O2",
      "-fPIC",
      "-shared",
      "-fvisibility=hidden",
      `-DNAPI_VERSION=${napi}`,
      "-I",
      "deps/include",
      "-I",
      at("node_modules", "node-api-headers", "include"),
      "binding/tfjs_backend.cc",
      "binding/tfjs_binding.cc",
      "-o",
      beside,
      "-L",
      path.join(library(), "lib"),
      "-l:libtensorflow_cc.so.2",
      "-l:libtensorflow_framework.so.2",
      "-Wl,-rpath,$ORIGIN/../../deps/lib",
    ],
    { cwd: packageFolder, mend: mend.compiler },
  );
  renameSync(beside, addon);
  if (!(await works()))
    throw new StepError("the compiled addon does not multiply matrices", `remove ${library()} and run it again`);
}

async function download(log) {
  log(`downloading TensorFlow's C library (187 MB, once per machine) into ${cache()}`);
  await takeWheel(wheel, (folder) => {
    for (const name of ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]) {
      try {
        execFileSync("strip", ["--strip-unneeded", path.join(folder, "lib", name)], { stdio: "ignore" });
      } catch {
        /* only saves disk */
      }
    }
  });
}

async function fromPackage(log) {
  log("the package's own installer (this platform has no other way)");
  await must(
    "npm rebuild @tensorflow/tfjs-node",
    "npm",
    ["rebuild", "@tensorflow/tfjs-node", "--ignore-scripts=false", "--loglevel=error"],
    { cwd: root, timeoutMs: 900_000 },
  );
  if (!(await works())) throw new StepError("the package's own build does not multiply matrices");
}

/** Proves it in a process of its own: a wrong library may kill the process that loads it. */
async function works() {
  const code = `const util = require("node:util"); util.isNullOrUndefined ??= (x) => x == null; // gone in Node 23
    const tf = require("@tensorflow/tfjs-node");
    const y = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1], [1]])).dataSync();
    if (tf.getBackend() !== "tensorflow" || y[0] !== 3 || y[1] !== 7) process.exit(1);`;
  try {
    await must("loading TensorFlow", process.execPath, ["-e", code], {
      cwd: root,
      timeoutMs: 120_000,
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" },
    });
    return true;
  } catch {
    return false;
  }
}

/** The library's version as its headers name it, for doctor. */
export function nativeVersion() {
  try {
    const text = readFileSync(path.join(packageFolder, "package.json"), "utf8");
    const found = existsSync(library()) ? `, ${wheel.id.replace("tensorflow-cpu-", "libtensorflow ")}` : "";
    return `tfjs-node ${JSON.parse(text).version}${found}`;
  } catch {
    return undefined;
  }
}

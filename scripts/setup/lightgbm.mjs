// Gives gradient-boosted trees their native library: LightGBM's C library from the PyPI wheel (hash-pinned, 3.6 MB, kept in the cache
// folder for every checkout). Linux x64 with glibc; it needs the system's libgomp1. Elsewhere, and where it is not available, everything
// else works and whoever asks for trees is told. STAGECRAFT_LIGHTGBM may name another lib_lightgbm (Homebrew's, conda's).
import { existsSync } from "node:fs";
import path from "node:path";
import { at, cache, root } from "./paths.mjs";
import { must, StepError } from "./run.mjs";
import { readStamp, sha256, writeStamp } from "./stamp.mjs";
import { takeWheel, wheelFolder } from "./wheel.mjs";

/** @type {import("./wheel.mjs").Wheel} */
const wheel = {
  id: "lightgbm-4.6.0",
  requirement: "lightgbm==4.6.0",
  sha256: "cb19b5afea55b5b61cbb2131095f50538bd608a00655f23ad5d25ae3e3bf1c8d",
  pip: ["--platform=manylinux_2_28_x86_64"],
  timeoutMs: 600_000,
  unpack: `
def place(n):
    b = n.split('/')[-1]
    return b if b in ('lib_lightgbm.so', 'LICENSE') else None
`,
};
const library = () => wheelFolder(wheel); // holds lib_lightgbm.so, LICENSE
const asked = () => process.env.STAGECRAFT_LIGHTGBM;
const key = () => sha256(process.platform, process.arch, library(), asked() ?? "");

/** `native`, `without: <why>` or undefined when it was not set up yet. */
export function trees() {
  return readStamp("lightgbm")?.split("\n")[1];
}

/** The one line that says the library is not there; undefined when it is. */
export function treesLine() {
  const state = trees();
  if (!state?.startsWith("without")) return undefined;
  return (
    `LightGBM's library is not available (${state.slice(9)}): gradient-boosted trees are left out; try ` +
    `again with npm run setup -- --retry-native`
  );
}

function done() {
  const [was, state] = readStamp("lightgbm")?.split("\n") ?? [];
  if (was !== key()) return false;
  return state !== "native" || existsSync(asked() || path.join(library(), "lib_lightgbm.so"));
}

async function run({ log, note }) {
  let state = "native";
  try {
    if (!asked() && !existsSync(path.join(library(), "lib_lightgbm.so"))) {
      if (
        process.platform !== "linux" ||
        process.arch !== "x64" ||
        !process.report?.getReport().header.glibcVersionRuntime
      ) {
        throw new StepError(
          `no pinned wheel for ${process.platform} ${process.arch}`,
          "name a lib_lightgbm in STAGECRAFT_LIGHTGBM (macOS: brew install lightgbm)",
        );
      }
      log(`downloading LightGBM's library (3.6 MB, once per machine) into ${cache()}`);
      await takeWheel(wheel);
    }
    await works();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    log(error.message);
    if (error.mend) log(`to fix it: ${error.mend}`);
    state = `without: ${error.message.split("\n")[0].replace(/:$/, "")}`;
  }
  writeStamp("lightgbm", `${key()}\n${state}`);
  note(treesLine());
}

export const lightgbm = { name: "lightgbm", done, run };

/** Proves it in a process of its own: a wrong library may kill the process that loads it. */
async function works() {
  const file = asked() || path.join(library(), "lib_lightgbm.so");
  const code = `const lib = require("koffi").load(process.argv[1]);
    const out = [null];
    const make = lib.func("int LGBM_DatasetCreateFromMat(const void* data, int type, int32_t rows, int32_t " +
    "columns, int rowMajor, const char* parameters, void* reference, _Out_ void** out)");
    if (make(new Float32Array(200).map((_, i) => i), 0, 100, 2, 1, "verbosity=-1 num_threads=1", null, out) !== 0) process.exit(1);`;
  if (!existsSync(at("node_modules", "koffi"))) throw new StepError("koffi is not installed", "npm ci");
  await must("loading LightGBM's library", process.execPath, ["-e", code, file], {
    cwd: root,
    timeoutMs: 60_000,
    mend: "install libgomp1 (sudo apt-get install libgomp1), then npm run setup -- --retry-native",
  });
}

// The `TypeScript (tslab)` kernel inside .venv, so that it belongs to this checkout alone.
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { at, kernelspec as file } from "./paths.mjs";
import { writeBeside } from "./stamp.mjs";

/** Holds the paths of Node and of the checkout: rewritten whenever either moved. */
export const wanted = () =>
  `${JSON.stringify(
    {
      argv: [
        process.execPath,
        "--enable-source-maps",
        "--max-old-space-size=4096",
        "--max-semi-space-size=64", // the compiler makes much that is soon garbage: a tenth of a cell's time
        at("kernel", "launch.cjs"),
        "{connection_file}",
      ],
      display_name: "TypeScript (tslab)",
      language: "typescript",
      interrupt_mode: "signal",
      env: { TF_CPP_MIN_LOG_LEVEL: "2" },
    },
    null,
    1,
  )}\n`;

export const kernelspec = {
  name: "kernel",
  done() {
    try {
      return readFileSync(file, "utf8") === wanted();
    } catch {
      return false;
    }
  },
  async run() {
    mkdirSync(path.dirname(file), { recursive: true });
    writeBeside(file, wanted());
  },
};

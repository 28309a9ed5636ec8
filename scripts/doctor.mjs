#!/usr/bin/env node
// npm run doctor: what is here, in which version, and how to fix what is missing. Node's built-ins only, so that it works
// before anything is installed. --json gives one JSON document. Exit code 1 when something needed is missing.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import path from "node:path";
import { chromiumFlags, findChromium } from "./chromium.mjs";
import { build } from "./setup/build.mjs";
import { kernelspec } from "./setup/kernelspec.mjs";
import { command } from "./setup/link.mjs";
import { lightgbm, trees, treesLine } from "./setup/lightgbm.mjs";
import { mismatches, packages } from "./setup/packages.mjs";
import { at, cache, dist, jupyterEnv, root, venvPython } from "./setup/paths.mjs";
import { checkNode, checkPlatform, findCompiler, findPython, mend } from "./setup/prerequisites.mjs";
import { python } from "./setup/python.mjs";
import { backend, nativeVersion, portableLine, tensorflow } from "./setup/tensorflow.mjs";

const setupAgain = "npm run setup";
const version = (file) => JSON.parse(readFileSync(file, "utf8")).version;
const output = (name, args, options) => {
  const result = spawnSync(name, args, { encoding: "utf8", timeout: 30_000, ...options });
  return result.status === 0 ? result.stdout.trim() : undefined;
};
const good = (found) => ({ state: "ok", found });
const missing = (found, how) => ({ state: "missing", found, mend: how });
const optional = (found, how) => ({ state: "optional", found, mend: how });

/** Each check by its name: `{ state: "ok" | "optional" | "missing", found, mend? }`. */
export const checks = {
  platform() {
    checkPlatform();
    return good(`${process.platform} ${process.arch}`);
  },
  Node() {
    checkNode();
    return good(`${process.versions.node} (${process.execPath})`);
  },
  npm() {
    const found = output("npm", ["--version"], { cwd: root });
    return found ? good(found) : missing("not found", mend.node);
  },
  Python() {
    const { version: v, path: where } = findPython();
    return good(`${v} with venv (${where})`);
  },
  "C++ compiler"() {
    const found = findCompiler();
    return found
      ? good(`${found.command}: ${found.version}`)
      : optional("not found: TensorFlow runs on its portable backend, fit for --scale tiny", mend.compiler);
  },
  "disk space"() {
    const { bavail, bsize } = statfsSync(root);
    const free = (bavail * bsize) / 1e9;
    const text = `${free.toFixed(1)} GB free`;
    return free > 4 || packages.done()
      ? free > 1
        ? good(text)
        : missing(text, "free at least 1 GB (datasets/ and results/ may be removed)")
      : missing(text, "free at least 4 GB for set-up");
  },
  packages() {
    if (packages.done())
      return good(
        `node_modules is as package-lock.json says ` +
          `(${Object.keys(JSON.parse(readFileSync(at("package-lock.json"), "utf8")).packages).length - 1} locked)`,
      );
    const wrong = existsSync(at("node_modules")) ? mismatches() : [];
    return missing(
      wrong.length
        ? `not as locked: ${wrong.slice(0, 5).join(", ")}${wrong.length > 5 ? ` and ${wrong.length - 5} more` : ""}`
        : "node_modules is missing",
      setupAgain,
    );
  },
  ".venv"() {
    if (!python.done())
      return missing(
        existsSync(venvPython) ? "not as requirements.txt says, unfinished, or moved" : "missing",
        setupAgain,
      );
    const found = output(
      venvPython,
      [
        "-c",
        "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in ('jupyterlab', " +
          "'nbclient', 'nbconvert', 'papermill', 'plotly')))",
      ],
      { env: jupyterEnv() },
    );
    return found ? good(found) : missing("its packages do not load", "rm -rf .venv && npm run setup");
  },
  kernel() {
    return kernelspec.done()
      ? good("TypeScript (tslab), in .venv")
      : missing("the kernelspec is missing or names another folder or Node", setupAgain);
  },
  tslab() {
    const wanted = /tslabVersion = "([^"]+)"/.exec(readFileSync(at("kernel", "launch.cjs"), "utf8"))?.[1];
    const file = at("node_modules", "tslab", "package.json");
    if (!existsSync(file)) return missing("not installed", setupAgain);
    return version(file) === wanted
      ? good(`${wanted}, which the launcher patches`)
      : missing(`${version(file)}, but the launcher patches ${wanted}`, "npm ci");
  },
  TensorFlow() {
    const state = backend();
    if (!state || !tensorflow.done()) return missing("not set up", setupAgain);
    return state === "native"
      ? good(`native backend, ${nativeVersion()}`)
      : optional(portableLine(), "npm run setup -- --retry-native");
  },
  LightGBM() {
    if (!trees() || !lightgbm.done()) return missing("not set up", setupAgain);
    return trees() === "native"
      ? good("native library, for gradient-boosted trees")
      : optional(treesLine(), "npm run setup -- --retry-native");
  },
  build() {
    if (!existsSync(path.join(dist, "cli.js"))) return missing("dist/ is missing", "npm run build");
    if (!build.done()) return missing("dist/ is older than src/", "npm run build");
    return command.done()
      ? good("dist/ is up to date; npx stagecraft works")
      : missing("node_modules/.bin/stagecraft is missing", setupAgain);
  },
  Chromium() {
    const found = findChromium();
    const how =
      process.platform === "darwin"
        ? "brew install --cask chromium, or CHROMIUM_PATH=…"
        : "sudo apt-get install chromium (Debian) or sudo snap install chromium (Ubuntu), or CHROMIUM_PATH=…";
    if (!found)
      return optional(
        process.env.CHROMIUM_PATH
          ? `CHROMIUM_PATH: ${process.env.CHROMIUM_PATH} is not there: no PNGs`
          : "not found: no PNGs, and tests of pages are skipped",
        how,
      );
    return good(`${output(found, [...chromiumFlags, "--version"]) ?? "version unknown"} (${found})`);
  },
  cache() {
    return good(`${cache()}${existsSync(cache()) ? "" : " (empty)"}`);
  },
};

/** Runs every check; one that throws says what is missing. */
export function examine() {
  return Object.entries(checks).map(([name, check]) => {
    try {
      return { name, ...check() };
    } catch (error) {
      return { name, state: "missing", found: error.message, mend: error.mend ?? setupAgain };
    }
  });
}

function main(args) {
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown) {
    console.error(`unknown option: ${unknown}; known: --json`);
    return 2;
  }
  const results = examine();
  const ok = results.every((r) => r.state !== "missing");
  if (args.includes("--json")) console.log(JSON.stringify({ ok, checks: results }));
  else {
    const mark = { ok: "ok     ", optional: "without", missing: "MISSING" };
    for (const r of results) {
      console.log(`${mark[r.state]}  ${r.name}: ${r.found}`);
      if (r.mend) console.log(`         fix: ${r.mend}`);
    }
    console.log(ok ? "all that is needed is here" : "not ready; npm run setup does most of the above");
  }
  return ok ? 0 : 1;
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) process.exitCode = main(process.argv.slice(2));

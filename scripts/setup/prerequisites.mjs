// What must be on the machine before anything else: Node, a Python with venv, and (for the native library) a C++ compiler.
import { spawnSync } from "node:child_process";
import { StepError } from "./run.mjs";

export const nodeAtLeast = [20, 19];
export const pythonAtLeast = [3, 10];

const how = (linux, mac) => (process.platform === "darwin" ? mac : linux);
export const mend = {
  node: how(
    "install Node 22 or 20 from https://nodejs.org or with your version manager (nvm install 22)",
    "brew install node@22, or https://nodejs.org",
  ),
  python: how(
    "sudo apt-get install python3 python3-venv (Debian, Ubuntu) or sudo dnf install python3 (Fedora); or set PYTHON=/path/to/python3",
    "brew install python@3.12; or set PYTHON=/path/to/python3",
  ),
  venv: how("sudo apt-get install python3-venv", "brew install python@3.12"),
  compiler: how(
    "sudo apt-get install g++ (Debian, Ubuntu) or sudo dnf install gcc-c++ (Fedora); or set CXX=/path/to/c++",
    "xcode-select --install",
  ),
};

export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  if (major > nodeAtLeast[0] || (major === nodeAtLeast[0] && minor >= nodeAtLeast[1])) return;
  throw new StepError(`Node ${version} is too old; at least ${nodeAtLeast.join(".")} is needed`, mend.node);
}

export function checkPlatform(platform = process.platform) {
  if (platform === "win32")
    throw new StepError(
      "Windows itself is not supported; known: linux, darwin, and Linux under Windows (WSL)",
      "wsl --install, then clone and run inside it",
    );
}

const probe =
  "import sys, json\ntry:\n import venv, ensurepip; ok = True\nexcept ImportError: ok = False\n" +
  "print(json.dumps({'version': list(sys.version_info[:3]), 'venv': ok, 'path': sys.executable}))";

/** The first Python that is new enough and has venv: `{ path, version }`. Throws what is missing and how to get it. */
export function findPython(
  candidates = [process.env.PYTHON, "python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"],
) {
  const seen = [];
  for (const name of new Set(candidates.filter(Boolean))) {
    const result = spawnSync(name, ["-c", probe], { encoding: "utf8", timeout: 20_000 });
    if (result.error || result.status !== 0) continue;
    const { version, venv, path } = JSON.parse(result.stdout);
    const text = version.join(".");
    const newEnough = version[0] === pythonAtLeast[0] && version[1] >= pythonAtLeast[1];
    if (newEnough && venv) return { path, version: text };
    seen.push({ name, text, newEnough });
  }
  const noVenv = seen.find((s) => s.newEnough);
  if (noVenv) throw new StepError(`${noVenv.name} is Python ${noVenv.text} but lacks the venv module`, mend.venv);
  const found = seen.map((s) => `${s.name} ${s.text}`).join(", ") || "none";
  throw new StepError(`no Python of at least ${pythonAtLeast.join(".")} was found (found: ${found})`, mend.python);
}

/** The C++ compiler's command and first version line, or undefined. */
export function findCompiler() {
  for (const name of [process.env.CXX, "g++", "clang++", "c++"].filter(Boolean)) {
    const result = spawnSync(name, ["--version"], { encoding: "utf8", timeout: 20_000 });
    if (!result.error && result.status === 0) return { command: name, version: result.stdout.split("\n")[0] };
  }
  return undefined;
}

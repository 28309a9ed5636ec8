// The peers: Python packages from PyPI in their own environment, bench/peers/.venv, which only `bench` sets up. A peer is a script that
// reads one line a repetition and prints one JSON line; between repetitions it sleeps, so it takes nothing from the others.
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { takeLock } from "../scripts/setup/lock.mjs";
import { root } from "../scripts/setup/paths.mjs";
import { findPython } from "../scripts/setup/prerequisites.mjs";
import { must, StepError } from "../scripts/setup/run.mjs";
import { dropStamp, hashFiles, readStamp, sha256, writeStamp } from "../scripts/setup/stamp.mjs";

const folder = path.join(root, "bench", "peers");
const venv = path.join(folder, ".venv");
const python = path.join(venv, "bin", "python");
const stamp = "bench-peers";
const key = () => sha256(venv, hashFiles(folder, ["requirements.txt"]));

/** The Python of the peers, set up where it is not; undefined with one line where it cannot be. */
export async function setUpPeers(say) {
  if (existsSync(python) && readStamp(stamp) === key()) return python;
  let release = () => {};
  try {
    release = await takeLock(() => say("peers: waiting for the set-up that already runs here"));
    if (existsSync(python) && readStamp(stamp) === key()) return python;
    const base = findPython([process.env.PYTHON, "python3.11", "python3.10", "python3"]);
    const [, minor] = base.version.split(".").map(Number);
    if (minor > 11)
      throw new StepError(
        `the peers' pinned TensorFlow has no build for Python ${base.version}`,
        "install Python 3.11 or 3.10, or set PYTHON to one",
      );
    say(
      `peers: bench/peers/.venv with Python ${base.version}; the first time takes a minute or two (about 350 MB ` +
        `to download, 1.6 GB on disk)`,
    );
    dropStamp(stamp);
    rmSync(venv, { recursive: true, force: true });
    await must("python -m venv", base.path, ["-m", "venv", venv], { cwd: root });
    // the list is complete and obp's own pins are of 2022: nothing is resolved, nothing else is fetched
    const args = [
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-input",
      "--no-deps",
      "--ignore-requires-python",
      "-r",
      "requirements.txt",
    ];
    await must("pip install", python, ["-m", "pip", ...args], {
      cwd: folder,
      mend: "check that a Python package index can be reached, and the disk (df -h .)",
    });
    writeStamp(stamp, key());
    return python;
  } catch (error) {
    const [first, ...rest] = error.message.split("\n");
    const last = rest
      .filter((line) => /error/i.test(line))
      .at(-1)
      ?.trim();
    say(
      `peers: none, so ratios say "no peer": ${first}${last ? ` ${last}` : ""}${error.mend ? `; to have them: ${error.mend}` : ""}`,
    );
    return undefined;
  } finally {
    release();
  }
}

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts a peer's script with `config` as its argument and waits until it is ready.
 * @returns {Promise<{ versions: Record<string, string>, ask: (mode?: string) => Promise<Record<string, any>>, close: () => void }>}
 * @throws Error with the last line of what it said when it ends
 */
export async function openPeer(pythonPath, script, config, { signal, env = {} } = {}) {
  const child = spawn(pythonPath, [path.join(folder, script), JSON.stringify(config)], {
    cwd: folder, // nothing of the caller's folder is on Python's path
    env: {
      ...process.env,
      PYTHONNOUSERSITE: "1",
      PYTHONUTF8: "1",
      PYTHONDONTWRITEBYTECODE: "1",
      TF_CPP_MIN_LOG_LEVEL: "3",
      TF_ENABLE_ONEDNN_OPTS: "1",
      PYTHONWARNINGS: "ignore",
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-20_000)));
  child.stdin.on("error", () => {});
  const ended = new Promise((_, reject) => {
    child.on("error", (error) => reject(new Error(`${script}: ${error.message}`)));
    child.on("close", (code, by) => {
      running.delete(child);
      const why = errors.trim().split("\n").at(-1) || (by ? `ended by ${by}` : `exit code ${code}`);
      reject(new Error(`${script}: ${why}`));
    });
  });
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const read = lines.next().then(({ value, done }) => (done ? ended : value));
    const line = await Promise.race([read, ended]);
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new Error(`${script}: said ${String(line).slice(0, 200)}; expected one JSON line`, { cause });
    }
  };
  const close = () => child.stdin.end();
  signal?.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  try {
    const { versions } = await next();
    return {
      versions,
      ask(mode = "run") {
        child.stdin.write(`${mode}\n`);
        return next();
      },
      close,
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** What the drills share: options, seeded draws, the command line, the bytes of what it made, and the count of faults. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const cli = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));

/** A world that is simulated in a second or two. */
export const small = ["--scale", "tiny", "--workers", "2"].concat(
  ["users=300", "videos=400", "days=6"].flatMap((field) => ["--world", field]),
);

/**
 * Runs a drill: `--times` tries (of each verb or kind of file), `--seed`, `--only` a list of verbs. `work` gets them, a folder of its own, a
 * draw from 0 up to 1 by name, and `tell`, which prints a try and counts its faults.
 */
export async function drill(usualTimes, work) {
  const { values } = parseArgs({
    options: {
      times: { type: "string", default: String(usualTimes) },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "drill-"));
  let faults = 0;
  const tell = (what, wrong, fine) => {
    faults += wrong.length;
    process.stdout.write(`${what}: ${wrong.length === 0 ? fine : `FAULT ${wrong.join("; ")}`}\n`);
  };
  const draw = (...name) =>
    createHash("sha256")
      .update([values.seed, ...name].join(" "))
      .digest()
      .readUInt32LE() /
    2 ** 32;
  try {
    await work({ times: Number(values.times), only: values.only?.split(","), folder, draw, tell });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(faults === 0 ? "no fault\n" : `${faults} faults\n`);
  process.exitCode = faults === 0 ? 0 : 1;
}

/** Runs the command line; `stop` sends a signal after some milliseconds. */
export function stagecraft(words, { out, stop } = {}) {
  const began = performance.now();
  const child = spawn(process.execPath, [cli, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, STAGECRAFT_PROGRESS: "silent", ...(out !== undefined && { STAGECRAFT_DATASETS: out }) },
  });
  let [said, answer] = ["", ""];
  child.stderr.on("data", (text) => void (said += text));
  child.stdout.on("data", (text) => void (answer += text));
  const timer = stop === undefined ? undefined : setTimeout(() => child.kill(stop.signal), stop.ms);
  return new Promise((done) =>
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, said, answer, ms: performance.now() - began });
    }),
  );
}

/** Paths of all files below a folder, hidden ones too where they are asked for. */
export function filesBelow(folder, { hidden = false } = {}) {
  const paths = (() => {
    try {
      return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    } catch {
      return [];
    }
  })();
  return paths.filter((path) => (hidden || !/(^|\/)\./.test(path)) && statSync(join(folder, path)).isFile());
}

/** Files and sums of some kinds of artifacts; what TensorFlow fits is equal within a tolerance only and is not among them. */
export function bytesOf(out, kinds) {
  return kinds
    .flatMap((kind) => filesBelow(join(out, kind)).map((path) => join(kind, path)))
    .map(
      (path) =>
        `${path} ${createHash("sha256")
          .update(readFileSync(join(out, path)))
          .digest("hex")}`,
    )
    .join("\n");
}

/** Whether what was said is more than a message for a person. */
export function unclear(said) {
  return /terminate called|Napi::Error|core dumped|\n {4}at |\bSELECT |node:internal|UnhandledPromise/.test(said)
    ? [`said ${said}`]
    : [];
}

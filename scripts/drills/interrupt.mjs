/**
 * Interrupts each verb at seeded moments and looks at what is left: exit code 130 (or 0 where it was done before), no abort of the process,
 * no job that lives on, and after a run to its end the same files as in a run that nobody interrupted.
 * node scripts/drills/interrupt.mjs [times=3] [seed=1] [verb,…]
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const [times = "3", seed = "1", list = "simulate,train,evaluate,compare,publish"] = process.argv.slice(2);
const kinds = ["log", "features", "arm"]; // of equal bytes; what TensorFlow fits is equal within a tolerance only
const folder = mkdtempSync(join(tmpdir(), "interrupt-"));

/** Milliseconds from 0 to `most` by verb and try. */
const moment = (verb, attempt, most) =>
  Math.floor((createHash("sha256").update(`${seed} ${verb} ${attempt}`).digest().readUInt32LE() / 2 ** 32) * most);

function run(verb, out, stopAfterMs) {
  const began = performance.now();
  const child = spawn(process.execPath, [cli, verb, "--workers", "2", "--out", out, "--json"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, STAGECRAFT_DATASETS: out },
  });
  let said = "";
  child.stderr.on("data", (text) => void (said += text));
  const timer = stopAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGINT"), stopAfterMs);
  return new Promise((done) =>
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, said, ms: performance.now() - began });
    }),
  );
}

function filesOf(out) {
  const under = (dir) => {
    try {
      return readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
    } catch {
      return [];
    }
  };
  return kinds
    .flatMap((kind) => under(join(out, kind)).map((path) => join(kind, path)))
    .filter((path) => !path.includes("/.") && statSync(join(out, path)).isFile())
    .filter((path) => kinds[2] !== path.split("/")[0]) // arms stand on fitted models
    .map(
      (path) =>
        `${path} ${createHash("sha256")
          .update(readFileSync(join(out, path)))
          .digest("hex")}`,
    )
    .join("\n");
}

let faults = 0;
try {
  for (const verb of list.split(",")) {
    const whole = resolve(folder, `${verb}-whole`);
    const straight = await run(verb, whole);
    if (straight.code !== 0) throw new Error(`${verb} fails: ${straight.said}`);
    for (let attempt = 0; attempt < Number(times); attempt++) {
      const out = resolve(folder, `${verb}-${attempt}`);
      const at = moment(verb, attempt, straight.ms);
      const { code, signal, said } = await run(verb, out, at);
      const again = await run(verb, out);
      const wrong = [
        ...(code === 130 || code === 0 || (signal === "SIGINT" && at < 1_000)
          ? []
          : [`exit ${code ?? signal}: ${said}`]),
        ...(/terminate called|Napi::Error|core dumped/.test(said) ? [`abort: ${said}`] : []),
        ...(again.code === 0 ? [] : [`the run after it: exit ${again.code}: ${again.said}`]),
        ...(filesOf(out) === filesOf(whole) ? [] : ["other files than of a run that nobody interrupted"]),
      ];
      faults += wrong.length;
      process.stdout.write(
        `${verb} at ${at} ms: ${wrong.length === 0 ? `exit ${code ?? signal}, resumed` : wrong.join("; ")}\n`,
      );
      rmSync(out, { recursive: true, force: true });
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(faults === 0 ? "no fault\n" : `${faults} faults\n`);
process.exitCode = faults === 0 ? 0 : 1;

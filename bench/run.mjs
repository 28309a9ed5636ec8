#!/usr/bin/env node
// `stagecraft bench`: runs benches beside their peers, prints ratios, leaves results/bench/<id>/ (bench.json, bench.txt, run.json).
// Exit code 0 done, 1 failed, 2 usage error, 130 stopped by Ctrl-C.
import path from "node:path";
import { endChildren } from "../scripts/setup/run.mjs";
import { room } from "./built.mjs";
import { describe } from "./harness.mjs";
import { help, options, UsageError } from "./options.mjs";
import { openPeer, setUpPeers } from "./peers.mjs";

/**
 * What a bench is given.
 * @typedef {{ scale: "smoke" | "tiny" | "small" | "large", seed: number, repetitions: number, workers: number, signal: AbortSignal,
 *   openPeer: (script: string, config: object, env?: Record<string, string>) => Promise<any>, onProgress: (done: number, total: number,
 *   name: string) => void }} BenchContext
 *   `openPeer` gives a peer, or `{ fault }` with the reason why there is none.
 */

const say = (line) => process.stderr.write(`${line}\n`);

async function main(words) {
  const chosen = options(words);
  if (chosen.help) return void process.stdout.write(`${help}\n`);
  const abort = new AbortController();
  let stopped = false;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ]) {
    process.on(signal, () => {
      if (stopped) process.exit(code);
      stopped = true;
      process.exitCode = code;
      endChildren();
      abort.abort(new Error(`stopped by ${signal}`));
    });
  }
  const lab = await room("lab");
  const { names, scale, seed, repetitions, workers, out } = chosen;
  const run = await lab.openRun(
    "bench",
    { benches: names, scale, seed, repetitions, workers, peers: chosen.peers },
    { root: out },
  );
  try {
    const pythonPath = chosen.peers ? await setUpPeers(say) : undefined;
    abort.signal.throwIfAborted();
    const absent = chosen.peers ? "the peers could not be set up (see above)" : "--no-peers";
    const context = {
      seed,
      repetitions,
      workers,
      signal: abort.signal,
      openPeer: async (script, config, env) => {
        if (pythonPath === undefined) return { fault: absent };
        return openPeer(pythonPath, script, config, { signal: abort.signal, env }).catch((error) => ({
          fault: error.message,
        }));
      },
    };
    const { commit, machine, versions } = await room("artifacts");
    const results = {};
    const smoke = scale === "smoke" ? " [smoke: sizes too small for the numbers to mean anything]" : "";
    const lines = [`${machineLine(machine(), versions())}${smoke}`, ""];
    if (!chosen.json) process.stdout.write(`${lines.join("\n")}\n`);
    for (const name of names) {
      const { bench, scale: own = "tiny" } = await import(`./${name}.mjs`);
      const began = performance.now();
      const result = await run.step(name, () => bench({ ...context, scale: scale ?? own, onProgress: progress(name) }));
      results[name] = { ...result, seconds: (performance.now() - began) / 1000 };
      const text = [...describe(result), `  - ${Math.round(results[name].seconds)} s in all`, ""];
      lines.push(...text);
      if (!chosen.json) process.stdout.write(`${text.join("\n")}\n`);
    }
    const record = {
      id: run.id,
      scale,
      seed,
      repetitions,
      workers,
      machine: machine(),
      commit: commit(),
      versions: versions(),
      benches: results,
    };
    await run.write("bench.json", record);
    await run.write("bench.txt", `${lines.join("\n")}\n`);
    const { dir } = await lab.finishRun(run);
    if (chosen.json) process.stdout.write(`${JSON.stringify(record, null, 1)}\n`);
    say(`results: ${path.relative(process.cwd(), dir) || dir}`);
  } catch (error) {
    await lab.abandonRun(run);
    throw error;
  }
}

function machineLine({ cpu, cores, memoryBytes, platform, arch, node }, versions) {
  return (
    `stagecraft ${versions.stagecraft} on ${cpu}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} ` +
    `GiB, ${platform} ${arch}, Node ${node}`
  );
}

/** One line on a terminal, overwritten; elsewhere one line a bench. */
function progress(name) {
  if (!process.stderr.isTTY) say(`${name} …`);
  return (done, total, what) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\r\x1b[2K${done < total ? `${name}: ${done}/${total} ${what}` : ""}`);
  };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) say(`stagecraft bench: ${error.message} (see --help)`);
  else say(`stagecraft bench: ${process.env.STAGECRAFT_DEBUG === undefined ? error.message : error.stack}`);
  process.exitCode = error instanceof UsageError ? 2 : process.exitCode || 1;
}
// what is written is written out; a native library or a peer must not hold the process
process.stdout.write("", () => process.exit(process.exitCode ?? 0));

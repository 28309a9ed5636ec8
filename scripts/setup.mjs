#!/usr/bin/env node
// Everything between `git clone` and a running workbench, with Node's built-ins only:
//   node scripts/setup.mjs [--build] [--retry-native] [--quiet]
// Each step knows whether it is done, so a second run does nothing (about 0.2 s) and an interrupted one resumes.
// Written: this checkout (node_modules, .venv, .build, dist, .stagecraft) and the cache folder (STAGECRAFT_CACHE, else
// ~/.cache/stagecraft).
import { statfsSync } from "node:fs";
import { build } from "./setup/build.mjs";
import { kernelspec } from "./setup/kernelspec.mjs";
import { command } from "./setup/link.mjs";
import { lightgbm } from "./setup/lightgbm.mjs";
import { takeLock } from "./setup/lock.mjs";
import { packages } from "./setup/packages.mjs";
import { root } from "./setup/paths.mjs";
import { checkNode, checkPlatform } from "./setup/prerequisites.mjs";
import { python } from "./setup/python.mjs";
import { endWithChildren, StepError } from "./setup/run.mjs";
import { dropStamp } from "./setup/stamp.mjs";
import { portableLine, tensorflow } from "./setup/tensorflow.mjs";

export const steps = [packages, python, kernelspec, tensorflow, lightgbm, build, command];

/** A failure of set-up: which step, the fault, and how to fix it. */
export class SetupError extends Error {
  constructor(step, error) {
    super(error.message, { cause: error });
    Object.assign(this, { name: "SetupError", step, mend: error.mend });
  }
}

/** Does what is not done yet. `say` gets lines of progress. Gives the steps that were run and the seconds taken. */
export async function setup({ say = (line) => console.error(line), only = steps, retryNative = false } = {}) {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const tell = (step, text) => say(`[${seconds().toFixed(1).padStart(6)} s] ${step}: ${text}`);
  try {
    checkPlatform();
    checkNode();
  } catch (error) {
    throw new SetupError("prerequisites", error);
  }
  if (retryNative) ["tensorflow", "lightgbm"].forEach(dropStamp);
  const ran = [];
  if (!only.every((step) => step.done())) {
    warnAboutDisk(say);
    const release = await takeLock((pid) =>
      tell("lock", `waiting for the set-up that already runs here${pid ? ` (process ${pid})` : ""}`),
    );
    letGo = release;
    try {
      for (const step of only) {
        if (step.done()) continue; // perhaps by the one we waited for
        ran.push(step.name);
        await runStep(step, tell);
      }
    } finally {
      letGo = () => {};
      release();
    }
  }
  const portable = portableLine();
  if (portable && !ran.includes("tensorflow") && only.includes(tensorflow)) say(portable);
  return { ran, seconds: seconds() };
}

let letGo = () => {};

async function runStep(step, tell) {
  const began = performance.now();
  const beat = setInterval(
    () => tell(step.name, `still at it (${Math.round((performance.now() - began) / 1000)} s)`),
    15_000,
  );
  try {
    await step.run({ log: (text) => tell(step.name, text), note: (text) => text && tell(step.name, text) });
    tell(step.name, "done");
  } catch (error) {
    if (error instanceof StepError || error.code === "ENOSPC" || error.code === "EACCES")
      throw new SetupError(step.name, error);
    throw error;
  } finally {
    clearInterval(beat);
  }
}

function warnAboutDisk(say) {
  const { bavail, bsize } = statfsSync(root);
  const free = (bavail * bsize) / 1e9;
  if (free < 4) say(`only ${free.toFixed(1)} GB free here; set-up needs about 3 GB`);
}

/** Prints a failure as a person should read it. */
export function explain(error, say = (line) => console.error(line)) {
  if (!(error instanceof SetupError)) {
    say(error.stack ?? String(error));
    return;
  }
  say(`set-up stopped at ${error.step}: ${error.message}`);
  if (error.mend) say(`to fix it: ${error.mend}`);
  say("what is done stays done: run the same command again, or npm run doctor to see all that is missing");
}

const known = ["--build", "--retry-native", "--quiet", "--help"];
async function main(args) {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown || args.includes("--help")) {
    console.error(`${unknown ? `unknown option: ${unknown}; ` : ""}known: ${known.join(", ")}`);
    return unknown ? 2 : 0;
  }
  endWithChildren(() => letGo());
  try {
    const { ran, seconds } = await setup({
      only: args.includes("--build") ? [build, command] : steps,
      retryNative: args.includes("--retry-native"),
    });
    if (!args.includes("--quiet"))
      console.error(`set-up: ${ran.length ? `${ran.join(", ")} done` : "nothing to do"} (${seconds.toFixed(1)} s)`);
    return 0;
  } catch (error) {
    explain(error);
    return 1;
  }
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));

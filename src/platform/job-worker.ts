/** A process or thread of `jobs.ts`: imports the job's module, runs it, reports progress and the result. */
import { parentPort } from "node:worker_threads";
import type { RunControl } from "../types.js";
import type { JobMessage, JobOrder } from "./jobs.js";

type JobFunction = (argument: unknown, control: RunControl) => Promise<unknown>;

const stop = new AbortController();

function say(message: JobMessage): void {
  if (message.kind !== "progress") process.channel?.ref(); // stays until it is ended: an exit could overtake the answer
  if (parentPort !== null) parentPort.postMessage(message);
  else if (process.connected) process.send?.(message);
}

/** Errors of a class of their own, or that hold what cannot be cloned, become plain ones. */
function fail(error: unknown): void {
  const plain = error instanceof Error ? new Error(error.message) : new Error(String(error));
  if (error instanceof Error && error.stack !== undefined) plain.stack = error.stack;
  say({ kind: "failed", error: plain });
}

async function run({ module, export: name, argument }: Extract<JobOrder, { kind: "run" }>["job"]): Promise<void> {
  const exported = (await import(module)) as Record<string, JobFunction | undefined>;
  const job = exported[name];
  if (job === undefined)
    throw new Error(`no export "${name}" in ${module}; it exports ${Object.keys(exported).join(", ")}`);
  const onProgress: RunControl["onProgress"] = (...of) => say({ kind: "progress", of });
  say({ kind: "done", result: await job(argument, { signal: stop.signal, onProgress }) });
}

function obey(order: JobOrder): void {
  if (order.kind === "abort") return stop.abort(new Error("stopped"));
  // From here on only the job's own work keeps this worker alive: where nothing is left that could settle its promise, it ends.
  if (parentPort !== null) parentPort.unref();
  else process.channel?.unref();
  run(order.job).catch(fail);
}

if (parentPort !== null) {
  parentPort.on("message", obey);
} else {
  // Ctrl-C reaches the whole group of processes; the parent decides what becomes of this one, and if the parent dies, so does this one
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit(1));
  process.on("uncaughtException", fail);
  process.on("message", obey);
}

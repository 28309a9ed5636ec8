/** A thread of `threads.ts`: imports the job's module, runs it, reports progress and the result. */
import { parentPort, workerData } from "node:worker_threads";
import type { RunControl } from "../types.js";
import type { JobMessage } from "./threads.js";

const { module, name, argument } = workerData as { module: string; name: string; argument: unknown };
const say = (message: JobMessage): void => parentPort?.postMessage(message);

async function run(): Promise<void> {
  const exported = (await import(module)) as Record<
    string,
    ((argument: unknown, control: RunControl) => Promise<unknown>) | undefined
  >;
  const job = exported[name];
  if (job === undefined)
    throw new Error(`no export "${name}" in ${module}; it exports ${Object.keys(exported).join(", ")}`);
  const result = await job(argument, {
    onProgress: (step, done, total, detail) =>
      say({ kind: "progress", step, done, total, ...(detail === undefined ? {} : { detail }) }),
  });
  say({ kind: "done", result });
}

run().catch((error: unknown) => say({ kind: "failed", error }));

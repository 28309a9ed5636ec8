/**
 * Independent jobs in worker threads, a few at a time: arms of an experiment, seeds of a study. A job is a module's exported async
 * function of one structured-cloneable argument; its result comes back the same way. Which thread runs a job changes nothing in it.
 */
import { Worker } from "node:worker_threads";
import type { RunControl } from "../types.js";
import { compiledUrl } from "./compiled.js";

export { compiledUrl } from "./compiled.js";

/** A function by name: `module` (file URL) exports `export`, which is called as (argument, control). */
export interface Job {
  readonly label: string;
  readonly module: string;
  readonly export: string;
  readonly argument: unknown;
}

/** What a job's thread says. */
export type JobMessage =
  | {
      readonly kind: "progress";
      readonly step: string;
      readonly done: number;
      readonly total: number;
      readonly detail?: string;
    }
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly error: unknown };

/** Runs `jobs`, `workers` at a time; results in the order of `jobs`. The first failure or an abort stops all and is thrown. */
export async function runJobs(jobs: readonly Job[], workers: number, control?: RunControl): Promise<unknown[]> {
  const results: unknown[] = jobs.map(() => undefined);
  const running = new Set<Worker>();
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (next < jobs.length && !stopped) {
      control?.signal?.throwIfAborted();
      const index = next++;
      results[index] = await runJob(jobs[index]!, running, control);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, jobs.length)) }, lane));
  } finally {
    stopped = true;
    await Promise.all([...running].map((worker) => worker.terminate()));
  }
  return results;
}

function runJob(job: Job, running: Set<Worker>, control?: RunControl): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { module, export: name, argument } = job;
    const worker = new Worker(compiledUrl("job-worker", import.meta.url), { workerData: { module, name, argument } });
    running.add(worker);
    const onAbort = (): void => end(() => reject(control?.signal?.reason));
    const end = (settle: () => void): void => {
      control?.signal?.removeEventListener("abort", onAbort);
      running.delete(worker);
      settle();
      void worker.terminate();
    };
    control?.signal?.addEventListener("abort", onAbort, { once: true });
    worker.on("message", (message: JobMessage) => {
      if (message.kind === "progress")
        control?.onProgress?.(`${job.label}: ${message.step}`, message.done, message.total, message.detail);
      else if (message.kind === "done") end(() => resolve(message.result));
      else
        end(() =>
          reject(
            message.error instanceof Error
              ? new Error(`${job.label}: ${message.error.message}`, { cause: message.error })
              : message.error,
          ),
        );
    });
    worker.on("error", (error) => end(() => reject(error)));
    worker.on("exit", (code) =>
      end(() => reject(new Error(`${job.label}: its thread stopped with exit code ${code}`))),
    );
  });
}

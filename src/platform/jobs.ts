/**
 * Independent jobs, a few at a time: arms of an experiment, seeds of a study, models of a table. A job is a module's exported async
 * function of one structured-cloneable argument; its result comes back the same way. Where a job runs changes nothing in it.
 *
 * Jobs run in processes: a process may be stopped at any moment (a thread that is ended within a native call takes the whole program
 * with it), its memory and CPU are its own, and custom code in it may loop or exit. Threads are for jobs that share memory with their
 * caller.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { OnProgress, RunControl } from "../types.js";
import { compiledUrl } from "./compiled.js";

/** A function by name: `module` (file URL) exports `export`, which is called as (argument, control). */
export interface Job {
  readonly label: string;
  readonly module: string;
  readonly export: string;
  readonly argument: unknown;
}

/** Messages to a worker. */
export type JobOrder = { readonly kind: "run"; readonly job: Omit<Job, "label"> } | { readonly kind: "abort" };

/** Messages from a worker. */
export type JobMessage =
  | { readonly kind: "progress"; readonly of: Parameters<OnProgress> }
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly error: unknown };

/** Progress of one of many jobs; `ended` hears of each that has its result. */
export interface JobProgress {
  (label: string, ...of: Parameters<OnProgress>): void;
  ended?(label: string): void;
}

/** How jobs are run. `progress` is called for each job; by default `control` does, with the label before the step. */
export interface JobOptions {
  readonly workers: number;
  readonly in?: "processes" | "threads"; // default processes
  readonly control?: RunControl | undefined;
  readonly progress?: JobProgress;
}

/** Jobs whose steps differ: one line, with where each of the running ones is; of a single job its own steps. */
export function oneLine(step: string, jobs: number, workers: number, onProgress?: OnProgress): JobProgress {
  if (jobs === 1) return (_, ...of) => onProgress?.(...of);
  const at = new Map<string, string>();
  let ended = 0;
  const show = (): void => onProgress?.(step, ended, jobs, [...at.values()].slice(-workers).join("; "));
  const told: JobProgress = (label, its) => {
    at.delete(label); // so that the last ones are those that run
    at.set(label, `${label}: ${its}`);
    show();
  };
  told.ended = (label) => {
    at.delete(label);
    ended++;
    show();
  };
  return told;
}

/** How long a process that was asked to stop may take until it is killed. */
const graceMs = 2_000;

/**
 * Runs `jobs`, `workers` at a time; results in the order of `jobs`. The first failure or an abort stops all, waits until they are gone,
 * and is thrown. A job that ends without a result, because its promise never settles or it exits, has failed.
 */
export async function runJobs(jobs: readonly Job[], options: JobOptions): Promise<unknown[]> {
  const { workers, control } = options;
  const results: unknown[] = jobs.map(() => undefined);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(control?.signal?.reason);
  if (control?.signal?.aborted === true) onAbort();
  control?.signal?.addEventListener("abort", onAbort, { once: true });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < jobs.length && !stop.signal.aborted) {
      const index = next++;
      await runJob(jobs[index]!, options, stop.signal).then(
        (result) => {
          results[index] = result;
          options.progress?.ended?.(jobs[index]!.label);
        },
        (error: unknown) => stop.abort(error), // the first reason is kept
      );
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, jobs.length)) }, lane));
  control?.signal?.removeEventListener("abort", onAbort);
  stop.signal.throwIfAborted();
  return results;
}

function runJob(job: Job, { in: place, control, progress }: JobOptions, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { label, ...call } = job;
    const failed = (error: unknown): (() => void) => {
      const message = error instanceof Error ? error.message : String(error);
      return () => reject(new Error(`${label}: ${message}`, { cause: error }));
    };
    let outcome: (() => void) | undefined;
    const hear = (message: JobMessage): void => {
      if (message.kind === "progress") {
        const [step, ...rest] = message.of;
        if (progress) progress(label, step, ...rest);
        else control?.onProgress?.(`${label}: ${step}`, ...rest);
        return;
      }
      outcome ??= message.kind === "done" ? () => resolve(message.result) : failed(message.error);
      worker.end();
    };
    // Who waits for a job finds nothing of it running: what came is settled when the worker is gone.
    const gone = (how: string): void => {
      signal.removeEventListener("abort", onAbort);
      (outcome ?? failed(new Error(`it ended without a result (${how})`)))();
    };
    const onAbort = (): void => {
      outcome = () => reject(signal.reason);
      worker.stop();
    };
    const worker = place === "threads" ? openThread(hear, gone) : openProcess(hear, gone);
    signal.addEventListener("abort", onAbort, { once: true });
    worker.run(call);
  });
}

/** Where one job runs. `end` follows its answer, `stop` comes before it. */
interface JobWorker {
  run(job: Omit<Job, "label">): void;
  end(): void;
  stop(): void;
}

type Hear = (message: JobMessage) => void;
type Gone = (how: string) => void;

function openProcess(hear: Hear, gone: Gone): JobWorker {
  // stdout carries the verb's answer alone, so a job's own prints go to stderr; --expose-gc: garbage of before is not counted as a
  // fit's memory
  const child = fork(fileURLToPath(compiledUrl("job-worker", import.meta.url)), {
    serialization: "advanced",
    execArgv: ["--expose-gc"],
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const end = (): void => void child.kill("SIGKILL");
  const send = (order: JobOrder): void => {
    try {
      child.send(order, () => undefined); // a process that is gone is heard of by its exit
    } catch (error) {
      hear({ kind: "failed", error }); // an argument that cannot be cloned
    }
  };
  let timer: NodeJS.Timeout | undefined;
  child.on("message", hear);
  child.on("error", (error) => gone(error.message));
  child.on("exit", (code, signal) => {
    clearTimeout(timer);
    gone(signal ?? `exit code ${code}`);
  });
  return {
    run: (job) => send({ kind: "run", job }),
    end,
    stop() {
      send({ kind: "abort" });
      timer = setTimeout(end, graceMs);
    },
  };
}

/** A thread stops at its next safe point and ends by itself: `terminate` within a native call would abort the process. */
function openThread(hear: Hear, gone: Gone): JobWorker {
  const worker = new Worker(compiledUrl("job-worker", import.meta.url));
  worker.on("message", hear);
  worker.on("error", (error) => hear({ kind: "failed", error }));
  worker.on("exit", (code) => gone(`exit code ${code}`));
  return {
    run: (job) => worker.postMessage({ kind: "run", job } satisfies JobOrder),
    end: () => undefined,
    stop: () => worker.postMessage({ kind: "abort" } satisfies JobOrder),
  };
}

/** What `oneBar` shows. */
export interface Bar {
  readonly step: string;
  readonly total: number;
  readonly before?: number; // done before these jobs, counted from the start
  readonly shares?: boolean; // a job counts 1, as far as it is done; default: what it says is done
  readonly inner?: string; // the step of a job that counts; default: each
  readonly detail?: (done: number) => string; // default: labels of the jobs that are running
}

/** One bar for many jobs: the sum of how far each has come. */
export function oneBar(
  { step, total, before = 0, shares = false, inner, detail }: Bar,
  onProgress?: OnProgress,
): JobProgress {
  const jobs = new Map<string, { readonly done: number; readonly of: number }>();
  if (before > 0) onProgress?.(step, before, total);
  return (label, its, done, of) => {
    if (inner !== undefined && its !== inner) return;
    jobs.set(label, { done: Math.max(done, jobs.get(label)?.done ?? 0), of }); // a model of two fits begins a second time
    const sum = [...jobs.values()].reduce((all, job) => all + (shares ? Math.min(1, job.done / job.of) : job.done), 0);
    const running = [...jobs].filter(([, job]) => job.done < job.of).map(([name]) => name);
    onProgress?.(step, before + sum, total, detail ? detail(sum) : running.join("; "));
  };
}

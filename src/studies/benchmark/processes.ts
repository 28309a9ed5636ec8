/**
 * Independent jobs in processes of their own, a few at a time: where a job's memory and CPU are to be measured apart from all others', and
 * where a native library may be open in one thread of a process only. Arguments and results are structured-cloneable, as for threads.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledUrl, type Job, type JobMessage } from "../../platform/threads.js";
import type { RunControl } from "../../types.js";

/** Runs `jobs`, `workers` at a time; results in the order of `jobs`. The first failure or an abort stops all and is thrown. */
export async function runProcesses(
  jobs: readonly Job[],
  workers: number,
  control: RunControl = {},
): Promise<unknown[]> {
  const results: unknown[] = jobs.map(() => undefined);
  const running = new Set<ChildProcess>();
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (next < jobs.length && !stopped) {
      control.signal?.throwIfAborted();
      const index = next++;
      results[index] = await runProcess(jobs[index]!, running, control);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, jobs.length)) }, lane));
  } finally {
    stopped = true;
    await Promise.all(
      [...running].map(
        (child) =>
          new Promise<void>((gone) => {
            child.once("exit", () => gone());
            child.kill("SIGKILL");
          }),
      ),
    );
  }
  return results;
}

function runProcess(job: Job, running: Set<ChildProcess>, control: RunControl): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { label, ...call } = job;
    // stdout carries the verb's answer alone, so a job's own prints go to stderr; --expose-gc: garbage of before is not counted as a fit's memory
    const child = fork(fileURLToPath(compiledUrl("process-worker", import.meta.url)), {
      serialization: "advanced",
      execArgv: ["--expose-gc"],
      stdio: ["ignore", 2, 2, "ipc"],
    });
    running.add(child);
    let outcome: (() => void) | undefined;
    /** What is settled once the process is gone: who waits for a job finds nothing of it running. */
    const end = (settle: () => void): void => {
      outcome = settle;
      child.kill("SIGKILL");
    };
    const onAbort = (): void => end(() => reject(control.signal?.reason));
    const gone = (settle: () => void): void => {
      control.signal?.removeEventListener("abort", onAbort);
      running.delete(child);
      settle();
    };
    control.signal?.addEventListener("abort", onAbort, { once: true });
    child.on("message", (message: JobMessage) => {
      if (message.kind === "progress")
        control.onProgress?.(`${label}: ${message.step}`, message.done, message.total, message.detail);
      else if (message.kind === "done") end(() => resolve(message.result));
      else
        end(() =>
          reject(
            message.error instanceof Error
              ? new Error(`${label}: ${message.error.message}`, { cause: message.error })
              : message.error,
          ),
        );
    });
    child.on("error", (error) => gone(() => reject(error)));
    child.on("exit", (code, signal) =>
      gone(
        outcome ??
          (() =>
            reject(new Error(`${label}: its process stopped with ${signal === null ? `exit code ${code}` : signal}`))),
      ),
    );
    child.send(call);
  });
}

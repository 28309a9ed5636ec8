/** A process of `processes.ts`: imports the job's module, runs it, reports progress and the result. */
import type { Job, JobMessage } from "../../platform/threads.js";
import type { RunControl } from "../../types.js";

type Call = Omit<Job, "label">;

const say = (message: JobMessage, then?: () => void): void => {
  if (process.connected) process.send?.(message, undefined, undefined, then);
};

async function run({ module, export: name, argument }: Call): Promise<void> {
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

// Ctrl-C reaches the whole group of processes; the parent decides what becomes of this one, and if the parent dies, so does this one
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(1));
process.once("message", (call: Call) => {
  run(call).catch((error: unknown) => say({ kind: "failed", error }));
});

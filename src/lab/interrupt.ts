/**
 * Ctrl-C and the notebook's stop button as an AbortSignal. In a notebook an interrupt only stops waiting for the cell: the
 * awaited loop would continue in the background, so the kernel launcher calls the functions in `globalThis.__stagecraftInterrupt__`.
 * In a terminal the first Ctrl-C aborts and the second exits at once with 130.
 */
import { inNotebook } from "./display.js";

/** The reason of an abort by the user. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  constructor() {
    super("interrupted; no half-written files were left, run it again to resume");
  }
}

/** Exit code of a process stopped by Ctrl-C. */
export const interruptedExitCode = 130;

const running = new Set<AbortController>();
let interrupts = 0;

/**
 * Runs `work` with a signal that aborts on an interrupt; the listeners are removed when it returns. May be nested. The abort of an `outer`
 * signal is passed on.
 */
export async function abortable<T>(work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
  const controller = new AbortController();
  const pass = (): void => controller.abort(outer?.reason);
  if (outer?.aborted === true) pass();
  else outer?.addEventListener("abort", pass, { once: true });
  listen(controller);
  try {
    return await work(controller.signal);
  } finally {
    outer?.removeEventListener("abort", pass);
    unlisten(controller);
  }
}

function interrupt(): void {
  interrupts++;
  if (interrupts > 1 && !inNotebook()) {
    process.stderr.write("\ninterrupted twice: stopping at once\n");
    process.exit(interruptedExitCode);
  }
  if (!inNotebook()) process.stderr.write("\nstopping at the next safe point; Ctrl-C again stops at once\n");
  for (const controller of [...running]) controller.abort(new InterruptedError());
}

function listen(controller: AbortController): void {
  running.add(controller);
  if (running.size > 1) return;
  interrupts = 0;
  const launcher = launcherHooks();
  if (launcher) launcher.add(interrupt);
  else process.on("SIGINT", interrupt);
}

function unlisten(controller: AbortController): void {
  running.delete(controller);
  if (running.size > 0) return;
  launcherHooks()?.delete(interrupt);
  process.removeListener("SIGINT", interrupt);
}

function launcherHooks(): Set<() => void> | undefined {
  return (globalThis as { __stagecraftInterrupt__?: Set<() => void> }).__stagecraftInterrupt__;
}

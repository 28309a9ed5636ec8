// Child processes whose failure says what was being done, what came out, and how to fix it; and which end with us.
import { spawn } from "node:child_process";

/** A step that could not be done: the fault, and how to fix it. */
export class StepError extends Error {
  constructor(message, mend, cause) {
    super(message, { cause });
    this.name = "StepError";
    this.mend = mend;
  }
}

const running = new Set();
let leaving = false; // then a child's end is ours to answer for, not a failure of its step
export const onChild = { started: () => {} }; // the lock notes the child, to end it if we are killed outright

function end(child, signal) {
  try {
    process.kill(-child.pid, signal); // its own group: npm, pip and jupyter have children of their own
  } catch {
    /* already gone */
  }
}
export function endChildren(signal = "SIGTERM") {
  for (const child of running) end(child, signal);
}

/** On Ctrl-C or a kill: `tidy`, end the children, leave with the usual code. Call once in a main program. */
export function endWithChildren(tidy = () => {}) {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]) {
    process.on(signal, () => {
      endChildren(leaving ? "SIGKILL" : "SIGTERM");
      if (leaving) return;
      leaving = true;
      const leave = () => {
        endChildren("SIGKILL");
        tidy();
        process.exit(code);
      };
      const started = Date.now();
      (function wait() {
        if (running.size === 0 || Date.now() - started > 5000) leave();
        else setTimeout(wait, 50);
      })();
    });
  }
}

/**
 * Runs a command and gives `{ code, signal, stdout, output }`; never rejects but for a command that cannot be started.
 * `show: true` lets its output through (to stderr with `toStderr`), `line` gets each line as it comes.
 */
export function run(command, args, { cwd, env, show = false, toStderr = false, line, timeoutMs, input } = {}) {
  return new Promise((resolve, reject) => {
    const out = show && !toStderr ? "inherit" : show ? process.stderr : "pipe";
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: [input === undefined ? "ignore" : "pipe", out, show ? "inherit" : "pipe"],
    });
    let stdout = "",
      output = "",
      partial = "",
      timedOut = false;
    const take = (text) => {
      output = (output + text).slice(-200_000);
      if (!line) return;
      const lines = (partial + text).split("\n");
      partial = lines.pop();
      lines.forEach(line);
    };
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      take(text);
    });
    child.stderr?.setEncoding("utf8").on("data", take);
    if (input !== undefined) child.stdin.on("error", () => {}).end(input);
    const timer =
      timeoutMs &&
      setTimeout(() => {
        timedOut = true;
        end(child, "SIGKILL");
      }, timeoutMs);
    child.on("error", (error) => {
      running.delete(child);
      clearTimeout(timer);
      reject(error);
    });
    if (child.pid !== undefined) {
      running.add(child);
      onChild.started(child.pid);
    }
    child.on("close", (code, signal) => {
      running.delete(child);
      clearTimeout(timer);
      if (leaving) return;
      if (line && partial) line(partial);
      resolve({ code, signal, stdout, output, timedOut });
    });
  });
}

/** Runs a command that must succeed. `what` is a phrase such as "npm ci"; `mend` says what a person can do. */
export async function must(what, command, args, { mend = "", ...options } = {}) {
  let result;
  try {
    result = await run(command, args, options);
  } catch (error) {
    throw new StepError(`${what}: cannot start ${command}: ${error.message}`, mend, error);
  }
  if (result.code === 0) return result;
  const why = result.timedOut
    ? `took longer than ${options.timeoutMs / 1000} s`
    : result.signal
      ? `ended by ${result.signal}`
      : `exit code ${result.code}`;
  const tail = result.output
    .trimEnd()
    .split("\n")
    .slice(-15)
    .map((l) => `    ${l}`)
    .join("\n");
  throw new StepError(`${what} failed (${why})${tail.trim() ? `:\n${tail}` : ""}`, mend);
}

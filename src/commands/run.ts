/** How a verb is run: Ctrl-C, progress on stderr, the answer on stdout, the exit code. */
import { spawn } from "node:child_process";
import { CommanderError } from "commander";
import * as lab from "../lab/index.js";
import * as pipeline from "../pipeline/index.js";
import type { RunControl } from "../types.js";
import { UsageError } from "./options.js";

/** What a verb answers: a text for a person and a record for a program. */
export interface Answer {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Runs a verb and prints its answer: a text, or with `json` one document. */
export async function answer(
  verb: string,
  json: boolean | undefined,
  run: (control: RunControl) => Promise<Answer>,
): Promise<void> {
  const reporter = lab.progress(verb);
  try {
    const answered = await lab.abortable((signal) => run({ signal, onProgress: reporter }));
    reporter.finish();
    process.stdout.write(json === true ? `${JSON.stringify(answered.json, null, 1)}\n` : `${answered.text}\n`);
  } finally {
    reporter.finish();
  }
}

/** A verb that is a script of its own gets the words after its name as they stand. */
export function passOn(verb: string, script: string): Promise<void> {
  const words = process.argv.slice(process.argv.indexOf(verb) + 1);
  const child = spawn(process.execPath, [`${pipeline.projectRoot}/${script}`, ...words], { stdio: "inherit" });
  // the child has the terminal's Ctrl-C too and ends by itself; this process waits for its exit code
  process.on("SIGINT", () => undefined);
  return new Promise<void>((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code, signal) => {
      process.exitCode = code ?? (signal === "SIGINT" ? lab.interruptedExitCode : 1);
      done();
    });
  });
}

/** Says what went wrong, in one line (with STAGECRAFT_DEBUG also where), and sets the exit code. */
export function fail(error: unknown): void {
  process.exitCode = exitCodeOf(error);
  if (error instanceof CommanderError) return; // it has said so
  const fault = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`stagecraft: ${fault.message}\n`);
  if (process.env["STAGECRAFT_DEBUG"] !== undefined)
    process.stderr.write(`${fault.stack}\n${fault.cause instanceof Error ? `caused by ${fault.cause.stack}\n` : ""}`);
}

/** Whether an artifact was made now or loaded, as answers say it. */
export function madeOrLoaded(made: boolean): string {
  return made ? "made:" : "loaded:";
}

/** First and last of some days. */
export function dayRange(days: readonly number[]): string {
  return days.length === 0 ? "none" : `${days[0]}–${days[days.length - 1]}`;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  if (error instanceof lab.InterruptedError) return lab.interruptedExitCode;
  return 1;
}

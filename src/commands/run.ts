/** How a verb is run: Ctrl-C, progress on stderr, the answer on stdout, the exit code. */
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommanderError } from "commander";
import * as lab from "../lab/index.js";
import * as pipeline from "../pipeline/index.js";
import type { RunControl } from "../types.js";
import { keep, keepPage, type Tables } from "./keep.js";
import { resultsDir, UsageError } from "./options.js";

/** What a verb answers: a text for a person and a record for a program. */
export interface Answer {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** To be kept in a run of its own; absent where the verb has made its run, or leaves no results. */
  readonly tables?: Tables;
  /** With tables: the same with figures, kept as report.html, and its figures as PNG where there is a Chromium. */
  readonly report?: lab.Report;
  /** With tables: texts to be kept beside them, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Runs a verb and prints its answer: a text, or with `json` one document. Tables are kept below `results/`, in a run whose config is
 * what was typed.
 */
export async function answer(
  verb: string,
  typed: { readonly json?: boolean },
  run: (control: RunControl) => Promise<Answer>,
): Promise<void> {
  const reporter = lab.progress(verb);
  try {
    const found = await lab.abortable((signal) => run({ signal, onProgress: reporter }));
    const answered = found.tables === undefined ? found : await kept(verb, typed, found, found.tables);
    reporter.finish();
    print(typed.json === true ? JSON.stringify(answered.json, null, 1) : answered.text);
  } finally {
    reporter.finish();
  }
}

async function kept(
  verb: string,
  typed: object,
  { text, json, report, files = {} }: Answer,
  tables: Tables,
): Promise<Answer> {
  return lab.withRun(verb, { ...typed }, { root: resultsDir() }, async (run) => {
    const whole = { run: run.finalDir, ...json };
    await keep(run, tables, whole);
    for (const [name, content] of Object.entries(files)) await writeFile(join(run.dir, name), content);
    if (report !== undefined) await keepPage(run, report);
    return { text: `${text}\n\n${run.finalDir}`, json: whole };
  });
}

/** Prints a text as an answer, or a part of one. */
export function print(text: string): void {
  process.stdout.write(`${lab.printable(text)}\n`);
}

/**
 * Runs a command line to its end. An end without one is a failure: a promise of a person's model that never settles, or its
 * `process.exit(0)`. What such code prints goes to stderr, since stdout carries the answer alone; a reader that has gone (`| head -1`)
 * ends the command quietly.
 */
export async function runToEnd(work: () => Promise<unknown>): Promise<void> {
  if (runsOwnCode(process.argv) && process.send === undefined) return supervised();
  if (process.send !== undefined) {
    process.on("disconnect", () => process.exit(1)); // whoever supervises is gone
    process.channel?.unref();
  }
  let ended = false;
  process.on("exit", () => {
    if (ended || (process.exitCode !== undefined && process.exitCode !== 0)) return;
    writeSync(2, "stagecraft: ended without an answer: a promise never settled, or a model called process.exit\n");
    process.exitCode = 1;
  });
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    ended = true;
    if (error.code !== "EPIPE") fail(new Error(`the answer cannot be written: ${error.message}`, { cause: error }));
    process.exit();
  });
  process.stderr.on("error", () => undefined);
  console.log = console.info = console.debug = console.error;
  await work().catch(fail);
  ended = true;
}

function runsOwnCode(words: readonly string[]): boolean {
  return words[2] === "contract" || words.some((word) => /^--(model|policy)(=|$)/.test(word));
}

/** How long a process with a person's code may take to stop by itself. */
const graceMs = 10_000;

/** This command line in a process that may be killed: an endless loop in a person's code hears no Ctrl-C. */
function supervised(): Promise<void> {
  // a group of its own: the terminal's Ctrl-C reaches this process alone, which passes it on once
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: true,
  });
  let interrupted = false;
  process.on("SIGINT", () => {
    child.kill(interrupted ? "SIGKILL" : "SIGINT");
    interrupted = true;
    setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
  });
  for (const signal of ["SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      child.kill("SIGKILL");
      process.exit(1);
    });
  return new Promise((done) => {
    child.on("exit", (code, signal) => {
      if (code === null && !interrupted) process.stderr.write(`stagecraft: stopped by ${signal}\n`);
      process.exitCode = code ?? (interrupted ? lab.interruptedExitCode : 1);
      done();
    });
  });
}

/** A verb that runs a script gets the arguments after its name unchanged. */
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

/** Prints what went wrong, in one line (with STAGECRAFT_DEBUG also where), and sets the exit code. */
export function fail(error: unknown): void {
  process.exitCode = exitCodeOf(error);
  if (error instanceof CommanderError) return; // it has already printed it
  const fault = error instanceof Error ? error : new Error(String(error));
  const where = `${fault.stack}\n${fault.cause instanceof Error ? `caused by ${fault.cause.stack}\n` : ""}`;
  const debug = process.env["STAGECRAFT_DEBUG"] !== undefined;
  process.stderr.write(lab.printable(`stagecraft: ${fault.message}\n${debug ? where : ""}`));
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

/**
 * Progress of a long step: an in-place bar in a notebook, one rewritten line with rate and time left in a terminal, at most one line
 * every 10 s in logs and pipes. Progress goes to stderr, so stdout stays one JSON document under `--json`.
 */
import type { OnProgress } from "../types.js";
import { display, displayId, inNotebook } from "./display.js";
import { escapeHtml, formatNumber, formatSeconds, printable } from "./text.js";

/** Where progress is shown. */
export const progressModes = ["notebook", "terminal", "plain", "silent"] as const;
/** One of `progressModes`. */
export type ProgressMode = (typeof progressModes)[number];

/** Options; the others are read from the environment. */
export interface ProgressOptions {
  readonly mode?: ProgressMode;
  readonly write?: (text: string) => void; // default stderr
  readonly now?: () => number; // milliseconds, for tests
  readonly columns?: number; // width of the terminal
}

/** An `OnProgress` that displays progress. Call `finish` when the work has ended, also after an error: it closes the last line. */
export interface Progress extends OnProgress {
  readonly mode: ProgressMode;
  finish(): void;
}

interface Step {
  readonly name: string;
  readonly startedMs: number;
  readonly id: string;
  readonly firstDone: number; // resumed work does not count in the rate
  drawnMs: number;
  done: number;
  total: number;
  detail: string;
  closed: boolean;
}

const redrawMs: Readonly<Record<ProgressMode, number>> = {
  notebook: 200,
  terminal: 100,
  plain: 10_000,
  silent: Infinity,
};

/** Reporter of one piece of work. Each new step name begins a bar or line of its own. */
export function progress(label: string, options: ProgressOptions = {}): Progress {
  const mode = options.mode ?? progressMode();
  const write = options.write ?? ((text: string): void => void process.stderr.write(text));
  const now = options.now ?? ((): number => performance.now());
  let step: Step | undefined;

  const draw = (current: Step, last: boolean): void => {
    current.drawnMs = now();
    const line = printable(lineOf(label, current, now(), last)).replaceAll("\n", " ");
    if (mode === "terminal")
      write(`\r\x1b[K${clip(line, (options.columns ?? process.stderr.columns ?? 80) - 1)}${last ? "\n" : ""}`);
    else if (mode === "plain") write(`${line}\n`);
    else if (mode === "notebook") display({ "text/html": htmlOf(line, current), "text/plain": line }, current.id);
  };
  const close = (): void => {
    if (step === undefined || step.closed) return;
    step.closed = true;
    draw(step, true);
  };
  const report: OnProgress = (name, done, total, detail = "") => {
    if (mode === "silent") return;
    if (step?.name !== name || done < step.done) {
      close();
      // no line at the start: short steps give one line, at their end
      step = {
        name,
        startedMs: now(),
        id: displayId("progress"),
        firstDone: done,
        drawnMs: mode === "plain" ? now() : -Infinity,
        done,
        total,
        detail,
        closed: false,
      };
    }
    Object.assign(step, { done, total, detail });
    if (step.closed) return;
    if (total > 0 && done >= total) close();
    else if (now() - step.drawnMs >= redrawMs[mode]) draw(step, false);
  };
  return Object.assign(report, { mode, finish: close });
}

/** The mode: STAGECRAFT_PROGRESS if set, a notebook, a terminal, silence under the test runner, else plain lines. */
export function progressMode(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  terminal: boolean = process.stderr.isTTY === true,
): ProgressMode {
  const asked = environment["STAGECRAFT_PROGRESS"];
  if (asked !== undefined && asked !== "") {
    const mode = progressModes.find((known) => known === asked);
    if (mode === undefined)
      throw new RangeError(`unknown STAGECRAFT_PROGRESS: ${asked}; known: ${progressModes.join(", ")}`);
    return mode;
  }
  if (inNotebook()) return "notebook";
  if (environment["VITEST"] !== undefined) return "silent";
  return terminal && environment["TERM"] !== "dumb" && !environment["CI"] ? "terminal" : "plain";
}

function lineOf(label: string, step: Step, nowMs: number, last: boolean): string {
  const seconds = (nowMs - step.startedMs) / 1000;
  const moved = step.done - step.firstDone;
  const rate = seconds > 0 ? moved / seconds : 0;
  const share = step.total > 0 ? Math.min(1, step.done / step.total) : 0;
  const amount =
    step.total > 0
      ? `${String(Math.floor(100 * share)).padStart(3)} %  ${formatNumber(step.done)} of ${formatNumber(step.total)}`
      : formatNumber(step.done);
  const speed = rate > 0 ? `${formatNumber(rate >= 10 ? Math.round(rate) : rate)}/s` : "";
  const time = last
    ? `in ${formatSeconds(seconds)}`
    : rate > 0 && step.total > step.done
      ? `${formatSeconds((step.total - step.done) / rate)} left`
      : "";
  return [`${label} · ${step.name}`, amount, speed, time, step.detail].filter((part) => part !== "").join("  ");
}

function htmlOf(line: string, step: Step): string {
  const bar =
    step.total > 0
      ? `value="${Math.min(step.done, step.total)}" max="${step.total}"`
      : step.closed
        ? `value="1" max="1"`
        : "";
  return (
    `<div style="font-variant-numeric:tabular-nums"><progress ${bar} style="width:16em;vertical-align:middle" ` +
    `aria-label="${escapeHtml(step.name)}"></progress> ${escapeHtml(line)}</div>`
  );
}

function clip(line: string, width: number): string {
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, Math.max(1, width - 1)).join("")}…`;
}

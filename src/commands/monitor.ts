/** `stagecraft monitor A B`: what moved between two windows of tables: drift by column, data quality, performance without labels. */
import { Option } from "commander";
import { tableText } from "../lab/index.js";
import { compareWindows, type DailyGuardrail, type MonitorOptions, type TableWindow } from "../monitoring/index.js";
import type { RunControl } from "../types.js";
import { reportOf, sentences } from "./monitor-report.js";
import { briefly, tablesOf } from "./monitor-tables.js";
import {
  addOptions,
  integer,
  jsonOption,
  listOf,
  numberBetween,
  orUsageError,
  UsageError,
  usageFault,
} from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface Typed extends Readonly<
  Partial<
    Record<"time" | "unit" | "stratum" | "arm" | "metrics" | "guardrails" | "id" | "label" | "probability", string>
  >
> {
  readonly without?: string;
  readonly labels?: string;
  readonly referenceDays?: string;
  readonly currentDays?: string;
  readonly parts: string;
  readonly effect: string;
  readonly alpha: string;
  readonly separator?: string;
  readonly encoding?: string;
  readonly header?: boolean;
  readonly json?: boolean;
}

export const monitor: Verb = (program, answer) => {
  const command = program
    .command("monitor")
    .argument("<reference>", "the window before: .csv, .tsv (also .gz), .parquet, a folder of parts, or a log")
    .argument("<current>", "the window after; the same path with other days is allowed")
    .description("what moved between two windows: drift by column, data quality, performance without labels");
  addOptions(command, [
    new Option("--time <column>", "time of a row: a date, a timestamp, or a day's number"),
    new Option("--reference-days <from..to>", "days of the reference, for example 2026-01-01..2026-01-31 or 0..6"),
    new Option("--current-days <from..to>", "days of the current window"),
    new Option("--parts <integer>", "parts of the current window, in order of time").default("1"),
    new Option("--unit <columns>", "the user, the video, between commas: rows of one are not independent"),
    new Option("--stratum <column>", "the segment: a drift of the mix of segments is not a drift"),
    new Option("--metrics <columns>", "numbers whose daily means are watched, by arm and segment; needs --time"),
    new Option("--arm <column>", "the arm of an experiment"),
    new Option("--guardrails <bounds>", "what daily means may not pass, for example click>=0.05,hide<=0.01"),
    new Option("--label <column>", "0 or 1, empty where it is not known yet"),
    new Option("--probability <column>", "the predicted probability of label 1"),
    new Option("--labels <file>", "labels of the current window, in a file of their own"),
    new Option("--id <column>", "what joins them"),
    new Option("--without <columns>", "columns to leave out, between commas"),
    new Option("--effect <number>", "PSI beyond its noise that matters").default("0.1"),
    new Option("--alpha <number>", "chance of any false alarm").default("0.05"),
    new Option("--no-header", "no line names the columns; they are called 1, 2, …"),
    new Option("--separator <text>", "what is between two fields of the files (default: recognised)"),
    new Option("--encoding <name>", "of the files (default: utf-8)"),
    jsonOption(),
  ]);
  command.action(async (reference: string, current: string, typed: Typed) => {
    const read = orUsageError(() => asked(reference, current, typed));
    await answer("monitor", typed, (control) => monitored(read, control));
  });
};

interface Asked {
  readonly reference: TableWindow;
  readonly current: TableWindow;
  readonly options: MonitorOptions;
}

function asked(reference: string, current: string, typed: Typed): Asked {
  const { time, stratum, arm, id, label, probability, labels, header, separator, encoding } = typed;
  const units = typed.unit === undefined ? undefined : listOf("--unit", typed.unit);
  const metrics = typed.metrics === undefined ? undefined : listOf("--metrics", typed.metrics);
  const guardrails = typed.guardrails === undefined ? undefined : boundsOf(typed.guardrails, metrics ?? []);
  const options = { time, units, stratum, arm, metrics, guardrails, id, label, probability };
  const form = { header: header === false ? false : undefined, separator, encoding };
  const given = <T extends object>(fields: T) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
      readonly [K in keyof T]?: NonNullable<T[K]>;
    };
  if ((labels === undefined) !== (id === undefined))
    throw new UsageError("invalid --labels: it and --id are given without the other; allowed: both, or neither");
  return {
    reference: { path: reference, form: given(form), ...daysNamed("--reference-days", typed.referenceDays, time) },
    current: {
      path: current,
      form: given(form),
      ...daysNamed("--current-days", typed.currentDays, time),
      ...given({ labels }),
    },
    options: {
      ...given(options),
      without: typed.without === undefined ? [] : listOf("--without", typed.without),
      parts: integer("--parts", typed.parts, 1, 1000),
      effect: numberBetween("--effect", typed.effect, 0),
      alpha: numberBetween("--alpha", typed.alpha, 0, 1),
    },
  };
}

/** @throws UsageError on a bound of a metric that is not watched, or that is none */
function boundsOf(text: string, metrics: readonly string[]): readonly DailyGuardrail[] {
  return listOf("--guardrails", text).map((one) => {
    const [, metric, sign, value] = /^(.+?)\s*([<>]=)\s*(-?\d+(?:\.\d+)?)$/.exec(one) ?? [];
    if (metric === undefined || !metrics.includes(metric))
      throw new UsageError(
        `invalid --guardrails: ${one}; allowed: METRIC>=NUMBER or METRIC<=NUMBER, of --metrics (${metrics.join(", ") || "none"})`,
      );
    return { metric, bound: sign === ">=" ? "least" : "most", value: Number(value) };
  });
}

/** Two days, as numbers or dates. @throws UsageError */
function daysNamed(option: string, text: string | undefined, time: string | undefined): { from?: number; to?: number } {
  if (text === undefined) return {};
  const fault = `invalid ${option}: ${text}; allowed: two days, 2026-01-01..2026-01-31 or 0..6, the first not after the second`;
  const days = text.split("..").map((day) => {
    if (/^\d{1,6}$/.test(day)) return Number(day);
    const at = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(day) : new Date(NaN);
    return at.toJSON()?.startsWith(day) ? at.getTime() / 86_400_000 : NaN;
  });
  const [from, to] = days;
  if (days.length !== 2 || !(from! <= to!)) throw new UsageError(fault);
  if (time === undefined) throw new UsageError(`invalid ${option}: ${text}; it is allowed together with --time`);
  return { from: from!, to: to! };
}

async function monitored({ reference, current, options }: Asked, control: RunControl): Promise<Answer> {
  const found = await compareWindows(reference, current, options, control).catch((error: unknown) => {
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : usageFault(error);
  });
  const tables = tablesOf(found);
  const said = sentences(found);
  const shown = Object.values(tables).map((one) =>
    one.name === "drift" || one.name === "health" ? briefly(one) : one,
  );
  return {
    json: { files: [reference.path, current.path], ...found },
    tables,
    report: reportOf(reference.path, current.path, found, tables, said),
    text: [...shown.map(tableText), said.map((line) => `- ${line}`).join("\n")].join("\n\n"),
  };
}

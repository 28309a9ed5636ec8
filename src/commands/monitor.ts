/** `stagecraft monitor A B`: what moved between two windows of tables: drift by column, data quality, performance without labels. */
import { Option } from "commander";
import {
  figures,
  formatNumber,
  formatPercent,
  table,
  tableText,
  type Report,
  type ReportSection,
  type Table,
} from "../lab/index.js";
import {
  compareWindows,
  type DailyGuardrail,
  type ExpectedDay,
  type MonitorOptions,
  type MonitorReport,
  type TableWindow,
} from "../monitoring/index.js";
import type { RunControl } from "../types.js";
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

/** What is worth a page: columns in alarm with where it began, quality, performance. */
function sentences({ parts, quality, health, left, reference, current }: MonitorReport): readonly string[] {
  const columns = (parts[0]?.drift ?? []).map(({ feature }) => feature).sort();
  const alarms = columns.flatMap((feature) => {
    const states = parts.map(({ drift }) => drift.find((row) => row.feature === feature)?.state === "drift");
    const first = states.indexOf(true);
    if (first < 0) return [];
    const later = states.slice(first).every(Boolean)
      ? ""
      : `, in ${states.filter(Boolean).length} of ${parts.length} parts`;
    return [parts.length === 1 ? feature : `${feature} from part ${first + 1} on${later}`];
  });
  const total = `${current.rows.toLocaleString("en")} rows against ${reference.rows.toLocaleString("en")}`;
  const few = parts.flatMap(({ drift }) => drift).filter(({ state }) => state === "few rows").length;
  const kept = parts.at(-1)?.kept;
  return [
    alarms.length > 0
      ? `Drift in ${alarms.length} of ${columns.length} columns: ${alarms.join("; ")} (${total}).`
      : `No drift in ${columns.length} columns (${total}).`,
    ...(few > 0 ? [`${few} comparisons have fewer rows than are needed to say anything.`] : []),
    ...quality.map(({ kind, column, says }) => `Data quality, ${kind}: ${column ? `${column} ` : ""}${says}.`),
    ...health
      .filter(({ alert }) => alert !== "")
      .map(({ alert, ...of }) => `Health, ${nameOfSeries(of)}: ${alert}.`)
      .slice(0, 10),
    ...(kept
      ? [
          `Promised ${formatPercent(kept.current.promised)}, kept ${formatPercent(kept.current.kept)}; in the reference ` +
            `${formatPercent(kept.reference.promised)} and ${formatPercent(kept.reference.kept)} (p ${formatNumber(kept.pValue)}).`,
        ]
      : []),
    ...(left.length > 0 ? [`Not compared: ${left.map(({ column, why }) => `${column} (${why})`).join(", ")}.`] : []),
  ];
}

function nameOfSeries({ metric, arm, segment }: Pick<ExpectedDay, "metric" | "arm" | "segment">): string {
  return [metric, ...(arm === "" ? [] : [`arm ${arm}`]), ...(segment === "" ? [] : [`segment ${segment}`])].join(", ");
}

function tablesOf({ parts, quality, health }: MonitorReport): Readonly<Record<string, Table>> {
  const rows = parts.flatMap(({ drift }, part) =>
    drift.map((row) => ({
      part: part + 1,
      column: row.feature,
      state: row.state,
      psi: row.psi,
      "psi without drift": row.noise,
      "psi as usual": row.usual,
      "psi within strata": row.psiWithin,
      "jensen-shannon": row.jensenShannon,
      ks: row.ks ?? null,
      wasserstein: row.wasserstein ?? null,
      p: row.pValue,
      "p adjusted": row.adjustedP,
      "mean before": row.referenceMean ?? null,
      "mean after": row.currentMean ?? null,
    })),
  );
  const judged = parts.flatMap(({ rows: count, estimated, realised, kept }, part) =>
    estimated || realised
      ? [
          {
            part: part + 1,
            rows: count,
            "auc estimated": estimated?.auc ?? null,
            "auc realised": realised?.auc ?? null,
            "accuracy estimated": estimated?.accuracy ?? null,
            "accuracy realised": realised?.accuracy ?? null,
            promised: kept?.current.promised ?? null,
            kept: kept?.current.kept ?? null,
            "p of kept": kept?.pValue ?? null,
          },
        ]
      : [],
  );
  return {
    drift: table(rows, { name: "drift", caption: "Drift by column, largest PSI first" }),
    ...(health.length > 0 && { health: table(health, { name: "health", caption: "Daily metrics and what is usual" }) }),
    ...(quality.length > 0 && { quality: table(quality, { name: "quality", caption: "Data quality" }) }),
    ...(judged.length > 0 && {
      performance: table(judged, {
        name: "performance",
        caption: "Performance, estimated without labels and realised",
      }),
    }),
  };
}

/** A terminal shows what is not quiet, of many columns. */
function briefly(one: Table): Table {
  if (one.records.length <= 20) return one;
  if (one.name === "health") {
    const alerts = one.records.filter(({ alert }) => alert !== "");
    const caption = `${one.caption}: ${alerts.length} alerts of ${one.records.length} days; all are in the files`;
    return table(alerts.length > 0 ? alerts.slice(0, 40) : [{ days: "all usual" }], { caption });
  }
  const rows = one.records.filter(({ state }) => state !== "quiet").slice(0, 40);
  const kept = ["part", "column", "state", "psi", "psi without drift", "jensen-shannon", "p adjusted"];
  const caption = `${one.caption}: ${rows.length} rows of ${one.records.length}, the rest is quiet or in the files`;
  return rows.length > 0 ? table(rows, { caption, columns: kept }) : table([{ columns: "all quiet" }], { caption });
}

function reportOf(
  reference: string,
  current: string,
  { parts, current: window, quality, health }: MonitorReport,
  tables: Readonly<Record<string, Table>>,
  said: readonly string[],
): Report {
  const last = parts.at(-1)!;
  const alerts = health.filter(({ alert }) => alert !== "").slice(0, 10);
  const base = (path: string): string => path.split("/").pop()!;
  const drift: ReportSection = {
    id: "drift",
    heading: "Drift by column",
    prose: [
      "A column alarms (`drift`) where its shift is more than chance, after adjusting for the number of columns, and its PSI beyond what " +
        "two windows without drift have is large enough to matter. " +
        "`trend`: it moves as much within the reference. `small`: beyond chance only. `noise`: large, not beyond chance. " +
        "`mix`: large, but not within the strata.",
    ],
    tables: [briefly(tables["drift"]!)],
    figures:
      last.drift.length === 0
        ? []
        : [
            {
              name: "psi",
              caption:
                parts.length > 1
                  ? `The last of ${parts.length} parts against the reference`
                  : "The current window against the reference",
              figure: figures.psiBars({ features: last.drift.map(({ feature, psi }) => ({ name: feature, psi })) }),
            },
          ],
  };
  const performance = tables["performance"];
  return {
    title: `${base(current)} against ${base(reference)}`,
    lede: said.slice(0, 1 + quality.length + alerts.length).join(" "),
    facts: [
      ["rows", window.rows.toLocaleString("en")],
      ["columns in alarm", String(last.drift.filter(({ state }) => state === "drift").length)],
      ...(health.length > 0 ? [["alerts of daily metrics", String(alerts.length)] as const] : []),
      ["data quality", quality.length === 0 ? "no alarm" : `${quality.length} alarms`],
    ],
    sections: [
      drift,
      ...(tables["health"] ? [healthSection(health, tables["health"])] : []),
      ...(tables["quality"]
        ? [{ id: "quality", heading: "Data quality", prose: [], tables: [tables["quality"]] }]
        : []),
      ...(performance
        ? [
            {
              id: "performance",
              heading: "Performance",
              prose: [
                "Estimated from the calibrated probabilities alone: blind where the label's dependence on the inputs moved. " +
                  "Promised against kept needs labels and sees both.",
              ],
              tables: [performance],
            },
          ]
        : []),
    ],
    metrics: { parts },
  };
}

/** Alerts, and each metric of each arm with its band. */
function healthSection(health: readonly ExpectedDay[], all: Table): ReportSection {
  const whole = health.filter(({ segment, low }) => segment === "" && Number.isFinite(low));
  const names = [...new Set(whole.map(nameOfSeries))];
  return {
    id: "health",
    heading: "Daily metrics",
    prose: [
      "A band is the reference's level with its days of the week; it is as wide as all days of all series need together.",
    ],
    tables: [briefly(all)],
    figures: names.map((name, f) => {
      const days = whole.filter((one) => nameOfSeries(one) === name);
      const line = (of: (day: ExpectedDay) => Record<"estimate" | "low" | "high", number>) =>
        days.map((one) => ({ day: one.day, interval: of(one) }));
      return {
        name: `health-${f + 1}`,
        caption: name,
        figure: figures.dayLines({
          metric: { label: name, unit: "daily mean" },
          series: [
            { name: "usual", days: line(({ expected, low, high }) => ({ estimate: expected, low, high })) },
            { name: "observed", days: line(({ value }) => ({ estimate: value, low: value, high: value })) },
          ],
          title: name,
        }),
      };
    }),
  };
}

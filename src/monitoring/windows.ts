/**
 * Two windows of tables compared as a whole: drift of each column, data quality, promised against kept, performance without labels.
 * Columns are read a few at a time, so memory is that of a few columns, not of the files.
 */
import { openDatabase, type Database } from "../log/index.js";
import type { RunControl } from "../types.js";
import {
  binCategories,
  binNumbers,
  rowGroups,
  summary,
  type BinnedColumn,
  type RowCodes,
  type Summary,
} from "./drift/binned-column.js";
import { decide, measure, type DriftRow, type MeasuredColumn } from "./drift/drift-table.js";
import { dailyHealth, type DailySeries, type ExpectedDay } from "./health/daily.js";
import { qualityAlarms, type ColumnProfile, type QualityAlarm, type WindowProfile } from "./health/quality.js";
import { judging, type PartPerformance } from "./window-performance.js";
import {
  codeSql,
  dailyMeans,
  daysOf,
  openWindow,
  readColumns,
  type Described,
  type MonitorOptions,
  type Side,
  type TableWindow,
  type Values,
} from "./window-table.js";

/** One part of the current window. */
export interface MonitoredPart extends PartPerformance {
  readonly rows: number;
  /** First and last time, in days; NaN without a time. */
  readonly from: number;
  readonly to: number;
  readonly drift: readonly DriftRow[];
}

/** What was found. */
export interface MonitorReport {
  readonly reference: WindowProfile;
  readonly current: WindowProfile;
  readonly quality: readonly QualityAlarm[];
  /** Each day of the current window by metric, arm and segment; empty without metrics. */
  readonly health: readonly ExpectedDay[];
  readonly parts: readonly MonitoredPart[];
  /** Columns that were not compared, with the reason. */
  readonly left: readonly { readonly column: string; readonly why: string }[];
}

/** Compares them. @throws Error naming the window that has no row, the column that is not there, the cell that is no label */
export async function compareWindows(
  reference: TableWindow,
  current: TableWindow,
  options: MonitorOptions = {},
  control: RunControl = {},
): Promise<MonitorReport> {
  const { parts = 1, without = [] } = options;
  const database = await openDatabase({ threads: options.threads ?? 2, memoryLimit: "1GB" });
  try {
    const windows = {
      reference: await openWindow(database, "reference", reference, options),
      current: await openWindow(database, "current", current, options),
    };
    const rows = { reference: windows.reference.rows, current: windows.current.rows };
    if (parts > rows.current)
      throw new RangeError(`parts: ${parts}; allowed: at most ${rows.current}, the current window's rows`);
    const bounds = Array.from({ length: parts + 1 }, (_, part) => Math.floor((part * rows.current) / parts));
    const { time, stratum, probability, arm, metrics = [] } = options;
    if (metrics.length > 0 && time === undefined)
      throw new RangeError(`metrics ${metrics.join(", ")} are by day; needed: the column of the time`);
    for (const name of metrics)
      for (const side of ["reference", "current"] as const)
        if (windows[side].columns.has(name) && windows[side].columns.get(name)!.type !== "number")
          throw new RangeError(`metric ${name} of the ${side} window is no number; allowed: columns of numbers`);
    const roles = [time, ...(options.units ?? []), options.id, options.label, ...without];
    for (const name of [...roles, stratum, probability, arm, ...metrics])
      if (name !== undefined && !windows.reference.columns.has(name) && !windows.current.columns.has(name))
        throw new RangeError(`unknown column: ${name}; known: ${[...windows.reference.columns.keys()].join(", ")}`);
    const read = (side: Side, columns: readonly Described[]): Promise<readonly Values[]> =>
      readColumns(database, side, columns, options);
    const ofBoth = async (column: Described): Promise<RowCodes> => ({
      reference: (await read("reference", [column]))[0]!,
      current: (await read("current", [column]))[0]!,
    });
    const codes = (name: string): Promise<RowCodes> => ofBoth({ name, type: "category", sql: codeSql(name) });
    const units: RowCodes[] = [];
    for (const name of options.units ?? []) units.push(await codes(name));
    const strata = options.stratum === undefined ? undefined : await codes(options.stratum);
    const days =
      options.time === undefined
        ? undefined
        : await ofBoth({ name: "day", type: "number", sql: "CAST(floor(time_of_row) AS INTEGER)" });
    const slice = (values: Values, part: number): Values => values.subarray(bounds[part]!, bounds[part + 1]!);
    const groups = bounds.slice(1).map((_, part) => {
      const of = (all: RowCodes): RowCodes => ({
        reference: all.reference,
        current: slice(all.current as Values, part),
      });
      return rowGroups({
        units: units.map((unit) => of(unit)),
        ...(strata && { strata: of(strata) }),
        ...(days && { days: of(days) }),
      });
    });

    const left: { column: string; why: string }[] = without.map((column) => ({ column, why: "left out as asked" }));
    const shared = [...windows.reference.columns.values()].filter(({ name, type }) => {
      if (roles.includes(name)) return false;
      const after = windows.current.columns.get(name);
      if (after === undefined || after.type !== type) return false;
      if (type !== "time") return true;
      left.push({ column: name, why: "a time" });
      return false;
    });
    const profiles: Record<Side, ColumnProfile[]> = { reference: [], current: [] };
    const fresh = new Map<string, number>();
    const measured: MeasuredColumn[][] = Array.from({ length: parts }, () => []);
    const together = Math.max(1, Math.min(8, Math.floor(2 ** 23 / Math.max(rows.reference, rows.current))));
    const batches = Array.from({ length: Math.ceil(shared.length / together) }, (_, at) =>
      shared.slice(at * together, (at + 1) * together),
    );
    const load = (batch: readonly Described[]): Promise<[readonly Values[], readonly Values[]]> =>
      Promise.all([read("reference", batch), read("current", batch)]);
    let next = batches[0] && load(batches[0]);
    next?.catch(() => undefined); // told where it is awaited
    for (const [at, batch] of batches.entries()) {
      control.signal?.throwIfAborted();
      const [before, after] = await next!;
      next = batches[at + 1] && load(batches[at + 1]!); // the database reads on while these are counted
      next?.catch(() => undefined);
      for (const [c, column] of batch.entries()) {
        const values = { reference: before[c]!, current: after[c]! };
        const known = { reference: summaryOf(column, before[c]!), current: summaryOf(column, after[c]!) };
        for (const side of ["reference", "current"] as const)
          profiles[side].push(profileOf(column, known[side], rows[side]));
        const [then, now] = [profiles.reference.at(-1)!, profiles.current.at(-1)!];
        const why = whyNot(column, then, now, values);
        if (why !== undefined) {
          left.push({ column: column.name, why });
          // an id has no range to keep
          if (why.startsWith("an id"))
            for (const side of ["reference", "current"] as const)
              profiles[side].push({ ...profiles[side].pop()!, least: NaN, most: NaN });
          continue;
        }
        for (let part = 0; part < parts; part++) {
          const current = slice(values.current, part);
          const both = { ...known, ...(parts > 1 && { current: summaryOf(column, current) }) };
          const kind = column.name === options.probability ? "prediction" : "number";
          const given = { groups: groups[part]!, gaps: true, known: both };
          if (column.type === "number" && Number.isNaN(both.current.least)) continue; // a part without a value
          const binned =
            column.type === "category"
              ? binCategories(column.name, { ...values, current }, given)
              : binNumbers({ feature: column.name, kind }, { ...values, current }, given);
          measured[part]!.push(measure(binned, options));
          if (column.type === "category")
            fresh.set(column.name, Math.max(fresh.get(column.name) ?? 0, newShareOf(binned)));
        }
      }
      control.onProgress?.("columns", Math.min(shared.length, (at + 1) * together), shared.length);
    }
    const only = (side: Side): readonly ColumnProfile[] =>
      [...windows[side].columns.values()]
        .filter(({ name }) => !profiles[side].some((known) => known.name === name) && !roles.includes(name))
        .map(({ name, type }) => ({
          name,
          type,
          rows: rows[side],
          nulls: 0,
          distinct: 2,
          least: NaN,
          most: windows[side].latest.get(name) ?? NaN,
        }));
    const profile = async (side: Side): Promise<WindowProfile> => ({
      rows: rows[side],
      columns: [...profiles[side], ...only(side)],
      ...(options.time !== undefined &&
        (await daysOf(database, side, windows[side].columns.has(options.label ?? "") ? options.label : undefined))),
    });
    const [was, is] = [await profile("reference"), await profile("current")];
    const judge = await judging(windows, read, options);
    const times =
      options.time === undefined
        ? undefined
        : (await read("current", [{ name: "time", type: "number", sql: "time_of_row" }]))[0]!;
    return {
      reference: was,
      current: is,
      quality: qualityAlarms(was, is, fresh),
      health: await healthOf(database, options),
      parts: measured.map((columns, part): MonitoredPart => ({
        rows: bounds[part + 1]! - bounds[part]!,
        ...span(times && slice(times, part)),
        drift: decide(columns, options),
        ...judge(bounds[part]!, bounds[part + 1]!),
      })),
      left,
    };
  } finally {
    database.close();
  }
}

async function healthOf(database: Database, options: MonitorOptions): Promise<readonly ExpectedDay[]> {
  const series = new Map<string, { -readonly [K in keyof DailySeries]: DailySeries[K] }>();
  for (const side of ["reference", "current"] as const)
    for (const { metric, arm, segment, ...day } of await dailyMeans(database, side, options)) {
      const key = JSON.stringify([metric, arm, segment]);
      const one = series.get(key) ?? { metric, arm, segment, reference: [], current: [] };
      series.set(key, { ...one, [side]: [...one[side], day] });
    }
  return dailyHealth([...series.values()], options);
}

function span(times: Values | undefined): Pick<MonitoredPart, "from" | "to"> {
  let [from, to] = times === undefined ? [NaN, NaN] : [Infinity, -Infinity];
  times?.forEach((time) => ([from, to] = [Math.min(from, time), Math.max(to, time)]));
  return { from, to };
}

function profileOf({ name, type }: Described, { missing: nulls, least, most }: Summary, rows: number): ColumnProfile {
  const distinct = least === most ? 1 : 2;
  return { name, type, rows, nulls, distinct: nulls < rows ? distinct : 0, least, most };
}

/** Codes of empty cells are 0. */
function summaryOf({ type }: Described, values: Values): Summary {
  return summary(type === "category" ? Float64Array.from(values, (code) => (code === 0 ? NaN : code)) : values);
}

/** Why a column is not compared. */
function whyNot(
  column: Described,
  then: ColumnProfile,
  now: ColumnProfile,
  values: Record<Side, Values>,
): string | undefined {
  if (then.distinct === 0 || now.distinct === 0)
    return `no value in the ${then.distinct === 0 ? "reference" : "current"} window`;
  if (then.distinct === 1 && now.distinct === 1 && then.least === now.least)
    return "constant, with one value in both windows";
  const first = values.current.subarray(0, 10_000);
  const ids = first.length >= 100 && new Set(first).size === first.length;
  return ids && (column.type === "category" || first.every(Number.isInteger))
    ? "an id: every row has its own"
    : undefined;
}

function newShareOf({ counts: { bins, current } }: BinnedColumn): number {
  let [all, fresh] = [0, 0];
  current.forEach((count, at) => {
    all += count;
    if (at % bins === bins - 1) fresh += count;
  });
  return all > 0 ? fresh / all : 0;
}

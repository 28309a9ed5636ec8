/**
 * Two windows of tables compared as a whole: drift of each column, data quality, promised against kept, performance without labels.
 * Columns are read a few at a time, so memory is that of a few columns, not of the files.
 */
import { openTypedTable, type TextForm } from "../data/index.js";
import { openDatabase, quoteName, type Database } from "../log/index.js";
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
import { decide, measure, type AlarmRule, type DriftRow, type MeasuredColumn } from "./drift/drift-table.js";
import {
  estimatedPerformance,
  keptDrift,
  performanceReference,
  realisedPerformance,
  type Judged,
  type KeptDrift,
  type Performance,
} from "./drift/performance.js";
import { qualityAlarms, type ColumnProfile, type QualityAlarm, type WindowProfile } from "./health/quality.js";

/** A window: a table, and which of its times belong to it. */
export interface TableWindow {
  readonly path: string;
  readonly form?: TextForm;
  /** Days since the epoch, or of the simulation, both within the window; needs `time`. */
  readonly from?: number;
  readonly to?: number;
  /** Labels in a table of their own, joined by `id`. */
  readonly labels?: string;
}

/** Columns with a meaning, and when to alarm. */
export interface MonitorOptions extends AlarmRule {
  readonly time?: string;
  readonly unit?: string; // users: rows of one are not independent
  readonly stratum?: string; // segments: a drift of their mix is not a drift
  readonly id?: string; // of `labels`
  readonly label?: string; // 0 or 1; empty where it is not known yet
  readonly probability?: string;
  readonly without?: readonly string[];
  /** Parts of the current window in order of time, of equally many rows, each compared with the reference. Default 1. */
  readonly parts?: number;
  readonly threads?: number;
}

/** One part of the current window. */
export interface MonitoredPart {
  readonly rows: number;
  /** First and last time, in days; NaN without a time. */
  readonly from: number;
  readonly to: number;
  readonly drift: readonly DriftRow[];
  /** Expected performance by the reference's calibration, and what it was where there are labels. */
  readonly estimated?: Performance;
  readonly realised?: Performance;
  readonly kept?: KeptDrift;
}

/** What was found. */
export interface MonitorReport {
  readonly reference: WindowProfile;
  readonly current: WindowProfile;
  readonly quality: readonly QualityAlarm[];
  readonly parts: readonly MonitoredPart[];
  /** Columns that were not compared, with the reason. */
  readonly left: readonly { readonly column: string; readonly why: string }[];
}

type Side = "reference" | "current";
type Values = Float32Array | Float64Array | Int32Array;
interface Described {
  readonly name: string;
  readonly type: ColumnProfile["type"];
  readonly sql: string;
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
    const roles = [options.time, options.unit, options.id, options.label, ...without];
    for (const name of [...roles, options.stratum, options.probability])
      if (name !== undefined && !windows.reference.columns.has(name) && !windows.current.columns.has(name))
        throw new RangeError(`unknown column: ${name}; known: ${[...windows.reference.columns.keys()].join(", ")}`);
    const read = (side: Side, columns: readonly Described[]): Promise<readonly Values[]> =>
      readColumns(database, side, columns, options);
    const codes = async (name: string | undefined): Promise<RowCodes | undefined> => {
      if (name === undefined) return undefined;
      const column = { name, type: "category", sql: codeSql(name) } as const;
      return { reference: (await read("reference", [column]))[0]!, current: (await read("current", [column]))[0]! };
    };
    const [units, strata] = [await codes(options.unit), await codes(options.stratum)];
    const slice = (values: Values, part: number): Values => values.subarray(bounds[part]!, bounds[part + 1]!);
    const groups = bounds.slice(1).map((_, part) => {
      const of = (all: RowCodes | undefined): RowCodes | undefined =>
        all && { reference: all.reference, current: slice(all.current as Values, part) };
      return rowGroups({ ...(units && { units: of(units)! }), ...(strata && { strata: of(strata)! }) });
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

function span(times: Values | undefined): Pick<MonitoredPart, "from" | "to"> {
  let [from, to] = times === undefined ? [NaN, NaN] : [Infinity, -Infinity];
  times?.forEach((time) => ([from, to] = [Math.min(from, time), Math.max(to, time)]));
  return { from, to };
}

interface OpenWindow {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Described>;
  readonly latest: ReadonlyMap<string, number>; // newest value of each time, in days
}

/** Makes the view of a window, with `time_of_row` in days where there is a time. */
async function openWindow(
  database: Database,
  side: Side,
  window: TableWindow,
  options: MonitorOptions,
): Promise<OpenWindow> {
  const { time, id, label } = options;
  const { path, labels, from, to, form } = window;
  await openTypedTable(database, `${side}_rows`, path, form);
  let rows = `(SELECT * FROM ${side}_rows)`;
  if (labels !== undefined) {
    if (id === undefined || label === undefined)
      throw new RangeError(
        `labels of the ${side} window are in ${labels}; needed: the columns of the id and of the label`,
      );
    await openTypedTable(database, `${side}_labels`, labels, form);
    const [mine, theirs] = [
      await database.describe(`SELECT * FROM ${side}_rows`),
      await database.describe(`SELECT * FROM ${side}_labels`),
    ];
    for (const [table, known, name] of [
      [path, mine, id],
      [labels, theirs, id],
      [labels, theirs, label],
    ] as const)
      if (!known.has(name))
        throw new RangeError(`unknown column: ${name} in ${table}; known: ${[...known.keys()].join(", ")}`);
    rows = `(SELECT r.*, l.${quoteName(label)} FROM ${side}_rows r LEFT JOIN
      (SELECT ${quoteName(id)}, any_value(${quoteName(label)}) AS ${quoteName(label)} FROM ${side}_labels GROUP BY ALL) l
      USING (${quoteName(id)}))`;
  }
  const types = await database.describe(`SELECT * EXCLUDE (row_of_file) FROM ${rows}`);
  let timeSql: string | undefined;
  if (time !== undefined) {
    const type = types.get(time);
    if (type === undefined)
      throw new RangeError(`unknown column: ${time} in ${path}; known: ${[...types.keys()].join(", ")}`);
    const kind = kindOf(type);
    if (kind === undefined || kind === "category")
      throw new RangeError(
        `column ${time} of ${path} is ${type}; allowed as a time: dates, timestamps, days as numbers`,
      );
    timeSql =
      kind === "time" ? `epoch(CAST(${quoteName(time)} AS TIMESTAMP)) / 86400` : `CAST(${quoteName(time)} AS DOUBLE)`;
  } else if (from !== undefined || to !== undefined)
    throw new RangeError(`the ${side} window is given by days; needed: the column of the time`);
  const within = [
    ...(from === undefined ? [] : [`time_of_row >= ${from}`]),
    ...(to === undefined ? [] : [`time_of_row < ${to + 1}`]),
  ];
  await database.exec(
    `CREATE OR REPLACE VIEW ${side}_window AS SELECT * FROM (SELECT *${timeSql ? `, ${timeSql} AS time_of_row` : ""} FROM ${rows})
     ${within.length > 0 ? `WHERE ${within.join(" AND ")}` : ""}`,
  );
  const known = [...types].map(([name, type]) => ({ name, kind: kindOf(type), type }));
  const dates = known.filter(({ kind }) => kind === "time");
  const counted = await database.query(
    `SELECT count(*) AS rows${timeSql ? ", count(*) - count(time_of_row) AS timeless" : ""}${dates
      .map(
        ({ name }, t) => `, coalesce(epoch(max(CAST(${quoteName(name)} AS TIMESTAMP))) / 86400, 'nan') AS latest_${t}`,
      )
      .join("")} FROM ${side}_window`,
  );
  const count = counted["rows"]![0] as number;
  if (count === 0)
    throw new RangeError(
      `the ${side} window is empty: ${path} has no row${within.length > 0 ? " within its days" : ""}`,
    );
  if (timeSql && (counted["timeless"]![0] as number) > 0)
    throw new RangeError(
      `${counted["timeless"]![0]} rows of the ${side} window have no ${time}; allowed: a time in each row`,
    );
  return {
    rows: count,
    columns: new Map(
      known.flatMap(({ name, kind, type }) =>
        kind === undefined ? [] : [[name, { name, type: kind, sql: valueSql(name, kind, type) }] as const],
      ),
    ),
    latest: new Map(dates.map(({ name }, t) => [name, counted[`latest_${t}`]![0] as number])),
  };
}

/** What a column's type is to monitoring; undefined: lists, structures and the like. */
function kindOf(type: string): ColumnProfile["type"] | undefined {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return "number";
  if (/^(DATE|TIMESTAMP.*|TIME.*)$/.test(type)) return "time";
  return /^(VARCHAR|BOOLEAN|ENUM.*|UUID)$/.test(type) ? "category" : undefined;
}

function valueSql(name: string, kind: ColumnProfile["type"], type: string): string {
  if (kind === "category") return codeSql(name);
  return `CAST(${quoteName(name)} AS ${/^(FLOAT|U?(TINY|SMALL)INT)$/.test(type) ? "FLOAT" : "DOUBLE"})`;
}

/** A code that is the same in both windows, 0 where the cell is empty. */
function codeSql(name: string): string {
  return `CAST(coalesce(md5_number_lower(CAST(${quoteName(name)} AS VARCHAR)) % 2147483647, 0) AS INTEGER)`;
}

/** Columns in order of time, or of the file. */
async function readColumns(
  database: Database,
  side: Side,
  columns: readonly Described[],
  { time, parts = 1 }: MonitorOptions,
): Promise<readonly Values[]> {
  if (columns.length === 0) return [];
  const list = columns.map(({ sql }, c) => `${sql} AS v${c}`).join(", ");
  // one part needs no order: measures are of sets of rows, and every scan gives them in the file's
  const sorted = parts > 1 && side === "current" && time !== undefined;
  const order = sorted ? "ORDER BY time_of_row, row_of_file" : "";
  const found = await database.query(`SELECT ${list} FROM ${side}_window ${order}`);
  return columns.map((_, c) => found[`v${c}`] as Values);
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

async function daysOf(
  database: Database,
  side: Side,
  label?: string,
): Promise<Pick<WindowProfile, "days" | "longestGap">> {
  const found = await database.query(
    `SELECT CAST(floor(time_of_row) AS INTEGER) AS day, count(*) AS rows, ${label ? `count(${quoteName(label)})` : "-1"} AS labelled
     FROM ${side}_window GROUP BY 1 ORDER BY 1`,
  );
  const { gap } = await database.query(
    `SELECT coalesce(max(gap), 0) AS gap
     FROM (SELECT time_of_row - lag(time_of_row) OVER (ORDER BY time_of_row) AS gap FROM ${side}_window)`,
  );
  const days = Array.from(found["day"] as Int32Array, (day, at) => ({
    day,
    rows: found["rows"]![at] as number,
    ...(label && { labelled: found["labelled"]![at] as number }),
  }));
  return { days, longestGap: gap![0] as number };
}

type Judging = (from: number, to: number) => Pick<MonitoredPart, "estimated" | "realised" | "kept">;

/** Performance of a part of the current window, where there are probabilities, and labels in the reference. */
async function judging(
  windows: Record<Side, OpenWindow>,
  read: (side: Side, columns: readonly Described[]) => Promise<readonly Values[]>,
  { probability, label, unit }: MonitorOptions,
): Promise<Judging> {
  if (probability === undefined) return () => ({});
  const of = async (side: Side): Promise<Judged> => {
    const number = (name: string): Described => ({ name, type: "number", sql: `CAST(${quoteName(name)} AS DOUBLE)` });
    const has = label !== undefined && windows[side].columns.has(label);
    const wanted = [number(probability), ...(has ? [number(label)] : [])];
    const [p, y] = await read(side, wanted);
    const codes =
      unit === undefined ? undefined : (await read(side, [{ name: unit, type: "category", sql: codeSql(unit) }]))[0]!;
    const bad = p!.findIndex((value) => !(value >= 0 && value <= 1));
    if (bad >= 0)
      throw new RangeError(`column ${probability} of the ${side} window is ${p![bad]} in a row; allowed: from 0 to 1`);
    const odd = y?.find((value) => value !== 0 && value !== 1 && !Number.isNaN(value));
    if (odd !== undefined)
      throw new RangeError(`column ${label} of the ${side} window is ${odd} in a row; allowed: 0, 1, or empty`);
    return { probability: p!, label: y ?? new Float64Array(p!.length).fill(NaN), ...(codes && { unit: codes }) };
  };
  const labelled = ({ probability: p, label: y, unit: u }: Judged, from = 0, to = p.length): Judged => {
    const rows = Array.from({ length: to - from }, (_, at) => from + at).filter((row) => !Number.isNaN(y[row]!));
    const pick = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row]!);
    return { probability: pick(p), label: pick(y), ...(u && { unit: pick(u) }) };
  };
  const [before, now] = [labelled(await of("reference")), await of("current")];
  const both = new Set(Array.from(before.label)).size === 2;
  const calibrator = both ? performanceReference(before) : undefined;
  return (from, to) => {
    const known = labelled(now, from, to);
    return {
      ...(calibrator && {
        estimated: estimatedPerformance(calibrator, (now.probability as Values).subarray(from, to)),
      }),
      ...(known.label.length > 0 && { realised: realisedPerformance(known) }),
      ...(known.label.length > 0 && before.label.length > 0 && { kept: keptDrift(before, known) }),
    };
  };
}

/** One window of a table: which rows are in it, its columns by what they are to monitoring, and their values. */
import { openTypedTable, type TextForm } from "../data/index.js";
import { quoteName, type Database } from "../log/index.js";
import type { AlarmRule } from "./drift/drift-table.js";
import type { DailyGuardrail, DailySeries, DayValue } from "./health/daily.js";
import type { ColumnProfile, WindowProfile } from "./health/quality.js";

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
  readonly units?: readonly string[]; // users, videos: rows of one are not independent
  readonly stratum?: string; // segments: a drift of their mix is not a drift
  readonly arm?: string; // arms of an experiment, whose daily metrics are watched apart
  readonly metrics?: readonly string[]; // numbers whose daily means are watched
  readonly guardrails?: readonly DailyGuardrail[];
  readonly id?: string; // of `labels`
  readonly label?: string; // 0 or 1; empty where it is not known yet
  readonly probability?: string;
  readonly without?: readonly string[];
  /** Parts of the current window in order of time, of equally many rows, each compared with the reference. Default 1. */
  readonly parts?: number;
  readonly threads?: number;
}

export type Side = "reference" | "current";
export type Values = Float32Array | Float64Array | Int32Array;
export interface Described {
  readonly name: string;
  readonly type: ColumnProfile["type"];
  readonly sql: string;
}

export interface OpenWindow {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Described>;
  readonly latest: ReadonlyMap<string, number>; // newest value of each time, in days
}

/** Makes the view of a window, with `time_of_row` in days where there is a time. */
export async function openWindow(
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
export function codeSql(name: string): string {
  return `CAST(coalesce(md5_number_lower(CAST(${quoteName(name)} AS VARCHAR)) % 2147483647, 0) AS INTEGER)`;
}

/** Columns in order of time, or of the file. */
export async function readColumns(
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

export async function daysOf(
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

/** Means of metrics by day: of each arm, and of each of its segments. */
export async function dailyMeans(
  database: Database,
  side: Side,
  { metrics = [], arm, stratum }: MonitorOptions,
): Promise<readonly (DayValue & Pick<DailySeries, "metric" | "arm" | "segment">)[]> {
  const text = (name: string | undefined): string =>
    name === undefined ? "''" : `CAST(${quoteName(name)} AS VARCHAR)`;
  const all: (DayValue & Pick<DailySeries, "metric" | "arm" | "segment">)[] = [];
  for (const metric of metrics) {
    const found = await database.query(
      `SELECT day, arm, coalesce(segment, '') AS segment, avg(value) AS value, count(value) AS rows FROM
       (SELECT CAST(floor(time_of_row) AS INTEGER) AS day, coalesce(${text(arm)}, '') AS arm, coalesce(${text(stratum)}, '') AS segment,
        CAST(${quoteName(metric)} AS DOUBLE) AS value FROM ${side}_window)
       GROUP BY GROUPING SETS ((day, arm)${stratum === undefined ? "" : ", (day, arm, segment)"})
       HAVING count(value) > 0 ORDER BY arm, segment, day`,
    );
    for (let at = 0; at < found["day"]!.length; at++)
      all.push({
        metric,
        arm: found["arm"]![at] as string,
        segment: found["segment"]![at] as string,
        day: found["day"]![at] as number,
        value: found["value"]![at] as number,
        rows: found["rows"]![at] as number,
      });
  }
  return all;
}

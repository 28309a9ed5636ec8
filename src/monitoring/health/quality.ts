/**
 * Data-quality alarms between two windows: not whether values moved, but whether they are there, are of the kind they were, and are
 * fresh. Each alarm says the column, what is and what was.
 */

/** What is known of a column in a window. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: "number" | "category" | "time";
  readonly rows: number;
  readonly nulls: number; // missing, NaN or infinite
  readonly distinct: number; // among values that are there
  /** Of numbers and times; NaN where there is none. */
  readonly least: number;
  readonly most: number;
}

/** A window's columns, and its rows by day where it has a time. */
export interface WindowProfile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  /** Rows of each day, by days since the epoch (or the simulation's), ascending; days without rows are absent. */
  readonly days?: readonly { readonly day: number; readonly rows: number; readonly labelled?: number }[];
  /** Longest time between two rows that follow each other, in days. */
  readonly longestGap?: number;
}

/** Which alarm. */
export type QualityKind =
  | "column gone"
  | "column new"
  | "type"
  | "nulls"
  | "constant"
  | "new values"
  | "range"
  | "stale"
  | "volume"
  | "missing day"
  | "gap"
  | "labels"
  | "order of windows";

/** One alarm. */
export interface QualityAlarm {
  readonly kind: QualityKind;
  readonly column: string; // empty: the window
  readonly says: string;
}

/** When to alarm. */
export interface QualityLimits {
  readonly nulls: number; // rise of the share of missing values, 0.01
  readonly newValues: number; // share of rows with values that the reference never had, 0.01
  readonly volume: number; // factor between rows per day, 2
  readonly range: number; // how far beyond the reference's range, as a share of it, 1
  readonly gap: number; // days without a row, beyond twice the reference's longest, 0.05
}

/** Default limits. */
export const qualityDefaults: QualityLimits = { nulls: 0.01, newValues: 0.01, volume: 2, range: 1, gap: 0.05 };

/**
 * Compares two windows. `newShare` is the share of the current rows whose category the reference never had, by column.
 */
export function qualityAlarms(
  reference: WindowProfile,
  current: WindowProfile,
  newShare: ReadonlyMap<string, number> = new Map(),
  limits: Partial<QualityLimits> = {},
): readonly QualityAlarm[] {
  const rule = { ...qualityDefaults, ...limits };
  const alarms: QualityAlarm[] = [];
  const add = (kind: QualityKind, column: string, says: string): void => void alarms.push({ kind, column, says });
  const now = new Map(current.columns.map((column) => [column.name, column]));
  const then = new Map(reference.columns.map((column) => [column.name, column]));
  for (const name of then.keys()) if (!now.has(name)) add("column gone", name, "is not in the current window");
  for (const name of now.keys()) if (!then.has(name)) add("column new", name, "is not in the reference window");
  for (const [name, before] of then) {
    const after = now.get(name);
    if (after === undefined) continue;
    if (before.type !== after.type) {
      add("type", name, `is a ${after.type}; it was a ${before.type}`);
      continue;
    }
    const [nulls, usual] = [after.nulls / after.rows, before.nulls / before.rows];
    if (nulls - usual > rule.nulls) add("nulls", name, `${percent(nulls)} are missing; it was ${percent(usual)}`);
    if (after.distinct === 1 && before.distinct > 1) add("constant", name, `has one value; it had ${before.distinct}`);
    const fresh = newShare.get(name) ?? 0;
    if (fresh > rule.newValues) add("new values", name, `${percent(fresh)} are values that the reference never had`);
    if (before.type === "number") outOfRange(before, after, rule.range, add);
    // a time feature that no longer moves: the window moved on, its newest value did not
    if (before.type === "time" && after.most <= before.most)
      add("stale", name, `its newest value is ${day(after.most)}, as in the reference`);
  }
  byDay(reference, current, rule, add);
  return alarms;
}

type Add = (kind: QualityKind, column: string, says: string) => void;

function outOfRange(before: ColumnProfile, after: ColumnProfile, share: number, add: Add): void {
  const room = share * (before.most - before.least);
  if (after.most > before.most + room) add("range", after.name, `reaches ${after.most}; it reached ${before.most}`);
  if (after.least < before.least - room)
    add("range", after.name, `goes down to ${after.least}; it went to ${before.least}`);
}

function byDay(reference: WindowProfile, current: WindowProfile, rule: QualityLimits, add: Add): void {
  const { days } = current;
  if (days === undefined || days.length === 0) return;
  const there = new Set(days.map(({ day: of }) => of));
  const [first, last] = [days[0]!.day, days[days.length - 1]!.day];
  const both = (reference.days ?? []).filter(({ day: of }) => there.has(of));
  const began = reference.days?.[0]?.day ?? -Infinity;
  // all days in both: two arms or regions side by side; the day at which one ends and the other begins may be cut in two
  const apart = both.length < Math.max(days.length, reference.days?.length ?? 0);
  if (apart && (both.length > 1 || (both.length === 1 && both[0]!.day !== first)))
    add(
      "order of windows",
      "",
      `both have ${both.length} days, the first is ${day(both[0]!.day)}: a drift is hidden there`,
    );
  else if (last < began)
    add(
      "order of windows",
      "",
      `the current window ends on ${day(last)}, before the reference begins on ${day(began)}`,
    );
  const absent: number[] = [];
  for (let of = first; of <= last; of++) if (!there.has(of)) absent.push(of);
  if (absent.length > 0)
    add(
      "missing day",
      "",
      `no row on ${absent.slice(0, 3).map(day).join(", ")}${absent.length > 3 ? `, … (${absent.length} days)` : ""}`,
    );
  const usual = median((reference.days ?? []).map(({ rows }) => rows));
  // the first and last day may be parts of a day
  const odd = days.slice(1, -1).filter(({ rows }) => rows > usual * rule.volume || rows < usual / rule.volume);
  if (usual > 0 && odd.length > 0)
    add(
      "volume",
      "",
      `${odd[0]!.rows} rows on ${day(odd[0]!.day)}; the reference has ${usual} per day (${odd.length} such days)`,
    );
  const unlabelled = days.filter(({ labelled }) => labelled === 0);
  if (unlabelled.length > 0)
    add(
      "labels",
      "",
      `no label on ${unlabelled.length} of ${days.length} days, the first is ${day(unlabelled[0]!.day)}`,
    );
  const [gap, known] = [current.longestGap ?? 0, reference.longestGap ?? 0];
  if (gap > Math.max(rule.gap, 2 * known) && absent.length === 0)
    add(
      "gap",
      "",
      `${(24 * gap).toFixed(1)} hours without a row; the reference's longest is ${(24 * known).toFixed(1)}`,
    );
}

/** A day as a date, or as its number where it is a simulation's. */
export function day(of: number): string {
  return of > 3650 ? new Date(Math.floor(of * 86_400) * 1000).toISOString().slice(0, 10) : `day ${of}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

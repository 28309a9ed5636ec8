/** A table of users, or of users by day, read as the arms of an experiment; each fault of it by row, with what is allowed. */
import type { ArmByDay, ArmUsers, MetricOfArm } from "../evaluation/index.js";
import { UsageError } from "./options.js";

/** Columns of the table by what they are; each metric's in the order of the plans. */
export interface TableColumns {
  readonly unit: string;
  readonly arm: string;
  readonly metrics: readonly { readonly numerator: string; readonly denominator?: string; readonly before?: string }[];
  readonly segments: readonly { readonly name: string; readonly known?: string }[];
  readonly exposed?: string;
  /** Rows are users by day. */
  readonly date?: string;
  /** Rows before a user's exposure are covariates of the metrics that have none. */
  readonly prePeriod: boolean;
}

/** Names of all columns that are read. */
export function columnNames({ unit, arm, metrics, segments, exposed, date }: TableColumns): string[] {
  const others = [exposed, date, ...segments.flatMap(({ name, known }) => [name, known])].filter(
    (one) => one !== undefined,
  );
  return [...new Set([unit, arm, ...metrics.flatMap((one) => Object.values(one) as string[]), ...others])];
}

/** A user's rows: those from exposure on, and those before. */
interface User {
  readonly arm: string;
  readonly first: number; // row
  readonly exposed?: number; // day
  readonly rows: number[];
  readonly earlier: number[];
}

/** The arms in order of their first user. @throws UsageError on a table that is none of users */
export function armsOf(asked: TableColumns, cells: ReadonlyMap<string, readonly string[]>): readonly ArmUsers[] {
  const { metrics, segments, date, exposed, prePeriod } = asked;
  const numbers = new Map(
    [...new Set(metrics.flatMap((one) => Object.values(one) as string[]))].map((name) => [
      name,
      numbersIn(name, cells.get(name)!),
    ]),
  );
  const at = date === undefined ? undefined : daysIn(date, cells.get(date)!);
  const users = usersIn(asked, cells, at);
  const constant = (name: string): void => checkConstant(name, cells.get(name)!, users);
  for (const { before } of metrics) if (before !== undefined) constant(before);
  for (const { name, known } of segments) {
    constant(name);
    if (known !== undefined) checkKnown(name, daysIn(known, cells.get(known)!), users);
  }
  const last = at === undefined ? 0 : at.reduce((most, day) => Math.max(most, day), -Infinity);
  return [...new Set(users.map(({ arm }) => arm))].map((name): ArmUsers => {
    const own = users.filter(({ arm }) => arm === name);
    const sum = (column: string, of: "rows" | "earlier" = "rows"): Float64Array =>
      Float64Array.from(own, (user) => user[of].reduce((total, row) => total + numbers.get(column)![row]!, 0));
    const all = metrics.map(({ numerator, denominator, before }): MetricOfArm => {
      const known =
        before !== undefined
          ? [Float64Array.from(own, ({ first }) => numbers.get(before)![first]!)]
          : prePeriod
            ? [sum(numerator, "earlier"), ...(denominator ? [sum(denominator, "earlier")] : [])]
            : [];
      return {
        numerator: sum(numerator),
        ...(denominator && { denominator: sum(denominator) }),
        ...(known.length > 0 && { before: known }),
      };
    });
    return {
      name,
      users: own.length,
      metrics: all,
      ...(exposed !== undefined && { exposed: own.map((user) => user.exposed!) }),
      ...(at && exposed !== undefined && { byDay: byDay(own, at, last, metrics[0]!, numbers) }),
      segments: Object.fromEntries(
        segments.map((one) => [one.name, own.map(({ first }) => cells.get(one.name)![first]!)]),
      ),
    };
  });
}

function usersIn(
  { unit, arm, date, exposed, prePeriod }: TableColumns,
  cells: ReadonlyMap<string, readonly string[]>,
  at: Int32Array | undefined,
): readonly User[] {
  const [units, arms] = [cells.get(unit)!, cells.get(arm)!];
  const from = exposed === undefined ? undefined : daysIn(exposed, cells.get(exposed)!);
  const users = new Map<string, User>();
  const seen = new Set<string>();
  for (const [row, name] of units.entries()) {
    if (name === "" || arms[row] === "")
      throw new UsageError(
        `row ${row + 1} has no ${name === "" ? "user" : "arm"}; allowed: one row per user${at ? " and day" : ""}, with its arm`,
      );
    const user = users.get(name) ?? { arm: arms[row]!, first: row, exposed: from?.[row], rows: [], earlier: [] };
    if (user.arm !== arms[row])
      throw new UsageError(`user ${name} is in two arms, ${user.arm} and ${arms[row]}; allowed: one arm for each user`);
    if (users.has(name) && at === undefined)
      throw new UsageError(
        `user ${name} has two rows, the second is ${row + 1}; allowed: one row per user (sum them first, or name the day by --date)`,
      );
    if (user.exposed !== from?.[row])
      throw new UsageError(
        `user ${name} has two dates of exposure, the second in row ${row + 1}; allowed: the first one in each row`,
      );
    const key = `${name}\n${at?.[row]}`;
    if (seen.has(key))
      throw new UsageError(`user ${name} has two rows of ${cells.get(date!)![row]}; allowed: one row per user and day`);
    seen.add(key);
    const early = at !== undefined && from !== undefined && at[row]! < from[row]!;
    if (early && !prePeriod)
      throw new UsageError(
        `row ${row + 1} is of ${cells.get(date!)![row]}, before user ${name}'s exposure on ${cells.get(exposed!)![row]}; ` +
          "allowed: rows from the exposure on (--pre-period makes earlier ones covariates)",
      );
    (early ? user.earlier : user.rows).push(row);
    users.set(name, user);
  }
  return [...users.values()];
}

/** The first metric by day since exposure; a day without a row is 0. */
function byDay(
  users: readonly User[],
  at: Int32Array,
  last: number,
  { numerator, denominator }: TableColumns["metrics"][number],
  numbers: ReadonlyMap<string, Float64Array>,
): ArmByDay {
  const days = last - users.reduce((first, { exposed }) => Math.min(first, exposed!), last) + 1;
  const column = (name: string): Float64Array => {
    const all = new Float64Array(users.length * days);
    users.forEach(({ rows, exposed }, u) =>
      rows.forEach((row) => (all[u * days + at[row]! - exposed!] = numbers.get(name)![row]!)),
    );
    return all;
  };
  const seen = users.map(({ exposed }) => last - exposed! + 1);
  return { days, seen, numerator: column(numerator), ...(denominator && { denominator: column(denominator) }) };
}

function numbersIn(column: string, texts: readonly string[]): Float64Array {
  return Float64Array.from(texts, (text, row) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!Number.isFinite(value))
      throw new UsageError(
        `column ${column} is "${text}" in row ${row + 1}; allowed: numbers (0 for users who did nothing)`,
      );
    return value;
  });
}

/** Days since 1970 of dates, with a time or without; whole numbers are days already. */
function daysIn(column: string, texts: readonly string[]): Int32Array {
  return Int32Array.from(texts, (text, row) => {
    if (/^-?\d{1,6}$/.test(text)) return Number(text);
    const day = /^\d{4}-\d\d-\d\d(?=$|[T ])/.exec(text)?.[0];
    const ms = Date.parse(`${day}T00:00:00Z`);
    if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day)
      throw new UsageError(
        `column ${column} is "${text}" in row ${row + 1}; allowed: dates like 2026-01-31, with a time or without, or whole numbers of days`,
      );
    return ms / 86_400_000;
  });
}

function checkConstant(column: string, texts: readonly string[], users: readonly User[]): void {
  for (const { first, rows, earlier } of users)
    for (const row of [...rows, ...earlier])
      if (texts[row] !== texts[first])
        throw new UsageError(
          `column ${column} is "${texts[first]}" and "${texts[row]}" for one user, in rows ${first + 1} and ${row + 1}; ` +
            "allowed: one value per user, known before exposure",
        );
}

function checkKnown(segment: string, known: Int32Array, users: readonly User[]): void {
  for (const { first, exposed } of users)
    if (exposed !== undefined && known[first]! > exposed)
      throw new UsageError(
        `segment ${segment} was measured after exposure in row ${first + 1}; allowed: what was known before`,
      );
}

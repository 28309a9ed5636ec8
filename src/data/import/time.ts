/**
 * Times of a file as milliseconds since 1970, each row by itself: numbers are seconds, milli-, micro- or nanoseconds by their size;
 * compact dates (20200801) where most numbers of the column are some; texts are dates and times, with an offset or in the zone that is
 * given. The machine's zone plays no part.
 */
import { faultOf, quoteText, type Database } from "../../log/index.js";

/**
 * How times are written. `format`: `s`, `ms`, `us`, `ns`, or a pattern as `%d/%m/%Y %H:%M` (of strptime). Absent:
 * recognised in each value.
 */
export interface TimeForm {
  readonly format?: string;
  /** Zone of times that name none (UTC). */
  readonly zone?: string;
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };
/**
 * Patterns of texts that begin otherwise than with the year. Where the order of day and month cannot be told
 * (01/02/2020) none is tried.
 */
const patterns = [
  ...["%d.%m.%y", "%d.%m.%Y"].flatMap((day) =>
    ["", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S"].map((time) => day + time),
  ),
  ...["%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"].flatMap((day) =>
    ["", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S"].map((time) => day + time),
  ),
];
/** The same, with an offset in it: mail and Twitter. */
const zoned = ["%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y"];

/** Parts of a pattern: text, and the letters that the database reads after a %. */
const pattern = /^([^%]|%-?[aAbBcdfgGHIjmMnpSuUVwWxXyYzZ]|%%)*$/;

/** Before a file is read. @throws RangeError on an unknown zone or pattern */
export function checkTimeForm({ format, zone = "UTC" }: TimeForm): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch (error) {
    throw unknownZone(zone, error);
  }
  if (format === undefined || Object.hasOwn(unitMs, format)) return;
  if (!format.includes("%")) throw invalidFormat(format, new Error("it has no %"));
  if (!pattern.test(format)) throw invalidFormat(format, new Error("another letter after %"));
}

/** @throws RangeError on a zone or pattern that the database does not know */
export async function useTimeForm(database: Database, { format, zone = "UTC" }: TimeForm): Promise<void> {
  await database.exec(`SET GLOBAL TimeZone = ${quoteText(zone)}`).catch((error: unknown) => {
    throw unknownZone(zone, error);
  });
  if (format === undefined || Object.hasOwn(unitMs, format)) return;
  await database.query(`SELECT try_strptime('', ${quoteText(format)}) IS NULL AS ok`).catch((error: unknown) => {
    throw invalidFormat(format, error);
  });
}

function unknownZone(zone: string, cause: unknown): RangeError {
  return new RangeError(`unknown zone: ${zone}; allowed: a name as UTC or Europe/Berlin`, { cause });
}

function invalidFormat(format: string, cause: unknown): RangeError {
  return new RangeError(
    `invalid time format: ${format} (${faultOf(cause)}); allowed: s, ms, us, ns, or a pattern as %d/%m/%Y %H:%M`,
    { cause },
  );
}

/** SQL of the milliseconds of `column` in `table`, NULL where it is no time. */
export async function timeSql(database: Database, table: string, column: string, format?: string): Promise<string> {
  const number =
    `CASE WHEN regexp_full_match(${column}, '[+-]?\\d+(\\.\\d*)?([eE][+]?\\d+)?') THEN ` +
    `TRY_CAST(${column} AS DECIMAL(28, 9)) END`;
  const unit = format !== undefined && Object.hasOwn(unitMs, format) ? unitMs[format] : undefined;
  if (unit !== undefined) return `CAST(floor(${scaled(number, unit)}) AS BIGINT)`;
  if (format !== undefined) return `epoch_ms(CAST(try_strptime(${column}, ${quoteText(format)}) AS TIMESTAMPTZ))`;
  const digits = `regexp_replace(${column}, '\\.0+$', '')`;
  const compact =
    `CASE length(${digits}) WHEN 8 THEN try_strptime(${digits}, '%Y%m%d') WHEN 12 THEN ` +
    `try_strptime(${digits}, '%Y%m%d%H%M') WHEN 14 THEN try_strptime(${digits}, '%Y%m%d%H%M%S') END`;
  const isCompact = `regexp_full_match(${digits}, '(19|20)\\d{6}(\\d{4}|\\d{6})?') AND ${compact} IS NOT NULL`;
  const { share } = await database.query(
    `SELECT coalesce(avg(CASE WHEN ${isCompact} THEN 1.0 ELSE 0.0 END), 0) AS share FROM ${table} WHERE ${number} IS NOT NULL`,
  );
  const inZone = (sql: string): string => `epoch_ms(CAST(${sql} AS TIMESTAMPTZ))`;
  if ((share?.[0] as number) > 0.5)
    return (
      `CASE WHEN ${isCompact} THEN ${inZone(compact)} WHEN ${number} IS NULL OR ${number} >= 1e9 THEN ` +
      `${anyTime(column, number, inZone)} END`
    );
  return anyTime(column, number, inZone);
}

function anyTime(column: string, number: string, inZone: (sql: string) => string): string {
  const bySize =
    `CASE WHEN n < 1e11 THEN ${scaled("n", 1000)} WHEN n < 1e14 THEN n WHEN n < 1e17 THEN ` +
    `${scaled("n", 1e-3)} ELSE ${scaled("n", 1e-6)} END`;
  const iso = `regexp_replace(${column}, '^(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)', '\\1-\\2-\\3T\\4:\\5:\\6')`;
  const texts = [
    `CASE WHEN regexp_matches(${column}, '^\\d{4}[-/]?\\d') THEN epoch_ms(TRY_CAST(${iso} AS TIMESTAMPTZ)) END`,
    inZone(`try_strptime(${column}, [${patterns.map(quoteText).join(", ")}])`),
    ...zoned.map((pattern) => `epoch_ms(try_strptime(${column}, ${quoteText(pattern)}))`),
  ];
  return (
    `CASE WHEN ${number} IS NOT NULL THEN CAST(floor(${bySize.replace(/\bn\b/g, `(${number})`)}) AS ` +
    `BIGINT) ELSE coalesce(${texts.join(", ")}) END`
  );
}

function scaled(number: string, factor: number): string {
  return factor >= 1 ? `(${number}) * ${factor}` : `CAST(trunc(${number}) AS HUGEINT) // ${Math.round(1 / factor)}`;
}

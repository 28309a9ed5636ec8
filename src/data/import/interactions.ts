/**
 * Interactions of a file, each row tried: those that fail an expectation go to the quarantine with its name, the others become typed
 * columns in order of user and time.
 */
import { quoteText, type Database } from "../../log/index.js";
import { mostQuarantined, type Expectation } from "../tables/expectations.js";
import type { ColumnMapping, Layout } from "./layout.js";
import { checkColumn, type TextTable } from "./text-table.js";
import { timeSql, useTimeForm, type TimeForm } from "./time.js";

/** What is expected of an imported row, in the order in which it is tried. */
export const importExpectations: readonly Expectation[] = [
  { name: "row_is_well_formed", description: "the line has as many fields as the header, and its quotes are closed" },
  { name: "user_and_item_given", description: "both ids are there (NaN, NULL, None, NA and \\N are none)" },
  { name: "time_is_readable", description: "the time is a finite number, 0 or more, or a date and time" },
  { name: "time_near_others", description: "the time is within 25 years of the median" },
  {
    name: "number_is_finite",
    description: "rating, watch time and duration are finite numbers; watch time and duration 0 or more",
  },
  { name: "propensity_in_range", description: "the propensity is above 0 and at most 1" },
  { name: "flag_is_0_or_1", description: "click, like, share, hide and follow are 0 or 1, true or false, yes or no" },
  { name: "split_is_named", description: "the given split says train, valid or test" },
  { name: "one_row_per_event", description: "the row is not in every column the copy of one above it" },
  { name: "k_core", description: "user and item have as many rows as --k-core asks for, counted again until all do" },
];
/** Set aside because of what was asked for, or because nothing is lost: they speak neither against the file nor the mapping. */
const noFaults: readonly string[] = ["one_row_per_event", "k_core"];

/** What came of the rows. */
export interface ImportQuality {
  readonly rows: number; // malformed ones included
  readonly failed: Readonly<Record<string, number>>;
  /** What was understood on the way, in sentences. */
  readonly said: readonly string[];
}

/** What is done to rows besides reading them. */
export interface RowChoices extends TimeForm {
  readonly kCore?: number;
}

const numbers = ["rating", "watchMs", "durationMs", "propensity"] as const;
const flags = ["click", "like", "share", "hide", "follow"] as const;
const yes = ["1", "true", "t", "yes", "y", "wahr", "ja", "vrai", "oui"];
const no = ["0", "false", "f", "no", "n", "falsch", "nein", "faux", "non"];
/** How programs write that there is nothing. */
const missing = ["", "NaN", "nan", "NAN", "NULL", "Null", "null", "None", "NA", "N/A", "n/a", "<NA>", "NaT", "\\N"];
const wholeDouble = "'^([+-]?\\d+)\\.0+$', '\\1'";
const days25 = 25 * 365.25 * 86_400_000;

/** A cell without blanks around it, NULL where it says that there is nothing. */
export function cellSql(column: string): string {
  const trimmed = `trim(${column}, ' \t\r\n\u00a0')`;
  return `CASE WHEN ${trimmed} NOT IN (${listOf(missing)}) THEN ${trimmed} END`;
}

/** An id as it is compared between tables: 1.0 is 1. */
export function idSql(column: string): string {
  return `regexp_replace(${column}, ${wholeDouble})`;
}

/**
 * Makes the tables `interactions` (row_number, user_key, item_key, at_ms and the mapped columns, absent ones NULL) and `import_quarantine`
 * (row_number, reason, text).
 * @throws Error on an unknown column, or when more than 5 % of the rows fail: then the mapping or the file is wrong.
 */
export async function readInteractions(
  database: Database,
  table: TextTable,
  layout: Layout,
  choices: RowChoices,
): Promise<ImportQuality> {
  const mapping = presentOf(table, layout);
  const column = (field: keyof ColumnMapping): string => {
    const name = mapping[field];
    return name === undefined ? "CAST(NULL AS VARCHAR)" : cellSql(checkColumn(table, name));
  };
  const fields = ["time", ...numbers, ...flags, "split"] as const;
  const all = table.columns.map((_, c) => `c${c}`);
  await database.exec(`
    CREATE OR REPLACE TEMP TABLE texts AS
    SELECT row_number, file, hash(${all.join(", ")}) AS whole, ${column("user")} AS user_key, ${column("item")} AS item_key,
           ${fields.map((field) => `${column(field)} AS ${field}_text`).join(", ")} FROM ${table.name}`);
  for (const key of ["user_key", "item_key"]) await wholeIds(database, key);
  const said: string[] = [];
  const comma = await decimalCommas(database, table, mapping, said);
  const format = choices.format ?? layout.timeFormat;
  await useTimeForm(database, choices);
  const at = mapping.time === undefined ? "row_number" : await timeSql(database, "texts", "time_text", format);
  const value = (field: (typeof numbers)[number]): string => numberSql(`${field}_text`, comma[field] ?? "none");
  const flag = (field: string): string =>
    `CASE WHEN lower(${field}_text) IN (${listOf(yes)}) OR TRY_CAST(${field}_text AS DOUBLE) = 1 THEN 1 WHEN ` +
    `lower(${field}_text) IN (${listOf(no)}) OR TRY_CAST(${field}_text AS DOUBLE) = 0 THEN 0 END`;
  await database.exec(`
    CREATE OR REPLACE TEMP TABLE typed_rows AS
    SELECT row_number, file, whole, user_key, item_key, ${at} AS at_ms,
      ${numbers.map((field) => `${field}_text, ${value(field)} AS ${field}`).join(", ")},
           ${flags.map((field) => `${field}_text, ${flag(field)} AS ${field}_flag`).join(", ")}, ${partSql(mapping)} AS part
    FROM texts;
    DROP TABLE texts;
    CREATE OR REPLACE TEMP TABLE tried AS SELECT *, ${reasonSql(mapping)} AS reason FROM typed_rows;
    DROP TABLE typed_rows`);
  await keepCore(database, choices.kCore);
  const json = table.columns.map((name, c) => `${quoteText(name)}, s.c${c}`).join(", ");
  await database.exec(`
    CREATE OR REPLACE TEMP TABLE import_quarantine AS
    SELECT t.row_number, t.reason, CAST(json_object(${json}) AS VARCHAR) AS text FROM tried t JOIN ${table.name} s ON
      s.row_number = t.row_number WHERE t.reason <> ''
    UNION ALL SELECT line, 'row_is_well_formed', text FROM ${table.name}_malformed;
    CREATE OR REPLACE TEMP TABLE interactions AS
    SELECT row_number, user_key, item_key, CAST(at_ms AS BIGINT) AS at_ms, rating, watchMs AS watch_ms, durationMs AS
      duration_ms, propensity, part,
           ${flags.map((field) => `CAST(${field}_flag AS INTEGER) AS ${field}_flag`).join(", ")}
    FROM tried WHERE reason = '';
    DROP TABLE tried`);
  const quality = await qualityOf(database, table, said);
  await refuse(database, table, quality);
  return quality;
}

/** The mapping without columns that a layout knows but this file has not. */
export function presentOf(table: TextTable, { mapping, optional }: Layout): ColumnMapping {
  if (optional !== true) return mapping;
  const there = Object.entries(mapping).filter(
    ([field, name]) => field === "user" || field === "item" || table.columns.includes(name as string),
  );
  return Object.fromEntries(there) as unknown as ColumnMapping;
}

/** Ids that are all whole numbers, some of them written as doubles (1.0), lose the point: a column with a gap is often stored so. */
async function wholeIds(database: Database, key: string): Promise<void> {
  const { all } = await database.query(
    `SELECT coalesce(bool_and(regexp_full_match(${key}, '[+-]?\\d+(\\.0+)?')) AND bool_or(contains(${key}, ` +
      `'.')), false) AS all FROM texts WHERE ${key} IS NOT NULL`,
  );
  if (all?.[0] === 1) await database.exec(`UPDATE texts SET ${key} = ${idSql(key)} WHERE contains(${key}, '.')`);
}

type Comma = "none" | "decimal" | "decimal and thousands";

/**
 * Columns whose numbers have a decimal comma; there, points stand between thousands. Not where more numbers have a decimal point: one odd
 * row changes no other.
 */
async function decimalCommas(
  database: Database,
  table: TextTable,
  mapping: ColumnMapping,
  said: string[],
): Promise<Partial<Record<(typeof numbers)[number], Comma>>> {
  // Between commas 1,234 may be a thousand.
  const digits = table.separator === "," ? "(\\d{1,2}|\\d{4,})" : "\\d+";
  const found: Partial<Record<(typeof numbers)[number], Comma>> = {};
  for (const field of numbers.filter((name) => mapping[name] !== undefined)) {
    const matches = (form: string): string => `regexp_full_match(${field}_text, '${form}')`;
    const comma = matches(`[+-]?\\d+(\\.\\d{3})*,${digits}`);
    const point = `${matches("[+-]?\\d*\\.\\d+")} AND NOT ${matches("[+-]?\\d{1,3}\\.\\d{3}")}`;
    const { example, more } = await database.query(
      `SELECT coalesce(min(${field}_text) FILTER (${comma}), '') AS example, ` +
        `count(*) FILTER (${comma}) > count(*) FILTER (${point}) AS more FROM texts`,
    );
    const text = String(example?.[0]);
    if (text === "" || more?.[0] !== 1) continue;
    found[field] = "decimal and thousands";
    said.push(`${mapping[field]} has decimal commas: ${text} is read as ${text.replaceAll(".", "").replace(",", ".")}`);
  }
  return found;
}

function numberSql(text: string, comma: Comma): string {
  if (comma === "none") return `TRY_CAST(${text} AS DOUBLE)`;
  return (
    `CASE WHEN contains(${text}, ',') OR regexp_full_match(${text}, '[+-]?\\d{1,3}(\\.\\d{3})+') THEN ` +
    `TRY_CAST(replace(replace(${text}, '.', ''), ',', '.') AS DOUBLE) ELSE TRY_CAST(${text} AS DOUBLE) END`
  );
}

/** 0 train, 1 validation, 2 test; -1: the split is named otherwise. */
function partSql(mapping: ColumnMapping): string {
  if (mapping.split === undefined) return "0";
  const words = ["train", "training", "valid", "validation", "val", "dev", "test"];
  return `CASE lower(split_text) ${words.map((word) => `WHEN '${word}' THEN ${partOf(word)}`).join(" ")} ELSE -1 END`;
}

function reasonSql({ time }: ColumnMapping): string {
  const notFinite = numbers.map(
    (field) =>
      `(${field}_text IS NOT NULL AND (${field} IS NULL OR NOT isfinite(${field})${field === "rating" ? "" : ` OR ${field} < 0`}))`,
  );
  const notFlag = flags.map((field) => `(${field}_text IS NOT NULL AND ${field}_flag IS NULL)`);
  const median = "(SELECT median(at_ms) FROM typed_rows WHERE at_ms >= 0)";
  // Without times rows cannot be told apart: each is one of its own.
  const copy =
    time === undefined
      ? "false"
      : "row_number() OVER (PARTITION BY user_key, item_key, at_ms, whole ORDER BY row_number) > 1";
  return `CASE
    WHEN user_key IS NULL OR item_key IS NULL THEN 'user_and_item_given'
    WHEN at_ms IS NULL OR at_ms < 0 THEN 'time_is_readable'
    WHEN abs(at_ms - ${median}) > ${days25} THEN 'time_near_others'
    WHEN ${notFinite.join(" OR ")} THEN 'number_is_finite'
    WHEN propensity <= 0 OR propensity > 1 THEN 'propensity_in_range'
    WHEN ${notFlag.join(" OR ")} THEN 'flag_is_0_or_1'
    WHEN part < 0 THEN 'split_is_named'
    WHEN ${copy} THEN 'one_row_per_event'
    ELSE '' END`;
}

/** Users and items of fewer than `least` rows leave, until all that stay have as many. */
async function keepCore(database: Database, least = 0): Promise<void> {
  const few = (key: string): string =>
    `${key} IN (SELECT ${key} FROM tried WHERE reason = '' GROUP BY ${key} HAVING count(*) < ${least})`;
  const left = async (): Promise<number> =>
    (await database.query("SELECT count(*) AS n FROM tried WHERE reason = ''")).n?.[0] as number;
  if (least < 2) return;
  for (let before = -1, now = await left(); now !== before; [before, now] = [now, await left()])
    await database.exec(
      `UPDATE tried SET reason = 'k_core' WHERE reason = '' AND (${few("user_key")} OR ${few("item_key")})`,
    );
}

async function qualityOf(database: Database, table: TextTable, said: readonly string[]): Promise<ImportQuality> {
  const { reason, n } = await database.query(
    "SELECT reason, count(*) AS n FROM import_quarantine GROUP BY reason ORDER BY reason",
  );
  const failed = Object.fromEntries((reason as readonly string[]).map((name, i) => [name, n?.[i] as number]));
  return { rows: table.rows + (failed["row_is_well_formed"] ?? 0), failed, said };
}

async function refuse(database: Database, table: TextTable, quality: ImportQuality): Promise<void> {
  const failed = Object.entries(quality.failed);
  const faults = failed.filter(([name]) => !noFaults.includes(name));
  const bad = faults.reduce((sum, [, n]) => sum + n, 0);
  const aside = failed.reduce((sum, [, n]) => sum + n, 0);
  const counts = failed.map(([name, n]) => `${name} ${n}`).join(", ");
  if (bad > mostQuarantined * quality.rows) {
    const { row, text, reason } = await database.query(
      `SELECT row_number AS row, text, reason FROM import_quarantine WHERE reason NOT IN (${listOf(noFaults)}) ORDER BY row_number LIMIT 1`,
    );
    const hints = [...new Set(faults.map(([name]) => hintOf[name] ?? ""))].filter((hint) => hint !== "");
    throw new Error(
      `${bad} of ${quality.rows} rows of ${table.file} fail (${counts}); at most ${100 * mostQuarantined} % may ` +
        `be quarantined. First: row ${String(row?.[0])}, ${String(reason?.[0])}: ` +
        `${String(text?.[0]).slice(0, 200)}${hints.length === 0 ? "" : `. ${hints.join(". ")}`}`,
    );
  }
  if (aside === quality.rows) throw new Error(`no row of ${table.file} is left (${counts})`);
}

/** What to try, by the expectation that most rows fail. */
const hintOf: Readonly<Record<string, string>> = {
  row_is_well_formed: "Name what is between the fields with --separator, or the encoding with --encoding",
  time_is_readable: "Say how times are written with --time-format, as %d/%m/%Y or %m/%d/%Y %H:%M, or ms",
  time_near_others: "Say how times are written with --time-format",
};

function listOf(words: readonly string[]): string {
  return words.map(quoteText).join(", ");
}

/** A part of a split by its name. */
function partOf(word: string): number {
  return word.startsWith("train") ? 0 : word === "test" ? 2 : 1;
}

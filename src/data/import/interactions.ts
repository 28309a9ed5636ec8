/**
 * Interactions of a file, each row tried: those that fail an expectation go to the quarantine with its name, the others become typed
 * columns in order of user and time.
 */
import type { Database } from "../../log/index.js";
import { mostQuarantined, type Expectation } from "../expectations.js";
import type { ColumnMapping } from "./layouts.js";
import { checkColumn, type TextTable } from "./text-table.js";

/** What is expected of an imported row, in the order in which it is tried. */
export const importExpectations: readonly Expectation[] = [
  { name: "row_is_well_formed", description: "the line has as many fields as the header" },
  { name: "user_and_item_given", description: "both ids are there" },
  { name: "time_is_readable", description: "the time is a finite number, 0 or more, or a date and time" },
  {
    name: "number_is_finite",
    description: "rating, watch time and duration are finite numbers; watch time and duration 0 or more",
  },
  { name: "flag_is_0_or_1", description: "click, like, share, hide and follow are 0 or 1" },
  { name: "one_row_an_event", description: "user, item and time are there once; later copies are set aside" },
];

/** What came of the rows. */
export interface ImportQuality {
  readonly rows: number; // malformed ones included
  readonly failed: Readonly<Record<string, number>>;
}

const numbers = ["rating", "watchMs", "durationMs"] as const;
const flags = ["click", "like", "share", "hide", "follow"] as const;

/**
 * Makes the tables `interactions` (row_number, user_key, item_key, at_ms and the mapped columns, absent ones NULL) and `import_quarantine`
 * (row_number, reason, text).
 * @throws Error on an unknown column, or when more than 5 % of the rows fail: then the mapping or the file is wrong.
 */
export async function readInteractions(
  database: Database,
  table: TextTable,
  mapping: ColumnMapping,
): Promise<ImportQuality> {
  const column = (name: string | undefined): string =>
    name === undefined ? "CAST(NULL AS VARCHAR)" : `nullif(trim(${checkColumn(table, name)}), '')`;
  const flagged = (field: (typeof flags)[number]): string =>
    `CAST(TRY_CAST(${field}_text AS DOUBLE) AS INTEGER) AS ${field}_flag`;
  const texts = [...numbers, ...flags].map((field) => `${column(mapping[field])} AS ${field}_text`);
  const timeColumn = mapping.time === undefined ? "CAST(row_number AS VARCHAR)" : column(mapping.time);
  await database.exec(`
    CREATE TEMP TABLE texts AS
    SELECT row_number, ${column(mapping.user)} AS user_key, ${column(mapping.item)} AS item_key, ${timeColumn} AS time_text, ${texts.join(", ")} FROM ${table.name}`);
  const toMs = mapping.time === undefined ? "t.time_number" : await timeScale(database);
  const notFinite = numbers.map(
    (field) =>
      `(${field}_text IS NOT NULL AND (TRY_CAST(${field}_text AS DOUBLE) IS NULL OR NOT isfinite(TRY_CAST(${field}_text AS DOUBLE))${field === "rating" ? "" : ` OR TRY_CAST(${field}_text AS DOUBLE) < 0`}))`,
  );
  const notFlag = flags.map(
    (field) => `(${field}_text IS NOT NULL AND coalesce(TRY_CAST(${field}_text AS DOUBLE), -1) NOT IN (0, 1))`,
  );
  await database.exec(`
    CREATE TEMP TABLE tried AS
    SELECT *, CASE
        WHEN user_key IS NULL OR item_key IS NULL THEN 'user_and_item_given'
        WHEN at_ms IS NULL OR at_ms < 0 THEN 'time_is_readable'
        WHEN ${notFinite.join(" OR ")} THEN 'number_is_finite'
        WHEN ${notFlag.join(" OR ")} THEN 'flag_is_0_or_1'
        WHEN row_number() OVER (PARTITION BY user_key, item_key, at_ms ORDER BY row_number) > 1 THEN 'one_row_an_event'
        ELSE '' END AS reason
    FROM (
      SELECT t.*, CASE WHEN isfinite(t.time_number) THEN CAST(${toMs} AS BIGINT) WHEN t.time_number IS NULL THEN epoch_ms(TRY_CAST(time_text AS TIMESTAMP)) END AS at_ms
      FROM (SELECT *, TRY_CAST(time_text AS DOUBLE) AS time_number FROM texts) t
    ) timed;
    DROP TABLE texts;
    CREATE TEMP TABLE import_quarantine AS
    SELECT t.row_number, t.reason, CAST(to_json(s) AS VARCHAR) AS text FROM tried t JOIN ${table.name} s ON s.row_number = t.row_number WHERE t.reason <> ''
    UNION ALL SELECT line, 'row_is_well_formed', text FROM ${table.name}_malformed;
    CREATE TEMP TABLE interactions AS
    SELECT row_number, user_key, item_key, at_ms, TRY_CAST(rating_text AS DOUBLE) AS rating, TRY_CAST(watchMs_text AS DOUBLE) AS watch_ms,
           TRY_CAST(durationMs_text AS DOUBLE) AS duration_ms, ${flags.map(flagged).join(", ")}
    FROM tried WHERE reason = '';
    DROP TABLE tried`);
  const quality = await qualityOf(database, table);
  await refuse(database, table, quality);
  return quality;
}

/** Seconds, milliseconds or microseconds since 1970, by the size of the largest: as SQL that gives milliseconds. */
async function timeScale(database: Database): Promise<string> {
  const { largest } = await database.query(
    "SELECT coalesce(max(n), 0) AS largest FROM (SELECT TRY_CAST(time_text AS DOUBLE) AS n FROM texts) t WHERE isfinite(n)",
  );
  const most = largest?.[0] as number;
  if (most < 1e11) return "round(t.time_number * 1000)";
  return most < 1e14 ? "round(t.time_number)" : "round(t.time_number / 1000)";
}

async function qualityOf(database: Database, table: TextTable): Promise<ImportQuality> {
  const { reason, n, malformed } = await database.query(`
    SELECT reason, count(*) AS n, (SELECT count(*) FROM ${table.name}_malformed) AS malformed FROM import_quarantine GROUP BY reason ORDER BY reason`);
  const failed = Object.fromEntries((reason as readonly string[]).map((name, i) => [name, n?.[i] as number]));
  return { rows: table.rows + ((malformed?.[0] as number | undefined) ?? 0), failed };
}

async function refuse(database: Database, table: TextTable, quality: ImportQuality): Promise<void> {
  const failed = Object.entries(quality.failed);
  const bad = failed.reduce((sum, [, n]) => sum + n, 0);
  if (bad <= mostQuarantined * quality.rows) return;
  const { row, text, reason } = await database.query(
    "SELECT row_number AS row, text, reason FROM import_quarantine ORDER BY row_number LIMIT 1",
  );
  const counts = failed.map(([name, n]) => `${name} ${n}`).join(", ");
  throw new Error(
    `${bad} of ${quality.rows} rows of ${table.file} fail (${counts}); at most ${100 * mostQuarantined} % may be quarantined. First: row ${String(row?.[0])}, ${String(reason?.[0])}: ${String(text?.[0]).slice(0, 200)}`,
  );
}

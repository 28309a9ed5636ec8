/** Files as DuckDB tables of text: nothing is converted (so nothing is lost) until each row has been tried. Rows that are no rows are kept aside. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { faultOf, quoteName, quoteText, type Database } from "../../log/index.js";
import type { TableSource } from "./layouts.js";

/** A table of text columns, with `row_number` from 1. */
export interface TextTable {
  readonly name: string;
  /** Columns, RecBole's `:type` taken off. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** For messages. */
  readonly file: string;
}

/**
 * Reads a source into the table `name`. Malformed lines (too few or too many fields) go to the table `<name>_malformed` (line, text, fault).
 * @throws Error on an empty or unreadable file.
 */
export async function readText(database: Database, name: string, source: TableSource): Promise<TextTable> {
  const file = source.files.map((path) => basename(path)).join(", ");
  for (const path of source.files) if (statSync(path).size === 0) throw new Error(`${path} is empty: it has no bytes`);
  const paths = `[${source.files.map(quoteText).join(", ")}]`;
  try {
    await database.exec(
      `DROP TABLE IF EXISTS ${name}_read; CREATE TEMP TABLE ${name}_read AS SELECT * FROM ${readerOf(name, paths, source)}`,
    );
    await database.exec(
      `CREATE TEMP TABLE ${name}_malformed AS ${source.format === "parquet" ? noErrors : errorsOf(name)}`,
    );
  } catch (error) {
    throw new Error(`${file} cannot be read: ${faultOf(error)}`, { cause: error });
  }
  const found = [...(await database.describe(`SELECT * FROM ${name}_read`)).keys()];
  const renamed = found.map((column) =>
    source.delimiter === "\t" && source.columns === undefined
      ? column.replace(/:(token|token_seq|float|float_seq)$/, "")
      : column,
  );
  const list = found.map((column, i) => `CAST(${quoteName(column)} AS VARCHAR) AS ${quoteName(renamed[i]!)}`);
  await database.exec(
    `CREATE TEMP TABLE ${name} AS SELECT CAST(row_number() OVER () AS BIGINT) AS row_number, ${list.join(", ")} FROM ${name}_read; DROP TABLE ${name}_read`,
  );
  const { rows } = await database.query(`SELECT count(*) AS rows FROM ${name}`);
  if (rows?.[0] === 0)
    throw new Error(`${file} is empty: no rows${source.columns === undefined ? " below the header" : ""}`);
  return { name, columns: renamed, rows: rows?.[0] as number, file };
}

/** @throws Error naming the column, the file and its columns. */
export function checkColumn(table: TextTable, column: string): string {
  if (!table.columns.includes(column))
    throw new Error(`unknown column: ${column} in ${table.file}; known: ${table.columns.join(", ")}`);
  return quoteName(column);
}

const noErrors = "SELECT CAST(0 AS BIGINT) AS line, '' AS text, '' AS fault WHERE false";

function errorsOf(name: string): string {
  return `SELECT CAST(line AS BIGINT) AS line, max(coalesce(csv_line, '')) AS text, min(error_message) AS fault FROM ${name}_errors GROUP BY file_id, line`;
}

function readerOf(name: string, paths: string, { format, delimiter, columns, latin1 }: TableSource): string {
  if (format === "parquet") return `read_parquet(${paths})`;
  const header =
    columns === undefined
      ? "header = true"
      : `header = false, auto_detect = false, columns = {${columns.map((column) => `${quoteText(column)}: 'VARCHAR'`).join(", ")}}`;
  const quote =
    columns === undefined && delimiter !== "\t" ? `, quote = '"', escape = '"'` : `, quote = '', escape = ''`;
  const encoding = latin1 === true ? ", encoding = 'latin-1'" : "";
  return `read_csv(${paths}, ${header}, delim = ${delimiter === undefined ? "','" : quoteText(delimiter)}${quote}, all_varchar = true${encoding}, store_rejects = true, rejects_table = '${name}_errors', rejects_scan = '${name}_scans')`;
}

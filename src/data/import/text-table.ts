/**
 * Files as DuckDB tables of text: nothing is converted (so nothing is lost) until each row has been tried. Rows that
 * are no rows are kept aside.
 */
import { basename } from "node:path";
import { faultOf, parquetFrom, quoteName, type Database } from "../../log/index.js";
import type { TableSource } from "./layout.js";
import { RecordReader, separatorOf, type TextRecord } from "./records.js";
import { textOf } from "./text-file.js";

/** A table of text columns `c0`, `c1`, … (so that no name of a file meets one of ours), with `row_number` from 1 and `file` from 0. */
export interface TextTable {
  readonly name: string;
  /** Names of the columns, RecBole's `:type` taken off. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** For messages. */
  readonly file: string;
  /** Absent: Parquet. */
  readonly separator?: string;
}

/** Rows handed to the database at once. */
const batchRows = 20_480;

/**
 * Reads a source into the table `name`. Malformed lines (too few or too many fields, a quote left open) go to `<name>_malformed` (line,
 * text, fault).
 * @throws Error on an empty or unreadable file, and on files whose columns differ
 */
export async function readText(database: Database, name: string, source: TableSource): Promise<TextTable> {
  const file = source.files.map((path) => basename(path)).join(", ");
  await database.createTable(`${name}_malformed`, [
    { name: "line", type: "BIGINT" },
    { name: "text", type: "VARCHAR" },
    { name: "fault", type: "VARCHAR" },
  ]);
  const read = source.format === "parquet" ? readParquet : readSeparated;
  const { columns, rows, separator } = await read(database, name, source, file);
  if (rows === 0)
    throw new Error(`${file} is empty: no rows${source.header === false || source.columns ? "" : " below the header"}`);
  return { name, columns, rows, file, ...(separator !== undefined && { separator }) };
}

/** The SQL of a column. @throws Error naming the column, the file and its columns */
export function checkColumn(table: TextTable, column: string): string {
  const at = table.columns.indexOf(column);
  if (at < 0)
    throw new Error(
      `unknown column: ${column} in ${table.file}; known: ` +
        `${table.columns.join(", ")}${table.columns.length === 1 ? " (one column only: name what is between them with --separator)" : ""}`,
    );
  if (table.columns.indexOf(column, at + 1) >= 0)
    throw new Error(`column ${column} is in ${table.file} more than once; allowed: a name that one column has`);
  return `c${at}`;
}

/** The first column that has one of the names. */
export function findColumn(table: TextTable | undefined, names: readonly string[]): string | undefined {
  const found = names.find((name) => table?.columns.includes(name));
  return found === undefined || table === undefined ? undefined : checkColumn(table, found);
}

interface Read {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly separator?: string;
}

async function readParquet(database: Database, name: string, source: TableSource, file: string): Promise<Read> {
  const from = parquetFrom(source.files, ", union_by_name = true, binary_as_string = true, filename = 'file of row'");
  try {
    const types = await database.describe(`SELECT * EXCLUDE ("file of row") FROM ${from}`);
    const list = [...types].map(([column, type], i) => `${textSql(quoteName(column), type)} AS c${i}`);
    const derived = (source.derived ?? []).map(([, sql], i) => `CAST(${sql} AS VARCHAR) AS c${types.size + i}`);
    const files = `list_position([${source.files.map((path) => `'${path.replaceAll("'", "''")}'`).join(", ")}], "file of row")`;
    await database.exec(
      `CREATE OR REPLACE TABLE ${name} AS SELECT CAST(row_number() OVER () AS BIGINT) AS row_number, ` +
        `CAST(coalesce(${files}, 1) - 1 AS INTEGER) AS file, ${[...list, ...derived].join(", ")} FROM ${from}`,
    );
    const { rows } = await database.query(`SELECT count(*) AS rows FROM ${name}`);
    const columns = [...types.keys(), ...(source.derived ?? []).map(([column]) => column)];
    return { columns, rows: rows?.[0] as number };
  } catch (error) {
    throw new Error(`${file} cannot be read: ${faultOf(error)}`, { cause: error });
  }
}

/** Whole numbers stored as doubles are written as whole numbers: ids are often stored so, because one of them was missing. */
function textSql(column: string, type: string): string {
  const text = `coalesce(CAST(${column} AS VARCHAR), '')`;
  if (type !== "DOUBLE" && type !== "FLOAT") return text;
  return (
    `CASE WHEN isfinite(${column}) AND ${column} = trunc(${column}) AND abs(${column}) < 1e37 THEN ` +
    `CAST(CAST(${column} AS HUGEINT) AS VARCHAR) ELSE ${text} END`
  );
}

async function readSeparated(database: Database, name: string, source: TableSource, file: string): Promise<Read> {
  let columns = source.columns;
  let [rows, separator] = [0, source.separator];
  let sheet: { numbers: number[]; files: number[]; cells: string[][] } | undefined;
  const malformed: { line: number; text: string; fault: string }[] = [];
  const put = async (): Promise<void> => {
    if (sheet === undefined || sheet.numbers.length === 0) return;
    await database.appendColumns(name, [
      { name: "row_number", type: "BIGINT", values: Float64Array.from(sheet.numbers) },
      { name: "file", type: "INTEGER", values: Int32Array.from(sheet.files) },
      ...sheet.cells.map((values, c) => ({ name: `c${c}`, type: "VARCHAR" as const, values })),
    ]);
    sheet = { numbers: [], files: [], cells: sheet.cells.map(() => []) };
  };
  for (const [f, path] of source.files.entries()) {
    let order: readonly number[] | undefined = source.columns?.map((_, c) => c);
    for await (const records of recordsOf(path, source, separator, (told) => (separator = told))) {
      for (const record of records) {
        if ("fault" in record) {
          malformed.push(record);
          continue;
        }
        if (order === undefined) {
          const header = headerOf(record.fields, source);
          columns ??= header;
          order = orderOf(columns, header, basename(path), file);
          if (source.header !== false) continue;
        }
        if (sheet === undefined) {
          sheet = { numbers: [], files: [], cells: (columns ?? []).map(() => []) };
          await database.createTable(name, [
            { name: "row_number", type: "BIGINT" },
            { name: "file", type: "INTEGER" },
            ...sheet.cells.map((_, c) => ({ name: `c${c}`, type: "VARCHAR" as const })),
          ]);
        }
        sheet.numbers.push(++rows);
        sheet.files.push(f);
        for (let c = 0; c < order.length; c++) sheet.cells[c]!.push(record.fields[order[c]!] ?? "");
        if (sheet.numbers.length === batchRows) await put();
      }
    }
  }
  await put();
  await database.appendColumns(`${name}_malformed`, [
    { name: "line", type: "BIGINT", values: Float64Array.from(malformed, ({ line }) => line) },
    {
      name: "text",
      type: "VARCHAR",
      values: malformed.map(({ text }) => text.slice(0, 10_000).replaceAll("\0", "\\0")),
    },
    { name: "fault", type: "VARCHAR", values: malformed.map(({ fault }) => fault) },
  ]);
  return { columns: columns ?? [], rows, separator: separator ?? "," };
}

/** Batches of records of a file. What is between the fields is found from its first lines where it is not given. */
async function* recordsOf(
  path: string,
  source: TableSource,
  given: string | undefined,
  told: (separator: string) => void,
): AsyncGenerator<Iterable<TextRecord>> {
  let reader: RecordReader | undefined;
  let head = "";
  const open = (): RecordReader => {
    const named = /^sep=(.)\r?\n/i.exec(head); // a line that spreadsheets write above the header
    if (named !== null) head = head.slice(named[0].length);
    const separator = given ?? named?.[1] ?? separatorOf(head.split(/\r\n|\n|\r/, 22).slice(0, -1));
    told(separator);
    return new RecordReader({ separator, quoted: source.quoted !== false });
  };
  for await (const text of textOf(path, source.encoding)) {
    if (reader !== undefined) {
      yield reader.push(text);
      continue;
    }
    head += text;
    if (head.length < 10_000) continue;
    reader = open();
    yield reader.push(head);
  }
  if (reader === undefined) {
    head += "\n"; // so that the last line counts
    reader = open();
    yield reader.push(head, true);
  } else yield reader.push("", true);
}

function headerOf(fields: readonly string[], source: TableSource): readonly string[] {
  if (source.header === false) return fields.map((_, c) => String(c + 1));
  const names = fields.map((field) => field.trim());
  return source.typed === true ? names.map((name) => name.replace(/:(token|token_seq|float|float_seq)$/, "")) : names;
}

/** Where each column stands in a file. Files of one table may have their columns in another order. */
function orderOf(columns: readonly string[], header: readonly string[], part: string, file: string): readonly number[] {
  if (columns.every((column, c) => header[c] === column) && header.length === columns.length)
    return columns.map((_, c) => c);
  const order = columns.map((column) => header.indexOf(column));
  if (order.includes(-1) || header.length !== columns.length || new Set(order).size < order.length)
    throw new Error(
      `${part} has the columns ${header.join(", ")}; the first file of ${file} has ${columns.join(", ")}`,
    );
  return order;
}

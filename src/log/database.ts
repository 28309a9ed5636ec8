/**
 * The one door to DuckDB (Raasveldt & Mühleisen, 2019): an in-memory database that reads and writes columns as typed arrays.
 * One thread by default, so that results repeat. Bulk rows are copied by data chunks of 2,048 rows, whose vectors are filled and read
 * whole.
 */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBEnumType,
  DuckDBInstance,
  DuckDBTypeId,
  ENUM,
  FLOAT,
  INTEGER,
  SMALLINT,
  UTINYINT,
  VARCHAR,
  type DuckDBResult,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import { resolve } from "node:path";
import { readVector, writeVector, type Column, type ColumnType, type NamedColumn } from "./vectors.js";

export type { Column, ColumnType, NamedColumn } from "./vectors.js";

/** Columns of a result by name, all of the same length. */
export type Columns = Readonly<Record<string, Column>>;

/** How a database is opened: `threads` 1 (the default) for repeatable sums of doubles and order; memory in DuckDB's notation, as "2GB". */
export interface DatabaseOptions {
  readonly threads?: number;
  readonly memoryLimit?: string;
}

/** Rows in one DuckDB data chunk. */
const chunkRows = 2048;

const simpleTypes = { BIGINT, BOOLEAN, DOUBLE, FLOAT, INTEGER, SMALLINT, UTINYINT, VARCHAR } as const;

/** Opens an empty in-memory database; works inside worker threads. Close it when done. */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const settings: Record<string, string> = { threads: String(options.threads ?? 1) };
  if (options.memoryLimit !== undefined) settings.memory_limit = options.memoryLimit;
  const instance = await DuckDBInstance.create(":memory:", settings);
  const database = new Database(instance, await instance.connect());
  await database.exec("SET GLOBAL TimeZone = 'UTC'"); // else the machine's, and times depend on where it stands
  await database.exec("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false"); // nothing is fetched
  return database;
}

/** An open database. An error says DuckDB's first line; its `cause` has all of it and the SQL that failed. */
export class Database {
  #open = true;

  constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly second = false,
  ) {}

  /** Runs one or more statements and discards their result. `values` are `$1, $2, …`. */
  async exec(sql: string, values?: readonly DuckDBValue[]): Promise<void> {
    await this.#run(sql, values);
  }

  /**
   * Runs a query and returns its columns: integers up to 32 bits in arrays of their own type, BIGINT and HUGEINT in Float64Array,
   * BOOLEAN in Uint8Array, enumerations as codes, VARCHAR as strings.
   * @throws Error on NULL in an integer, enumeration or string column, on integers beyond 2^53 and on other column types.
   */
  async query(sql: string, values?: readonly DuckDBValue[]): Promise<Columns> {
    const result = await this.#run(sql, values);
    try {
      return await columnsOf(result);
    } catch (error) {
      throw withSql(error, sql);
    }
  }

  /** Names and types of the columns that a query would give, enumerations as "ENUM", without running it. */
  async describe(sql: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.query(`SELECT column_name, column_type FROM (DESCRIBE ${sql})`);
    const types = rows.column_type as readonly string[];
    return new Map((rows.column_name as readonly string[]).map((name, i) => [name, types[i] ?? ""]));
  }

  /** Creates a table (replacing one of that name) with the given columns and no rows. */
  async createTable(table: string, columns: readonly Pick<NamedColumn, "name" | "type">[]): Promise<void> {
    const list = columns.map(({ name, type }) => `${quoteName(name)} ${typeSql(type)} NOT NULL`).join(", ");
    await this.exec(`CREATE OR REPLACE TABLE ${quoteName(table)} (${list})`);
  }

  /**
   * Appends whole columns to a table created by `createTable` with the same columns in the same order.
   * @throws Error when lengths differ or an array is of the wrong kind for its type.
   */
  async appendColumns(table: string, columns: readonly NamedColumn[]): Promise<void> {
    const rows = columns[0]?.values.length ?? 0;
    const odd = columns.find((column) => column.values.length !== rows);
    if (odd)
      throw new Error(`column ${odd.name} of ${table} has ${odd.values.length} rows; ${columns[0]?.name} has ${rows}`);
    const appender = await this.connection.createAppender(table);
    try {
      const types = columns.map((column) => duckType(column.type));
      // The appender copies what a chunk holds, so one chunk is filled again and again; only the last is shorter.
      let chunk: DuckDBDataChunk | undefined;
      for (let from = 0; from < rows; from += chunkRows) {
        const n = Math.min(chunkRows, rows - from);
        if (chunk === undefined || n < chunkRows) chunk = DuckDBDataChunk.create(types, n);
        for (const [c, column] of columns.entries()) writeVector(chunk.getColumnVector(c), column, from, n);
        appender.appendDataChunk(chunk);
      }
      appender.flushSync();
    } catch (error) {
      throw new Error(`appending to ${table}: ${messageOf(error)}`, { cause: error });
    } finally {
      appender.closeSync();
    }
  }

  /** `createTable`, then `appendColumns`. */
  async putTable(table: string, columns: readonly NamedColumn[]): Promise<void> {
    await this.createTable(table, columns);
    await this.appendColumns(table, columns);
  }

  /**
   * A second connection to the same tables (temporary ones and views are each connection's own), for statements that run at the same time.
   * Close it before this one.
   */
  async connect(): Promise<Database> {
    return new Database(this.instance, await this.instance.connect(), true);
  }

  /** Closes it and, unless it is a second connection, frees its memory; closing twice is allowed. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.connection.closeSync();
    if (!this.second) this.instance.closeSync();
  }

  async #run(sql: string, values?: readonly DuckDBValue[]): Promise<DuckDBResult> {
    if (!this.#open) throw withSql(new Error("the database is closed"), sql);
    try {
      return await this.connection.run(sql, values === undefined ? undefined : [...values]);
    } catch (error) {
      throw withSql(error, sql);
    }
  }
}

/** `read_parquet` of exactly these files: no name is a pattern, no `key=value` folder becomes a column. */
export function parquetFrom(paths: string | readonly string[], options = ""): string {
  const list = typeof paths === "string" ? quotePath(paths) : `[${paths.map(quotePath).join(", ")}]`;
  return `read_parquet(${list}, hive_partitioning = false${options})`;
}

/**
 * A path to read, as an SQL string literal: absolute (so that `~` and `s3:` are names), with `[`, `*` and `?` as themselves.
 * @throws Error on a path with one of these and a backslash, for which DuckDB has no escape
 */
export function quotePath(path: string): string {
  const absolute = resolve(path);
  if (absolute.includes("\\") && /[[*?]/.test(absolute))
    throw new Error(`path ${path} cannot be read; allowed: a path without a backslash beside [, * or ?`);
  return quoteText(absolute.replace(/[[*?]/g, "[$&]"));
}

/** `COPY … TO` a file of exactly this path: Parquet (zstd), or another format; `options` follow the format. */
export function copyTo(select: string, path: string, options = "COMPRESSION zstd", format = "parquet"): string {
  return `COPY ${select} TO ${quoteText(resolve(path))} (FORMAT ${format}, ${options})`;
}

/** An SQL string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The SQL of a column type. */
export function typeSql(type: ColumnType): string {
  return typeof type === "string" ? type : `ENUM(${type.names.map(quoteText).join(", ")})`;
}

async function columnsOf(result: DuckDBResult): Promise<Columns> {
  const chunks = await result.fetchAllChunks();
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const columns: Record<string, Column> = {};
  result.columnNames().forEach((name, c) => {
    const column = emptyColumn(result.columnType(c), rows, name);
    let at = 0;
    for (const chunk of chunks) {
      if (chunk.rowCount > 0) readVector(chunk.getColumnVector(c), column, at, chunk.rowCount, name);
      at += chunk.rowCount;
    }
    columns[name] = column;
  });
  return columns;
}

function emptyColumn(type: DuckDBType, rows: number, name: string): Column {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.UTINYINT:
      return new Uint8Array(rows);
    case DuckDBTypeId.TINYINT:
      return new Int8Array(rows);
    case DuckDBTypeId.SMALLINT:
      return new Int16Array(rows);
    case DuckDBTypeId.USMALLINT:
      return new Uint16Array(rows);
    case DuckDBTypeId.INTEGER:
      return new Int32Array(rows);
    case DuckDBTypeId.UINTEGER:
      return new Uint32Array(rows);
    case DuckDBTypeId.FLOAT:
      return new Float32Array(rows);
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
      return new Float64Array(rows);
    case DuckDBTypeId.ENUM:
      return (type as DuckDBEnumType).values.length <= 256 ? new Uint8Array(rows) : new Uint16Array(rows);
    case DuckDBTypeId.VARCHAR:
      return new Array<string>(rows);
    default:
      throw new Error(`column ${name} has type ${type.toString()}; cast it to a number, BOOLEAN or VARCHAR`);
  }
}

function duckType(type: ColumnType): DuckDBType {
  return typeof type === "string" ? simpleTypes[type] : ENUM(type.names);
}

function withSql(error: unknown, sql: string): Error {
  const message = messageOf(error);
  const whole = new Error(`${message}\nSQL: ${sql.trim()}`, { cause: error });
  return new Error(message.split("\n")[0] ?? message, { cause: whole });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

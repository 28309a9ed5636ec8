/**
 * Writes one day of impressions to `<dir>/day=012/impressions.parquet` (zstd), whole or not at all, and before it the day's pools, if there
 * are any. Rows keep their order; equal input gives equal bytes. Names of policies and arms and the schema's version are in the file's
 * key-value metadata.
 */
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { removeLeftovers, replaceFile } from "../artifacts/index.js";
import type { Day, Impressions } from "../types.js";
import { copyTo, openDatabase, quoteName, quoteText, type ColumnType, type NamedColumn } from "./database.js";
import { eventColumns, schemaVersion, type EventColumn } from "./events.js";
import { dayPath, poolsPath } from "./paths.js";
import { poolTable, validatePools } from "./pools.js";
import { validateImpressions } from "./validate.js";

/** No dictionaries of ids and probabilities and no bloom filters: half the time to write, and smaller files. */
const parquetOptions = "COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000, WRITE_BLOOM_FILTER false";

/** Ids in a pool ascend or repeat, scores do not: half the size of the default. */
const poolOptions = "COMPRESSION zstd, PARQUET_VERSION v2";

/**
 * Writes (or replaces) a day and returns its path.
 * @throws Error when a row is of another day or out of the schema's ranges; nothing is written then.
 */
export async function writeDay(dir: string, day: Day, events: Impressions): Promise<string> {
  validateImpressions(events, day);
  const { pools } = events;
  if (pools) validatePools(pools);
  const path = dayPath(dir, day);
  const poolFile = poolsPath(dir, day);
  const database = await openDatabase();
  try {
    await database.putTable(
      "impressions",
      eventColumns.map((column) => namedColumn(column, events)),
    );
    const metadata = `{schema_version: '${schemaVersion}', policies: ${json(events.policies)}, arms: ${json(events.arms)}}`;
    await mkdir(dirname(path), { recursive: true });
    await removeLeftovers(dirname(path));
    if (pools) {
      await database.putTable("pools", poolTable(pools));
      const version = `KV_METADATA {schema_version: '${schemaVersion}'}`;
      await replaceFile(poolFile, (staged) => database.exec(copyTo("pools", staged, `${poolOptions}, ${version}`)));
    } else await rm(poolFile, { force: true });
    await replaceFile(path, (staged) =>
      database.exec(copyTo("impressions", staged, `${parquetOptions}, KV_METADATA ${metadata}`)),
    );
  } finally {
    database.close();
  }
  return path;
}

function namedColumn(column: EventColumn, events: Impressions): NamedColumn {
  return { name: column.name, type: memoryType(column, events), values: events[column.field] };
}

/** The type of a column in the database: codes of an enumeration for VARCHAR columns. */
export function memoryType(column: EventColumn, events: Pick<Impressions, "policies" | "arms">): ColumnType {
  if (column.names === undefined) return column.type;
  const names = typeof column.names === "string" ? events[column.names] : column.names;
  return { names: names.length > 0 ? names : ["none"] };
}

/** The column list of a query that turns file columns into codes again. */
export function codedColumns(events: Pick<Impressions, "policies" | "arms">): string {
  return eventColumns
    .map((column) => {
      const type = memoryType(column, events);
      const name = quoteName(column.name);
      return typeof type === "string"
        ? name
        : `CAST(${name} AS ENUM(${type.names.map(quoteText).join(", ")})) AS ${name}`;
    })
    .join(", ");
}

function json(names: readonly string[]): string {
  return quoteText(JSON.stringify(names));
}

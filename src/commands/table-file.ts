/** Columns as a file that people send on: .csv, .json or .parquet. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { replaceFile, writeFileAtomic } from "../artifacts/index.js";
import { copyTo, openDatabase, quoteName, type NamedColumn } from "../log/index.js";

const endings = /\.(csv|json|parquet)$/;

/** @throws RangeError on a name that ends otherwise, a folder, or a file in a folder that is not there or not to be written */
export function checkTableFile(path: string): string {
  const ending = endings.exec(path)?.[1];
  if (ending === undefined)
    throw new RangeError(`invalid file: ${path}; allowed: one that ends in .csv, .json or .parquet`);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new RangeError(`invalid file: ${path} is a folder; allowed: a file that ends in .csv, .json or .parquet`);
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new RangeError(`invalid file: ${path}; ${folder} is not a folder that can be written; allowed: one that is`, {
      cause,
    });
  }
  return ending;
}

/** Rows of columns as records, NaN as null. */
export function recordsOf(columns: readonly NamedColumn[]): readonly Record<string, unknown>[] {
  return Array.from({ length: columns[0]!.values.length }, (_, row) =>
    Object.fromEntries(
      columns.map(({ name, values }) => [name, Number.isNaN(values[row]) ? null : (values[row] as unknown)]),
    ),
  );
}

/** Writes the columns by the file's ending, whole or not at all; NaN is an empty cell. @throws RangeError as `checkTableFile` */
export async function writeTableFile(path: string, columns: readonly NamedColumn[]): Promise<void> {
  const ending = checkTableFile(path);
  if (ending === "json") return writeFileAtomic(path, `${JSON.stringify(recordsOf(columns), null, 1)}\n`);
  const database = await openDatabase();
  try {
    await database.putTable("file_rows", columns);
    const select = columns.map(({ name, type }) =>
      type === "FLOAT" || type === "DOUBLE"
        ? `CASE WHEN NOT isnan(${quoteName(name)}) THEN ${quoteName(name)} END AS ${quoteName(name)}`
        : quoteName(name),
    );
    const rows = `(SELECT ${select.join(", ")} FROM file_rows)`;
    await replaceFile(path, (staged) =>
      database.exec(ending === "csv" ? copyTo(rows, staged, "HEADER", "csv") : copyTo(rows, staged)),
    );
  } finally {
    database.close();
  }
}

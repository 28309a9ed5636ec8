/** A table of one's own as a view with its own columns: Parquet as it is typed, text by what all of its cells are. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { dayPath, days, faultOf, parquetFrom, quoteName, type Database } from "../../log/index.js";
import { cellSql } from "./interactions.js";
import type { TableSource, TextForm } from "./layout.js";
import { planOf } from "./plan.js";
import { readText } from "./text-table.js";

/**
 * Makes the view `name`, in the file's order by `row_of_file`. A path is a file, a folder of parts, or a log of the platform (its
 * impressions). Text cells that are empty or say so (NA, null) are NULL; a column is a number or a time where every other cell is one.
 * @throws Error on what cannot be read, and on lines that are no rows: a row is never dropped in silence
 */
export async function openTypedTable(
  database: Database,
  name: string,
  path: string,
  form: TextForm = {},
): Promise<void> {
  const source = await sourceOf(path, form);
  const rows = "CAST(row_number() OVER () AS BIGINT)";
  if (source.format === "parquet") {
    const from = parquetFrom(source.files, ", union_by_name = true, file_row_number = true");
    try {
      await database.exec(
        source.files.length === 1
          ? `CREATE OR REPLACE VIEW ${name} AS SELECT * RENAME (file_row_number AS row_of_file) FROM ${from}`
          : `CREATE OR REPLACE VIEW ${name} AS SELECT * EXCLUDE (file_row_number), ${rows} AS row_of_file FROM ${from}`,
      );
    } catch (error) {
      throw new Error(`${basename(path)} cannot be read: ${faultOf(error)}`, { cause: error });
    }
    return;
  }
  const table = await readText(database, `${name}_text`, source);
  const { line, fault } = await database.query(`SELECT line, fault FROM ${table.name}_malformed ORDER BY line`);
  if (line !== undefined && line.length > 0)
    throw new Error(
      `${table.file}: lines that are no rows: ${line.length}, the first is line ${line[0]} (${fault![0]})`,
    );
  const twice = table.columns.find((column, c) => table.columns.indexOf(column) !== c);
  if (twice !== undefined) throw new Error(`column ${twice} is in ${table.file} more than once; allowed: once`);
  const cells = table.columns.map((_, c) => cellSql(`c${c}`));
  const fails = (type: string): string =>
    cells
      .map((cell, c) => `count(*) FILTER (${cell} IS NOT NULL AND TRY_CAST(${cell} AS ${type}) IS NULL) AS c${c}`)
      .join(", ");
  const [numbers, times] = [
    await database.query(`SELECT ${fails("DOUBLE")} FROM ${table.name}`),
    await database.query(`SELECT ${fails("TIMESTAMP")} FROM ${table.name}`),
  ];
  const typed = cells.map((cell, c) => {
    const type = numbers[`c${c}`]![0] === 0 ? "DOUBLE" : times[`c${c}`]![0] === 0 ? "TIMESTAMP" : "VARCHAR";
    return `CAST(${cell} AS ${type}) AS ${quoteName(table.columns[c]!)}`;
  });
  await database.exec(
    `CREATE OR REPLACE TABLE ${name} AS SELECT ${typed.join(", ")}, row_number AS row_of_file FROM ${table.name} ORDER BY row_number;
     DROP TABLE ${table.name}`,
  );
}

async function sourceOf(path: string, form: TextForm): Promise<TableSource> {
  if (existsSync(join(path, "manifest.json"))) {
    const found = await days(path);
    if (found.length > 0) return { files: found.map((day) => dayPath(path, day)), format: "parquet" };
  }
  const { layout } = await planOf({ path, layout: "table", mapping: { user: "1", item: "2" }, ...form });
  return layout.interactions;
}

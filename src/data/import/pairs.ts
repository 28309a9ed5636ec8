/** Named columns of a file of one's own as text, in its order: pairs of a user and an item, users with their metrics. */
import { openDatabase } from "../../log/index.js";
import { cellSql } from "./interactions.js";
import type { TextForm } from "./layout.js";
import { planOf } from "./plan.js";
import { checkColumn, readText } from "./text-table.js";

/** Ids as the file has them; empty where it has none. */
export interface Pairs {
  readonly user: readonly string[];
  readonly item: readonly string[];
}

/** @throws Error as `readColumns` */
export async function readPairs(
  path: string,
  { user, item, ...form }: { readonly user: string; readonly item: string } & TextForm,
): Promise<Pairs> {
  const [users, items] = await readColumns(path, [user, item], form);
  return { user: users!, item: items! };
}

/**
 * Columns of a text file or of Parquet, in the order asked for, empty where a cell is; at least two.
 * @throws Error on a file that cannot be read, an unknown column, or a line that is no row: a row is never dropped in silence
 */
export async function readColumns(
  path: string,
  columns: readonly string[],
  form: TextForm = {},
): Promise<readonly (readonly string[])[]> {
  const mapping = { user: columns[0]!, item: columns[1]! };
  const { layout } = await planOf({ path, layout: "table", mapping, ...form });
  const database = await openDatabase();
  try {
    const table = await readText(database, "rows_asked", layout.interactions);
    const { line, fault } = await database.query("SELECT line, fault FROM rows_asked_malformed ORDER BY line");
    if (line !== undefined && line.length > 0)
      throw new Error(
        `${table.file}: lines that are no rows: ${line.length}, the first is line ${line[0]} (${fault![0]})`,
      );
    const list = columns.map((column, c) => `coalesce(${cellSql(checkColumn(table, column))}, '') AS asked_${c}`);
    const found = await database.query(`SELECT ${list.join(", ")} FROM rows_asked ORDER BY file, row_number`);
    return columns.map((_, c) => found[`asked_${c}`] as readonly string[]);
  } finally {
    database.close();
  }
}

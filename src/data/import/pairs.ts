/** Pairs of a user and an item from a file of one's own, in its order: what a fitted model is asked for. */
import { openDatabase } from "../../log/index.js";
import { cellSql } from "./interactions.js";
import type { TextForm } from "./layouts.js";
import { planOf } from "./plan.js";
import { checkColumn, readText } from "./text-table.js";

/** Ids as the file has them; empty where it has none. */
export interface Pairs {
  readonly user: readonly string[];
  readonly item: readonly string[];
}

/** @throws Error on a file that cannot be read, an unknown column, or a line that is no row: a pair is never dropped in silence */
export async function readPairs(
  path: string,
  { user, item, ...form }: { readonly user: string; readonly item: string } & TextForm,
): Promise<Pairs> {
  const { layout } = await planOf({ path, layout: "table", mapping: { user, item }, ...form });
  const database = await openDatabase();
  try {
    const table = await readText(database, "pairs", layout.interactions);
    const { line, fault } = await database.query("SELECT line, fault FROM pairs_malformed ORDER BY line");
    if (line !== undefined && line.length > 0)
      throw new Error(
        `${table.file}: lines that are no rows: ${line.length}, the first is line ${line[0]} (${fault![0]})`,
      );
    const of = (column: string): string => `coalesce(${cellSql(checkColumn(table, column))}, '')`;
    const found = await database.query(
      `SELECT ${of(user)} AS user_key, ${of(item)} AS item_key FROM pairs ORDER BY file, row_number`,
    );
    return { user: found["user_key"] as readonly string[], item: found["item_key"] as readonly string[] };
  } finally {
    database.close();
  }
}

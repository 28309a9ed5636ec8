/** Reads an import back: typed interactions and the fields of users and items, for models of one's own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDatabase, parquetFrom, type Column, type Database } from "../../log/index.js";
import type { Catalogue } from "../../types.js";
import { readCatalogue } from "../tables/tables.js";
import { interactionsOf, type ImportedInteractions } from "./build.js";

/**
 * One field of users or items as codes of its words, word 0 being "" (absent). A list of words in one cell
 * ("Action|Comedy") is split by `wordsOf`.
 */
export interface ImportedField {
  readonly name: string;
  readonly words: readonly string[];
  readonly code: Int32Array; // [users or items]
}

/** An import in memory. */
export interface ImportedData {
  readonly catalogue: Catalogue;
  readonly interactions: ImportedInteractions;
  readonly userFields: readonly ImportedField[];
  readonly videoFields: readonly ImportedField[];
}

/** @throws Error when the folder is no complete import, or damaged. */
export async function readImported(dir: string): Promise<ImportedData> {
  if (!existsSync(join(dir, "import.json")))
    throw new Error(`no import in ${dir}: import.json does not exist; import the data first`);
  const database = await openDatabase();
  try {
    const typed = interactionsOf(await database.query(`SELECT * FROM ${file(dir, "interactions")}`));
    const { count, propensity, split } = typed as Partial<ImportedInteractions> & { readonly count: number };
    const interactions: ImportedInteractions = {
      ...typed,
      propensity: propensity ?? new Float64Array(count).fill(1), // absent in older imports
      split: split ?? new Uint8Array(count),
    };
    return {
      catalogue: await readCatalogue(dir),
      interactions,
      userFields: await fields(database, dir, "user_fields"),
      videoFields: await fields(database, dir, "video_fields"),
    };
  } finally {
    database.close();
  }
}

/** The words of a cell that lists several: between `|`, `,`, brackets or white space. */
export function wordsOf(cell: string): readonly string[] {
  return cell.split(/[|,[\]\s]+/).filter((word) => word !== "");
}

async function fields(database: Database, dir: string, name: string): Promise<readonly ImportedField[]> {
  const columns = await database.query(`SELECT * FROM ${file(dir, name)} ORDER BY 1`);
  return Object.entries(columns)
    .slice(1) // the id
    .map(([column, values]: [string, Column]) => {
      const cells = values as readonly string[];
      const words = ["", ...[...new Set(cells)].filter((word) => word !== "").sort()];
      const codeOf = new Map(words.map((word, code) => [word, code]));
      return { name: column, words, code: Int32Array.from(cells, (cell) => codeOf.get(cell) as number) };
    });
}

function file(dir: string, name: string): string {
  return parquetFrom(join(dir, `${name}.parquet`));
}

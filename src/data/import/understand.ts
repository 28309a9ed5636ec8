/** From files to typed interactions and a catalogue, in a database; nothing is written to disk. */
import { basename } from "node:path";
import { faultOf, type Database } from "../../log/index.js";
import { dayMs } from "../../types.js";
import { build, type Built } from "./build.js";
import { presentOf, readInteractions, type ImportQuality } from "./interactions.js";
import type { Layout, SideSource } from "./layout.js";
import type { ImportPlan } from "./plan.js";
import { readText, type TextTable } from "./text-table.js";

/** What the files came to. The rows that were set aside are in the table `import_quarantine`. */
export interface Understood {
  /** Its mapping has only columns that are there, its side tables the keys that were found. */
  readonly layout: Layout;
  readonly users?: TextTable;
  readonly items?: TextTable;
  readonly quality: ImportQuality;
  readonly built: Built;
  /** Of the first day, and the first and last time, in ms since 1970. */
  readonly midnight: number;
  readonly first: number;
  readonly last: number;
  readonly said: readonly string[];
}

/** @throws Error as `importData`; `step` is told what is done */
export async function understand(
  database: Database,
  { layout: found, positiveFrom, choices }: ImportPlan,
  step: (name: string, done: number) => void = () => undefined,
): Promise<Understood> {
  try {
    step("read", 0);
    const { users: userSource, items: itemSource, ...rest } = found;
    const table = await readText(database, "file_rows", found.interactions);
    const mapping = presentOf(table, found);
    const said = [`layout: ${found.name} (${table.file})`];
    const users = userSource && (await readSide(database, "user_rows", userSource, mapping.user, said));
    const items = itemSource && (await readSide(database, "item_rows", itemSource, mapping.item, said));
    const layout = {
      ...rest,
      mapping,
      ...(users && { users: users.source }),
      ...(items && { items: items.source }),
    };
    step("check", 1);
    const quality = await readInteractions(database, table, layout, choices);
    step("ids", 2);
    const midnight = await makeIds(database);
    step("catalogue", 3);
    const built = await build(database, layout, midnight, positiveFrom, users?.table, items?.table);
    const { first, last } = await database.query("SELECT min(at_ms) AS first, max(at_ms) AS last FROM interactions");
    return {
      layout,
      ...(users && { users: users.table }),
      ...(items && { items: items.table }),
      quality,
      built,
      midnight,
      first: first?.[0] as number,
      last: last?.[0] as number,
      said: [...said, ...quality.said, ...built.said],
    };
  } catch (error) {
    // A fault of the database that nobody foresaw says at least whose file it is; its SQL stays in the cause.
    if (error instanceof Error && /^[A-Z][a-z]+( [A-Z][a-z]+)* Error: /.test(error.message))
      throw new Error(
        `${found.interactions.files.map((file) => basename(file)).join(", ")} cannot be imported: ${faultOf(error)}`,
        { cause: error },
      );
    throw error;
  }
}

/** A side table, its key found; one without such a column is left out, and that is said. */
async function readSide(
  database: Database,
  name: string,
  source: SideSource,
  key: string,
  said: string[],
): Promise<{ readonly table: TextTable; readonly source: SideSource } | undefined> {
  const table = await readText(database, name, source);
  const found = [source.key, key].find((column) => table.columns.includes(column));
  if (found !== undefined) return { table, source: { ...source, key: found } };
  const wanted = [...new Set([source.key, key])].join(" or ");
  said.push(`${table.file} is left out: no column ${wanted} (its columns: ${table.columns.join(", ")})`);
  return undefined;
}

/**
 * Dense ids: users in order of their own id; items in order of the first day on which they were met (the catalogue wants ids in order of
 * upload),
 * then of their own id; numbers sort as numbers. Makes `user_ids` (user_id, key, first_day) and `item_ids` (video_id, key, first_day), and
 * gives the first midnight in ms since 1970.
 */
async function makeIds(database: Database): Promise<number> {
  const { first } = await database.query(`SELECT coalesce(min(at_ms), 0) AS first FROM interactions`);
  const midnight = Math.floor((first?.[0] as number) / dayMs) * dayMs;
  const day = `CAST(floor((min(at_ms) - ${midnight}) / ${dayMs}.0) AS INTEGER)`;
  const own = "TRY_CAST(key AS BIGINT) NULLS LAST, key";
  await database.exec(`
    CREATE OR REPLACE TEMP TABLE user_ids AS
    SELECT CAST(row_number() OVER (ORDER BY ${own}) - 1 AS INTEGER) AS user_id, key, first_day
    FROM (SELECT user_key AS key, ${day} AS first_day FROM interactions GROUP BY user_key) t;
    CREATE OR REPLACE TEMP TABLE item_ids AS
    SELECT CAST(row_number() OVER (ORDER BY first_day, ${own}) - 1 AS INTEGER) AS video_id, key, first_day
    FROM (SELECT item_key AS key, ${day} AS first_day FROM interactions GROUP BY item_key) t`);
  return midnight;
}

/** From files to typed interactions and a catalogue, in a database; nothing is written to disk. */
import { basename } from "node:path";
import { faultOf, type Database } from "../../log/index.js";
import { build, type Built } from "./build.js";
import { makeIds } from "./ids.js";
import { presentOf, readInteractions, type ImportQuality } from "./interactions.js";
import type { Layout, SideSource } from "./layouts.js";
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

/**
 * Your own data: interactions of a file or of a public data set become the tables of a simulated log, so that everything offline works on
 * them. Made once under `<root>/import/<id>/`, the id being a hash of the files' bytes and the mapping.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
  makeOrLoad,
  replaceFile,
  sha256OfFile,
  writeFileAtomic,
  writeJsonAtomic,
  type Artifact,
} from "../../artifacts/index.js";
import { openDatabase, quoteText, writeDay, type Database } from "../../log/index.js";
import type { RunControl } from "../../types.js";
import { writeCatalogue } from "../tables.js";
import { build, dailyImpressions } from "./build.js";
import { importCard } from "./card.js";
import { joined } from "./catalogue.js";
import { makeIds } from "./ids.js";
import { readInteractions } from "./interactions.js";
import { layoutOf, type ColumnMapping, type Layout, type LayoutName, type SideSource } from "./layouts.js";
import { readText, type TextTable } from "./text-table.js";

/** Changes when what an import writes changes. */
const importVersion = 2;

/** What to import, and where to. `layout` absent: told from the files; `mapping` is needed for a single file. */
export interface ImportOptions {
  readonly path: string;
  readonly root: string;
  readonly layout?: LayoutName;
  readonly mapping?: ColumnMapping;
  /** Ratings from here on count as a click (4). */
  readonly positiveFrom?: number;
  readonly control?: RunControl;
}

/** What was imported. */
export interface Imported {
  readonly artifact: Artifact;
  /** Holds the catalogue, `day=000/impressions.parquet` …, interactions.parquet, user_fields.parquet, video_fields.parquet, quarantine.parquet, CARD.md. */
  readonly dir: string;
  readonly layout: LayoutName;
  readonly rows: number;
  readonly quarantined: Readonly<Record<string, number>>;
  readonly users: number;
  readonly videos: number;
  readonly days: number;
  /** What was recognised and assumed, in sentences. */
  readonly said: readonly string[];
}

/**
 * Imports interactions (or loads what the same files gave before).
 * @throws Error on an unknown layout or column, an empty or unreadable file, and when more than 5 % of the rows fail.
 * @example await importData({ path: "ml-100k", root: "datasets" })
 */
export async function importData(options: ImportOptions): Promise<Imported> {
  const { path, root, positiveFrom = 4, control = {} } = options;
  if (!Number.isFinite(positiveFrom)) throw new Error(`positiveFrom is ${positiveFrom}; allowed: a finite number`);
  const layout = layoutOf(path, options.layout, options.mapping);
  const files = [layout.interactions, layout.users, layout.items].flatMap((source) => source?.files ?? []);
  const inputs = files.map((file) => `${basename(file)} ${sha256OfFile(file)}`);
  const config = { importVersion, layout: layout.name, mapping: layout.mapping, positiveFrom };
  const artifact = await makeOrLoad({ root, kind: "import", config, inputs }, (dir) =>
    importInto(dir, layout, positiveFrom, control),
  );
  return { artifact, dir: artifact.dir, ...(artifact.manifest.extra as Omit<Imported, "artifact" | "dir">) };
}

async function importInto(
  dir: string,
  layout: Layout,
  positiveFrom: number,
  control: RunControl,
): Promise<Record<string, unknown>> {
  const database = await openDatabase();
  try {
    const step = (name: string, done: number): void => {
      control.signal?.throwIfAborted();
      control.onProgress?.(`import: ${name}`, done, 5);
    };
    step("read", 0);
    const table = await readText(database, "file_rows", layout.interactions);
    const users = layout.users && (await readText(database, "user_rows", layout.users));
    const items = layout.items && (await readText(database, "item_rows", layout.items));
    step("check", 1);
    const quality = await readInteractions(database, table, layout.mapping);
    step("ids", 2);
    const midnight = await makeIds(database);
    step("catalogue", 3);
    const built = await build(database, layout, midnight, positiveFrom, users, items);
    const { catalogue, interactions } = built;
    await writeCatalogue(dir, catalogue);
    await writeSides(database, dir, layout, users, items);
    await writeInteractions(database, dir, built.interactions);
    await write(database, dir, "quarantine", "SELECT * FROM import_quarantine ORDER BY row_number, reason");
    step("log", 4);
    const said = [...built.said];
    let days = 0;
    for (const { day, events } of dailyImpressions(built, said)) {
      control.signal?.throwIfAborted();
      await writeDay(dir, day, events);
      days++;
    }
    const facts = {
      layout: layout.name,
      rows: quality.rows,
      quarantined: quality.failed,
      users: catalogue.users.count,
      videos: catalogue.videos.count,
      days,
      said: [`layout: ${layout.name} (${table.file})`, ...said],
    };
    await writeFileAtomic(join(dir, "CARD.md"), importCard(facts, quality, interactions.count));
    await writeJsonAtomic(join(dir, "import.json"), { ...facts, midnight });
    step("done", 5);
    return facts;
  } finally {
    database.close();
  }
}

/** One row an id with its own id (`key`) and all columns of its side table as text; empty text where a value is absent. */
async function writeSides(
  database: Database,
  dir: string,
  layout: Layout,
  users?: TextTable,
  items?: TextTable,
): Promise<void> {
  const select = (ids: string, id: string, source?: SideSource, table?: TextTable): string => {
    const fields = (table?.columns ?? [])
      .filter((column) => column !== source?.key)
      .map((column) => `, coalesce(s."${column.replaceAll('"', '""')}", '') AS "${column.replaceAll('"', '""')}"`);
    return `SELECT t.${id}, t.key${fields.join("")} FROM ${ids} t ${joined(source, table)} ORDER BY t.${id}`;
  };
  await write(database, dir, "user_fields", select("user_ids", "user_id", layout.users, users));
  await write(database, dir, "video_fields", select("item_ids", "video_id", layout.items, items));
}

async function writeInteractions(
  database: Database,
  dir: string,
  all: Awaited<ReturnType<typeof build>>["interactions"],
): Promise<void> {
  await database.putTable("typed", [
    { name: "user_id", type: "INTEGER", values: all.user },
    { name: "video_id", type: "INTEGER", values: all.video },
    { name: "day", type: "INTEGER", values: all.day },
    { name: "time_ms", type: "INTEGER", values: all.timeMs },
    { name: "rating", type: "DOUBLE", values: all.rating },
    { name: "watch_ms", type: "DOUBLE", values: all.watchMs },
    { name: "duration_ms", type: "DOUBLE", values: all.durationMs },
    ...(["click", "like", "share", "hide", "follow"] as const).map((name) => ({
      name,
      type: "UTINYINT" as const,
      values: all[name],
    })),
  ]);
  await write(database, dir, "interactions", "SELECT * FROM typed");
}

async function write(database: Database, dir: string, name: string, select: string): Promise<void> {
  await replaceFile(join(dir, `${name}.parquet`), (staged) =>
    database.exec(`COPY (${select}) TO ${quoteText(staged)} (FORMAT parquet, COMPRESSION zstd)`),
  );
}

/** Whether a folder is a complete import. */
export function isImported(dir: string): boolean {
  return existsSync(join(dir, "import.json"));
}

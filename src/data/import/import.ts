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
import { copyTo, openDatabase, quoteName, writeDay, type Database } from "../../log/index.js";
import type { RunControl } from "../../types.js";
import { writeCatalogue } from "../tables/tables.js";
import { dailyImpressions, type ImportedInteractions } from "./build.js";
import { importCard } from "./card.js";
import { joined } from "./catalogue.js";
import type { Layout, LayoutName, SideSource } from "./layout.js";
import { planOf, type ImportPlan, type PlanOptions } from "./plan.js";
import type { TextTable } from "./text-table.js";
import { understand } from "./understand.js";

/** Changes when what an import writes changes. */
const importVersion = 3;

/** What to import, and where to. */
export interface ImportOptions extends PlanOptions {
  readonly root: string;
  readonly control?: RunControl;
}

/** What was imported. */
export interface Imported {
  readonly artifact: Artifact;
  /**
   * Holds the catalogue, `day=000/impressions.parquet` …, interactions.parquet, user_fields.parquet,
   * video_fields.parquet, quarantine.parquet, CARD.md.
   */
  readonly dir: string;
  readonly layout: LayoutName;
  readonly rows: number;
  readonly kept: number;
  /** Of the first and the last interaction, ISO 8601 in UTC; null without times. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  /** Whether a split came with the data. */
  readonly split: boolean;
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
  const { root, control = {} } = options;
  const plan = await planOf(options);
  const { layout, positiveFrom, form, choices } = plan;
  const files = [layout.interactions, layout.users, layout.items].flatMap((source) => source?.files ?? []);
  const inputs = files.map((file) => `${basename(file)} ${sha256OfFile(file)}`);
  const config = { importVersion, layout: layout.name, mapping: layout.mapping, positiveFrom, ...form, ...choices };
  const artifact = await makeOrLoad({ root, kind: "import", config, inputs }, (dir) => importInto(dir, plan, control));
  return { artifact, dir: artifact.dir, ...(artifact.manifest.extra as Omit<Imported, "artifact" | "dir">) };
}

async function importInto(dir: string, plan: ImportPlan, control: RunControl): Promise<Record<string, unknown>> {
  const database = await openDatabase();
  try {
    const step = (name: string, done: number): void => {
      control.signal?.throwIfAborted();
      control.onProgress?.(`import: ${name}`, done, 5);
    };
    const { layout, users, items, built, quality, midnight, ...understood } = await understand(database, plan, step);
    const { catalogue, interactions } = built;
    await writeCatalogue(dir, catalogue);
    await writeSides(database, dir, layout, users, items);
    await writeInteractions(database, dir, interactions);
    await write(database, dir, "quarantine", "SELECT * FROM import_quarantine ORDER BY row_number, reason");
    step("log", 4);
    const said = [...understood.said];
    let days = 0;
    for (const { day, events } of dailyImpressions(built, said)) {
      control.signal?.throwIfAborted();
      await writeDay(dir, day, events);
      days++;
    }
    const { mapping } = layout;
    const timeOf = (ms: number): string | null => (mapping.time === undefined ? null : new Date(ms).toISOString());
    const facts = {
      layout: layout.name,
      rows: quality.rows,
      kept: interactions.count,
      firstTime: timeOf(understood.first),
      lastTime: timeOf(understood.last),
      split: mapping.split !== undefined,
      propensities: mapping.propensity !== undefined,
      quarantined: quality.failed,
      users: catalogue.users.count,
      videos: catalogue.videos.count,
      days,
      said,
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
    const taken = new Set([id, "key"]); // names are one in SQL whatever their case
    const fields = (table?.columns ?? []).flatMap((column, c) => {
      if (column === source?.key || column === "") return [];
      let name = column;
      while (taken.has(name.toLowerCase())) name += "_";
      taken.add(name.toLowerCase());
      return [`, coalesce(s.c${c}, '') AS ${quoteName(name)}`];
    });
    return `SELECT t.${id}, t.key${fields.join("")} FROM ${ids} t ${joined(source, table)} ORDER BY t.${id}`;
  };
  await write(database, dir, "user_fields", select("user_ids", "user_id", layout.users, users));
  await write(database, dir, "video_fields", select("item_ids", "video_id", layout.items, items));
}

async function writeInteractions(database: Database, dir: string, all: ImportedInteractions): Promise<void> {
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
    { name: "propensity", type: "DOUBLE", values: all.propensity },
    { name: "split", type: "UTINYINT", values: all.split },
  ]);
  await write(database, dir, "interactions", "SELECT * FROM typed");
}

async function write(database: Database, dir: string, name: string, select: string): Promise<void> {
  await replaceFile(join(dir, `${name}.parquet`), (staged) => database.exec(copyTo(`(${select})`, staged)));
}

/** Whether a folder is a complete import. */
export function isImported(dir: string): boolean {
  return existsSync(join(dir, "import.json"));
}

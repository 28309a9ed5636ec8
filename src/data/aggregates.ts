/**
 * Daily aggregates in an open database: closed days go in once (from the log, or an arm's yesterday from memory), snapshots as of
 * any midnight come out. They may be saved and loaded, so that arms fork from one prepared history.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { hashOf, removeLeftovers, replaceFile, writeJsonAtomic } from "../artifacts/index.js";
import { checkDay, eventColumns, faultOf, openDatabase, quoteText, type Database, type NamedColumn } from "../log/index.js";
import type { Catalogue, Day, Impressions, RunControl } from "../types.js";
import { aggregateTables, createAggregate, createDayEvents, insertAggregate } from "./sql/aggregates.js";
import { createGlobal, createSnapshot, snapshotTables } from "./sql/snapshot.js";
import { putCatalogue } from "./tables.js";

/** `from`: a folder written by `save`, to start from its days. `threads` of DuckDB, 1 by default. */
export interface AggregatesOptions {
  readonly from?: string;
  readonly threads?: number;
}

/** Changes when tables or their meaning change: saved aggregates of another layout are refused. */
const layout = hashOf(aggregateTables);

const detailsShape = z.object({ layout: z.literal(layout), days: z.array(z.number().int()), users: z.number(), videos: z.number() });

/** Opens aggregates over a catalogue, empty or from a saved folder. */
export async function openAggregates(catalogue: Catalogue, options: AggregatesOptions = {}): Promise<Aggregates> {
  const database = await openDatabase({ threads: options.threads ?? 1 });
  try {
    await putCatalogue(database, catalogue);
    for (const table of aggregateTables) await database.exec(createAggregate(table));
    const days = options.from === undefined ? [] : await load(database, options.from, catalogue);
    return new Aggregates(catalogue, database, days);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Open daily aggregates; one user at a time. Close them when done. */
export class Aggregates {
  readonly #days: Set<Day>;
  #snapshot: Day | undefined;

  constructor(
    readonly catalogue: Catalogue,
    /** For this room's own queries. */
    readonly database: Database,
    days: readonly Day[],
  ) {
    this.#days = new Set(days);
  }

  /** The days aggregated so far, ascending. */
  get days(): readonly Day[] {
    return [...this.#days].sort((a, b) => a - b);
  }

  /**
   * Adds closed days from the log.
   * @throws Error when a day is there already, or the log is damaged or of another catalogue; that day is then not added at all.
   */
  async appendLog(dir: string, days: readonly Day[], control: RunControl = {}): Promise<void> {
    for (const [i, day] of days.entries()) {
      control.signal?.throwIfAborted();
      this.#checkNew(day);
      const { path } = await checkDay(this.database, dir, day);
      await this.#add(`read_parquet(${quoteText(path)}, hive_partitioning = false)`, [day], path);
      control.onProgress?.("aggregate log", i + 1, days.length);
    }
  }

  /** Adds a closed day (or several) from memory; no rows add no day. */
  async append(events: Impressions): Promise<void> {
    const days = [...new Set(events.day.subarray(0, events.count))];
    days.forEach((day) => this.#checkNew(day));
    if (days.length === 0) return;
    await this.database.putTable("memory_events", eventColumns.filter(({ name }) => used.has(name)).map((column) => memoryColumn(column, events)));
    await this.#add("memory_events", days, "impressions in memory");
    await this.database.exec("DROP TABLE memory_events");
  }

  /** Makes the snapshot tables as of midnight before `day`: only days before it count. */
  async snapshot(day: Day): Promise<void> {
    if (this.#snapshot === day) return;
    this.#snapshot = undefined;
    await this.database.exec(createGlobal(day));
    for (const table of snapshotTables) await this.database.exec(createSnapshot(table, day));
    this.#snapshot = day;
  }

  /** Writes the aggregates as Parquet files and, last, `aggregates.json`; equal days give equal bytes. */
  async save(dir: string): Promise<void> {
    await mkdir(dir, { recursive: true });
    await removeLeftovers(dir);
    for (const { name, keys } of aggregateTables) {
      const sql = `SELECT * FROM ${name} ORDER BY day, ${keys.join(", ")}`;
      await replaceFile(tablePath(dir, name), (staged) => this.database.exec(`COPY (${sql}) TO ${quoteText(staged)} (FORMAT parquet, COMPRESSION zstd)`));
    }
    const { users, videos } = this.catalogue;
    await writeJsonAtomic(detailsPath(dir), { layout, days: this.days, users: users.count, videos: videos.count });
  }

  /** Closes the database. */
  close(): void {
    this.database.close();
  }

  #checkNew(day: Day): void {
    if (this.#days.has(day)) throw new Error(`day ${day} is already in the aggregates; days there: ${this.days.join(", ")}`);
  }

  async #add(source: string, days: readonly Day[], name: string): Promise<void> {
    await this.database.exec(createDayEvents(source));
    const { rows } = await this.database.query(`SELECT count(*) - (SELECT count(*) FROM day_events) AS rows FROM ${source}`);
    if (rows?.[0] !== 0) throw new Error(`${name} has ${String(rows?.[0])} impressions of users or videos the catalogue does not know; is it of another world?`);
    const inserts = aggregateTables.map(insertAggregate).join(";\n");
    await this.database.exec("BEGIN");
    try {
      await this.database.exec(inserts);
      await this.database.exec("COMMIT");
    } catch (error) {
      await this.database.exec("ROLLBACK");
      throw error;
    }
    await this.database.exec("DROP TABLE day_events");
    days.forEach((day) => this.#days.add(day));
    this.#snapshot = undefined;
  }
}

const used = new Set(["user_id", "video_id", "day", "click", "watch_ms", "like", "share", "hide"]);

function memoryColumn({ name, type, field }: (typeof eventColumns)[number], events: Impressions): NamedColumn {
  return { name, type, values: events[field].subarray(0, events.count) };
}

async function load(database: Database, dir: string, catalogue: Catalogue): Promise<readonly Day[]> {
  if (!existsSync(detailsPath(dir))) throw new Error(`no aggregates in ${dir}: aggregates.json does not exist; prepare the features first`);
  try {
    const details = detailsShape.parse(JSON.parse(readFileSync(detailsPath(dir), "utf8")));
    const { users, videos } = catalogue;
    if (details.users !== users.count || details.videos !== videos.count) {
      throw new Error(`they are of ${details.users} users and ${details.videos} videos; this catalogue has ${users.count} and ${videos.count}`);
    }
    for (const { name } of aggregateTables) await database.exec(`INSERT INTO ${name} FROM read_parquet(${quoteText(tablePath(dir, name))})`);
    return details.days;
  } catch (error) {
    throw new Error(`damaged or foreign aggregates in ${dir}: ${faultOf(error)}; delete that folder and prepare the features again`, { cause: error });
  }
}

function tablePath(dir: string, name: string): string {
  return join(dir, `${name}.parquet`);
}

function detailsPath(dir: string): string {
  return join(dir, "aggregates.json");
}

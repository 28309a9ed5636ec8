/**
 * Daily aggregates in an open database: closed days are added once (from the log, or an arm's previous day from memory), snapshots as
 * of any midnight are read. They can be saved and loaded, so that arms fork from one prepared history.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { hashOf, removeLeftovers, replaceFile, writeJsonAtomic } from "../../artifacts/index.js";
import {
  checkDay,
  eventColumns,
  faultOf,
  memoryType,
  openDatabase,
  quoteName,
  copyTo,
  parquetFrom,
  typeSql,
  type Database,
  type NamedColumn,
} from "../../log/index.js";
import type { Catalogue, Day, Impressions, RunControl } from "../../types.js";
import { checkedColumns, type DayQuality } from "./expectations.js";
import type { FeatureDefinition } from "../features/features.js";
import { addDay } from "./ingest.js";
import { aggregateTables, createAggregate, insertAggregate } from "../sql/aggregates.js";
import { createGlobal, createSnapshot, snapshotTables } from "../sql/snapshot.js";
import { sqlHash } from "../sql-text.js";
import { putCatalogue } from "./put-catalogue.js";

/**
 * `from`: a folder written by `save`, to start from its days. `threads`, 1 by default: from 2 on, two days of a log and two tables of a
 * snapshot are processed at the same time; `memoryLimit` in DuckDB's notation, "2GB".
 */
export interface AggregatesOptions {
  readonly from?: string;
  readonly threads?: number;
  readonly memoryLimit?: string;
}

/** Changes when tables or their meaning change: saved aggregates of another layout are refused. */
const layout = hashOf([aggregateTables, sqlHash()]);

const count = z.number().int().nonnegative();
const qualityShape = z.object({ day: count, rows: count, ads: count, failed: z.record(z.string(), count) });
const detailsShape = z.object({
  layout: z.literal(layout),
  quality: z.array(qualityShape),
  users: z.number(),
  videos: z.number(),
});

/** Opens aggregates over a catalogue, empty or from a saved folder. */
export async function openAggregates(catalogue: Catalogue, options: AggregatesOptions = {}): Promise<Aggregates> {
  const { threads = 1 } = options;
  // two queries of one thread each cost half of one query of two
  const database = await openDatabase({
    threads: Math.ceil(threads / 2),
    ...(options.memoryLimit === undefined ? {} : { memoryLimit: options.memoryLimit }),
  });
  try {
    await putCatalogue(database, catalogue);
    for (const table of aggregateTables) await database.exec(createAggregate(table));
    await database.exec(
      `CREATE TABLE quarantined ` +
        `(${eventColumns.map(({ name, type }) => `${quoteName(name)} ${typeSql(type)}`).join(", ")}, reason VARCHAR)`,
    );
    const quality = options.from === undefined ? [] : await load(database, options.from, catalogue);
    return new Aggregates(catalogue, database, quality, threads > 1 ? await database.connect() : undefined);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Open daily aggregates; one user at a time. Close them when done. */
export class Aggregates {
  readonly #quality: Map<Day, DayQuality>;
  #snapshot: Day | undefined;

  constructor(
    readonly catalogue: Catalogue,
    /** For queries within `data/`. */
    readonly database: Database,
    quality: readonly DayQuality[],
    private readonly second?: Database,
  ) {
    this.#quality = new Map(quality.map((day) => [day.day, day]));
  }

  /** The connections that work at the same time. */
  get #lanes(): readonly Database[] {
    return this.second === undefined ? [this.database] : [this.database, this.second];
  }

  /** The days aggregated so far, ascending. */
  get days(): readonly Day[] {
    return [...this.#quality.keys()].sort((a, b) => a - b);
  }

  /** Data quality of each day's raw rows, by day. */
  get quality(): readonly DayQuality[] {
    return this.days.map((day) => this.#quality.get(day) as DayQuality);
  }

  /**
   * Adds closed days from the log.
   * Rows that fail an expectation are quarantined; a day without rows (no visits) is added as such. With two threads two days are
   * processed at once, and still added in order.
   * @throws Error when a day is there already, or the log is damaged, of another schema version, or mostly fails its expectations (another
   *   catalogue); that day and those after it are then not added at all.
   */
  async appendLog(dir: string, days: readonly Day[], control: RunControl = {}): Promise<void> {
    const twice = days.find((day, i) => days.indexOf(day) < i);
    if (twice !== undefined) throw new Error(`day ${twice} is requested twice`);
    days.forEach((day) => this.#checkNew(day));
    const turns: Promise<void>[] = [];
    for (const [i, day] of days.entries()) {
      const lane = this.#lanes[i % this.#lanes.length]!;
      const free = turns[i - this.#lanes.length] ?? Promise.resolve();
      const turn = free.then(async () => {
        control.signal?.throwIfAborted();
        await this.#addLogged(lane, dir, day, turns[i - 1]);
        control.onProgress?.("aggregate log", i + 1, days.length);
      });
      turns.push(turn);
    }
    await allDone(turns);
  }

  /** Adds a closed day (or several) from memory; no rows add no day. */
  async append(events: Impressions): Promise<void> {
    const days = [...new Set(events.day.subarray(0, events.count))];
    days.forEach((day) => this.#checkNew(day));
    if (days.length === 0) return;
    const put = (wanted: (name: string) => boolean): Promise<void> =>
      this.database.putTable(
        "memory_events",
        eventColumns.filter(({ name }) => wanted(name)).map((column) => memoryColumn(column, events)),
      );
    const whole = async (): Promise<string> => {
      await put(() => true);
      return "memory_events";
    };
    try {
      await put((name) => checkedColumns.includes(name));
      for (const day of days) {
        const source = { name: "impressions in memory", events: "memory_events", where: `day = ${day}`, whole };
        this.#added(await addDay(this.database, source, day));
      }
    } finally {
      await this.database.exec("DROP TABLE IF EXISTS memory_events");
    }
  }

  /**
   * Makes the snapshot tables as of midnight before `day`: only days before it count. `features`: other definitions than the built-in ones
   * (for a leak test).
   */
  async snapshot(day: Day, features?: readonly FeatureDefinition[]): Promise<void> {
    if (this.#snapshot === day && features === undefined) return;
    this.#snapshot = undefined;
    await this.database.exec(createGlobal(day));
    const waiting = [...snapshotTables];
    await allDone(
      this.#lanes.map(async (lane) => {
        for (let table = waiting.shift(); table !== undefined; table = waiting.shift())
          await lane.exec(createSnapshot(table, day, features));
      }),
    );
    if (features === undefined) this.#snapshot = day;
  }

  /** Writes the tables and `quarantine.parquet` as Parquet files and, last, `aggregates.json`; equal days give equal bytes. */
  async save(dir: string): Promise<void> {
    await mkdir(dir, { recursive: true });
    await removeLeftovers(dir);
    for (const { name, keys } of aggregateTables) {
      const sql = `SELECT * FROM ${name} ORDER BY day, ${keys.join(", ")}`;
      await replaceFile(tablePath(dir, name), (staged) => this.database.exec(copyTo(`(${sql})`, staged)));
    }
    await replaceFile(tablePath(dir, "quarantine"), (staged) =>
      this.database.exec(copyTo("(SELECT * FROM quarantined ORDER BY ALL)", staged)),
    );
    const { users, videos } = this.catalogue;
    await writeJsonAtomic(detailsPath(dir), {
      layout,
      quality: this.quality,
      users: users.count,
      videos: videos.count,
    });
  }

  /** Closes the database. */
  close(): void {
    this.second?.close();
    this.database.close();
  }

  #checkNew(day: Day): void {
    if (this.#quality.has(day))
      throw new Error(`day ${day} is already in the aggregates; days there: ${this.days.join(", ")}`);
  }

  async #addLogged(connection: Database, dir: string, day: Day, before: Promise<void> | undefined): Promise<void> {
    const { path } = await checkDay(connection, dir, day);
    const file = parquetFrom(path);
    this.#added(
      await addDay(connection, { name: path, events: file, whole: () => Promise.resolve(file) }, day, before),
    );
  }

  #added(quality: DayQuality): void {
    this.#quality.set(quality.day, quality);
    this.#snapshot = undefined;
  }
}

/** Waits for all, so that no statement is running when the database is closed. @throws what the first of them in order threw */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function memoryColumn(column: (typeof eventColumns)[number], events: Impressions): NamedColumn {
  return {
    name: column.name,
    type: memoryType(column, events),
    values: events[column.field].subarray(0, events.count),
  };
}

async function load(database: Database, dir: string, catalogue: Catalogue): Promise<readonly DayQuality[]> {
  if (!existsSync(detailsPath(dir)))
    throw new Error(`no aggregates in ${dir}: aggregates.json does not exist; prepare the features first`);
  try {
    const details = detailsShape.parse(JSON.parse(readFileSync(detailsPath(dir), "utf8")));
    const { users, videos } = catalogue;
    if (details.users !== users.count || details.videos !== videos.count) {
      throw new Error(
        `they are of ${details.users} users and ${details.videos} videos; this catalogue has ${users.count} and ${videos.count}`,
      );
    }
    for (const table of aggregateTables)
      await database.exec(insertAggregate(table, `SELECT * FROM ${parquetFrom(tablePath(dir, table.name))}`));
    await database.exec(`INSERT INTO quarantined FROM ${parquetFrom(tablePath(dir, "quarantine"))}`);
    return details.quality;
  } catch (error) {
    throw new Error(
      `damaged or foreign aggregates in ${dir}: ${faultOf(error)}; delete that folder and prepare the features again`,
      { cause: error },
    );
  }
}

function tablePath(dir: string, name: string): string {
  return join(dir, `${name}.parquet`);
}

function detailsPath(dir: string): string {
  return join(dir, "aggregates.json");
}

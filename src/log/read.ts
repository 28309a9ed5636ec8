/** Reads the log back: which days are there, and a day's impressions as columns, checked. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import type { Day, Impressions, RunControl } from "../types.js";
import { codedColumns, memoryType } from "./append.js";
import { openDatabase, parquetFrom, quoteName, quotePath, quoteText, type Column, type Database } from "./database.js";
import { eventColumns, readableVersions } from "./events.js";
import { faultOf } from "./fault.js";
import { concatImpressions, emptyImpressions } from "./impressions.js";
import { dayPath } from "./paths.js";
import { validateImpressions } from "./validate.js";

/** The complete days of a log folder, ascending. An absent folder has none. */
export async function days(dir: string): Promise<Day[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [] as string[];
    throw error;
  });
  const found = names.flatMap((name) => {
    const match = /^day=(\d{3,})$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
  return found.filter((day) => existsSync(dayPath(dir, day))).sort((a, b) => a - b);
}

/**
 * One day's impressions.
 * @throws Error naming the path, the fault and what to do, when the file is absent, damaged, of another schema or out of range.
 */
export async function readDay(dir: string, day: Day): Promise<Impressions> {
  const database = await openDatabase();
  try {
    return await readDayWith(database, dir, day);
  } finally {
    database.close();
  }
}

/** Several days' impressions one after another, in the requested order. */
export async function readDays(dir: string, wanted: readonly Day[], control: RunControl = {}): Promise<Impressions> {
  const database = await openDatabase();
  try {
    const batches: Impressions[] = [];
    for (const day of wanted) {
      control.signal?.throwIfAborted();
      batches.push(await readDayWith(database, dir, day));
      control.onProgress?.("read log", batches.length, wanted.length);
    }
    return concatImpressions(batches);
  } finally {
    database.close();
  }
}

/** A day's file that has the schema's columns, and the names listed in its metadata. */
export interface CheckedDay extends Pick<Impressions, "policies" | "arms"> {
  readonly path: string;
}

/**
 * Checks that a day's file is there, readable and of this schema; returns its path and the names its metadata lists.
 * For callers that read the file by SQL of their own.
 */
export async function checkDay(database: Database, dir: string, day: Day): Promise<CheckedDay> {
  const path = dayPath(dir, day);
  if (!existsSync(path))
    throw new Error(
      `no log of day ${day}: ${path} does not exist; days there: ${(await days(dir)).join(", ") || "none"}`,
    );
  try {
    const metadata = await database.query(
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${quotePath(path)})`,
    );
    const values = new Map(
      (metadata.key as readonly string[]).map((key, i) => [key, (metadata.value as readonly string[])[i] ?? ""]),
    );
    const version = values.get("schema_version");
    if (!readableVersions.some((known) => version === String(known)))
      throw new Error(`schema version ${version ?? "none"}; known: ${readableVersions.join(", ")}`);
    const found = await database.describe(`SELECT * FROM ${parquetFrom(path)}`);
    const known = eventColumns.map(({ name }) => name);
    const unknown = [...found.keys()].filter((name) => !known.includes(name));
    const others = unknown.length === 0 ? "" : `; unknown columns there: ${unknown.join(", ")}`;
    for (const { name, type } of eventColumns) {
      if (found.get(name) !== type)
        throw new Error(`column ${name} is ${found.get(name) ?? "missing"}; expected ${type}${others}`);
    }
    if (unknown.length > 0) throw new Error(`unknown column: ${unknown.join(", ")}; known: ${known.join(", ")}`);
    return { path, policies: namesOf(values.get("policies")), arms: namesOf(values.get("arms")) };
  } catch (error) {
    throw damaged(path, error);
  }
}

async function readDayWith(database: Database, dir: string, day: Day): Promise<Impressions> {
  const checked = await checkDay(database, dir, day);
  const { path, policies, arms } = checked;
  try {
    const columns = await database.query(`SELECT ${codedColumns({ policies, arms })} FROM ${parquetFrom(path)}`);
    const events: Record<string, unknown> = {
      ...emptyImpressions(policies, arms),
      count: (columns.user_id as Column).length,
    };
    for (const { name, field } of eventColumns) events[field] = columns[name];
    const stray = (events.day as Int16Array).findIndex((value) => value !== day);
    if (stray >= 0) throw new Error(`row ${stray} is of day ${(events.day as Int16Array)[stray]}`);
    validateImpressions(events as unknown as Impressions);
    return events as unknown as Impressions;
  } catch (error) {
    throw await damagedDay(database, checked, error);
  }
}

/** What to throw where the rows of a checked day could not be read: names the value the schema does not know, where that is the fault. */
export async function damagedDay(database: Database, checked: CheckedDay, error: unknown): Promise<Error> {
  for (const column of eventColumns) {
    const type = memoryType(column, checked);
    if (typeof type === "string") continue;
    const { word } = await database.query(`
      SELECT ${quoteName(column.name)} AS word FROM ${parquetFrom(checked.path)}
      WHERE ${quoteName(column.name)} NOT IN (${type.names.map(quoteText).join(", ")}) LIMIT 1`);
    if (word?.length === 1)
      return damaged(
        checked.path,
        new Error(`unknown ${column.name}: ${word[0]}; known: ${type.names.join(", ")}`, { cause: error }),
      );
  }
  return damaged(checked.path, error);
}

function namesOf(text: string | undefined): readonly string[] {
  const names: unknown = JSON.parse(text ?? "null");
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw new Error("its metadata lists no names");
  return names as readonly string[];
}

function damaged(path: string, error: unknown): Error {
  return new Error(
    `damaged or foreign log file ${path}: ${faultOf(error)}; delete that day's folder and simulate again`,
    { cause: error },
  );
}

/**
 * An end-of-day snapshot as a file: four bytes with the header's length, a JSON header, the columns. The end of a log is one, and so
 * is the checkpoint of an unfinished log, whose header also says what is written so far.
 */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../artifacts/index.js";
import type { World, WorldSnapshot } from "../world/index.js";

/** The days of a log written so far: rows of each, and the clicks of all. */
export interface LogSoFar {
  readonly rows: number[];
  clicks: number;
}

const checkpointFile = "checkpoint.bin";

const headerShape = z.looseObject({
  day: z.number().int(),
  fingerprint: z.string(),
  drift: z.array(z.unknown()),
  sizes: z.array(z.number().int().nonnegative()),
  log: z.object({ rows: z.array(z.number().int().nonnegative()), clicks: z.number().int().nonnegative() }).optional(),
});

/** Writes a snapshot, completely or not at all. */
export function writeSnapshot(path: string, snapshot: WorldSnapshot, log?: LogSoFar): Promise<void> {
  const { columns, ...rest } = snapshot;
  const header = Buffer.from(
    JSON.stringify({ ...rest, sizes: columns.map((c) => c.byteLength), ...(log ? { log } : {}) }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.byteLength);
  return replaceFile(path, async (staged) => {
    const file = await open(staged, "w");
    try {
      for (const piece of [length, header, ...columns]) await file.writeFile(piece);
    } finally {
      await file.close();
    }
  });
}

/** Reads a snapshot. @throws Error when it is not one, or cut short */
export async function readWorldSnapshot(
  path: string,
): Promise<{ readonly snapshot: WorldSnapshot; readonly log?: LogSoFar }> {
  const bytes = await readFile(path);
  let at = 4 + bytes.readUInt32LE(0);
  const { sizes, log, ...rest } = headerShape.parse(JSON.parse(bytes.subarray(4, at).toString()));
  const expected = sizes.reduce((sum, size) => sum + size, at);
  if (expected !== bytes.byteLength)
    throw new Error(`damaged snapshot ${path}: ${bytes.byteLength} bytes, expected ${expected}`);
  const columns = sizes.map((size) => new Uint8Array(bytes.buffer, bytes.byteOffset + (at += size) - size, size));
  return { snapshot: { ...rest, columns } as WorldSnapshot, ...(log ? { log } : {}) };
}

/** Replaces the checkpoint in `folder`; only the last is kept. */
export function writeCheckpoint(folder: string, snapshot: WorldSnapshot, log: LogSoFar): Promise<void> {
  return writeSnapshot(join(folder, checkpointFile), snapshot, log);
}

/** Restores the world from the checkpoint in `folder` and returns what is written; undefined: none fits, the log starts again. */
export async function readCheckpoint(folder: string, world: World): Promise<LogSoFar | undefined> {
  try {
    const { snapshot, log } = await readWorldSnapshot(join(folder, checkpointFile));
    if (log === undefined || log.rows.length !== snapshot.day + 1) return undefined;
    world.restore(snapshot);
    return log;
  } catch {
    return undefined;
  }
}

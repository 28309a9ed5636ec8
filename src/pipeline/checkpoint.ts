/**
 * An end-of-day snapshot as a file: four bytes with the header's length, a JSON header, the columns. The end of a log is one, and so
 * is the checkpoint of an unfinished log, whose header also says what is written so far, with sums: a resumed run trusts nothing else. It
 * ends with its own sum, 32 bytes.
 */
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../artifacts/index.js";
import type { World, WorldSnapshot } from "../world/index.js";

/** The days of a log written so far: rows of each, the clicks of all, and the sha256 of every file by its path within the log. */
export interface LogSoFar {
  readonly rows: number[];
  clicks: number;
  readonly sums: Record<string, string>;
}

const checkpointFile = "checkpoint.bin";

const headerShape = z.looseObject({
  day: z.number().int(),
  fingerprint: z.string(),
  drift: z.array(z.unknown()),
  sizes: z.array(z.number().int().nonnegative()),
  log: z
    .object({
      rows: z.array(z.number().int().nonnegative()),
      clicks: z.number().int().nonnegative(),
      sums: z.record(z.string(), z.string().length(64)),
    })
    .optional(),
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
      const pieces = [length, header, ...columns];
      if (log) pieces.push(sumOf(pieces));
      for (const piece of pieces) await file.writeFile(piece);
    } finally {
      await file.close();
    }
  });
}

function sumOf(pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** Reads a snapshot. @throws Error when it is not one, cut short, or a checkpoint that is not what its sum says */
export async function readWorldSnapshot(
  path: string,
): Promise<{ readonly snapshot: WorldSnapshot; readonly log?: LogSoFar }> {
  const bytes = await readFile(path);
  let at = 4 + bytes.readUInt32LE(0);
  const { sizes, log, ...rest } = headerShape.parse(JSON.parse(bytes.subarray(4, at).toString()));
  const end = sizes.reduce((sum, size) => sum + size, at);
  const expected = log ? end + 32 : end;
  if (expected !== bytes.byteLength)
    throw new Error(`damaged snapshot ${path}: ${bytes.byteLength} bytes, expected ${expected}`);
  if (log && !sumOf([bytes.subarray(0, end)]).equals(bytes.subarray(end)))
    throw new Error(`damaged snapshot ${path}: it is not what its sum says`);
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

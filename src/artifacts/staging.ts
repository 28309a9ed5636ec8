/**
 * Writing to a temporary name and renaming: a reader of the final name sees the complete old file or the complete new one. Staged
 * names begin with a dot and contain their writer (host, process, its start time), so that the leftovers of a killed run are
 * distinguished from files that another process is still writing.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { canonicalJson } from "./hash.js";

const prefix = ".staged-";
/** Unfinished on purpose, to be resumed (`resume.ts`). */
const keptPrefix = ".unfinished-";
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const maker = `${host}-${process.pid}-${startOf(process.pid)}`;
let count = 0;

/** A name in the same folder as `path` that no other process or thread uses; hidden, and ending as `path` ends. */
export function stagedPath(path: string): string {
  return join(dirname(path), `${prefix}${maker}-${threadId}-${count++}-${basename(path)}`);
}

/**
 * Lets `write` make the file at a staged path, flushes it and renames it to `path`; removes it if anything throws.
 * Missing folders are created. A full disk gives a clear error.
 */
export async function replaceFile(path: string, write: (staged: string) => Promise<void> | void): Promise<void> {
  const staged = stagedPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(staged);
    await flush(staged);
    await rename(staged, path);
    await flush(dirname(path));
  } catch (error) {
    await rm(staged, { force: true, recursive: true });
    throw clearDiskError(error, path);
  }
}

/** Writes text or bytes completely or not at all. */
export function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  return replaceFile(path, (staged) => writeFile(staged, data));
}

/** Writes a value as canonical JSON with a final new line, completely or not at all: equal values give equal bytes. */
export function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  return writeFileAtomic(path, `${canonicalJson(value)}\n`);
}

/** Removes what killed runs staged in `folder`; leaves what a live process (or another machine) is writing. Returns how many. */
export async function removeLeftovers(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const dead = names.filter((name) => name.startsWith(prefix) && !isMakerAlive(name.slice(prefix.length)));
  for (const name of dead) await rm(join(folder, name), { force: true, recursive: true });
  return dead.length;
}

/** Whether a folder entry is something staged and not yet (or never) finished. */
export function isStaged(name: string): boolean {
  return name.startsWith(prefix) || name.startsWith(keptPrefix);
}

/** Where the unfinished form of `path` is kept between runs; it is not deleted as a leftover, and never loaded as complete. */
export function unfinishedPath(path: string): string {
  return join(dirname(path), `${keptPrefix}${basename(path)}`);
}

/** This process as staged names and locks carry it: host, process, its start time. */
export const makerName: string = maker;

/** Flushes a file or folder to the disk. Folders cannot be opened everywhere; there only the rename is used. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

/** A clear error for a full disk (or quota); other errors are returned unchanged. */
export function clearDiskError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const message = error instanceof Error ? error.message : String(error);
  const full = code === "ENOSPC" || code === "EDQUOT" || /no space left|disk quota|ENOSPC/i.test(message);
  if (!full || message.startsWith("disk full")) return error;
  return new Error(`disk full while writing ${path}; nothing was left under that name: free some space and run again`, {
    cause: error,
  });
}

/** Whether the process of a `makerName` lives; true for another machine's, which cannot be known. */
export function isMakerAlive(itsName: string): boolean {
  const [itsHost, pid, start] = itsName.split("-");
  if (itsHost !== host) return true; // another machine's, on a shared folder: cannot know
  if (startOf(Number(pid)) !== start) return false; // the process id lives on in another process
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process started, in clock ticks since boot, where the system tells (Linux); "0" elsewhere. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  } catch {
    return "0";
  }
}

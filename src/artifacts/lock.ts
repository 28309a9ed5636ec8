/**
 * One process at a time: a lock file that carries its maker (host, process, its start time), so that the lock of a killed process
 * is recognised and taken over.
 */
import { link, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { isMakerAlive, makerName, stagedPath } from "./staging.js";

/** A lock that is held. Releasing twice is allowed. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock at `path`, or gives undefined where a living process (or another machine, or another caller in this process) holds it.
 * File systems without hard links have no locks: undefined. A dead holder's lock is taken over by one process only: the holder of a
 * second lock on it.
 */
export async function takeLock(path: string): Promise<Lock | undefined> {
  const mine = stagedPath(path);
  try {
    await writeFile(mine, `${makerName}\n`);
    if (await linked(mine, path)) return lockAt(path);
    const holder = await holderOf(path);
    if (holder !== undefined && isMakerAlive(holder)) return undefined;
    if (holder === undefined && path.endsWith("~~~~")) return undefined; // no hard links here, or too many waiting: try later
    const guard = await takeLock(`${path}~`);
    if (guard === undefined) return undefined;
    try {
      // Only the guard's holder removes a dead maker's lock, so what is read now is what is removed.
      const now = await holderOf(path);
      if (now !== undefined && isMakerAlive(now)) return undefined;
      if (now !== undefined) await unlink(path);
      return (await linked(mine, path)) ? lockAt(path) : undefined;
    } finally {
      await guard.release();
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** A hard link appears complete, with its content, or not at all. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (["EEXIST", "EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(code)) return false; // the rest: file systems without hard links
    throw error;
  }
}

async function holderOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

function lockAt(path: string): Lock {
  let held = true;
  return {
    async release(): Promise<void> {
      if (!held) return;
      held = false;
      await rm(path, { force: true });
    },
  };
}

/**
 * The log of events as they arrive: a folder per day, in it a file per partition of users, a line per event. What `append` has resolved is
 * on the disk (group commit: events that arrive during a sync share the next one). A line is a CRC-32 of the rest and the event as JSON,
 * so a line that a crash has cut is known as such and goes. Kafka can take this place: a partition is chosen by user, a position is a
 * count of events, and an event is known by its id.
 */
import { mkdir, open, readdir, readFile, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { dayFolder } from "../../log/paths.js";
import type { Day } from "../../types.js";
import type { Acknowledged, OnlineEvent } from "./contract.js";

/** An open log of one day. */
export interface EventLog {
  readonly day: Day;
  /** Events of the day on the disk. */
  readonly count: number;
  /** Writes the events whose ids are new; resolves when all are on the disk. @throws Error when they could not be written: none is then */
  append(events: readonly OnlineEvent[]): Promise<Acknowledged>;
  /** The day's events by partition, in order, from a position on. */
  read(from?: Positions): AsyncIterable<PartitionRead>;
  /** Waits for what is being written. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Events before a reader, by partition. */
export type Positions = Readonly<Record<string, number>>;

/** A partition's events from a position on. */
export interface PartitionRead {
  readonly partition: string;
  readonly events: readonly OnlineEvent[];
  readonly next: number; // the position after them
}

/** Options of a log. */
export interface EventLogOptions {
  readonly partitions?: number; // default 4
  /** Hears of events that are on the disk, in the order in which they are, before they are acknowledged. */
  readonly onWritten?: (events: readonly OnlineEvent[], positions: Positions) => void | Promise<void>;
  /** Hears how long a sync took. */
  readonly onSync?: (ms: number) => void;
}

interface Partition {
  readonly file: FileHandle;
  bytes: number;
  count: number;
}

interface Waiting {
  readonly events: readonly OnlineEvent[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Opens a day's log: reads the ids that are there, and cuts a torn last line. @throws Error on a line that was changed */
export async function openEventLog(dir: string, day: Day, options: EventLogOptions = {}): Promise<EventLog> {
  const { partitions = 4, onWritten, onSync } = options;
  const folder = dayFolder(dir, day);
  await mkdir(folder, { recursive: true });
  const files = new Map<string, Partition>();
  const ids = new Set<string>();
  const pending = new Map<string, Promise<void>>(); // ids that are being written
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".events")).sort()) {
    const { events, bytes } = await readWhole(join(folder, name));
    for (const { id } of events) ids.add(id);
    const file = await open(join(folder, name), "r+");
    await file.truncate(bytes);
    files.set(name, { file, bytes, count: events.length });
  }
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;
  let broken: Error | undefined;

  async function partitionOf(user: number): Promise<[string, Partition]> {
    const name = `part-${user % partitions}.events`;
    let found = files.get(name);
    if (!found) {
      found = { file: await open(join(folder, name), "wx"), bytes: 0, count: 0 };
      files.set(name, found);
      await syncFolder(folder);
    }
    return [name, found];
  }

  /** Writes all that waits, again and again until nothing does. */
  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const began = performance.now();
      try {
        if (broken) throw broken;
        const events = group.flatMap((one) => one.events);
        await commit(events);
        onSync?.(performance.now() - began);
        await onWritten?.(events, Object.fromEntries([...files].map(([name, { count }]) => [name, count])));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error as Error);
      }
    }
    flushing = undefined;
  }

  async function commit(events: readonly OnlineEvent[]): Promise<void> {
    const lines = new Map<Partition, string[]>();
    for (const event of events) {
      const [, partition] = await partitionOf(event.user);
      const text = lines.get(partition) ?? [];
      lines.set(partition, text);
      text.push(lineOf(event));
    }
    const written = await Promise.allSettled(
      [...lines].map(async ([{ file, bytes }, text]) => {
        const data = Buffer.from(text.join(""));
        await writeAll(file, data, bytes);
        await file.datasync();
        return data.length;
      }),
    );
    const fault = written.find((result) => result.status === "rejected");
    if (fault) {
      // none of the group counts: what was written of it goes
      for (const [{ file, bytes }] of lines)
        await file.truncate(bytes).catch((error: unknown) => (broken = error as Error));
      throw new Error(`the event log cannot be written: ${(fault.reason as Error).message}`, { cause: fault.reason });
    }
    [...lines].forEach(([partition, text], i) => {
      partition.bytes += (written[i] as PromiseFulfilledResult<number>).value;
      partition.count += text.length;
    });
  }

  return {
    day,
    get count(): number {
      return ids.size;
    },
    async append(events): Promise<Acknowledged> {
      const fresh: OnlineEvent[] = [];
      const others: Promise<void>[] = []; // somebody else's writing of the same ids: acknowledged with it
      const own = new Set<string>();
      for (const event of events) {
        const elsewhere = pending.get(event.id);
        if (elsewhere) others.push(elsewhere);
        else if (!ids.has(event.id) && !own.has(event.id)) {
          own.add(event.id);
          fresh.push(event);
        }
      }
      if (fresh.length > 0) {
        const done = new Promise<void>((resolve, reject) => waiting.push({ events: fresh, resolve, reject }));
        for (const id of own) pending.set(id, done);
        flushing ??= flush();
        try {
          await done;
          for (const id of own) ids.add(id);
        } finally {
          for (const id of own) pending.delete(id);
        }
      }
      await Promise.all(others);
      return { accepted: fresh.length, duplicates: events.length - fresh.length };
    },
    async *read(from = {}): AsyncIterable<PartitionRead> {
      for (const partition of [...files.keys()].sort()) {
        const { events } = await readWhole(join(folder, partition));
        yield { partition, events: events.slice(from[partition] ?? 0), next: events.length };
      }
    },
    async settled(): Promise<void> {
      await flushing;
    },
    async close(): Promise<void> {
      await flushing;
      for (const { file } of files.values()) await file.close();
    },
  };
}

/** Days that a folder has a log of, ascending; the last one was open. */
export async function loggedDays(dir: string): Promise<readonly Day[]> {
  const names = await readdir(dir).catch(() => []);
  return names
    .flatMap((name) => /^day=(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function lineOf(event: OnlineEvent): string {
  const json = JSON.stringify(event);
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
}

/** Events up to the first line that is not whole. @throws Error when whole lines follow it */
async function readWhole(path: string): Promise<{ readonly events: readonly OnlineEvent[]; readonly bytes: number }> {
  const data = await readFile(path);
  const events: OnlineEvent[] = [];
  let at = 0;
  while (at < data.length) {
    const end = data.indexOf(10, at);
    const line = data.toString("utf8", at, end < 0 ? data.length : end);
    const json = line.slice(9);
    if (end < 0 || line.slice(0, 8) !== crc32(json).toString(16).padStart(8, "0")) {
      if (end >= 0 && data.indexOf(10, end + 1) >= 0)
        throw new Error(`damaged event log ${path}: line ${events.length + 1} was changed; allowed: a cut last line`);
      break;
    }
    events.push(JSON.parse(json) as OnlineEvent);
    at = end + 1;
  }
  return { events, bytes: at };
}

async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let from = 0; from < data.length;) {
    const { bytesWritten } = await file.write(data, from, data.length - from, position + from);
    from += bytesWritten;
  }
}

/** A new file is there after a crash only when its folder is synced too. */
async function syncFolder(folder: string): Promise<void> {
  for (const path of [folder, dirname(folder)]) {
    const handle = await open(path, "r");
    await handle.sync().finally(() => handle.close());
  }
}

/**
 * Where a batch is kept: LMDB in a folder, or Redis. A version is written beside the one that is read, users in ascending order; a killed
 * run resumes after the last users written. One put then makes it the current version. The version before stays until the next batch
 * begins, so a reader that has just asked which is current still finds it whole.
 */
import { openLmdb } from "../online/online-store.js";
import type { RankedAhead } from "./ranked-ahead.js";

/** A user's candidates, and the version that they are of. */
export interface Found {
  readonly version: string;
  readonly ranked: RankedAhead;
}

/** A store of batches. */
export interface BatchStore {
  /** Of the current version; undefined: it has nothing of this user, or there is none. */
  read(user: number): Promise<Found | undefined>;
  current(): Promise<string | undefined>;
  /** Removes what is neither this version nor current; the first user that this version lacks. */
  begin(version: string): Promise<number>;
  /** Writes users below `next`: all of them or none. */
  write(version: string, next: number, ranked: ReadonlyMap<number, RankedAhead>): Promise<void>;
  /** Makes a version current. */
  publish(version: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a folder of LMDB. */
export function lmdbBatches(dir: string): BatchStore {
  const database = openLmdb<Buffer, (string | number)[]>(dir, "binary");
  const text = (...key: (string | number)[]): string | undefined => database.get(key)?.toString();
  return {
    async read(user) {
      const version = text("current", "version");
      const bytes = version === undefined ? undefined : database.get([version, user]);
      return bytes && { version: version!, ranked: decoded(bytes) };
    },
    current: async () => text("current", "version"),
    async begin(version) {
      const kept = ["current", "next", version, text("current", "version")];
      await database.transaction(() => {
        for (const key of database.getKeys()) if (!kept.includes(String(key[0]))) void database.remove(key);
        if (text("next", "version") !== version) void database.put(["next", "user"], Buffer.from("0"));
        void database.put(["next", "version"], Buffer.from(version));
      });
      return version === text("current", "version") ? Infinity : Number(text("next", "user"));
    },
    async write(version, next, ranked) {
      await database.transaction(() => {
        for (const [user, one] of ranked) void database.put([version, user], encoded(one));
        void database.put(["next", "user"], Buffer.from(String(next)));
      });
      await database.flushed;
    },
    publish: async (version) => void (await database.put(["current", "version"], Buffer.from(version))),
    close: () => database.close(),
  };
}

/** Opens a Redis; `of` names whose batches they are. @throws Error when none answers there */
export async function redisBatches(url: string, of: string): Promise<BatchStore> {
  const { connected } = await import("../online/redis-store.js"); // only --redis needs the client
  const redis = await connected(url);
  const [currentKey, nextKey] = [`stagecraft:batch:${of}:current`, `stagecraft:batch:${of}:next`];
  const pages = (version: string): string => `stagecraft:batch:${of}:of:${version}`;
  const current = async (): Promise<string | undefined> => (await redis.get(currentKey)) ?? undefined;
  return {
    async read(user) {
      const version = await current();
      const bytes = version === undefined ? null : await redis.hgetBuffer(pages(version), String(user));
      return bytes === null ? undefined : { version: version!, ranked: decoded(bytes) };
    },
    current,
    async begin(version) {
      const now = await current();
      const kept = [version, ...(now === undefined ? [] : [now])].map(pages);
      const old = (await redis.keys(pages("*"))).filter((key) => !kept.includes(key));
      if (old.length > 0) await redis.unlink(...old);
      if ((await redis.hget(nextKey, "version")) !== version) await redis.hset(nextKey, { version, user: 0 });
      return now === version ? Infinity : Number(await redis.hget(nextKey, "user"));
    },
    async write(version, next, ranked) {
      const change = redis.multi();
      for (const [user, one] of ranked) change.hset(pages(version), String(user), encoded(one));
      change.hset(nextKey, "user", next);
      const fault = (await change.exec())?.find(([error]) => error)?.[0];
      if (fault) throw fault;
    },
    publish: async (version) => void (await redis.set(currentKey, version)),
    close: async () => void (await redis.quit().catch(() => redis.disconnect())),
  };
}

const bytesPerVideo = 9; // its id, its score, its source

function encoded({ video, score, source }: RankedAhead): Buffer {
  return Buffer.concat(
    [video, score, source].map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength)),
  );
}

function decoded(bytes: Buffer): RankedAhead {
  const top = bytes.length / bytesPerVideo;
  const own = Uint8Array.from(bytes).buffer; // aligned
  return {
    video: new Int32Array(own, 0, top),
    score: new Float32Array(own, 4 * top, top),
    source: new Uint8Array(own, 8 * top, top),
  };
}

/**
 * What users did today, beneath the feature store's memory, so that a restart keeps it: LMDB in a folder, or Redis where several servers
 * share it (each user's events go to one of them, as a partition's do in Kafka). With the users' states it keeps the positions in the
 * event log that they are up to; what the log has beyond them is applied again at the start.
 */
import { open, type Database, type Key } from "lmdb";
import type { Visit } from "../../data/index.js";
import type { Day } from "../../types.js";
import type { Positions } from "./event-log.js";

/** What a user did today. */
export interface UserDay {
  readonly user: number;
  readonly visit: Visit;
  readonly clicked: readonly number[]; // videos, today
}

/** A store of users' days. */
export interface OnlineStore {
  readonly kind: "memory" | "lmdb" | "redis";
  /** All that it has of a day. */
  load(day: Day): Promise<{ readonly users: readonly UserDay[]; readonly positions: Positions }>;
  /** Keeps users' states and the positions that they are up to: both or neither. */
  record(day: Day, users: readonly UserDay[], positions: Positions): Promise<void>;
  /** A user's state, where others may have moved it; undefined: nobody has. */
  read?(day: Day, user: number): Promise<UserDay | undefined>;
  close(): Promise<void>;
}

/** Keeps nothing: what the event log has is applied again at the start. */
export function memoryStore(): OnlineStore {
  return {
    kind: "memory",
    load: async () => ({ users: [], positions: {} }),
    record: async () => undefined,
    close: async () => undefined,
  };
}

/** Opens a folder of LMDB. Days before the last one loaded are removed. */
export function lmdbStore(dir: string): OnlineStore {
  const database = openLmdb<UserDay | Positions, [Day, string]>(dir);
  return {
    kind: "lmdb",
    async load(day) {
      await database.transaction(() => {
        for (const key of database.getKeys({ end: [day, ""] })) void database.remove(key);
      });
      const users = [...database.getRange({ start: [day, "user"], end: [day, "user~"] })].map(
        ({ value }) => value as UserDay,
      );
      return { users, positions: (database.get([day, "positions"]) as Positions | undefined) ?? {} };
    },
    async record(day, users, positions) {
      await database.transaction(() => {
        for (const state of users) void database.put([day, `user ${state.user}`], state);
        void database.put([day, "positions"], positions);
      });
    },
    close: () => database.close(),
  };
}

/** Opens a database in a folder. */
export function openLmdb<Value, K extends Key>(path: string, encoding?: "binary"): Database<Value, K> {
  return open<Value, K>({ path, compression: false, ...(encoding && { encoding }) });
}

/** Users' days in Redis, shared by several servers. Loaded on first use: only `--redis` needs the client. */
import { Redis } from "ioredis";
import type { OnlineStore, UserDay } from "./online-store.js";

const secondsKept = 2 * 86_400;

/**
 * Opens a store at an address. `log` names this server's own event log, whose positions are its own.
 * @throws Error when no Redis answers there
 */
export async function redisStore(url: string, log: string): Promise<OnlineStore> {
  const redis = await connected(url);
  const usersKey = (day: number): string => `stagecraft:day:${day}:users`;
  const positionsKey = (day: number): string => `stagecraft:day:${day}:positions:${log}`;
  return {
    kind: "redis",
    async load(day) {
      const [users, positions] = await Promise.all([redis.hvals(usersKey(day)), redis.hgetall(positionsKey(day))]);
      return {
        users: users.map((text) => JSON.parse(text) as UserDay),
        positions: Object.fromEntries(Object.entries(positions).map(([name, count]) => [name, Number(count)])),
      };
    },
    async record(day, users, positions) {
      const change = redis.multi();
      for (const state of users) change.hset(usersKey(day), String(state.user), JSON.stringify(state));
      for (const [name, count] of Object.entries(positions)) change.hset(positionsKey(day), name, count);
      for (const key of [usersKey(day), positionsKey(day)]) change.expire(key, secondsKept);
      const results = await change.exec();
      const fault = results?.find(([error]) => error)?.[0];
      if (fault) throw fault;
    },
    async read(day, user) {
      const text = await redis.hget(usersKey(day), String(user));
      return text === null ? undefined : (JSON.parse(text) as UserDay);
    },
    close: async () => void (await redis.quit().catch(() => redis.disconnect())),
  };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}

/** A client that is connected; each command reports its own failure. @throws Error when no Redis answers there */
export async function connected(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    connectTimeout: 3000,
    enableOfflineQueue: false,
  });
  redis.on("error", () => undefined); // each command reports its own failure
  await redis.connect().catch((cause: unknown) => {
    redis.disconnect();
    throw new Error(`no Redis at ${withoutPassword(url)}: ${(cause as Error).message}`, { cause });
  });
  return redis;
}

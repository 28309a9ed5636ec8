/**
 * The open day of a service: its event log, and what users did today in the feature store's memory and beneath it. Events are on the disk
 * before anything else hears of them; what the stores have not got is applied again from the log.
 */
import { join } from "node:path";
import type { FeatureStore } from "../../data/index.js";
import type { Catalogue, Day } from "../../types.js";
import type { Acknowledged, OnlineEvent } from "./contract.js";
import { columnsOfEvents } from "./event-columns.js";
import { loggedDays, openEventLog, type EventLog, type Positions } from "./event-log.js";
import type { ServiceMetrics } from "./metrics.js";
import type { OnlineStore, UserDay } from "./online-store.js";
import { Refusal } from "./refusal.js";

/** The days of a service, one after another. */
export interface OpenDay {
  readonly day: Day;
  /** Resolves when every event is on the disk and in the features; waits for a midnight. @throws what the log throws */
  append(events: readonly OnlineEvent[]): Promise<Acknowledged>;
  /** Until a midnight that has begun is over. */
  settled(): Promise<void>;
  /** Reads what others did to a user's state, where it is shared. */
  refresh(user: number): Promise<void>;
  /** Midnight: the day's events join the aggregates, and the next day opens. @throws Refusal 409 where they cannot; the day stays open */
  next(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the day, or the last one that the log in `dir` has: a restart goes on with the day that was open. */
export async function openToday(options: {
  readonly catalogue: Catalogue;
  readonly store: FeatureStore;
  readonly online: OnlineStore;
  readonly metrics: ServiceMetrics;
  readonly dir: string;
  readonly day: Day;
}): Promise<OpenDay> {
  const { catalogue, store, online, metrics } = options;
  const dir = join(options.dir, "events");
  const clickedToday = new Map<number, number[]>();
  const unkept = new Set<number>(); // users whose state the online store has not got yet
  let { day } = options;
  let log: EventLog;
  let midnight: Promise<void> | undefined;

  /** Puts events into the features of whoever caused them, and beneath them. */
  async function apply(events: readonly OnlineEvent[], positions: Positions): Promise<void> {
    store.apply(columnsOfEvents(events, catalogue));
    for (const { user, video, click, campaign } of events) {
      unkept.add(user);
      if (click === 1 && !campaign) clickedToday.set(user, [...(clickedToday.get(user) ?? []), video]);
    }
    const users = [...unkept].map((user): UserDay => ({
      user,
      visit: store.visitOf(user),
      clicked: clickedToday.get(user) ?? [],
    }));
    try {
      await online.record(day, users, positions);
      for (const { user } of users) unkept.delete(user);
    } catch {
      metrics.storeFailed(); // the log has the events: they are kept with the next ones, or applied again at the next start
    }
  }

  function restore({ user, visit, clicked }: UserDay): void {
    store.restore(user, visit, clicked);
    clickedToday.set(user, [...clicked]);
  }

  /** Opens a day's log and brings the features up to its end. */
  async function open(): Promise<void> {
    clickedToday.clear();
    unkept.clear();
    log = await openEventLog(dir, day, { onWritten: apply, onSync: (ms) => metrics.synced(ms) });
    const kept = await online.load(day);
    for (const user of kept.users) restore(user);
    const positions: Record<string, number> = { ...kept.positions };
    for await (const { partition, events, next } of log.read(kept.positions)) {
      positions[partition] = next;
      if (events.length > 0) await apply(events, positions);
    }
  }

  /** The day's events join the aggregates. */
  async function close(): Promise<void> {
    await log.settled();
    const events = [];
    for await (const part of log.read()) events.push(...part.events);
    await store.append(columnsOfEvents(events, catalogue)).catch((cause: unknown) => {
      throw new Refusal(409, `day ${day} stays open: ${(cause as Error).message}`, { cause });
    });
    await log.close();
  }

  const last = Math.max(day, ...(await loggedDays(dir)));
  for (; day < last; day++) {
    log = await openEventLog(dir, day);
    await close();
  }
  await store.openDay(day);
  await open();
  return {
    get day(): Day {
      return day;
    },
    settled: async () => midnight,
    append: (events) => log.append(events),
    async refresh(user): Promise<void> {
      const moved = await online.read?.(day, user).catch(() => void metrics.storeFailed());
      if (moved && moved.visit.session >= 0) restore(moved);
    },
    async next(): Promise<void> {
      midnight = (async (): Promise<void> => {
        await close();
        await store.openDay(day + 1);
        day++;
        await open();
      })();
      await midnight.finally(() => (midnight = undefined));
    },
    close: () => log.close(),
  };
}

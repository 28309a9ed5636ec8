/**
 * A crew of worker threads that plays the shards of a day in parallel on shared memory. Every worker has its own copy of
 * the policy and gets the same previous day, workers take shards from one counter and their rows are merged in shard order, so any
 * number of workers gives the same bytes. No row is copied: shards are transferred buffers, days are shared memory.
 */
import { Worker } from "node:worker_threads";
import { eventColumns, growingImpressions } from "../log/index.js";
import type { PolicyModule } from "../serving/policy-module.js";
import { type Day, type Impressions, shardCount } from "../types.js";
import type { SharedWorld, World } from "../world/index.js";
import { compiledUrl } from "./compiled.js";
import { type DayOfArm, type Player, roomAfter } from "./player.js";
import type { VisitTimes } from "./user-days.js";

/** A shard's day. */
export interface PlayedShard {
  readonly events: Impressions;
  readonly visits: VisitTimes;
}

/** First message to a worker. */
export interface CrewTask {
  readonly shared: SharedWorld;
  readonly policy: PolicyModule;
  readonly arm: string;
  readonly seed: number;
  readonly assigned?: Uint8Array;
}

/** Later messages to a worker, and its answers. `next` is the crew's counter: the next shard nobody has taken. */
export type CrewOrder =
  | { readonly kind: "open"; readonly day: Day; readonly yesterday: Impressions | undefined }
  | { readonly kind: "observe"; readonly events: Impressions }
  | { readonly kind: "play"; readonly next: Int32Array }
  | { readonly kind: "close" };
export type CrewAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "played"; readonly shard: number; readonly played: PlayedShard }
  | { readonly kind: "failed"; readonly error: unknown };

/** The buffers of a shard's rows and visits, to be transferred. */
export function buffersOf(played: PlayedShard): ArrayBuffer[] {
  const { user, startMs, endMs } = played.visits;
  const columns = [...eventColumns.map(({ field }) => played.events[field]), user, startMs, endMs];
  return [...new Set(columns.map((column) => column.buffer as ArrayBuffer))];
}

/** Starts `workers` threads that play `world` for one arm. */
export async function crewPlayer(
  world: World,
  policy: PolicyModule,
  arm: string,
  workers: number,
  assigned?: Uint8Array,
): Promise<Player> {
  const task: CrewTask = { shared: world.share(), policy, arm, seed: world.seed, ...(assigned ? { assigned } : {}) };
  const crew = Array.from({ length: Math.min(workers, shardCount) }, () => openMate(task));
  const close = async (): Promise<void> => void (await Promise.all(crew.map((mate) => mate.close())));
  const all = async (order: CrewOrder): Promise<void> => void (await Promise.all(crew.map((mate) => mate.ask(order))));
  let room = 0;
  try {
    await Promise.all(crew.map((mate) => mate.ready));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    openDay: (day, yesterday) => all({ kind: "open", day, yesterday: yesterday && withoutPools(yesterday) }),
    observe: (events) => all({ kind: "observe", events: shareable(events) }),
    async play(_day, signal, onShard): Promise<DayOfArm> {
      signal?.throwIfAborted();
      const next = new Int32Array(new SharedArrayBuffer(4));
      const stop = (): void => void Atomics.store(next, 0, shardCount); // shards that are being played are played to their end
      const day = inOrder(room, onShard);
      signal?.addEventListener("abort", stop, { once: true });
      try {
        await Promise.all(crew.map((mate) => mate.ask({ kind: "play", next }, day.add)));
      } finally {
        stop();
        signal?.removeEventListener("abort", stop);
      }
      signal?.throwIfAborted();
      const played = day.played();
      room = roomAfter(played.events.count);
      return played;
    },
    replace() {
      throw new Error("a crew's policy cannot be replaced; play this arm in one thread (workers: 1)");
    },
    close,
  };
}

/** Puts shards together in their order as they come, into one day of shared memory; a shard waits only for those before it. */
function inOrder(
  room: number,
  onShard?: (shards: number, impressions: number) => void,
): { add: (shard: number, played: PlayedShard) => void; played: () => DayOfArm } {
  const day = growingImpressions({ policies: [], policy: 0, arms: [], arm: 0 }, room, true);
  const waiting = new Map<number, PlayedShard>();
  const visits: PlayedShard["visits"][] = [];
  let impressions = 0;
  let heard = 0;
  return {
    add(shard, played): void {
      waiting.set(shard, played);
      for (let first = waiting.get(visits.length); first !== undefined; first = waiting.get(visits.length)) {
        waiting.delete(visits.length);
        day.addAll(first.events);
        visits.push(first.visits);
      }
      onShard?.(++heard, (impressions += played.events.count));
    },
    played: () => ({ events: day.rows(), visits }),
  };
}

/** What policies learn from: pools need not be copied to every worker. */
function withoutPools({ pools: _, ...events }: Impressions): Impressions {
  return events;
}

/** The same rows in memory that all threads see. */
function shareable(events: Impressions): Impressions {
  const day = growingImpressions({ policies: [], policy: 0, arms: [], arm: 0 }, events.count, true);
  day.addAll(events);
  return day.rows();
}

interface Mate {
  readonly ready: Promise<void>;
  /** Gives an order and waits until it is done; `onPlayed` is called for each shard on the way. One order at a time. */
  ask(order: CrewOrder, onPlayed?: (shard: number, played: PlayedShard) => void): Promise<void>;
  /** Ends the thread after the shard it plays: `terminate` within a native call would abort the process. */
  close(): Promise<void>;
}

function openMate(task: CrewTask): Mate {
  const worker = new Worker(compiledUrl("crew-worker", import.meta.url), { workerData: task });
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  let hear: ((shard: number, played: PlayedShard) => void) | undefined;
  let failure: unknown;
  const wait = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) reject(failure);
      else settle = { resolve, reject };
    });
  const fail = (error: unknown): void => {
    failure ??= error;
    settle?.reject(failure);
  };
  worker.on("message", (answer: CrewAnswer) => {
    if (answer.kind === "failed") fail(answer.error);
    else if (answer.kind === "done") settle?.resolve();
    else hear?.(answer.shard, answer.played);
  });
  worker.on("error", fail);
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("exit", (code) => fail(new Error(`a simulation worker stopped with exit code ${code}`)));
  const ready = wait();
  ready.catch(() => undefined); // the code that awaits it handles the error
  return {
    ready,
    ask(order, onPlayed) {
      hear = onPlayed;
      const done = wait();
      worker.postMessage(order);
      return done;
    },
    close() {
      worker.postMessage({ kind: "close" } satisfies CrewOrder);
      return gone;
    },
  };
}

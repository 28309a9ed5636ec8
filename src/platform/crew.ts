/**
 * A crew of worker threads that plays the shards of a day side by side on shared memory. Every worker holds its own copy of
 * the policy and is told the same yesterday, shards are dealt out in a fixed order and put together in shard order, so any number of
 * workers gives the same bytes.
 */
import { Worker } from "node:worker_threads";
import { concatImpressions } from "../log/index.js";
import { type Catalogue, type Day, type Impressions, type Policy, shardCount } from "../types.js";
import type { SharedWorld, World } from "../world/index.js";
import type { DayOfArm, Player } from "./player.js";
import type { PlayedShard } from "./shard.js";
import { compiledUrl } from "./threads.js";

/** A policy by module, so that worker threads can make their own: `module` exports `create(config, context)`. */
export interface PolicySpec {
  readonly module: string; // file URL or package specifier
  readonly export: string; // name of the factory
  readonly config: unknown;
}

/** What a policy factory is given. */
export interface PolicyContext {
  readonly catalogue: Catalogue;
  readonly seed: number;
}

/** A factory named by a PolicySpec. */
export type PolicyFactory = (config: never, context: PolicyContext) => Policy | Promise<Policy>;

/** First message to a worker. */
export interface CrewTask {
  readonly shared: SharedWorld;
  readonly spec: PolicySpec;
  readonly arm: string;
  readonly seed: number;
  readonly assigned?: Uint8Array;
}

/** Later messages to a worker, and its answers. */
export type CrewOrder =
  | { readonly kind: "open"; readonly day: Day; readonly yesterday: Impressions | undefined }
  | { readonly kind: "play"; readonly shard: number };
export type CrewAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "opened" }
  | { readonly kind: "played"; readonly shard: number; readonly played: PlayedShard }
  | { readonly kind: "failed"; readonly error: unknown };

/** Starts `workers` threads that play `world` for one arm. */
export async function crewPlayer(world: World, spec: PolicySpec, arm: string, workers: number, assigned?: Uint8Array): Promise<Player> {
  const task: CrewTask = { shared: world.share(), spec, arm, seed: world.seed, ...(assigned ? { assigned } : {}) };
  const crew = Array.from({ length: Math.min(workers, shardCount) }, () => openMate(task));
  const close = async (): Promise<void> => void (await Promise.all(crew.map((mate) => mate.worker.terminate())));
  try {
    await Promise.all(crew.map((mate) => mate.ready));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async openDay(day, yesterday) {
      await Promise.all(crew.map((mate) => mate.ask({ kind: "open", day, yesterday })));
    },
    async play(_day, signal): Promise<DayOfArm> {
      const shards: PlayedShard[] = new Array<PlayedShard>(shardCount);
      let next = 0;
      await Promise.all(crew.map(async (mate) => {
        while (next < shardCount) {
          signal?.throwIfAborted();
          const shard = next++;
          const answer = await mate.ask({ kind: "play", shard });
          if (answer.kind === "played") shards[shard] = answer.played;
        }
      }));
      return { events: concatImpressions(shards.map((s) => s.events)), visits: shards.map((s) => s.visits) };
    },
    replace() {
      throw new Error("a crew's policy cannot be replaced; play this arm in one thread (workers: 1)");
    },
    close,
  };
}

interface Mate {
  readonly worker: Worker;
  readonly ready: Promise<CrewAnswer>;
  ask(order: CrewOrder): Promise<CrewAnswer>;
}

function openMate(task: CrewTask): Mate {
  const worker = new Worker(compiledUrl("crew-worker", import.meta.url), { workerData: task });
  let settle: { resolve: (answer: CrewAnswer) => void; reject: (error: unknown) => void } | undefined;
  let failure: unknown;
  const wait = (): Promise<CrewAnswer> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) reject(failure);
      else settle = { resolve, reject };
    });
  const fail = (error: unknown): void => {
    failure ??= error;
    settle?.reject(failure);
  };
  worker.on("message", (answer: CrewAnswer) => (answer.kind === "failed" ? fail(answer.error) : settle?.resolve(answer)));
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`a simulation worker stopped with exit code ${code}`)));
  const ready = wait();
  return {
    worker,
    ready,
    ask(order) {
      const answer = wait();
      worker.postMessage(order);
      return answer;
    },
  };
}

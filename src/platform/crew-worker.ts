/**
 * A worker thread of `crew.ts`: attaches to the shared world, makes its own policy, and takes shards of the open day as long as there
 * are any.
 */
import { parentPort, workerData } from "node:worker_threads";
import { growingImpressions } from "../log/index.js";
import { playShard } from "../platform.js";
import { makePolicy } from "../serving/policy-module.js";
import { shardCount } from "../types.js";
import { joinWorld } from "../world/index.js";
import { buffersOf, type CrewAnswer, type CrewOrder, type CrewTask } from "./crew.js";
import { observe, roomAfter } from "./player.js";

const task = workerData as CrewTask;
const answer = (message: CrewAnswer, transfer: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer);

const failed = (error: unknown): void => answer({ kind: "failed", error });
let obey: (order: CrewOrder) => Promise<void> = async () => undefined;
let close: (() => void | Promise<void>) | undefined;
let turn: Promise<void> = work().catch(failed);

async function work(): Promise<void> {
  const world = await joinWorld(task.shared);
  const exported = (await import(task.policy.module)) as Readonly<Record<string, unknown>>;
  const policy = await makePolicy(exported, task.policy, {
    catalogue: world.catalogue,
    seed: task.seed,
    name: task.arm,
    slots: world.config.slots,
    store: () => Promise.reject(new Error("a crew's policy has no feature store; allowed: policies that need none")),
  });
  let room = 0;
  obey = play;
  close = policy.close?.bind(policy);
  answer({ kind: "done" });

  async function play(order: CrewOrder): Promise<void> {
    if (order.kind === "open") await policy.openDay(order.day, order.yesterday);
    else if (order.kind === "observe") observe(policy, order.events);
    else if (order.kind === "play") {
      // One counter for the whole crew: no worker waits for the owner's thread, which may be writing the previous day.
      for (let shard = Atomics.add(order.next, 0, 1); shard < shardCount; shard = Atomics.add(order.next, 0, 1)) {
        const log = growingImpressions({ policies: [policy.name], policy: 0, arms: [task.arm], arm: 0 }, room);
        const visits = await playShard(world, shard, policy, log, task.assigned);
        const played = { events: log.rows(), visits };
        room = roomAfter(played.events.count);
        answer({ kind: "played", shard, played }, buffersOf(played));
      }
    }
    answer({ kind: "done" });
  }
}

/** Orders are obeyed one after the other, so that the thread ends between two of them and never within a native call. */
parentPort?.on("message", (order: CrewOrder) => {
  turn = turn.then(() => (order.kind === "close" ? end() : obey(order))).catch(failed);
});

async function end(): Promise<void> {
  try {
    await close?.();
  } finally {
    process.exit(); // this thread alone
  }
}

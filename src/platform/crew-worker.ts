/** A worker thread of `crew.ts`: attaches to the shared world, makes its own policy, and plays the shards it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import type { Policy } from "../types.js";
import { attachWorld } from "../world/index.js";
import type { CrewAnswer, CrewOrder, CrewTask, PolicyFactory } from "./crew.js";
import { playShard } from "./shard.js";

const task = workerData as CrewTask;
const answer = (message: CrewAnswer): void => parentPort?.postMessage(message);

async function work(): Promise<void> {
  const world = attachWorld(task.shared);
  const module = (await import(task.spec.module)) as Record<string, PolicyFactory | undefined>;
  const factory = module[task.spec.export];
  if (factory === undefined) throw new Error(`policy module has no export "${task.spec.export}": ${task.spec.module}; it exports ${Object.keys(module).join(", ")}`);
  const policy: Policy = await factory(task.spec.config as never, { catalogue: world.catalogue, seed: task.seed });
  parentPort?.on("message", (order: CrewOrder) => void obey(order).catch((error: unknown) => answer({ kind: "failed", error })));
  answer({ kind: "ready" });

  async function obey(order: CrewOrder): Promise<void> {
    if (order.kind === "open") {
      await policy.openDay(order.day, order.yesterday);
      answer({ kind: "opened" });
    } else {
      const played = await playShard(world, order.shard, policy, { policy: policy.name, arm: task.arm }, task.assigned);
      answer({ kind: "played", shard: order.shard, played });
    }
  }
}

work().catch((error: unknown) => answer({ kind: "failed", error }));

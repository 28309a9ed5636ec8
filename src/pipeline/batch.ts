/** Step 6, in batch: every user's candidates ranked ahead by the trained funnel, for the day after the log. */
import { hashOf } from "../artifacts/index.js";
import { withStore } from "../data/index.js";
import { openLearnedFunnel } from "../serving/index.js";
import type { BatchStore } from "../serving/batch/batch-store.js";
import { rankAhead } from "../serving/batch/ranked-ahead.js";
import type { RunControl } from "../types.js";
import { modelDirs } from "./arms/learned.js";
import { openWorldAfter } from "./simulate.js";
import type { Trained } from "./train.js";

/** What a run did. */
export interface BatchMade {
  readonly version: string;
  /** The first user that it ranked: 0, or where a killed run had stopped. */
  readonly from: number;
  readonly users: number; // ranked by this run: none where the version was current already
  readonly cpuSeconds: number;
}

/** Makes the batch and then makes it current; a run that was stopped resumes. @throws what models and stores throw */
export async function makeBatch(
  trained: Trained,
  batches: BatchStore,
  top = 100,
  control: RunControl = {},
): Promise<BatchMade> {
  const { log, aggregatesDir, artifact } = trained.prepared;
  const { seed, sizes, world: config } = log.setting;
  const day = config.days;
  const models = [artifact.id, trained.twoTower.artifact.id, trained.ranker.artifact.id];
  const { candidates } = sizes.online;
  const version = `day ${day} ${hashOf({ models, day, top, seed, candidates }).slice(0, 12)}`;
  const from = await batches.begin(version);
  if (from === Infinity) return { version, from: 0, users: 0, cpuSeconds: 0 };
  const { catalogue } = await openWorldAfter(log);
  return withStore(catalogue, { from: aggregatesDir }, async (store) => {
    const funnel = await openLearnedFunnel({ catalogue, store, seed, ...modelDirs(trained), config: { candidates } });
    try {
      await funnel.openDay(day, undefined);
      const cpu = process.cpuUsage();
      let users = 0;
      for await (const { next, ranked } of rankAhead(catalogue, funnel.stages, { day, top, from })) {
        control.signal?.throwIfAborted();
        await batches.write(version, next, ranked);
        users += ranked.size;
        control.onProgress?.("users", next, catalogue.users.count);
      }
      await batches.publish(version);
      const spent = process.cpuUsage(cpu);
      return { version, from, users, cpuSeconds: (spent.user + spent.system) / 1e6 };
    } finally {
      await funnel.close();
    }
  });
}

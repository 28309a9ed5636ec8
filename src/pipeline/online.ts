/** Step 6, online: trained models as a service, on the day after the log. */
import { join } from "node:path";
import { openStore } from "../data/index.js";
import { compiledUrl } from "../platform/compiled.js";
import { openRanker, openTowers } from "../serving/index.js";
import { openModelThreads } from "../serving/online/model-threads.js";
import { lmdbStore } from "../serving/online/online-store.js";
import { redisStore } from "../serving/online/redis-store.js";
import { openService, type ServiceOptions } from "../serving/online/service.js";
import type { Service } from "../serving/online/server.js";
import { thumbnail, titles } from "../world/index.js";
import { modelDirs } from "./arms/learned.js";
import { openWorldAfter } from "./simulate.js";
import type { Trained } from "./train.js";

/** How a service is opened; the rest is what the setting says. */
export interface OnlineOptions extends Pick<ServiceOptions, "deadlines" | "followDays" | "config"> {
  /** Folder of the event log and of what is beneath the memory; default: below the artifacts, one for each log. */
  readonly dir?: string;
  /** A Redis in place of LMDB. */
  readonly redis?: string;
  /** Threads that run models; 0: this one. Default 1. */
  readonly modelThreads?: number;
}

/** Opens the service of trained models. @throws what opening them, the stores and the event log throws */
export async function openOnline(trained: Trained, options: OnlineOptions = {}): Promise<Service> {
  const { log, aggregatesDir } = trained.prepared;
  const { setting } = log;
  const { dir = join(setting.datasets, "online", log.artifact.id), redis, config, modelThreads = 1, ...rest } = options;
  const world = await openWorldAfter(log);
  const { catalogue } = world;
  return openService({
    catalogue,
    store: await openStore(catalogue, { from: aggregatesDir }),
    online: redis === undefined ? lmdbStore(join(dir, "users")) : await redisStore(redis, log.artifact.id),
    opener:
      modelThreads === 0
        ? { openRanker, openTowers, close: async () => undefined }
        : openModelThreads(modelThreads, compiledUrl("../serving/online/model-worker", import.meta.url)),
    models: modelDirs(trained),
    day: setting.world.days,
    seed: setting.seed,
    dir,
    artifacts: setting.datasets,
    titleOf: (video) => titles(world, [video])[0]!,
    thumbnailOf: (video) => thumbnail(world, video),
    config: {
      candidates: setting.sizes.online.candidates,
      ...config,
      rerank: { slots: setting.world.slots, ...config?.rerank },
    },
    ...rest,
  });
}

/** Step 6, online: trained models as a service, on the day after the log. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../data/index.js";
import { compiledUrl } from "../platform/compiled.js";
import { openRanker, openTowers } from "../serving/index.js";
import { openModelThreads } from "../serving/online/model-threads.js";
import type { BatchStore } from "../serving/batch/batch-store.js";
import type { Server, ServerOptions } from "../serving/online/server.js";
import type { Service } from "../serving/online/routes.js";
import type { ServiceOptions } from "../serving/online/service.js";
import { thumbnail, titles } from "../world/index.js";
import { modelDirs } from "./arms/learned.js";
import { openWorldAfter } from "./simulate.js";
import type { Trained } from "./train.js";

/** How a service is opened; the rest is what the setting says. */
export interface OnlineOptions extends Pick<ServiceOptions, "deadlines" | "followDays" | "config"> {
  /** Folder of the event log and of what is beneath the memory; default: below the artifacts, one for each log. */
  readonly dir?: string;
  /** A file of settings (see serving/online/settings), read at the start and with each swap. */
  readonly settings?: string;
  /** A Redis in place of LMDB; with `mode: "batch"` the batch is there, too. */
  readonly redis?: string;
  /** `batch`: what `stagecraft batch` ranked ahead is looked up; default `online`: models answer. */
  readonly mode?: "online" | "batch";
  /** Threads that run models; 0: this one. Default 1. */
  readonly modelThreads?: number;
}

/** Opens the service of trained models. @throws what opening them, the stores and the event log throws */
export async function openOnline(trained: Trained, options: OnlineOptions = {}): Promise<Service> {
  const { log, aggregatesDir } = trained.prepared;
  const { setting } = log;
  const {
    dir = join(setting.datasets, "online", log.artifact.id),
    redis,
    settings,
    config,
    mode = "online",
    modelThreads = mode === "batch" ? 0 : 1,
    ...rest
  } = options;
  const world = await openWorldAfter(log);
  const { catalogue } = world;
  // loaded on first use: only who serves needs these libraries
  const { openService } = await import("../serving/online/service.js");
  const { readSettings } = await import("../serving/online/settings.js");
  const { lmdbStore } = await import("../serving/online/online-store.js");
  const shared = redis === undefined ? undefined : await import("../serving/online/redis-store.js");
  return openService({
    catalogue,
    store: await openStore(catalogue, { from: aggregatesDir, sequences: true }),
    online: shared ? await shared.redisStore(redis!, log.artifact.id) : lmdbStore(join(dir, "users")),
    opener:
      modelThreads === 0
        ? { openRanker, openTowers, close: async () => undefined }
        : openModelThreads(modelThreads, compiledUrl("../serving/online/model-worker", import.meta.url)),
    models: modelDirs(trained),
    ...(mode === "batch" && { batch: await openBatches(trained, redis) }),
    day: setting.world.days,
    seed: setting.seed,
    dir,
    artifacts: setting.datasets,
    ...(settings !== undefined && { settings: (known) => readSettings(settings, known) }),
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

/** Where batches of trained models are kept: below the artifacts, or a Redis. @throws Error when none answers there */
export async function openBatches({ prepared: { log } }: Trained, redis?: string): Promise<BatchStore> {
  const { lmdbBatches, redisBatches } = await import("../serving/batch/batch-store.js");
  return redis === undefined
    ? lmdbBatches(join(log.setting.datasets, "batch", log.artifact.id))
    : redisBatches(redis, log.artifact.id);
}

/**
 * The service of trained models behind a server, on any free port, for a notebook: what it is told is gone when it is closed.
 * @example const online = await pipeline.startOnline(trained); … await online.close();
 */
export async function startOnline(
  trained: Trained,
  options: Omit<OnlineOptions, "dir"> & Pick<ServerOptions, "port"> = {},
): Promise<Server> {
  const { port = 0, ...rest } = options;
  const dir = await mkdtemp(join(tmpdir(), "stagecraft-online-"));
  const { startServer } = await import("../serving/online/server.js");
  const server = await startServer(await openOnline(trained, { ...rest, dir }), { port });
  return {
    url: server.url,
    async close(): Promise<void> {
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Step 6: the funnel in its budget. Requests come one at a time, as in a service, and every stage is timed on one core. */
import { forScale, latencyBudget } from "../brief/index.js";
import { withStore } from "../data/index.js";
import { openLearnedFunnel, type StageTimings } from "../serving/index.js";
import { sliceRequests } from "../serving/requests.js";
import { shardCount, type RequestBatch, type RunControl } from "../types.js";
import type { World } from "../world/index.js";
import { modelDirs } from "./arms/learned.js";
import { openWorldAfter } from "./simulate.js";
import type { Trained } from "./train.js";

/** A latency run. */
export interface LatencyReport {
  readonly requests: number;
  readonly candidates: number; // that reach the ranker
  readonly catalogue: number; // live videos
  readonly stages: StageTimings;
  readonly targetMs: number;
}

/** Requests served first and not counted: caches fill, code is compiled. */
const warmUp = 30;

/** Serves `requests` first pages of the day after the log, with `candidates` each. Times differ from run to run; pages do not. */
export async function measureLatency(
  trained: Trained,
  size: { readonly requests: number; readonly candidates: number },
  control: RunControl = {},
): Promise<LatencyReport> {
  const { log, aggregatesDir } = trained.prepared;
  const { setting } = log;
  const world = await openWorldAfter(log);
  const day = setting.world.days;
  const requirements = forScale(setting.scale);
  const budget = latencyBudget(requirements);
  let timing = false;
  return withStore(world.catalogue, { from: aggregatesDir }, async (store) => {
    const policy = await openLearnedFunnel({
      catalogue: world.catalogue,
      store,
      seed: setting.seed,
      ...modelDirs(trained),
      config: { candidates: size.candidates },
      now: () => (timing ? performance.now() : 0),
      budget: {
        retrieve: budget.retrieve,
        features: budget.features,
        model: budget.rank,
        rank: budget.features + budget.rank,
        rerank: budget.rerank,
        total: requirements.latencyTargetMs - budget.overhead,
      },
    });
    try {
      await policy.openDay(day, undefined);
      const wanted = size.requests + warmUp;
      const pages = firstPages(world, day, wanted);
      for (let i = 0; i < wanted; i++) {
        control.signal?.throwIfAborted();
        timing = true;
        await policy.recommend(pages[i % pages.length]!);
        timing = false;
        if (i === warmUp - 1) policy.resetTimings();
        if (i % 50 === 49) control.onProgress?.("requests", i + 1, wanted);
      }
      control.onProgress?.("requests", wanted, wanted);
      return {
        requests: size.requests,
        candidates: size.candidates,
        catalogue: world.catalogue.liveVideos[day]!,
        stages: policy.timings(),
        targetMs: requirements.latencyTargetMs,
      };
    } finally {
      await policy.close();
    }
  });
}

/** The first page requests of a day, of at most `wanted` users, each in a batch of its own. */
export function firstPages(world: World, day: number, wanted: number): readonly RequestBatch[] {
  world.openDay(day);
  const singles: RequestBatch[] = [];
  for (let shard = 0; shard < shardCount && singles.length < wanted; shard++) {
    const batch = world.openShard(shard).next();
    for (let row = 0; row < (batch?.count ?? 0); row++)
      singles.push(sliceRequests(batch as RequestBatch, row, row + 1));
  }
  if (singles.length === 0) throw new Error(`no user visits on day ${day}: there is nothing to serve`);
  return singles.slice(0, wanted);
}

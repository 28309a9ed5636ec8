/**
 * The policies an arm may run, by name. All but the oracle see only what a platform sees; the oracle is handed the world's truth by the
 * experiment and marks the far end of the way that the others try to close.
 */
import { join } from "node:path";
import { openStore, type FeatureStore } from "../data/index.js";
import { readDay } from "../log/index.js";
import {
  createLoggingPolicy,
  createUniformPolicy,
  emptySlates,
  liveOn,
  openLearnedFunnel,
  openPopularityFunnel,
  sourceCode,
  withAds,
  type LearnedFunnelConfig,
} from "../serving/index.js";
import type { Policy, RequestBatch, SlateBatch } from "../types.js";
import { openOracle, type Goal, type World } from "../world/index.js";
import { indexFile, type Trained } from "./train.js";

/** An arm by what answers in it. Names stand in the log and in figures. */
export type ArmSpec =
  | { readonly name: string; readonly kind: "random" }
  | { readonly name: string; readonly kind: "logging" }
  | { readonly name: string; readonly kind: "popularity" }
  | { readonly name: string; readonly kind: "oracle"; readonly goal: Goal }
  | {
      readonly name: string;
      readonly kind: "learned";
      readonly funnel: Partial<LearnedFunnelConfig>;
      /** Days between fits of the ranker on the arm's own log; absent: never. */
      readonly retrainEvery?: number;
    };

/** An opened policy with what must be closed after it. */
export interface OpenedPolicy {
  readonly policy: Policy;
  readonly store: FeatureStore | undefined;
  close(): Promise<void>;
}

/** The arms of the tour: both ends, the data-collection policy, popularity, and the learned funnel with two objectives. */
export function standardArms(candidates: number): readonly ArmSpec[] {
  return [
    { name: "random", kind: "random" },
    { name: "logging", kind: "logging" },
    { name: "popularity", kind: "popularity" },
    { name: "learned-ctr", kind: "learned", funnel: { candidates, objective: "click" } },
    { name: "learned", kind: "learned", funnel: { candidates, objective: "watch" } },
    {
      name: "learned-fallback",
      kind: "learned",
      funnel: { candidates, objective: "watch", coldStart: "segment-popularity" },
    },
    { name: "oracle", kind: "oracle", goal: "watch" },
  ];
}

/** Ids of the artifacts an arm's bytes depend on. */
export function armInputs(trained: Trained, spec: ArmSpec): readonly string[] {
  const { log, artifact } = trained.prepared;
  const models = spec.kind === "learned" ? [trained.twoTower.artifact.id, trained.ranker.artifact.id] : [];
  return [log.artifact.id, artifact.id, ...models];
}

/** Opens an arm's policy on a world restored to the log's last evening; with ads where the world has campaigns. */
export async function openArmPolicy(trained: Trained, spec: ArmSpec, world: World): Promise<OpenedPolicy> {
  const opened = await openContentPolicy(trained, spec, world);
  if (!world.catalogue.campaigns?.count) return opened;
  return {
    ...opened,
    policy: withAds(opened.policy, {
      catalogue: world.catalogue,
      ...trained.prepared.log.setting.ads,
      name: spec.name,
    }),
  };
}

async function openContentPolicy(trained: Trained, spec: ArmSpec, world: World): Promise<OpenedPolicy> {
  const { prepared } = trained;
  const { setting, dir, days } = prepared.log;
  const { catalogue } = world;
  const base = { catalogue, seed: setting.seed, name: spec.name };
  const simple = (policy: Policy): OpenedPolicy => ({ policy, store: undefined, close: async () => undefined });
  if (spec.kind === "random") return simple(createUniformPolicy({ ...base, slots: setting.world.slots }));
  if (spec.kind === "oracle") return simple(oraclePolicy(world, spec.name, spec.goal));
  if (spec.kind === "logging") {
    const policy = createLoggingPolicy({ ...base, config: setting.logging });
    for (const day of days) policy.observe(await readDay(dir, day));
    return simple(policy);
  }
  const store = await openStore(catalogue, { from: prepared.aggregatesDir });
  const close = async (): Promise<void> => store.close();
  try {
    if (spec.kind === "popularity") {
      const candidates = setting.sizes.online.candidates;
      return { policy: openPopularityFunnel({ ...base, store, config: { candidates } }), store, close };
    }
    return {
      policy: await openLearnedFunnel({ ...base, store, ...modelDirs(trained), config: spec.funnel }),
      store,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Folders of the models, as the learned funnel wants them. */
export function modelDirs(trained: Trained): {
  readonly twoTowerDir: string;
  readonly rankerDir: string;
  readonly indexPath: string;
} {
  const twoTowerDir = trained.twoTower.artifact.dir;
  return { twoTowerDir, rankerDir: trained.ranker.artifact.dir, indexPath: join(twoTowerDir, indexFile) };
}

/** The greedy oracle: each page holds the videos of highest true expectation for this user now. Deterministic, so propensities are 1. */
export function oraclePolicy(world: World, name: string, goal: Goal): Policy {
  const oracle = openOracle(world);
  const { slots } = world.config;
  const best = new Int32Array(slots);
  const code = sourceCode("oracle");
  return {
    name,
    openDay: () => undefined,
    apply: () => undefined,
    recommend(requests: RequestBatch): SlateBatch {
      const slates = emptySlates(requests.count, slots);
      const live = liveOn(world.catalogue, requests.day);
      for (let row = 0; row < requests.count; row++) {
        const context = { timeMs: requests.timeMs[row]!, device: requests.device[row]! };
        oracle.best(requests.user[row]!, live, context, goal, best);
        slates.video.set(best, row * slots);
      }
      slates.source.fill(code);
      slates.propensity.fill(1);
      return slates;
    },
  };
}

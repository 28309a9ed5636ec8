/** One world of the study of off-policy estimates: logs of a day by one logging policy, every estimate of every target, and the truth. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import {
  estimateActions,
  estimatePages,
  intervalsByUser,
  type OffPolicyEstimate,
  type RefusedEstimate,
} from "../../evaluation/index.js";
import { collectingArm, type Arm } from "../../pipeline/arms/arm.js";
import { pastOf, pastOfTrained, type Past } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { modulesOf } from "../../pipeline/arms/registry.js";
import { prepareFeatures } from "../../pipeline/prepare.js";
import { inWorld, type Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { trainModels } from "../../pipeline/train.js";
import type { RunControl } from "../../types.js";
import { openWorld, type WorldConfig } from "../../world/index.js";
import {
  asActions,
  asLogged,
  asPages,
  modelled,
  probabilitiesOf,
  propensityKinds,
  type PropensityKind,
} from "./log-of.js";
import { rewardModel } from "./reward-model.js";
import { pageGoals, shadowed, type PageGoal, type ShownPage } from "./shadowed.js";

/** A logging policy and targets graded by overlap, nearest first. */
export interface Logger {
  readonly name: "mixture" | "funnel";
  readonly arm: Arm;
  readonly targets: readonly Arm[];
  readonly world: Partial<WorldConfig>; // sizes that keep pools small
}

const mixture = (name: string, config: object): Arm => ({ name, policy: { kind: "logging", poolShare: 1, ...config } });
const { rerank, ...collecting } = collectingArm.policy;
const everyPool = { ...rerank, poolShare: 1 };
const funnel = (name: string, config: object = {}, changes: object = {}): Arm => ({
  name,
  policy: { ...collecting, ...config, rerank: { ...everyPool, ...changes } },
});

/** The mixture that collects the log shows anything; the funnel that collects shows a pool of 200. */
export const loggers: Readonly<Record<Logger["name"], Logger>> = {
  mixture: {
    name: "mixture",
    arm: mixture("mixture", {}),
    targets: [
      mixture("itself", {}),
      mixture("other shares", { popularityShare: 0.3, affinityShare: 0.55, uniformShare: 0.15 }),
      mixture("affinity alone", { popularityShare: 0, affinityShare: 1, uniformShare: 0 }),
      mixture("popularity alone", { popularityShare: 1, affinityShare: 0, uniformShare: 0 }),
      mixture("sharp affinity", { popularityShare: 0, affinityShare: 1, uniformShare: 0, affinityPower: 6 }),
    ],
    world: { users: 400, videos: 400, days: 4 },
  },
  funnel: {
    name: "funnel",
    arm: funnel("funnel"),
    targets: [
      funnel("itself"),
      funnel("τ 0.09", {}, { temperature: 0.09 }),
      funnel("τ 0.05", {}, { temperature: 0.05 }),
      funnel("for clicks", { objective: "click" }),
      { name: "popularity", policy: { kind: "popularity", candidates: 400, rerank: everyPool } },
    ],
    world: {},
  },
};

/** What one world is asked. */
export interface OffPolicyPlan {
  readonly logger: Logger["name"];
  readonly users: number; // assigned at most
  readonly logs: number; // replications of the day
}

/** One estimate of one target from one log; `estimate` is absent where it is refused. */
export interface OffPolicyRow {
  readonly seed: number;
  readonly log: number;
  readonly logger: Logger["name"];
  readonly of: "page" | "first position";
  readonly goal: PageGoal;
  readonly target: string;
  readonly propensities: PropensityKind;
  readonly estimator: string;
  readonly truth: number; // of this log's requests
  readonly estimate?: number;
  readonly low?: number;
  readonly high?: number;
  readonly refused?: string;
  readonly effectiveSampleSize?: number;
  readonly pages: number;
}

/** A job of a process: its argument and result are structured-cloneable. */
export interface OffPolicyJob {
  readonly setting: Setting;
  readonly plan: OffPolicyPlan;
}

const rowsFile = "estimates.json";

/** Computes or loads one world. */
export async function offPolicyWorld(
  { setting, plan }: OffPolicyJob,
  control: RunControl = {},
): Promise<readonly OffPolicyRow[]> {
  const logger = loggers[plan.logger];
  const own = inWorld(setting, setting.seed, logger.world);
  const log = await simulateLog(own, control);
  const past =
    logger.name === "mixture"
      ? pastOf(log)
      : pastOfTrained(await trainModels(await prepareFeatures(log, control), {}, control));
  const spec = {
    root: own.datasets,
    kind: "off-policy",
    config: { plan, logger },
    inputs: [
      log.artifact.id,
      ...(past.trained ? [past.trained.twoTower.artifact.id, past.trained.ranker.artifact.id] : []),
    ],
    code: codeHash(import.meta.url, modulesOf([logger.arm, ...logger.targets])),
  };
  const artifact = await makeOrLoad(spec, async (dir) => {
    const rows: OffPolicyRow[] = [];
    for (let replication = 0; replication < plan.logs; replication++) {
      control.signal?.throwIfAborted();
      rows.push(...(await estimatesOf(own, past, logger, plan, replication, control)));
      control.onProgress?.("logs", replication + 1, plan.logs);
    }
    await writeFileAtomic(join(dir, rowsFile), `${JSON.stringify(rows)}\n`);
    return { seed: own.seed, rows: rows.length };
  });
  return JSON.parse(await readFile(join(artifact.dir, rowsFile), "utf8")) as OffPolicyRow[];
}

async function estimatesOf(
  { seed, world }: Setting,
  past: Past,
  logger: Logger,
  { users }: OffPolicyPlan,
  replication: number,
  control: RunControl,
): Promise<OffPolicyRow[]> {
  const pages: ShownPage[] = [];
  const quiet = control.signal ? { signal: control.signal } : {};
  await play(past, shadowed(logger.arm, logger.targets, pages), { users, days: 1, replication }, quiet);
  const { slots } = world;
  const { catalogue } = openWorld(world, seed);
  const exact = probabilitiesOf(pages, slots, ({ pool }) => pool);
  const logged = propensityKinds.map((kind) => [kind, asLogged(exact, pages, slots, kind)] as const);
  const models = pageGoals.map((goal) => rewardModel(pages, slots, goal, catalogue));
  const rows: OffPolicyRow[] = [];
  for (const [place, { name: target }] of logger.targets.entries()) {
    const theirs = probabilitiesOf(pages, slots, ({ targets }) => targets[place]!.pool);
    for (const [g, model] of modelled(pages, slots, place, models).entries()) {
      const goal = pageGoals[g]!;
      const truthOf = (of: "truth" | "first"): number =>
        pages.reduce((sum, { targets }) => sum + targets[place]![of][goal], 0) / pages.length;
      for (const [propensities, ours] of logged) {
        const asked = asPages(pages, slots, goal, ours, theirs, place, model);
        const common = { seed, log: replication, logger: logger.name, goal, target, propensities, pages: pages.length };
        const [direct] = intervalsByUser([{ user: asked.user, terms: [{ numerator: model.direct }] }], {
          replicates: 200,
        });
        const said: readonly (readonly ["page" | "first position", OffPolicyEstimate | RefusedEstimate])[] = [
          ["page", { estimator: "direct method", interval: direct } as OffPolicyEstimate],
          ...estimatePages(asked, { bootstrap: { replicates: 200 } }).map((one) => ["page", one] as const),
          ...estimateActions(asActions(asked), { bootstrap: { replicates: 200 } }).map(
            (one) => ["first position", one] as const,
          ),
        ];
        for (const [of, one] of said)
          rows.push({ ...common, of, truth: truthOf(of === "page" ? "truth" : "first"), ...resultOf(one) });
      }
    }
  }
  return rows;
}

function resultOf(
  one: OffPolicyEstimate | RefusedEstimate,
): Pick<OffPolicyRow, "estimator" | "estimate" | "low" | "high" | "refused" | "effectiveSampleSize"> {
  const { estimator, check } = one;
  const weighed = check && { effectiveSampleSize: check.effectiveSampleSize };
  if ("refused" in one) return { estimator, refused: one.refused, ...weighed };
  const { estimate, low, high } = one.interval;
  return { estimator, estimate, low, high, ...weighed };
}

/**
 * Step 7: keep learning. After each closed day the ranker goes on from yesterday's weights (warm start) on the arm's own log of the last days,
 * is exported again and put in for tomorrow. The arm learns only from what it showed itself: its own exploration is what keeps it honest.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openAggregates, trainingRows } from "../data/index.js";
import { exportDcn, fitDcn, loadDcn, saveDcn, type RankerRows } from "../models/index.js";
import { retrainingDue, type RetrainConfig } from "../monitoring/index.js";
import type { LearnedFunnel } from "../serving/index.js";
import type { Day, RunControl } from "../types.js";
import type { World } from "../world/index.js";
import type { ArmSpec, OpenedPolicy } from "./policies.js";
import { joinRankerRows, rankerRows, type Trained } from "./train.js";

/** Days of the arm's own log that each fit sees. */
export const retrainWindowDays = 4;

/** Settings of a warm-started fit: one pass at a lower rate, so that a day of data moves the weights but does not wash them out. */
export const warmFit = { epochs: 2, batchSize: 512, learningRate: 1e-3 };

/** Opens the retraining of one arm: called with each day just closed and written, it refits when due. */
export async function openRetraining(
  trained: Trained,
  spec: ArmSpec & { readonly kind: "learned" },
  opened: OpenedPolicy,
  world: World,
  logDir: string,
): Promise<{
  readonly afterDay: (day: Day, control: RunControl) => Promise<void>;
  readonly close: () => Promise<void>;
}> {
  const { catalogue, config, seed } = world;
  const policy = opened.policy as LearnedFunnel;
  const aggregates = await openAggregates(catalogue, { from: trained.prepared.aggregatesDir });
  const window: RankerRows[] = [];
  let ranker = await loadDcn(trained.ranker.artifact.dir);
  const due: RetrainConfig = { every: spec.retrainEvery ?? "never" };
  return {
    async afterDay(day, control): Promise<void> {
      window.push(rankerRows(await trainingRows({ catalogue, logDir, days: [day], aggregates })));
      await aggregates.appendLog(logDir, [day]);
      if (window.length > retrainWindowDays) window.shift();
      if (!retrainingDue(due, day - config.days)) return;
      ranker = await fitDcn(joinRankerRows(window), { ...warmFit, seed, initial: ranker }, withoutProgress(control));
      const dir = join(logDir, "rankers", `day=${String(day).padStart(3, "0")}`);
      await mkdir(dir, { recursive: true });
      await saveDcn(ranker, dir);
      await exportDcn(ranker, dir);
      await policy.useRanker(dir);
    },
    async close(): Promise<void> {
      aggregates.close();
    },
  };
}

function withoutProgress(control: RunControl): RunControl {
  return control.signal ? { signal: control.signal } : {};
}

/**
 * The learned funnel as an arm. Step 7, keep learning: after each closed day the ranker resumes from yesterday's weights (warm start)
 * on the arm's own log of the last days, is exported again and answers from tomorrow. The arm learns only from what it showed itself:
 * its own exploration is what keeps it honest.
 */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { openAggregates, openStore, trainingRows } from "../../data/index.js";
import { exportDcn, fitDcn, loadDcn, saveDcn, type RankerRows } from "../../models/index.js";
import { retrainingDue } from "../../monitoring/index.js";
import { openLearnedFunnel, type LearnedFunnel } from "../../serving/index.js";
import type { Day, RunControl } from "../../types.js";
import type { ArmContext, OpenBuiltIn, OpenedPolicy } from "./arm.js";
import { indexFile, joinRankerRows, rankerRows, type Trained } from "../train.js";

/** Days of the arm's own log that each fit sees. */
export const retrainWindowDays = 4;

/** Settings of a warm-started fit: one pass at a lower rate, so that a day of data moves the weights but does not wash them out. */
export const warmFit = { epochs: 2, batchSize: 512, learningRate: 1e-3 };

/** Folders of the models, as the learned funnel wants them. */
export function modelDirs(trained: Trained): {
  readonly twoTowerDir: string;
  readonly rankerDir: string;
  readonly indexPath: string;
} {
  const twoTowerDir = trained.twoTower.artifact.dir;
  return { twoTowerDir, rankerDir: trained.ranker.artifact.dir, indexPath: join(twoTowerDir, indexFile) };
}

/** Folder of the ranker that was fitted at the end of a day, below the arm's own log. */
export const rankerFolder = (day: Day): string => `rankers/day=${String(day).padStart(3, "0")}`;

export const open: OpenBuiltIn<"learned"> = async ({ kind: _, retrainEvery, ...config }, context) => {
  const { world, seed, name, past } = context;
  const { trained } = past;
  if (trained === undefined) throw new Error(`arm ${name}: the learned funnel needs trained models; train them first`);
  const { catalogue } = world;
  const sequences = (config.shares?.itemToItem ?? 0) > 0;
  const store = await openStore(catalogue, { from: trained.prepared.aggregatesDir, sequences });
  try {
    const policy = await openLearnedFunnel({ catalogue, seed, name, store, ...modelDirs(trained), config });
    const retraining = retrainEvery ? await openRetraining(trained, policy, retrainEvery, context) : undefined;
    return {
      policy,
      ...(retraining && { retrain: retraining.retrain }),
      async close() {
        await retraining?.close?.();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

async function openRetraining(
  trained: Trained,
  policy: LearnedFunnel,
  every: number,
  { world, name, logDir, onRetrain }: ArmContext,
): Promise<Pick<OpenedPolicy, "retrain" | "close">> {
  if (logDir === undefined) throw new Error(`arm ${name}: retraining reads the arm's own log; play it with a logDir`);
  const { catalogue, config, seed } = world;
  const aggregates = await openAggregates(catalogue, { from: trained.prepared.aggregatesDir });
  const window: RankerRows[] = [];
  let ranker = await loadDcn(trained.ranker.artifact.dir);
  let current = policy;
  return {
    async retrain(day, control): Promise<LearnedFunnel | undefined> {
      const today = rankerRows(await trainingRows({ catalogue, logDir, days: [day], aggregates }));
      await aggregates.appendLog(logDir, [day]);
      window.push(today);
      if (window.length > retrainWindowDays) window.shift();
      const due = retrainingDue({ every }, day - config.days);
      const rows = warmFit.epochs * window.reduce((sum, one) => sum + one.features.count, 0);
      onRetrain?.({ ranker, today, ...(due && { rows }) });
      if (!due) return undefined;
      const dir = join(logDir, rankerFolder(day));
      if (existsSync(dir))
        ranker = await loadDcn(dir); // a run that resumes
      else {
        ranker = await fitDcn(joinRankerRows(window), { ...warmFit, seed, initial: ranker }, withoutProgress(control));
        const part = `${dir}.part`;
        await mkdir(part, { recursive: true });
        await saveDcn(ranker, part);
        await exportDcn(ranker, part);
        await rename(part, dir);
      }
      return (current = await current.withRanker(dir));
    },
    close: () => aggregates.close(),
  };
}

function withoutProgress(control: RunControl): RunControl {
  return control.signal ? { signal: control.signal } : {};
}

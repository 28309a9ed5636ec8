/**
 * A fit to be watched: the same training as `trainModels`, but always from scratch and never stored. For notebooks, where a learner
 * sees a model learn even when the stored one is there.
 */
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LearningCurve, DcnConfig, TwoTowerConfig } from "../models/index.js";
import type { RunControl } from "../types.js";
import type { Prepared } from "./prepare.js";
import { trainRanker, trainTwoTower } from "./train.js";

/** How a fit went. */
export interface WatchedFit {
  readonly curve: LearningCurve;
  readonly rows: number; // learned from
  readonly seconds: number; // wall clock, joins included
}

interface ConfigOf {
  readonly "two-tower": TwoTowerConfig;
  readonly ranker: DcnConfig;
}

/**
 * Trains a model in a folder that is deleted afterwards. `options` as of `trainTwoTower` or `trainRanker`.
 * @throws what the training throws; `control.signal.reason` on abort.
 */
export async function trainAnew<Kind extends keyof ConfigOf>(
  prepared: Prepared,
  kind: Kind,
  options: Partial<ConfigOf[Kind]> = {},
  control: RunControl = {},
): Promise<WatchedFit> {
  const { log } = prepared;
  await mkdir(log.setting.datasets, { recursive: true });
  const datasets = await mkdtemp(join(log.setting.datasets, ".anew-"));
  const here: Prepared = { ...prepared, log: { ...log, setting: { ...log.setting, datasets } } };
  const began = performance.now();
  try {
    const { curve, rows } =
      kind === "two-tower" ? await trainTwoTower(here, options, control) : await trainRanker(here, options, control);
    return { curve, rows, seconds: (performance.now() - began) / 1000 };
  } finally {
    await rm(datasets, { recursive: true, force: true });
  }
}

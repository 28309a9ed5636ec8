/** Step 4, retrieval: the two-tower fitted on the early days of a log, its towers as ONNX graphs, and the index of candidate embeddings. */
import { join } from "node:path";
import { concatMatrices, type FeatureStore, withStore } from "../data/index.js";
import {
  exportTwoTower,
  fitTwoTower,
  saveTwoTower,
  twoTowerDefaults,
  type TwoTowerConfig,
  type TwoTowerRows,
} from "../models/index.js";
import { openTowers, saveTowerIndex } from "../serving/index.js";
import type { Day, FeatureMatrix, RunControl } from "../types.js";
import { fittedModel, type FittedModel, retrievalSet } from "./train-rows.js";
import type { DatedLog, Prepared } from "./prepare.js";

/** The index of the two-tower. */
export const indexFile = "videos.usearch";

/** Fits or loads the retriever: `two-tower.json`, weights, both towers as ONNX, and the index `videos.usearch` as of the log's last day. */
export async function trainTwoTower(
  prepared: Prepared,
  options: Partial<TwoTowerConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const { log, split } = prepared;
  const { catalogue } = log;
  const { seed, sizes } = log.setting;
  const config: TwoTowerConfig = { ...twoTowerDefaults, ...sizes.fits?.twoTower, seed, ...options };
  // A share of the positives is held out instead of a day: the latest days say most about what is shown and watched next.
  const days = [...split.train, ...split.validation];
  return fittedModel(prepared, "two-tower", config, days, import.meta.url, async (dir) => {
    return withStore(catalogue, { from: prepared.aggregatesDir }, async (store) => {
      const { positives, rows } = await twoTowerRows(prepared, days, store, control);
      const model = await fitTwoTower(positives, config, control);
      await saveTwoTower(model, dir);
      await exportTwoTower(model, dir);
      const towers = await openTowers(dir);
      await store.openDay(log.days.length);
      const live = catalogue.liveVideos[log.days.length]!;
      await saveTowerIndex(join(dir, indexFile), { towers, store, videos: catalogue.videos.count, live });
      await towers.close?.();
      return { curve: model.curve, rows };
    });
  });
}

/**
 * What the two-tower learns from: long watches of some days, and all videos as of the midnights before them. Moves the store through
 * these days.
 */
export async function twoTowerRows(
  prepared: Prepared<DatedLog>,
  days: readonly Day[],
  store: FeatureStore,
  control: RunControl = {},
): Promise<{ readonly positives: TwoTowerRows; readonly rows: number }> {
  const rows = await retrievalSet(prepared, days, control);
  const videos = Int32Array.from({ length: prepared.log.catalogue.videos.count }, (_, v) => v);
  const midnights = midnightsOf(days, videos.length);
  const candidates: FeatureMatrix[] = [];
  for (const day of midnights) {
    control.signal?.throwIfAborted();
    await store.openDay(day);
    candidates.push(store.candidateRows(videos));
  }
  const snapshot = Int32Array.from(rows.day, (day) => midnights.findLastIndex((midnight) => midnight <= day));
  const positives = {
    query: rows.query,
    candidates: concatMatrices(candidates),
    video: rows.video,
    snapshot,
    snapshots: midnights.length,
    weight: rows.weight,
  };
  return { positives, rows: rows.count };
}

/** Most rows that the candidates' snapshots hold together: about 200 MB. */
const snapshotRows = 2_000_000;

/**
 * The midnights whose counts the candidates are learned with: of every day, or of every few where that would be too many rows. A
 * positive sees those of the last midnight before it, so that no candidate's counts contain the watch to be predicted.
 */
export function midnightsOf(days: readonly Day[], videos: number): readonly Day[] {
  const every = Math.max(1, Math.ceil((days.length * videos) / snapshotRows));
  return days.filter((_, i) => i % every === 0);
}

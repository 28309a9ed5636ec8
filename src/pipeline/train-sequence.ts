/**
 * Step 4, retrieval by sequence: SASRec fitted on what each user watched in the early days of a log, and what serving needs of it.
 * Videos are described by their ids and metadata; counts change, and those of the last day would contain the watches to be predicted.
 */
import { columnOf, emptyMatrix, featuresWhere, withStore, readWatches } from "../data/index.js";
import { fitSasrec, saveSasrec, sasrecDefaults, type SasrecConfig, type SequenceRows } from "../models/index.js";
import { saveSequenceTower } from "../serving/index.js";
import type { Catalogue, Day, FeatureMatrix, RunControl } from "../types.js";
import type { Prepared } from "./prepare.js";
import { fittedModel, type FittedModel, withAggregates } from "./train-rows.js";

/** Fits or loads the sequence model: `sasrec.json` and weights to resume from, `sequence.onnx` and the videos' embeddings to serve. */
export async function trainSequence(
  prepared: Prepared,
  options: Partial<SasrecConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const { log, split } = prepared;
  const config: SasrecConfig = { ...sasrecDefaults, seed: log.setting.seed, ...options };
  const lastDay = Math.max(...split.train, ...split.validation);
  const days = log.days.filter((day) => day <= lastDay); // the days that only warm up the aggregates teach sequences as well as any
  return fittedModel(prepared, "sasrec", config, days, import.meta.url, async (dir) => {
    const rows = await sequenceSet(prepared, days);
    const model = await fitSasrec(rows, config, control);
    await saveSasrec(model, dir);
    await saveSequenceTower(model, rows.items, dir);
    return { curve: model.curve, rows: rows.item.length };
  });
}

/** The watches of some days of the log by user in order of time, and what never changes of the videos. */
export async function sequenceSet(prepared: Prepared, days: readonly Day[]): Promise<SequenceRows> {
  const { catalogue } = prepared.log;
  const wanted = new Set(days);
  return withAggregates(prepared, async (aggregates) => {
    const { start, video, dwellMs, day } = await readWatches(aggregates);
    const kept: number[] = [];
    const offsets = new Int32Array(start.length);
    for (let user = 0; user + 1 < start.length; user++) {
      for (let watch = start[user]!; watch < start[user + 1]!; watch++) if (wanted.has(day[watch]!)) kept.push(watch);
      offsets[user + 1] = kept.length;
    }
    const pick = (column: Int32Array): Int32Array => Int32Array.from(kept, (watch) => column[watch]!);
    return {
      offsets,
      item: pick(video),
      dwellMs: pick(dwellMs),
      items: await metadataRows(catalogue),
      liveItems: pick(day).map((on) => catalogue.liveVideos[on]!),
    };
  });
}

/** The candidate features that never change, of all videos by id. */
export async function metadataRows(catalogue: Catalogue): Promise<FeatureMatrix> {
  return withStore(catalogue, {}, async (store) => {
    await store.openDay(0);
    const all = store.candidateRows(Int32Array.from({ length: catalogue.videos.count }, (_, video) => video));
    const fixed = new Set(featuresWhere({ tower: "candidate", available: "static" }).map(({ name }) => name));
    const numbers = all.schema.numbers.filter(({ name }) => fixed.has(name));
    const rows = emptyMatrix({ categories: all.schema.categories, numbers }, all.count);
    rows.categories.set(all.categories);
    numbers.forEach(({ name }, c) =>
      columnOf(all, name).forEach((value, row) => (rows.numbers[row * numbers.length + c] = value)),
    );
    return rows;
  });
}

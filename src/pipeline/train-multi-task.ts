/** Step 4, ranking for several objectives at once: the multi-task ranker fitted on the early days of a log. */
import {
  exportMultiTask,
  fitMultiTask,
  multiTaskDefaults,
  saveMultiTask,
  type MultiTaskConfig,
  type MultiTaskRows,
} from "../models/index.js";
import type { TrainingSet } from "../data/index.js";
import type { Catalogue, RunControl } from "../types.js";
import { fittedModel, type FittedModel, trainingSet } from "./train-rows.js";
import type { Prepared } from "./prepare.js";

/**
 * Fits or loads the multi-task ranker: `multi-task.json` and weights, and `ranker.onnx` next to `ranker.json`, so that it can replace
 * any ranker: `{ ...trained, ranker: await trainMultiTask(prepared) }` serves it, with the objectives watch, click and value.
 */
export async function trainMultiTask(
  prepared: Prepared,
  options: Partial<MultiTaskConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const { log, split } = prepared;
  const config: MultiTaskConfig = { ...multiTaskDefaults, seed: log.setting.seed, ...options };
  return fittedModel(prepared, "multi-task", config, split.train, import.meta.url, async (dir) => {
    const rows = await trainingSet(prepared, split.train, control);
    const validation = multiTaskRows(await trainingSet(prepared, split.validation, control), log.catalogue);
    const model = await fitMultiTask(multiTaskRows(rows, log.catalogue), { ...config, validation }, control);
    await saveMultiTask(model, dir);
    await exportMultiTask(model, dir);
    return { curve: model.curve, rows: rows.count };
  });
}

/** What a multi-task ranker learns from, of a training set. */
export function multiTaskRows(set: TrainingSet, { videos }: Pick<Catalogue, "videos">): MultiTaskRows {
  const { features, click, watchMs, like, hide, conversion } = set;
  return {
    features,
    click,
    watchMs,
    durationMs: set.video.map((id) => videos.durationMs[id]!),
    like,
    hide,
    conversion,
  };
}

/** Step 4, ranking: DCN-v2 on clicks and watch time, fitted on the early days of a log. */
import { exportDcn, fitDcn, dcnDefaults, saveDcn, type DcnConfig } from "../models/index.js";
import type { RunControl } from "../types.js";
import { fittedModel, type FittedModel, rankerRows, trainingSet } from "./train-rows.js";
import type { Prepared } from "./prepare.js";

/** Fits or loads the ranker: `ranker.json`, weights, `ranker.onnx`. Early stopping on the validation day. */
export async function trainRanker(
  prepared: Prepared,
  options: Partial<DcnConfig> = {},
  control: RunControl = {},
): Promise<FittedModel> {
  const { seed, sizes } = prepared.log.setting;
  const config: DcnConfig = { ...dcnDefaults, ...sizes.fits?.ranker, seed, ...options };
  return fittedModel(prepared, "ranker", config, prepared.split.train, import.meta.url, async (dir) => {
    const rows = await trainingSet(prepared, prepared.split.train, control);
    const validation = await trainingSet(prepared, prepared.split.validation, control);
    const model = await fitDcn(rankerRows(rows), { ...config, validation: rankerRows(validation) }, control);
    await saveDcn(model, dir);
    await exportDcn(model, dir);
    return { curve: model.curve, rows: rows.count };
  });
}

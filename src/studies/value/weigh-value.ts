/** A multi-task ranker with other weights in its value function, as an artifact of its own. */
import { codeHash, makeOrLoad } from "../../artifacts/index.js";
import { exportMultiTask, loadMultiTask, type LearningCurve, type ValueWeights } from "../../models/index.js";
import type { FittedModel, Trained } from "../../pipeline/train.js";

/** The multi-task ranker with other weights in its value: what it learned stays as it is, the graph is written anew. */
export async function weighValue(trained: Trained, value: ValueWeights): Promise<FittedModel> {
  const { prepared, ranker } = trained;
  const spec = {
    root: prepared.log.setting.datasets,
    kind: "multi-task-value",
    config: { value },
    inputs: [ranker.artifact.id],
    code: codeHash(import.meta.url),
  };
  const artifact = await makeOrLoad(spec, async (dir) => {
    const model = await loadMultiTask(ranker.artifact.dir);
    await exportMultiTask({ ...model, config: { ...model.config, value } }, dir);
    return { curve: ranker.curve, rows: ranker.rows };
  });
  const { curve, rows } = artifact.manifest.extra as { curve: LearningCurve; rows: number };
  return { artifact, curve, rows };
}

/** A fitted model as an artifact. */
import { type Artifact, codeHash, makeOrLoad } from "../artifacts/index.js";
import { backendName, type LearningCurve } from "../models/index.js";
import type { Day } from "../types.js";
import type { Prepared } from "./prepare.js";

/** A fitted model on disk. */
export interface FittedModel {
  readonly artifact: Artifact;
  readonly curve: LearningCurve;
  readonly rows: number;
}

/** Fits (by `make`) or loads a model: an artifact of its config, its days, the backend, and the code of the module at `url`, its fit. */
export async function fittedModel(
  prepared: Prepared,
  kind: string,
  config: object,
  days: readonly Day[],
  url: string,
  make: (dir: string) => Promise<{ curve: LearningCurve; rows: number }>,
): Promise<FittedModel> {
  const inputs = [prepared.log.artifact.id, prepared.artifact.id];
  // the backends' bytes differ, so each has its own artifact
  const spec = {
    root: prepared.log.setting.datasets,
    kind,
    config: { ...config, days, backend: backendName() },
    inputs,
    code: codeHash(url),
  };
  const artifact = await makeOrLoad(spec, async (dir) => ({ ...(await make(dir)) }));
  const { curve, rows } = artifact.manifest.extra as { curve: LearningCurve; rows: number };
  return { artifact, curve, rows };
}

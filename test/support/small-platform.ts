/** The smallest platform with fitted models: several test files play on it, and whoever asks first computes it for all. */
import { join } from "node:path";
import {
  prepareFeatures,
  setting,
  simulateLog,
  trainModels,
  type Setting,
  type Trained,
} from "../../src/pipeline/index.js";

/** Its setting, in `datasets`; by default in the folder that a run of the tests shares (support/shared-folder.ts). */
export function smallPlatform(datasets = join(process.env["STAGECRAFT_TEST_FOLDER"]!, "datasets")): Setting {
  return setting({ scale: "tiny", seed: 7, workers: 1, datasets, world: { users: 150, videos: 400, days: 7 } });
}

/** Its log, features and models at the defaults. */
export async function trainedPlatform(): Promise<Trained> {
  return trainModels(await prepareFeatures(await simulateLog(smallPlatform())));
}

/** The same log and models; what is computed from them goes to another folder, with another number of threads. */
export function elsewhere(trained: Trained, datasets: string, workers = 1): Trained {
  const { prepared } = trained;
  const { log } = prepared;
  return {
    ...trained,
    prepared: { ...prepared, log: { ...log, setting: { ...log.setting, workers, datasets } } },
  };
}

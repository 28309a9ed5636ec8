/** The daily aggregates of an import, as of a simulated log: what point-in-time features are counted from. */
import { loadArtifact } from "../../../artifacts/index.js";
import type { DayCuts } from "../../../data/index.js";
import type { RunControl } from "../../../types.js";
import { prepareDays, type Prepared } from "../../../pipeline/prepare.js";
import { setting } from "../../../pipeline/setting.js";
import type { OwnData } from "./own-data.js";

/** Makes or loads them; the days are split at the cuts. */
export async function preparedOwn(
  { dir, root, data: { catalogue, interactions } }: OwnData,
  cuts: DayCuts,
  control?: RunControl,
): Promise<Prepared> {
  const days = [...new Set(interactions.day)].sort((a, b) => a - b);
  const log = {
    setting: setting({ datasets: root }),
    artifact: await loadArtifact(dir),
    dir,
    days,
    impressions: interactions.count,
    catalogue,
  };
  return prepareDays(
    log,
    {
      train: days.filter((day) => day < cuts.validation),
      validation: days.filter((day) => day >= cuts.validation && day < cuts.test),
      test: days.filter((day) => day >= cuts.test),
    },
    control,
  );
}

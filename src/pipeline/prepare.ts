/**
 * Step 3: from raw events to features. The daily aggregates of a log are computed once; the point-in-time join and every arm's
 * feature store start from them. The split is by time: models learn from early days and are evaluated on later ones.
 */
import { join } from "node:path";
import { type Artifact, codeHash, makeOrLoad, writeFileAtomic } from "../artifacts/index.js";
import {
  failedRows,
  featureDictionary,
  withStore,
  qualityCard,
  splitByTime,
  sqlHash,
  type TimeSplit,
} from "../data/index.js";
import type { RunControl } from "../types.js";
import type { SimulatedLog } from "./simulate.js";

/** A log on disk, simulated or imported: what features and training rows are read from. */
export type DatedLog = Pick<SimulatedLog, "artifact" | "dir" | "days" | "catalogue">;

/** Prepared features of a log. */
export interface Prepared<Log extends DatedLog = SimulatedLog> {
  readonly log: Log;
  readonly artifact: Artifact;
  /** Folder that `openStore(catalogue, { from })` starts from: aggregates over all days of the log. */
  readonly aggregatesDir: string;
  readonly split: TimeSplit;
}

/** Days of each part: the first two days only fill the aggregates (features without history carry no information). */
export function timeSplitOf(days: readonly number[]): TimeSplit {
  const test = 2;
  const validation = 1;
  return splitByTime(days, { train: Math.max(1, days.length - test - validation - 2), validation, test });
}

/** Computes or loads the aggregates of a log. */
export async function prepareFeatures(log: SimulatedLog, control: RunControl = {}): Promise<Prepared> {
  return prepareDays(log, log.setting.datasets, timeSplitOf(log.days), control);
}

/** The same of any log, under a root, with a split of its days. */
export async function prepareDays<Log extends DatedLog>(
  log: Log,
  root: string,
  split: TimeSplit,
  control: RunControl = {},
): Promise<Prepared<Log>> {
  const code = codeHash(import.meta.url);
  const spec = { root, kind: "features", config: { sql: sqlHash() }, inputs: [log.artifact.id], code };
  const artifact = await makeOrLoad(spec, async (dir) => {
    return withStore(log.catalogue, {}, async (store) => {
      await store.appendLog(log.dir, log.days, control);
      await store.saveAggregates(join(dir, "aggregates"));
      const { quality } = store.aggregates;
      await writeFileAtomic(join(dir, "QUALITY.md"), qualityCard(quality));
      await writeFileAtomic(join(dir, "DICTIONARY.md"), `${featureDictionary()}\n`);
      return {
        rows: quality.reduce((sum, day) => sum + day.rows, 0),
        quarantined: quality.reduce((sum, day) => sum + failedRows(day), 0),
      };
    });
  });
  return { log, artifact, aggregatesDir: join(artifact.dir, "aggregates"), split };
}

/** What models learn from (rows of some days of a log, joined as of each impression's time), and a fitted model as an artifact. */
import { type Artifact, codeHash, makeOrLoad } from "../artifacts/index.js";
import {
  type Aggregates,
  concatMatrices,
  openAggregates,
  retrievalRows,
  trainingRows,
  type RetrievalSet,
  type TrainingSet,
} from "../data/index.js";
import { type RankerRows, backendName, type LearningCurve } from "../models/index.js";
import type { DatedLog, Prepared } from "./prepare.js";
import type { Day, RunControl } from "../types.js";

/** Rows of the ranker on some days of the log, joined as of each impression's time. */
export function trainingSet(
  prepared: Prepared<DatedLog>,
  days: readonly Day[],
  control: RunControl = {},
): Promise<TrainingSet> {
  return withAggregates(prepared, (aggregates) =>
    trainingRows({ catalogue: prepared.log.catalogue, logDir: prepared.log.dir, days, aggregates, control }),
  );
}

/** Positives of the two-tower on some days of the log. */
export function retrievalSet(
  prepared: Prepared<DatedLog>,
  days: readonly Day[],
  control: RunControl = {},
): Promise<RetrievalSet> {
  return withAggregates(prepared, (aggregates) =>
    retrievalRows({ catalogue: prepared.log.catalogue, logDir: prepared.log.dir, days, aggregates, control }),
  );
}

/** What a ranker learns from, of a training set. */
export function rankerRows(set: TrainingSet): RankerRows {
  return { features: set.features, click: set.click, watchMs: set.watchMs };
}

/** Rows of several sets, as a ranker reads them. */
export function joinRankerRows(sets: readonly RankerRows[]): RankerRows {
  const join = (of: (rows: RankerRows) => ArrayLike<number>): Float64Array =>
    Float64Array.from(sets.flatMap((rows) => Array.from(of(rows))));
  return {
    features: concatMatrices(sets.map((rows) => rows.features)),
    click: join((rows) => rows.click),
    watchMs: join((rows) => rows.watchMs),
  };
}

/** Uses the aggregates of prepared features, and closes them. */
export async function withAggregates<T>(
  prepared: Prepared<DatedLog>,
  use: (aggregates: Aggregates) => Promise<T>,
): Promise<T> {
  const aggregates = await openAggregates(prepared.log.catalogue, { from: prepared.aggregatesDir });
  try {
    return await use(aggregates);
  } finally {
    aggregates.close();
  }
}

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

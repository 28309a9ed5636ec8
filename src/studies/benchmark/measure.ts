/**
 * The job of one process: fit one model on one data set, judge it, play it online where there is a world, and say what it cost. What is
 * measured is kept as an artifact, so that a table that was stopped resumes with what is left.
 */
import { join } from "node:path";
import {
  artifactId,
  type ArtifactSpec,
  codeHash,
  machine,
  makeOrLoad,
  readManifest,
  writeFileAtomic,
} from "../../artifacts/index.js";
import type { RunControl } from "../../types.js";
import type { BenchmarkModel } from "./model.js";
import { writeRecord, type BenchmarkRecord } from "./record.js";
import { openSplitSource, splitIdentity, type SplitSpec } from "./split-source.js";
import { wholeData } from "./world-rows.js";
import { openWorldSource, worldIdentity, type WorldSpec } from "./world-source.js";

/** Data on which models are compared, as a process can be told of them: a simulated world, or one split of a custom data. */
export type DataSpec = WorldSpec | SplitSpec;

/** One model on one data set; structured-cloneable. */
export interface MeasureJob {
  readonly model: BenchmarkModel;
  readonly data: DataSpec;
}

/** Kind of the artifact. */
const recordKind = "benchmark";

/** The record's identity: the model, an own one by what stands in its file, the data and the code. */
function recordSpec({ model, data }: MeasureJob): ArtifactSpec {
  const { root, inputs, config } = data.kind === "world" ? worldIdentity(data) : splitIdentity(data, model);
  const { name, family, own } = model;
  return {
    root,
    kind: recordKind,
    config: { model: name, family, own: own?.sha256 ?? null, seed: data.seed, data: config },
    inputs,
    code: codeHash(import.meta.url),
  };
}

/** Folder of the record if it was made before. */
export async function findRecord(job: MeasureJob): Promise<string | undefined> {
  const spec = recordSpec(job);
  const dir = join(spec.root, spec.kind, artifactId(spec));
  return (await readManifest(dir)) === undefined ? undefined : dir;
}

/** Measures one model, or finds what was measured. A job of a process: gives the record's folder, and whether it was made now. */
export async function measureModel(
  job: MeasureJob,
  control: RunControl = {},
): Promise<{ readonly dir: string; readonly made: boolean }> {
  const { dir, made } = await makeOrLoad(recordSpec(job), async (folder) => {
    const record = await measured(job, folder, control);
    await writeRecord(folder, record);
    await writeFileAtomic(join(folder, "CARD.md"), cardOf(record));
    return { model: record.model, seed: record.seed };
  });
  control.onProgress?.("measure", 1, 1);
  return { dir, made };
}

async function measured({ model, data }: MeasureJob, folder: string, control: RunControl): Promise<BenchmarkRecord> {
  const source = await (data.kind === "world" ? openWorldSource(data) : openSplitSource(data));
  const online = data.kind === "world" && data.online;
  const fitted = await source.fit(model, join(folder, "model"), shareOf(control, 0, online ? 0.5 : 1));
  try {
    const offline = await fitted.judge();
    const answer = await fitted.answer();
    return {
      model: model.name,
      family: model.family,
      own: model.own !== undefined,
      seed: data.seed,
      quality: data.kind === "world" ? data.quality : wholeData,
      metrics: { ...offline, ...(online && (await fitted.play?.(shareOf(control, 0.5, 0.5)))) },
      cost: { ...fitted.cost, modelBytes: fitted.modelBytes, answer },
      machine: machine(),
    };
  } finally {
    await fitted.close();
  }
}

/** How far a job is, roughly: the fit is its first half, the days online its second. */
function shareOf({ onProgress, signal }: RunControl, from: number, share: number): RunControl {
  return {
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (_step, done, total) =>
        onProgress("measure", from + share * Math.min(1, done / Math.max(1, total)), 1),
    }),
  };
}

function cardOf({ model, seed, machine: { cpu, cores, node } }: BenchmarkRecord): string {
  return (
    `# ${model}, seed ${seed}\n\nMetrics follow from the data, the seed and the code (native training: within a tolerance). ` +
    `Seconds, latencies and memory were measured on\n${cpu}, ${cores} cores, Node ${node}, ` +
    `with whatever else it was doing then: compare them within one table made on one machine.\n`
  );
}

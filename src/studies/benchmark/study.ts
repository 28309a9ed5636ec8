/**
 * The benchmark: models × data, one process each, as many at a time as there are workers. Data are simulated worlds (seeds, volumes
 * and label noise; prepared first: log, features, the funnel's two models) or splits of a custom data. What is measured is kept: a
 * second run loads, a stopped one resumes.
 */
import { compiledUrl } from "../../platform/compiled.js";
import type { RunControl } from "../../types.js";
import { inWorld, type Setting } from "../../pipeline/setting.js";
import { findOrMake, prepareWorlds } from "../run-study.js";
import { findRecord, type measureModel, type MeasureJob } from "./measure.js";
import type { BenchmarkModel } from "./model.js";
import { readRecord, type BenchmarkRecord } from "./record.js";
import { checkQuality, wholeData, type DataQuality } from "./world-rows.js";
import type { WorldSpec } from "./world-source.js";

/** What is compared in simulated worlds. */
export interface WorldPlan {
  readonly models: readonly BenchmarkModel[];
  readonly seeds: readonly number[]; // worlds
  readonly qualities: readonly DataQuality[]; // of the training rows; one, whole, by default
  /** Whether models are played online, too. */
  readonly online: boolean;
  /** Fits of each model in each world, by training seeds from the world's own on; default 1. */
  readonly fits?: number;
}

/** Everything measured. */
export interface Benchmark {
  readonly records: readonly BenchmarkRecord[];
  /** How many of them were measured now; the others were there. */
  readonly measured: number;
}

/** @throws RangeError naming the field, the value and what is allowed */
export function worldPlan({
  models,
  seeds,
  qualities = [wholeData],
  online = true,
  fits = 1,
}: Pick<WorldPlan, "models" | "seeds"> & Partial<WorldPlan>): WorldPlan {
  if (seeds.length === 0) throw new RangeError("seeds is empty: at least one world is needed");
  for (const [name, list] of Object.entries({
    seed: seeds,
    "volume and noise": qualities.map(({ volume, noise }) => `${volume} and ${noise}`),
  })) {
    const twice = list.find((value, i) => list.indexOf(value as never) < i);
    if (twice !== undefined) throw new RangeError(`${name} ${twice} is given twice; allowed: each once`);
  }
  qualities.forEach(checkQuality);
  if (!Number.isInteger(fits) || fits < 1 || (fits > 1 && seeds.length > 1))
    throw new RangeError(`invalid fits: ${fits}; allowed: a whole number from 1, above 1 in one world only`);
  const spoilt = qualities.some(({ volume, noise }) => volume < 1 || noise > 0);
  const retriever = spoilt ? models.find(({ family }) => family === "retriever") : undefined;
  if (retriever !== undefined)
    throw new RangeError(
      `volume and noise are of rankers' training rows; ${retriever.name} is a retriever: name rankers with --models`,
    );
  return { models, seeds, qualities, online, ...(fits > 1 && { fits }) };
}

/** Measures (or loads) every model in every world. */
export async function benchmarkWorlds(base: Setting, plan: WorldPlan, control: RunControl = {}): Promise<Benchmark> {
  const { workers } = base;
  const worlds = plan.seeds.map((seed) => inWorld(base, seed));
  const module = compiledUrl("world-source", import.meta.url).href;
  const inputs = await prepareWorlds(worlds, { module, export: "prepareWorld" }, workers, control);
  const { models, qualities, online, fits = 1 } = plan;
  const data = worlds.flatMap((setting, w) =>
    models.flatMap((model) =>
      qualities.flatMap((quality) =>
        Array.from({ length: fits }, (_, fit): MeasureJob => {
          const spec = { kind: "world", setting, quality, online, inputs: inputs[w]! } as const;
          return { model, data: { ...spec, seed: setting.seed + fit } satisfies WorldSpec };
        }),
      ),
    ),
  );
  return measureAll(data, workers, control);
}

/** Measures (or loads) every job, in a process of its own each. */
export async function measureAll(
  jobs: readonly MeasureJob[],
  workers: number,
  control: RunControl = {},
): Promise<Benchmark> {
  const module = compiledUrl("measure", import.meta.url).href;
  const find = async (job: MeasureJob): Promise<Measured | undefined> => {
    const dir = await findRecord(job);
    return dir === undefined ? undefined : { dir, made: false };
  };
  const how = { step: "models", module, export: "measureModel", find, label: labelOf };
  const { cells } = await findOrMake(jobs, how, workers, control);
  const records = await Promise.all(cells.map(({ dir }) => readRecord(dir)));
  return { records, measured: cells.filter(({ made }) => made).length };
}

type Measured = Awaited<ReturnType<typeof measureModel>>;

function labelOf({ model, data }: MeasureJob): string {
  const { volume, noise } = data.kind === "world" ? data.quality : wholeData;
  const quality = [...(volume < 1 ? [`volume ${volume}`] : []), ...(noise > 0 ? [`noise ${noise}`] : [])];
  return [model.name, `seed ${data.seed}`, ...quality].join(", ");
}

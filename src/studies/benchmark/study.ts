/**
 * The trade-off study: every model in every world, one process each, as many at a time as there are workers. Worlds are prepared first (log,
 * features, the funnel's two models). What is measured is kept: a second run loads, a stopped one goes on.
 */
import { compiledUrl } from "../../platform/compiled.js";
import { type Job, oneBar, runJobs } from "../../platform/jobs.js";
import type { RunControl } from "../../types.js";
import { setting, type Setting } from "../../pipeline/setting.js";
import { findRecord, type measureModel, type MeasureJob } from "./measure.js";
import type { TradeOffModel } from "./model.js";
import { readRecord, type ModelRecord } from "./record.js";
import { checkQuality, wholeData, type DataQuality } from "./rows.js";

/** What is compared. */
export interface TradeOffPlan {
  readonly models: readonly TradeOffModel[];
  readonly seeds: readonly number[]; // worlds
  readonly qualities: readonly DataQuality[]; // of the training rows; one, whole, where nothing else is said
  /** Whether models are played online, too. */
  readonly online: boolean;
}

/** Everything measured. */
export interface TradeOffStudy {
  readonly plan: TradeOffPlan;
  readonly records: readonly ModelRecord[];
  /** How many of them were measured now; the others were there. */
  readonly measured: number;
}

/** @throws RangeError naming the field, the value and what is allowed */
export function tradeOffPlan({
  models,
  seeds,
  qualities = [wholeData],
  online = true,
}: Pick<TradeOffPlan, "models" | "seeds"> & Partial<TradeOffPlan>): TradeOffPlan {
  if (seeds.length === 0) throw new RangeError("seeds is empty: at least one world is needed");
  for (const [name, list] of Object.entries({
    seed: seeds,
    "volume and noise": qualities.map(({ volume, noise }) => `${volume} and ${noise}`),
  })) {
    const twice = list.find((value, i) => list.indexOf(value as never) < i);
    if (twice !== undefined) throw new RangeError(`${name} ${twice} is given twice; allowed: each once`);
  }
  qualities.forEach(checkQuality);
  const spoilt = qualities.some(({ volume, noise }) => volume < 1 || noise > 0);
  const retriever = spoilt ? models.find(({ family }) => family === "retriever") : undefined;
  if (retriever !== undefined)
    throw new RangeError(
      `volume and noise are of rankers' training rows; ${retriever.name} is a retriever: name rankers with --models`,
    );
  return { models, seeds, qualities, online };
}

/** Measures (or loads) all of it. */
export async function studyTradeOff(
  base: Setting,
  plan: TradeOffPlan,
  control: RunControl = {},
): Promise<TradeOffStudy> {
  const worlds = plan.seeds.map((seed) =>
    setting({
      scale: base.scale,
      seed,
      world: base.world,
      logging: base.logging,
      ads: base.ads,
      datasets: base.datasets,
    }),
  );
  const { workers } = base;
  const inputs = (await runJobs(
    worlds.map((one) => jobOf(`seed ${one.seed}`, "prepareWorld", one)),
    { workers, control, ...(worlds.length === 1 && { progress: (_, ...of) => control.onProgress?.(...of) }) },
  )) as (readonly string[])[];
  const jobs = worlds.flatMap((one, w) =>
    plan.models.flatMap((model) =>
      plan.qualities.map((quality): MeasureJob => ({
        setting: one,
        model,
        quality,
        online: plan.online,
        inputs: inputs[w]!,
      })),
    ),
  );
  const found = await Promise.all(jobs.map(findRecord));
  const missing = jobs.filter((_, j) => found[j] === undefined);
  const there = jobs.length - missing.length; // count from the start, so that the rate is of what is measured now
  const progress = oneBar({ step: "models", total: jobs.length, before: there }, control.onProgress);
  const made = (await runJobs(
    missing.map((job) => jobOf(labelOf(job), "measureModel", job)),
    { workers, control, progress },
  )) as Awaited<ReturnType<typeof measureModel>>[];
  const dirs = found.map((dir, j) => dir ?? (made[missing.indexOf(jobs[j]!)]?.dir as string));
  return { plan, records: await Promise.all(dirs.map(readRecord)), measured: made.filter((one) => one.made).length };
}

function jobOf(label: string, name: "prepareWorld" | "measureModel", argument: unknown): Job {
  return { label, module: compiledUrl("measure", import.meta.url).href, export: name, argument };
}

function labelOf({ model, setting: { seed }, quality: { volume, noise } }: MeasureJob): string {
  return [
    model.name,
    `seed ${seed}`,
    ...(volume < 1 ? [`volume ${volume}`] : []),
    ...(noise > 0 ? [`noise ${noise}`] : []),
  ].join(", ");
}

/** `compare` of models in simulated worlds: what is told of models, seeds and data, read and checked, and how the comparison is told. */
import { formatInterval, formatNumber } from "../../lab/index.js";
import type { Setting } from "../../pipeline/setting.js";
import { worldsForT, type BenchmarkRow } from "../../studies/benchmark/judge.js";
import { chooseModels, families, type BenchmarkModel } from "../../studies/benchmark/model.js";
import { metricLabel } from "../../studies/benchmark/record.js";
import { benchmarkWorlds, worldPlan, type WorldPlan } from "../../studies/benchmark/study.js";
import { wholeData, type DataQuality } from "../../studies/benchmark/world-rows.js";
import { configOf, listOf } from "../options.js";
import { dataQualityFigure, mainMetric, tradeOffFigure } from "./figures.js";
import { nameAndHash, type Comparison } from "./run.js";
import { funnelCaptions } from "./tables.js";

/** As it was typed. */
export interface BenchmarkTyped {
  readonly seeds?: string; // seeds between commas, or how many from --seed on
  readonly models?: string; // names between commas
  readonly model?: readonly string[]; // your own files
  readonly volumes?: string; // shares between commas
  readonly noise?: string; // rates between commas
  readonly online?: boolean;
  readonly offline?: boolean;
}

/** A plan, and why built-in models are not in it. */
export interface PlannedWorlds {
  readonly plan: WorldPlan;
  readonly skipped: readonly string[];
  /** Whether it is the table over volume and noise. */
  readonly overData: boolean;
}

/** Whether anything is typed that asks for models rather than policies. */
export function asksBenchmark({ seeds, models, model, volumes, noise, online, offline }: BenchmarkTyped): boolean {
  return [seeds, models, model, volumes, noise, online, offline].some((one) => one !== undefined);
}

/** One simple, one of trees, one deep: the argument over data needs no more where none is named. */
const overDataModels = ["logistic-regression", "gbdt", "dcn"];
const mostSeeds = 100;

/** @throws RangeError naming the option and what is allowed; what `openOwnModel` throws */
export async function planWorlds(base: Pick<Setting, "seed">, typed: BenchmarkTyped): Promise<PlannedWorlds> {
  const { models: names, model: files = [], volumes, noise, online, offline } = typed;
  const overData = volumes !== undefined || noise !== undefined;
  if (online === true && offline === true)
    throw new RangeError("--online and --offline are both given; allowed: one of them");
  const { models, skipped } = await chooseModels({
    ...(names !== undefined && { names: listOf("--models", names) }),
    files,
  });
  const own = models.filter((model) => model.own !== undefined);
  // where no model is named, own ones stand beside their family's
  const beside = ({ name, family, own: isOwn }: BenchmarkModel): boolean =>
    isOwn !== undefined ||
    ((own.length === 0 || own.some((one) => one.family === family)) && (!overData || overDataModels.includes(name)));
  const plan = worldPlan({
    models: names === undefined ? models.filter(beside) : models,
    seeds: seedsOf(typed.seeds, base.seed),
    qualities: numbersOf("volumes", volumes, wholeData.volume).flatMap((volume) =>
      numbersOf("noise", noise, wholeData.noise).map((rate): DataQuality => ({ volume, noise: rate })),
    ),
    online: overData ? online === true : offline !== true,
  });
  return { plan, skipped, overData };
}

/** Seeds between commas, or how many from `seed` on; one by default. @throws RangeError saying what is allowed */
export function seedsOf(text: string | undefined, seed: number): readonly number[] {
  const given = listOf("--seeds", text ?? "1");
  if (!given.every((part) => /^\d{1,9}$/.test(part)))
    throw new RangeError(
      `invalid --seeds: ${text}; allowed: seeds between commas, such as 42,43,44, or how many from --seed on`,
    );
  const numbers = given.map(Number);
  if (numbers.length > 1) return numbers;
  const count = numbers[0]!;
  if (count < 1 || count > mostSeeds)
    throw new RangeError(
      `invalid --seeds: ${count}; allowed: how many from --seed on, from 1 to ${mostSeeds}, or seeds between commas`,
    );
  return Array.from({ length: count }, (_, i) => seed + i);
}

function numbersOf(name: "volumes" | "noise", text: string | undefined, usual: number): readonly number[] {
  const parts = listOf(`--${name}`, text ?? String(usual));
  if (parts.every((part) => /^(\d+\.?\d*|\.\d+)$/.test(part))) return parts.map(Number);
  const example = name === "noise" ? "0,0.2,0.4" : "0.1,0.3,1";
  throw new RangeError(`invalid --${name}: ${text}; allowed: numbers between commas, such as ${example}`);
}

/** The comparison that was asked for. @throws as `planWorlds` */
export async function compareWorlds(base: Setting, typed: BenchmarkTyped): Promise<Comparison> {
  return worldComparison(base, await planWorlds(base, typed));
}

/** A planned comparison. */
export function worldComparison(base: Setting, { plan, skipped, overData }: PlannedWorlds): Comparison {
  const { scale } = base;
  const { models, seeds, qualities, online } = plan;
  const name = overData ? "data-quality" : "trade-off";
  return {
    name,
    config: { ...configOf(base), seeds, models: models.map(nameAndHash), qualities, online },
    answer: { scale, seeds, online, missing: skipped },
    sameData: false,
    measure: (control) => benchmarkWorlds(base, plan, control),
    title: overData ? `Good data before complex models: ${scale}` : `Quality and cost of each model: ${scale}`,
    lede: (rows) =>
      families
        .map((family) => rows.filter((row) => row.family === family))
        .filter((own) => own.length > 0)
        .map(overData ? dataLede : bestLede)
        .join(" "),
    facts: [
      ["Worlds", `seeds ${seeds.join(", ")}`],
      ["Models", String(models.length)],
      ["Intervals", seeds.length >= worldsForT ? "over seeds" : "by user"],
    ],
    figure: overData ? dataQualityFigure : tradeOffFigure,
    figureHeading: overData ? "Quality over volume and noise" : "Quality against cost",
    figureCaption: overData
      ? "Fewer training users are to the left; more wrong labels are in the right panels."
      : "Costs in CPU time, which does not depend on other programs on the machine.",
    captions: funnelCaptions,
    prose: [
      "Each model was fitted, evaluated and played in a process of its own. Rankers of a single label are fitted twice: on " +
        "clicks, and on impressions weighted by watch minutes, whose odds are the minutes watched; costs are of both. The " +
        "deep ones predict clicks and watch time together; the multi-task ranker orders by its value. Early " +
        "stopping uses the validation day.",
      "Examples per second are rows learned from over the wall-clock seconds of the whole fit, for any number of passes. " +
        "Size is that of the files that serving loads; memory is the peak during the fit, above the memory before it. Latency " +
        "is of one request at a time, after a warm-up: features and predictions of its candidates for a ranker, " +
        "their search for a retriever.",
      ...(overData
        ? [
            "Volume is the share of users whose training rows are kept; the users of a smaller share are a subset of a larger " +
              "one's. Noise is the probability that a training row's click is flipped. Features are counted from the " +
              "whole log, and early stopping and evaluation use true labels: only the training labels are few or wrong.",
          ]
        : []),
    ],
    notes: skipped.map((reason) => `left out: ${reason}`),
  };
}

/** The result of a family in a sentence: which is best, by how much, at how many times the cost. */
function bestLede(rows: readonly BenchmarkRow[]): string {
  const baseline = rows[0]!;
  const metric = mainMetric(rows, baseline.family);
  const best = bestOf(rows, metric);
  if (best === baseline)
    return `No ${best.family} beats ${baseline.model} in ${metricLabel(metric)}: ${formatInterval(best.metrics[metric]!)}.`;
  const times = (of: "cpuSeconds" | "cpuP99Ms"): string =>
    formatNumber(best.cost[of] / Math.max(baseline.cost[of], 0.001));
  const difference = best.differences[metric]!;
  const sure = difference.low > 0 ? "" : ", undecided: the interval includes 0";
  return (
    `Of the ${best.family}s ${best.model} has the highest ${metricLabel(metric)}, ${formatInterval(best.metrics[metric]!)}: ` +
    `${formatInterval(difference)} more than ${baseline.model}${sure}, for ${times("cpuSeconds")} ` +
    `times the CPU time of the fit and ${times("cpuP99Ms")} times that of an answer.`
  );
}

/** The simplest model on the best data against every model on the worst. */
function dataLede(rows: readonly BenchmarkRow[]): string {
  const metric = mainMetric(rows, "ranker");
  const goodness = ({ quality: { volume, noise } }: BenchmarkRow): number => volume * (1 - noise);
  const simple = rows
    .filter(({ model }) => model === rows[0]?.model)
    .reduce((a, b) => (goodness(b) > goodness(a) ? b : a));
  const worst = Math.min(...rows.map(goodness));
  const complex = bestOf(
    rows.filter((row) => goodness(row) === worst),
    metric,
  );
  return (
    `${simple.model} on the best data has ${metricLabel(metric)} ${formatInterval(simple.metrics[metric]!)}; ` +
    `the best model on the worst data, ${complex.model}, has ${formatInterval(complex.metrics[metric]!)}.`
  );
}

function bestOf(rows: readonly BenchmarkRow[], metric: string): BenchmarkRow {
  const value = (row: BenchmarkRow): number => row.metrics[metric]?.estimate ?? -Infinity;
  return rows.reduce((a, b) => (value(b) > value(a) ? b : a));
}

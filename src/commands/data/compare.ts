/** `compare --data`: the trade-off table on data of one's own, over seeds, each model measured in a process of its own. */
import {
  abandonRun,
  finishRun,
  openRun,
  reportHtml,
  tableText,
  writePngs,
  type NamedFigure,
  type Report,
  type Table,
} from "../../lab/index.js";
import type { ModelChoice } from "../../models/index.js";
import { compiledUrl } from "../../platform/compiled.js";
import { oneBar, runJobs } from "../../platform/jobs.js";
import type { RunControl } from "../../types.js";
import { tradeOffFigure } from "../benchmark/figures.js";
import { worldsForT } from "../../studies/benchmark/judge.js";
import { families } from "../../studies/benchmark/model.js";
import { readRecord, type ModelRecord } from "../../studies/benchmark/record.js";
import { differenceTables, folded, tradeOffTables } from "../benchmark/tables.js";
import type { Answer } from "../verbs.js";
import { ownChoices } from "../../studies/benchmark/data/choices.js";
import { captionOf } from "./evaluate.js";
import { findOwnRecord, type MeasureOwnJob } from "../../studies/benchmark/data/measure.js";
import { usualProtocol } from "../../studies/benchmark/data/open-split.js";
import { openOwnData } from "../../studies/benchmark/data/own-data.js";
import { ownParts, type OwnParts } from "../../studies/benchmark/data/parts.js";
import { preparedOwn } from "../../studies/benchmark/data/prepared.js";
import { overSeeds } from "../../studies/benchmark/data/summary.js";
import { isTowerChoice } from "../../studies/benchmark/data/two-tower.js";
import type { DataOptions } from "../../studies/benchmark/data/options.js";

/** What `compare --data` is told beside the data. */
export interface CompareDataOptions extends DataOptions {
  /** One split each by ratio; by time and leave-one-out one fit each. */
  readonly seeds: readonly number[];
  /** Processes at a time; clocks are the steadier the fewer there are. */
  readonly workers: number;
  /** Folder of results. */
  readonly results: string;
}

const name = "data-trade-off";

/** Measures (or loads) every model on every split and writes `results/data-trade-off/<run>/`. @throws Error on data or models that cannot be had; the signal's reason on abort */
export async function compareDataVerb(options: CompareDataOptions, control: RunControl = {}): Promise<Answer> {
  const { path, root, seeds, k = 10, workers } = options;
  const own = await openOwnData(path, root, control);
  const protocol = options.protocol ?? usualProtocol(own);
  const splits = seeds.map((seed) => ownParts(own, protocol, seed));
  const run = await openRun(
    name,
    { data: own.id, protocol, seeds, k, models: options.models ?? "all" },
    { root: options.results },
  );
  try {
    const { records, said, measured } = await run.step("models", () =>
      measureAll(splits, { ...options, path: own.dir, protocol, k }, workers, control),
    );
    const rows = overSeeds(records, protocol);
    const first = splits[0]!;
    const sentences = [...own.said, `split ${first.split.said}`, ...said];
    const intervals = intervalsSaid(protocol === "ratio", seeds);
    const there = families.filter((family) => rows.some((row) => row.family === family));
    const tables = tradeOffTables(rows).map((one, i) => ({
      ...one,
      caption: `${captionOf(first, there[i]!)}; ${intervals}`,
    }));
    const differences = differenceTables(rows).map((one) => ({
      ...one,
      caption: `${one.caption?.split(";")[0] ?? ""}; ${intervals}`,
    }));
    const figure: NamedFigure = {
      name,
      figure: tradeOffFigure(rows, `What a model gives against what it costs: ${own.layout} data`),
    };
    const json = { run: run.finalDir, data: own.dir, split: protocol, seeds, k, measured, rows, said: sentences };
    await run.write(`${name}.json`, json);
    await run.write(`${name}.html`, reportHtml(reportOf(own.layout, sentences, tables, differences, figure)));
    const pictures = await run.step("figure", () =>
      writePngs(run.dir, [figure], control.signal ? { signal: control.signal } : {}),
    );
    if (pictures.kind === "skipped") run.note("pictures", pictures.reason);
    const { dir } = await finishRun(run);
    return {
      json,
      text: [
        ...[...tables, ...differences].flatMap((wide) => folded(wide)).map(tableText),
        sentences.map((line) => `- ${line}`).join("\n"),
        `Open ${dir}/${name}.html`,
      ].join("\n\n"),
    };
  } catch (error) {
    await abandonRun(run);
    throw error;
  }
}

type CliOptions = DataOptions & Required<Pick<DataOptions, "protocol" | "k">>;

interface Measured {
  /** In order of model, then seed. */
  readonly records: readonly ModelRecord[];
  readonly said: readonly string[];
  /** How many of them were measured now; the others were there. */
  readonly measured: number;
}

/** Every model of every split. */
async function measureAll(
  splits: readonly OwnParts[],
  words: CliOptions & { readonly seeds: readonly number[] },
  workers: number,
  control: RunControl,
): Promise<Measured> {
  const wanted: { readonly choice: ModelChoice; readonly parts: OwnParts; readonly job: MeasureOwnJob }[] = [];
  const said = new Set<string>();
  for (const [i, parts] of splits.entries()) {
    const chosen = await ownChoices(parts, words.models);
    chosen.said.forEach((sentence) => said.add(sentence));
    for (const choice of chosen.choices) wanted.push({ choice, parts, job: jobOf(words, choice, words.seeds[i]!) });
  }
  const [{ own, split, ranking }] = splits as readonly [OwnParts];
  if (split.cuts !== undefined) {
    // made here once, loaded by every process
    if (wanted.some(({ choice }) => choice.family === "ranker")) await ranking(control);
    else if (wanted.some(({ choice }) => isTowerChoice(choice))) await preparedOwn(own, split.cuts, control);
  }
  const found = await Promise.all(wanted.map(({ parts, choice, job }) => findOwnRecord(parts, choice, job)));
  const missing = wanted.filter((_, i) => found[i] === undefined);
  const module = compiledUrl("../../studies/benchmark/data/measure", import.meta.url).href;
  const made = (await runJobs(
    missing.map(({ choice, job }) => ({
      label: `${choice.name}, seed ${job.seed}`,
      module,
      export: "measureOwn",
      argument: job,
    })),
    { workers, control, progress: oneBar({ step: "models", total: missing.length, shares: true }, control.onProgress) },
  )) as string[];
  const dirs = found.map((dir, i) => dir ?? made[missing.indexOf(wanted[i]!)]!);
  const records = await Promise.all(dirs.map(readRecord));
  const order = [...new Set(records.map(({ model }) => model))];
  return {
    records: order.flatMap((model) => records.filter((record) => record.model === model)),
    said: [...said],
    measured: missing.length,
  };
}

function jobOf(
  { path, root, protocol, k }: CliOptions,
  { name: model, origin }: ModelChoice,
  seed: number,
): MeasureOwnJob {
  return {
    path,
    root,
    protocol,
    k,
    seed,
    models: origin === "built in" ? { names: [model] } : { names: [], files: [origin] },
  };
}

/** One bar over all models: each counts with the share of its fit that is done. */
function intervalsSaid(splitsDiffer: boolean, seeds: readonly number[]): string {
  if (seeds.length === 1) return `seed ${seeds.join()} alone, 95 % intervals by user`;
  if (splitsDiffer && seeds.length < worldsForT)
    return `means over the splits of seeds ${seeds.join(", ")}, 95 % intervals by user`;
  return splitsDiffer
    ? `means over the splits of seeds ${seeds.join(", ")} with 95 % t-intervals`
    : `means over seeds ${seeds.join(", ")} on one split, 95 % intervals by user`;
}

function reportOf(
  layout: string,
  said: readonly string[],
  tables: readonly Table[],
  differences: readonly Table[],
  { name: id, figure }: NamedFigure,
): Report {
  return {
    title: `Models on ${layout} data`,
    lede: said.slice(-2).join("; "),
    facts: [["Layout", layout]],
    sections: [
      {
        id: "figure",
        heading: "Quality against cost",
        prose: [],
        figures: [
          { name: id, figure, caption: "Costs in CPU time, which does not depend on what else the machine does." },
        ],
      },
      {
        id: "models",
        heading: "Models",
        tables,
        prose: [
          "Each model was fitted and judged in a process of its own. Retrievers learn from the training part alone; rankers stop early on the validation part where they stop early.",
          "Examples a second are rows learned from over the wall-clock seconds of the whole fit, whatever the number of passes. Size is of the model's files, memory the most resident during the fit above what was there before it. Latency is of one request at a time, after a warm-up: a thousand rows scored, features at hand, for a ranker; the best thousand of all items, seen ones left out, for a retriever.",
        ],
      },
      { id: "differences", heading: "Differences to the baseline", prose: [], tables: differences },
      { id: "data", heading: "Recognised and assumed", prose: said },
    ],
  };
}

/** `stagecraft compare` over models, seeds and data: tables, a page and a figure under `results/`. */
import {
  abandonRun,
  finishRun,
  formatInterval,
  formatNumber,
  openRun,
  reportHtml,
  tableText,
  writePngs,
  type NamedFigure,
  type Report,
} from "../../lab/index.js";
import type { RunControl } from "../../types.js";
import { projectRoot, type Setting } from "../../pipeline/setting.js";
import type { Answer } from "../verbs.js";
import { dataQualityFigure, mainMetric, tradeOffFigure } from "./figures.js";
import { judgeTradeOff, type TradeOffRow, worldsForT } from "../../studies/benchmark/judge.js";
import { metricLabel } from "../../studies/benchmark/metrics.js";
import { families } from "../../studies/benchmark/model.js";
import { studyTradeOff } from "../../studies/benchmark/study.js";
import { differenceTables, folded, intervalNote, tradeOffTables } from "./tables.js";
import type { PlannedTradeOff } from "./options.js";

/** Measures or loads every model in every world and writes `results/trade-off/<run>/` (over data: `results/data-quality/<run>/`). */
export async function tradeOffVerb(
  setting: Setting,
  { plan, missing, overData }: PlannedTradeOff,
  control: RunControl,
  results: string = `${projectRoot}/results`,
): Promise<Answer> {
  const name = overData ? "data-quality" : "trade-off";
  const { models, seeds, qualities, online } = plan;
  const run = await openRun(
    name,
    {
      scale: setting.scale,
      seed: setting.seed,
      seeds,
      models: models.map((model) => model.name),
      qualities,
      online,
      world: setting.world,
    },
    { root: results },
  );
  try {
    const study = await run.step("models", () => studyTradeOff(setting, plan, control));
    const rows = judgeTradeOff(study.records);
    const drawn: NamedFigure = { name, figure: overData ? dataQualityFigure(rows) : tradeOffFigure(rows) };
    const json = { run: run.finalDir, scale: setting.scale, seeds, online, measured: study.measured, missing, rows };
    await run.write(`${name}.json`, json);
    await run.write(
      `${name}.html`,
      reportHtml(tradeOffReport(rows, drawn, { scale: setting.scale, overData, missing })),
    );
    const pictures = await run.step("figure", () =>
      writePngs(run.dir, [drawn], control.signal ? { signal: control.signal } : {}),
    );
    if (pictures.kind === "skipped") run.note("pictures", pictures.reason);
    const { dir } = await finishRun(run);
    const text = [
      ...[...tradeOffTables(rows), ...differenceTables(rows)].flatMap((wide) => folded(wide)).map(tableText),
      ...missing.map((one) => `left out: ${one}`),
      `Open ${dir}/${name}.html`,
    ].join("\n\n");
    return { json, text };
  } catch (error) {
    await abandonRun(run);
    throw error;
  }
}

/** The page. */
export function tradeOffReport(
  rows: readonly TradeOffRow[],
  { name, figure }: NamedFigure,
  {
    scale,
    overData,
    missing,
  }: { readonly scale: string; readonly overData: boolean; readonly missing: readonly string[] },
): Report {
  const [first] = rows;
  return {
    title: overData ? `Good data before complex models: ${scale}` : `What a model gives and what it costs: ${scale}`,
    lede: families
      .flatMap((family) =>
        ledeOf(
          rows.filter((row) => row.family === family),
          overData,
        ),
      )
      .join(" "),
    facts: [
      ["Worlds", `seeds ${first?.seeds.join(", ")}`],
      ["Models", String(new Set(rows.map(({ model }) => model)).size)],
      ["Intervals", first !== undefined && first.seeds.length >= worldsForT ? "over seeds" : "by user"],
    ],
    sections: [
      {
        id: "figure",
        heading: overData ? "Quality over volume and noise" : "Quality against cost",
        prose: [],
        figures: [
          {
            name,
            figure,
            caption: overData
              ? "Fewer users to learn from go left; more wrong labels go to the right panel."
              : "Costs in CPU time, which does not depend on what else the machine does.",
          },
        ],
      },
      {
        id: "models",
        heading: "Models",
        tables: tradeOffTables(rows),
        prose: [
          "Each model was fitted, judged and played in a process of its own. Rankers of a single label are fitted twice: on clicks, and on impressions weighted by watch minutes, whose odds are the minutes watched; costs are of both. The deep ones predict clicks and watch time together; the multi-task ranker orders by its value. Early stopping, where a model stops early, sees the validation day.",
          "Examples a second are rows learned from over the wall-clock seconds of the whole fit, whatever the number of passes. Size is of the files that serving loads; memory the most resident during the fit above what was there before it. Latency is of one request at a time, after a warm-up: features and predictions of its candidates for a ranker, their search for a retriever.",
          ...(overData
            ? [
                "Volume is the share of users whose training rows are kept; a smaller share's users are among a larger one's. Noise is the chance that a training row's click is turned round. Features are counted from the whole log, and early stopping and the judge see true labels: it is the labels learned from that are few or wrong.",
              ]
            : []),
          ...(missing.length === 0 ? [] : [`Left out: ${missing.join("; ")}.`]),
        ],
      },
      {
        id: "differences",
        heading: "Differences to the baseline",
        prose: [`Paired by user within a world: ${rows.length === 0 ? "" : intervalNote(rows)}.`],
        tables: differenceTables(rows),
      },
    ],
  };
}

/** The result of a family in a sentence: which is best, by how much, at how many times the cost. */
function ledeOf(rows: readonly TradeOffRow[], overData: boolean): readonly string[] {
  const [baseline] = rows;
  if (baseline === undefined || overData) return baseline === undefined ? [] : [dataLede(rows)];
  const metric = mainMetric(rows, baseline.family);
  const value = (row: TradeOffRow): number => row.metrics[metric]?.estimate ?? -Infinity;
  const best = rows.reduce((a, b) => (value(b) > value(a) ? b : a));
  if (best === baseline)
    return [
      `No ${best.family} beats ${baseline.model} in ${metricLabel(metric)}: ${formatInterval(best.metrics[metric]!)}.`,
    ];
  const times = (of: "cpuSeconds" | "cpuP99Ms"): string =>
    formatNumber(best.cost[of] / Math.max(baseline.cost[of], 0.001));
  const difference = best.differences[metric]!;
  const sure = difference.low > 0 ? "" : ", which may be chance";
  return [
    `Of the ${best.family}s ${best.model} has the best ${metricLabel(metric)}, ${formatInterval(best.metrics[metric]!)}: ${formatInterval(difference)} more than ${baseline.model}${sure}, for ${times("cpuSeconds")} times the CPU time of the fit and ${times("cpuP99Ms")} times that of an answer.`,
  ];
}

/** The simplest model on the best data against every model on the worst. */
function dataLede(rows: readonly TradeOffRow[]): string {
  const metric = mainMetric(rows, "ranker");
  const value = (row: TradeOffRow): number => row.metrics[metric]?.estimate ?? -Infinity;
  const goodness = ({ quality: { volume, noise } }: TradeOffRow): number => volume * (1 - noise);
  const simple = rows
    .filter(({ model }) => model === rows[0]?.model)
    .reduce((a, b) => (goodness(b) > goodness(a) ? b : a));
  const worst = Math.min(...rows.map(goodness));
  const complex = rows.filter((row) => goodness(row) === worst).reduce((a, b) => (value(b) > value(a) ? b : a));
  return `${simple.model} on the best data has ${metricLabel(metric)} ${formatInterval(simple.metrics[metric]!)}; the best model on the worst data, ${complex.model}, has ${formatInterval(complex.metrics[metric]!)}.`;
}

/** A comparison of models, measured (or loaded) and told: tables on the terminal, a page and a figure under `results/`. */
import { reportHtml, tableText, withRun, type Figure, type NamedFigure, type Report } from "../../lab/index.js";
import { judgeBenchmark, type BenchmarkRow } from "../../studies/benchmark/judge.js";
import type { BenchmarkModel } from "../../studies/benchmark/model.js";
import type { Benchmark } from "../../studies/benchmark/study.js";
import type { RunControl } from "../../types.js";
import { keep, keepPictures, tablesOf } from "../keep.js";
import type { Answer } from "../run.js";
import { differenceTables, folded, tradeOffTables, type FamilyCaptions } from "./tables.js";

/** What is measured, and what a person reads beside its numbers. */
export interface Comparison {
  readonly name: "trade-off" | "data-quality" | "data-trade-off"; // of the figure
  readonly config: Readonly<Record<string, unknown>>; // of the run
  readonly answer: Readonly<Record<string, unknown>>; // what the answer says beside the rows
  /** Whether all seeds share the same users and rows. */
  readonly sameData: boolean;
  measure(control: RunControl): Promise<Benchmark>;
  readonly title: string;
  lede(rows: readonly BenchmarkRow[]): string;
  readonly facts: Report["facts"];
  figure(rows: readonly BenchmarkRow[]): Figure;
  readonly figureHeading: string;
  readonly figureCaption: string;
  readonly captions: FamilyCaptions;
  readonly prose: readonly string[];
  readonly notes: readonly string[]; // recognised, assumed, left out
}

/** A model in the config of a run: its name and, of your own, the first digits of its file's hash, so that an edit is seen. */
export function nameAndHash({ name, own }: BenchmarkModel): string {
  return own === undefined ? name : `${name} (${own.sha256.slice(0, 12)})`;
}

/** Writes `results/compare/<run>/`. @throws Error of a fit, naming the model; the signal's reason on abort */
export async function runComparison(comparison: Comparison, results: string, control: RunControl): Promise<Answer> {
  const { name, config, answer, sameData, captions, notes } = comparison;
  return withRun("compare", { of: name, ...config }, { root: results }, async (run) => {
    const { records, measured } = await run.step("models", () => comparison.measure(control));
    const rows = judgeBenchmark(records, sameData);
    const tables = [...tradeOffTables(rows, captions, sameData), ...differenceTables(rows, sameData)];
    const drawn: NamedFigure = { name, figure: comparison.figure(rows) };
    const json = { run: run.finalDir, ...answer, measured, rows };
    const report = reportOf(comparison, rows, drawn);
    await run.write("compare.html", reportHtml(report));
    await keep(run, tablesOf(report), json);
    await keepPictures(run, run.dir, [drawn], control.signal);
    const text = [
      ...tables.flatMap((wide) => folded(wide)).map(tableText),
      ...(notes.length === 0 ? [] : [notes.map((line) => `- ${line}`).join("\n")]),
      `Open ${run.finalDir}/compare.html`,
    ];
    return { json, text: text.join("\n\n") };
  });
}

function reportOf(comparison: Comparison, rows: readonly BenchmarkRow[], { name, figure }: NamedFigure): Report {
  const { title, lede, facts, figureHeading, figureCaption, captions, sameData, prose, notes } = comparison;
  return {
    title,
    lede: lede(rows),
    facts,
    sections: [
      { id: "figure", heading: figureHeading, prose: [], figures: [{ name, figure, caption: figureCaption }] },
      { id: "models", heading: "Models", prose, tables: tradeOffTables(rows, captions, sameData) },
      {
        id: "differences",
        heading: "Differences to the baseline",
        prose: [],
        tables: differenceTables(rows, sameData),
      },
      ...(notes.length === 0 ? [] : [{ id: "data", heading: "Recognised, assumed and left out", prose: notes }]),
    ],
  };
}

/** `stagecraft case <name>`: a case study from its requirements to its bad day, as one report. */
import { statSync } from "node:fs";
import { Argument, Option } from "commander";
import { ads, cases, runCase, type Case } from "../cases/index.js";
import { table, tableText } from "../lab/index.js";
import { setting } from "../pipeline/index.js";
import { scales, type RunControl, type Scale } from "../types.js";
import { tablesOf } from "./keep.js";
import { addOptions, integer, jsonOption, UsageError, usageFault } from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface CaseTyped {
  readonly scale: Scale;
  readonly seed: string;
  readonly markets: string;
  readonly workers: string;
  readonly recompute?: boolean;
  readonly file?: string;
  readonly json?: boolean;
}

export const caseVerb: Verb = (program, answer) => {
  const command = program
    .command("case")
    .description("a case study of interviews, whole: data with a known truth, a ladder of models, money, a bad day")
    .addArgument(new Argument("<name>", "which case").choices(cases.map(({ name }) => name)));
  addOptions(command, [
    new Option("--scale <scale>", "size of everything").choices(scales).default("tiny"),
    new Option("--seed <integer>", "of the first market; the same seed gives the same data").default("42"),
    new Option("--markets <integer>", "independent markets (or worlds, scenes) that intervals are over").default("5"),
    new Option("--workers <integer>", "processes; they change speed, never bytes").default("2"),
    new Option("--recompute", "compute again instead of reusing what is there"),
    new Option(
      "--file <path>",
      "with ads: FTRL over your own file in Criteo's format (tab-separated, may be .gz) instead",
    ),
    jsonOption(),
  ]);
  command.action(async (name: string, typed: CaseTyped) => {
    const chosen = cases.find((one) => one.name === name) as Case;
    const options = {
      scale: typed.scale,
      seed: integer("--seed", typed.seed),
      seeds: integer("--markets", typed.markets, 2, 100),
    };
    const how = {
      datasets: setting().datasets,
      workers: integer("--workers", typed.workers, 1, 64),
      remake: typed.recompute === true,
    };
    const asked = { name, ...typed };
    if (typed.file !== undefined) {
      const { file } = typed;
      if (name !== "ads") throw new UsageError(`invalid --file: it cannot be used with ${name}; allowed: with ads`);
      if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
        throw new UsageError(`invalid --file: ${file} is no file; allowed: a file in Criteo's format`);
      return answer("case", asked, (control) => ofFile(file, control));
    }
    await answer("case", asked, async (control) => {
      const { report, hypotheses, pair, json, files = {} } = await runCase(chosen, options, how, control);
      const tables = report.sections.flatMap((section) => section.tables ?? []);
      return {
        json: { case: name, ...options, hypotheses, pair, ...json },
        tables: tablesOf(report),
        ...{ report, files },
        text: [report.lede, ...tables.map(tableText), ...Object.keys(files)].join("\n\n"),
      };
    });
  });
};

/** FTRL over a file, part by part. @throws UsageError naming the line, what is there and what is allowed */
async function ofFile(file: string, control: RunControl): Promise<Answer> {
  try {
    const parts = await ads.learnCriteo(file, control);
    const found = table(parts, { name: "file", caption: "FTRL on lines that it has not learned from yet" });
    return { json: { case: "ads", file, parts }, tables: { file: found }, text: tableText(found) };
  } catch (error) {
    throw usageFault(error);
  }
}

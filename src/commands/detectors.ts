/** `stagecraft detectors`: drift detectors judged by planted drifts; hypotheses beside their results, figures, a page. */
import { Option } from "commander";
import {
  figures,
  formatNumber,
  table,
  tableText,
  withRun,
  type Figure,
  type Report,
  type Table,
} from "../lab/index.js";
import { judgeDetectors, type DetectorStudy } from "../studies/detectors/study.js";
import { judgedTable } from "./ab-audit.js";
import { keep, keepPage, tablesOf } from "./keep.js";
import { configOf, integer, recomputeOf, resultsDir, UsageError, type PlatformOptions } from "./options.js";
import { platformVerb } from "./verb.js";

export const detectors = platformVerb<PlatformOptions & { readonly seeds?: string }>({
  name: "detectors",
  description:
    "drift detectors judged by planted drifts: found, delay, false alarms, named cause, by kind, shape and size",
  scale: "tiny",
  out: "results",
  options: [new Option("--seeds <integer>", "worlds").default("20")],
  run(setting, control, typed) {
    const seeds = integer("--seeds", typed.seeds!);
    if (seeds < 2 || seeds > 1000)
      throw new UsageError(`invalid --seeds: ${seeds}; allowed: an integer from 2 to 1000`);
    const config = { ...configOf(setting), seeds };
    return withRun("detectors", config, { root: resultsDir(typed) }, async (run) => {
      const study = await run.step("worlds", () =>
        judgeDetectors(setting, { seeds, remake: recomputeOf(typed) }, control),
      );
      const report = detectorReport(study);
      const record = { run: run.finalDir, scale: setting.scale, seed: setting.seed, ...study };
      await keep(run, tablesOf(report), record);
      await keepPage(run, report, control.signal);
      const tables = [judgedTable(study), detectorTable(study), causeTable(study)];
      return {
        text: `${tables.map(tableText).join("\n")}\n${study.page.sentence}\n${run.finalDir}/report.html`,
        json: record,
      };
    });
  },
});

const shown = [
  ["covariate", "covariate"],
  ["concept", "concept"],
  ["prior", "prior"],
  ["small", "small"],
  ["sudden", "sudden"],
  ["gradual", "gradual"],
  ["recurring", "recurring"],
  ["all", "all"],
] as const;

/** One row for each monitor: drifts found and median delay in days by kind, size and shape, beside false alarms. */
export function detectorTable({ falseAlarms, rows }: Pick<DetectorStudy, "falseAlarms" | "rows">): Table {
  return table(
    falseAlarms.map(({ monitor, per30Days, asLong }) => {
      const row = (of: string) => rows.find((one) => one.monitor === monitor && one.of === of)!;
      return {
        monitor,
        "false alarms in 30 days": per30Days,
        "quiet worlds with one": asLong.estimate,
        found: row("all").found,
        "median delay": row("all").delay,
        ...Object.fromEntries(shown.slice(0, -1).map(([label, of]) => [label, row(of).found.estimate])),
      };
    }),
    { name: "detectors", caption: "Share of drifts found, delay in days; intervals over worlds" },
  );
}

/** Share found (or quiet worlds with an alarm) by monitor and group. */
export function detectorFigure({ falseAlarms, rows }: Pick<DetectorStudy, "falseAlarms" | "rows">): Figure {
  return figures.heat({
    title: "Drifts found, beside quiet worlds that alarm in as many days",
    rows: falseAlarms.map(({ monitor }) => monitor),
    columns: ["quiet", ...shown.map(([label]) => label)],
    values: falseAlarms.map(({ monitor, asLong }) => [
      asLong.estimate,
      ...shown.map(([, of]) => rows.find((one) => one.monitor === monitor && one.of === of)!.found.estimate),
    ]),
    unit: "share of worlds",
    most: 1,
  });
}

function causeTable({ causes }: DetectorStudy): Table {
  return table(
    causes.map(({ of, right, segment }) => ({
      drift: of,
      "stage and feature right": right,
      "segment right, too": segment,
    })),
    { name: "causes", caption: "The cause that the first alarm of a report named, against the plan" },
  );
}

function detectorReport(study: DetectorStudy): Report {
  const count = (verdict: string): string => String(study.judged.filter((one) => one.verdict === verdict).length);
  const quiet = study.falseAlarms.map(({ monitor, per30Days }) => `${monitor} ${formatNumber(per30Days.estimate)}`);
  return {
    title: "Which detector would you page somebody for?",
    lede: study.page.sentence,
    facts: [
      ["worlds", String(study.worlds)],
      ["hypotheses held", `${count("held")} of ${study.judged.length}`],
      ["did not hold", count("did not hold")],
    ],
    sections: [
      { id: "hypotheses", heading: "Hypotheses", prose: [], tables: [judgedTable(study)] },
      {
        id: "detectors",
        heading: "Found, and false alarms",
        prose: [`False alarms in 30 days: ${quiet.join("; ")}.`],
        tables: [detectorTable(study)],
        figures: [{ name: "found", caption: "Share of drifts found, by monitor", figure: detectorFigure(study) }],
      },
      {
        id: "causes",
        heading: "Cause",
        prose: ["The facet furthest beyond exchanges of users and days and its own movement, against the planted one."],
        tables: [causeTable(study)],
      },
    ],
  };
}

/** `stagecraft live --study`: policies of learning on, or feedback loops, over several worlds, with hypotheses. */
import { figures, type Report, type Table, table, tableText } from "../lab/index.js";
import type { Setting } from "../pipeline/setting.js";
import { driftPlan, type LearningStudyName } from "../studies/learning/plans.js";
import type { LearningDay, LearningRun } from "../studies/learning/play.js";
import { type LearningStudy, studyLearning } from "../studies/learning/study.js";
import type { RunControl } from "../types.js";
import { judgedTable } from "./ab-audit.js";
import { configOf } from "./options.js";
import type { Answer } from "./run.js";

/** Plays or loads all policies of a study in several worlds. */
export async function compared(
  setting: Setting,
  options: {
    readonly study: LearningStudyName;
    readonly seeds: number;
    readonly days: number;
    readonly remake: boolean;
  },
  control: RunControl,
): Promise<Answer> {
  const study = await studyLearning(setting, options, control);
  const report = studyReport(study, options.days);
  const tables = { policies: policyTable(study), hypotheses: judgedTable(study) };
  const text = [tables.policies, tables.hypotheses].map(tableText).join("\n\n");
  return { json: { ...configOf(setting), ...options, rows: study.rows, judged: study.judged }, tables, report, text };
}

function policyTable({ study, rows }: LearningStudy): Table {
  const records = rows.map((row) => ({
    policy: row.name,
    "regret, min": row.regretPerUserDay,
    "watched, min": row.minutesPerUserDay,
    ...(study === "retraining" && { "gained, min": row.gained ?? null }),
    promoted: `${row.promotions.estimate.toFixed(0)} of ${row.fits.estimate.toFixed(0)}`,
    "million rows": row.millionRows.estimate,
    ...(study === "retraining" && { "break-even": row.breakEven?.estimate ?? null }),
  }));
  return table(records, {
    name: "policies",
    caption:
      "Minutes per user and day, intervals over worlds; promoted of fits" +
      (study === "retraining" ? "; break-even: what learning a million rows may cost, minutes" : ""),
  });
}

function studyReport(study: LearningStudy, days: number): Report {
  const { runs, judged, rows } = study;
  const count = (verdict: string): number => judged.filter((one) => one.verdict === verdict).length;
  const series = (
    label: string,
    of: (day: LearningDay) => number,
  ): { figure: ReturnType<typeof figures.dayLines> } => ({
    figure: figures.dayLines({
      metric: { label, unit: label },
      title: `${label}: means over worlds, of seven days`,
      series: runs.map((worlds) => ({ name: worlds[0]!.policy.name, days: smoothed(worlds, of) })),
      marks: study.study === "retraining" ? driftPlan(days).map(({ day, shape }) => ({ day, label: shape! })) : [],
    }),
  });
  const online = { ...series("Watch minutes per user and day", (d) => d.minutes / d.userDays), name: "online" };
  const shown =
    study.study === "retraining"
      ? [{ ...series("AUC of the day's clicks", (d) => d.auc ?? NaN), name: "offline", caption: "Offline metric" }]
      : [
          {
            ...series("Gini of creators' impressions", (d) => d.loop.creatorGini),
            name: "creators",
            caption: "Exposure",
          },
          { ...series("Topics on a page, nats", (d) => d.loop.pageEntropy), name: "topics", caption: "Topic bubble" },
          { ...series("Clickbait shown", (d) => d.loop.bait), name: "bait", caption: "What creators are paid for" },
        ];
  const cost = figures.tradeOff({
    title: "Watch minutes against the cost of learning",
    subtitle: "up and to the left is better; 95 % intervals over worlds",
    panels: [
      {
        ...{ quality: "watch minutes per user and day", cost: "million rows learned" },
        points: rows
          .filter(({ millionRows }) => millionRows.estimate > 0)
          .map((row) => ({
            ...{ name: row.name, quality: row.minutesPerUserDay, cost: row.millionRows, onLadder: false },
          })),
      },
    ],
  });
  return {
    title: study.study === "retraining" ? "When should a model be fitted again?" : "What does a feedback loop do?",
    lede: `Of ${judged.length} hypotheses ${count("held")} held, ${count("did not hold")} did not, ${count("undecided")} are undecided.`,
    facts: [
      ["worlds", String(runs[0]!.length)],
      ["days", String(days)],
    ],
    sections: [
      {
        ...{ id: "days", heading: "Day by day", prose: [] },
        figures: [
          { ...online, caption: "Online metric" },
          ...shown,
          // in a loop the world itself answers: what differs there is not what learning cost
          ...(study.study === "retraining" ? [{ figure: cost, caption: "What learning costs", name: "cost" }] : []),
        ],
      },
      { id: "hypotheses", heading: "Hypotheses", prose: [], tables: [judgedTable(study)] },
      { id: "policies", heading: "Policies", prose: [], tables: [policyTable(study)] },
    ],
  };
}

/** Means over worlds and the seven days up to each. */
function smoothed(
  worlds: readonly LearningRun[],
  of: (day: LearningDay) => number,
): { day: number; interval: { estimate: number; low: number; high: number } }[] {
  return worlds[0]!.days.flatMap(({ day, version }, d) => {
    if (version === 0) return [];
    const near = worlds.flatMap(({ days }) => days.slice(Math.max(0, d - 6), d + 1).map(of)).filter(Number.isFinite);
    const estimate = near.reduce((sum, x) => sum + x, 0) / near.length;
    return near.length === 0 ? [] : [{ day, interval: { estimate, low: estimate, high: estimate } }];
  });
}

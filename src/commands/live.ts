/**
 * `stagecraft live`: the platform day by day under a policy of learning on, with a page that updates; stopped by Ctrl-C it resumes. With
 * `--study` all policies of a comparison in several worlds, and their hypotheses.
 */
import { join } from "node:path";
import { Option } from "commander";
import { figures, type Report, type Table, table, writeReport } from "../lab/index.js";
import type { Setting } from "../pipeline/setting.js";
import { type LearningDay, type LearningRun, playLearning } from "../studies/learning/play.js";
import {
  driftPlan,
  type LearningPlan,
  funnelPlan,
  learningPlan,
  learningStudies,
  type LearningStudyName,
  loopPolicies,
  retrainingPolicies,
} from "../studies/learning/plans.js";
import type { RunControl } from "../types.js";
import { compared } from "./live-study.js";
import { configOf, integer, orUsageError, recomputeOf, resultsDir, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

interface LiveTyped extends PlatformOptions {
  readonly retrain: string;
  readonly days: string;
  readonly study?: LearningStudyName;
  readonly seeds: string;
  readonly system: "small" | "funnel";
}

const policies = new Map([...loopPolicies, ...retrainingPolicies].map((policy) => [policy.name, policy]));

export const live = platformVerb<LiveTyped>({
  name: "live",
  description: "the platform day by day under a policy of retraining, with a page that updates; resumes after Ctrl-C",
  scale: "tiny",
  options: [
    new Option("--retrain <policy>", "when and on what the ranker is fitted")
      .choices([...policies.keys()])
      .default("daily"),
    new Option("--system <name>", "what lives: a small ranker, or the platform's funnel (two towers, DCN-v2)")
      .choices(["small", "funnel"])
      .default("small"),
    new Option("--days <integer>", "days under the policy, from 8").default("60"),
    new Option("--study <name>", "compare all policies of a study instead, with hypotheses").choices(
      Object.keys(learningStudies),
    ),
    new Option("--seeds <integer>", "worlds of the study; of one there are no intervals").default("5"),
  ],
  run(setting, control, typed) {
    const days = integer("--days", typed.days, 8, 365);
    const seeds = integer("--seeds", typed.seeds, 1, 1_000);
    const remake = recomputeOf(typed);
    if (typed.study) return compared(setting, { study: typed.study, seeds, days, remake }, control);
    return watched(setting, typed, { days, remake }, control);
  },
});

async function watched(
  given: Setting,
  { retrain, system }: Pick<LiveTyped, "retrain" | "system">,
  { days, remake }: { readonly days: number; readonly remake: boolean },
  control: RunControl,
): Promise<Answer> {
  const [policy, { world, sizes }] = [policies.get(retrain)!, given];
  const drift = world.drift.length > 0 ? world.drift : driftPlan(days);
  const plan = orUsageError(() =>
    system === "funnel"
      ? funnelPlan(policy, sizes.online.users, days, world.days)
      : learningPlan(policy, { users: world.users, days, drift }),
  );
  const setting = system === "funnel" ? { ...given, world: { ...world, extraDays: days } } : given;
  const place = join(resultsDir(), "live", "now");
  process.stderr.write(`open ${join(place, "report.html")}\n`);
  let written = -Infinity;
  const onDay = async (run: LearningRun): Promise<void> => {
    if (performance.now() - written < 2_000) return;
    written = performance.now();
    await writeReport(place, { ...liveReport(run, plan), refreshSeconds: 3 });
  };
  const { dir, ...run } = await playLearning(setting, plan, { remake, models: true, onDay }, control);
  const report = liveReport(run, plan);
  await writeReport(place, report);
  const tables = { days: dayTable(run.days) };
  const text = `${report.lede}\nModels: stagecraft registry list ${join(dir, "registry")}`;
  return { json: { ...configOf(setting), registry: join(dir, "registry"), ...run }, tables, report, text };
}

const percent = (value: number | null): string => (value === null ? "not yet" : value.toFixed(3));

function liveReport({ policy, days, seed }: LearningRun, plan: LearningPlan): Report {
  const now = days.at(-1)!;
  const on = (of: (day: LearningDay, before: LearningDay | undefined) => boolean): number[] =>
    days.filter((day, i) => of(day, days[i - 1])).map(({ day }) => day);
  const marks = plan.drift.map(({ day, shape = "sudden" }) => ({ day, label: shape }));
  const promoted = on((day, before) => day.version > (before?.version ?? 0));
  const alarms = on(({ alarm }) => alarm);
  const picture = figures.learningDays({
    title: `${plan.funnel ? "The funnel" : "A small ranker"}, fitted again: ${policy.name}`,
    days: days.map(({ day }) => day),
    panels: [
      { label: "online: watch minutes per user and day", values: days.map((d) => d.minutes / d.userDays) },
      { label: "offline: AUC of the day's clicks, as predicted", values: days.map((d) => d.auc) },
      { label: "regret: minutes lost per page against the best", values: days.map((d) => d.regret / d.pages) },
    ],
    marks: marks.filter(({ day }) => day <= now.day),
    signs: [
      { name: "new model", days: promoted },
      { name: "alarm", days: alarms },
      { name: "refused by its gate", days: on(({ gate }) => gate !== undefined && gate.verdict !== "passed") },
    ],
  });
  return {
    title: "Live",
    lede:
      `Day ${now.day} of seed ${seed} under ${policy.name}: version ${now.version} serves, ` +
      `${(now.minutes / now.userDays).toFixed(2)} watch minutes per user, AUC ${percent(now.auc)}.`,
    facts: [
      ["day", `${now.day + 1} of ${plan.warmUp + plan.days}`],
      ["champion", `version ${now.version}`],
      ["alarms", String(alarms.length)],
    ],
    sections: [
      {
        id: "now",
        heading: "Until now",
        prose: [
          ...(plan.funnel ? [] : ["The first days have random pages."]),
          "Dashed lines are where the world's drift begins, which nobody is told.",
        ],
        figures: [{ figure: picture, caption: "What the platform earned, and what the model was worth", name: "live" }],
      },
      { id: "last-days", heading: "The last days", prose: [], tables: [shortTable(days.slice(-14))] },
    ],
  };
}

/** What fits on a page; all of it is in `days`. */
function shortTable(days: readonly LearningDay[]): Table {
  const rows = days.map((one) => ({
    ...{ day: one.day, "watched, min": one.minutes / one.userDays, "regret, min per page": one.regret / one.pages },
    ...{ AUC: one.auc, calibration: one.calibration, alarm: one.alarm, "rows learned": one.rows },
    ...{ gate: one.gate?.verdict ?? null, version: one.version },
  }));
  return table(rows, { name: "last-days", caption: "Day by day; all numbers are in the kept table of days" });
}

function dayTable(days: readonly LearningDay[]): Table {
  const rows = days.map(({ gate, loop, ...day }) => ({
    ...day,
    gate: gate ? `${gate.gate} ${gate.verdict}` : null,
    ...loop,
  }));
  return table(rows, { name: "days", caption: "Day by day" });
}

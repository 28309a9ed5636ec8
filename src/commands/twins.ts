/** A twin study for people: tables, figures, and the verb that writes a run. */
import { Option } from "commander";
import { figures, table, tableText, withRun, type Figure } from "../lab/index.js";
import type { RunControl } from "../types.js";
import type { Setting } from "../pipeline/setting.js";
import { keep, keepPictures } from "./keep.js";
import { configOf, integer, orUsageError, recomputeOf, resultsDir, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";
import {
  type TwinSummary,
  studyTwins,
  twinPlan,
  twinSettings,
  type TwinStudy,
  type TwinStudyOptions,
} from "../studies/twins/study.js";
import type { TwinMetric } from "../studies/twins/metrics.js";

interface TwinsTyped extends PlatformOptions {
  readonly seeds?: string;
  readonly users?: string;
  readonly days?: string;
  readonly replications?: string;
  readonly lucks?: string; // the former name of replications
}

export const twins = platformVerb<TwinsTyped>({
  name: "twins",
  description:
    "twin worlds: how many users an A/B test needs for the same interval, compared with CUPED; twins.json and figures",
  out: "results",
  options: [
    new Option("--seeds <integer>", "worlds (default: 5)"),
    new Option("--users <integer>", "assigned users per world"),
    new Option("--days <integer>", "days of the experiment (default: 14)"),
    new Option("--replications <integer>", "replications of each arm, each with other random draws (default: 3)"),
    new Option("--lucks <integer>", "the former name of --replications").hideHelp(),
  ],
  run(setting, control, typed) {
    const { seeds, users, days, replications = typed.lucks } = typed;
    const sizes = Object.entries({ seeds, users, days, replications }).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, integer(`--${name}`, text)] as const],
    );
    const { seeds: worlds = 5, ...plan } = Object.fromEntries(sizes);
    orUsageError(() => twinSettings(setting, twinPlan(setting, plan), worlds));
    return twinsVerb(setting, control, {
      results: resultsDir(typed),
      remake: recomputeOf(typed),
      ...(Object.fromEntries(sizes) as Partial<Record<"seeds" | "users" | "days" | "replications", number>>),
    });
  },
});

/** Names of the metrics for people. */
export const twinLabels: Readonly<Record<TwinMetric, string>> = {
  watchMinutes: "Watch time",
  clicks: "Clicks",
  ctr: "CTR",
  visits: "Visits",
  day1Return: "Day-1 return",
  day7Return: "Day-7 return",
  revenue: "Revenue",
  satisfaction: "Satisfaction (hidden)",
};

/** One row per pair, metric and horizon, with the labels of the tables. `horizon`: only that one. */
function twinRows(summaries: readonly TwinSummary[], horizon?: number): readonly Readonly<Record<string, unknown>>[] {
  return summaries
    .filter((one) => horizon === undefined || one.horizon === horizon)
    .map((one) => ({
      pair: one.pair,
      metric: twinLabels[one.metric],
      days: one.horizon,
      ρ: one.rho,
      "ρ, other random draws": one.rhoOtherDraws.estimate,
      "2/(1−ρ)": one.factor,
      "CUPED 1/(1−r²)": one.cupedFactor,
      "really run": one.checkedFactor,
      difference: one.difference,
      "s.e. by user": one.userStandardError,
      "s.d. of worlds": one.worldDeviation,
      "shared draws": one.tie,
    }));
}

/** Figure of the factors at a horizon (default: the longest), one panel per pair. */
export function twinFactorFigure(
  { summaries, plan }: Pick<TwinStudy, "summaries" | "plan">,
  horizon: number = Math.max(...plan.horizons),
): Figure {
  const here = summaries.filter((one) => one.horizon === horizon);
  const panels = plan.pairs
    .map(({ name, distance }) => ({
      name: `${distance}: ${name}`,
      rows: here
        .filter((one) => one.pair === name)
        .map((one) => ({
          label: twinLabels[one.metric],
          factors: { "twin worlds, 2/(1−ρ)": one.factor, "CUPED, 1/(1−r²)": one.cupedFactor },
        })),
    }))
    .filter(({ rows }) => rows.length > 0);
  return figures.varianceFactors({
    panels,
    title: `Twin worlds against an A/B test of the same users over ${horizon} days`,
    subtitle:
      "variance of the A/B test's difference over that of the twins', and over its " +
      "own with CUPED; 95 % intervals by world; a triangle is a factor without bound",
  });
}

/** Figure of ρ by horizon for one metric. */
export function twinCorrelationFigure(
  { summaries, plan }: Pick<TwinStudy, "summaries" | "plan">,
  metric: TwinMetric = "watchMinutes",
): Figure {
  const series = plan.pairs
    .map(({ name }) => ({
      name,
      horizons: summaries
        .filter((one) => one.pair === name && one.metric === metric)
        .map((one) => ({ days: one.horizon, rho: one.rho, otherDraws: one.rhoOtherDraws })),
    }))
    .filter(({ horizons }) => horizons.length > 0);
  return figures.twinCorrelation({
    metric: twinLabels[metric].toLowerCase(),
    series,
    title: `How alike twins stay: ${twinLabels[metric].toLowerCase()} by days of the experiment`,
  });
}

/** `stagecraft twins`: plays or loads the worlds, writes `results/twins/<run>/` (twins.json, figures), answers with the table. */
export async function twinsVerb(
  setting: Setting,
  control: RunControl,
  { results, ...rest }: TwinStudyOptions & { readonly results: string },
): Promise<Answer> {
  return withRun("twins", { ...configOf(setting), ...rest }, { root: results }, async (run) => {
    const study = await run.step("worlds", () => studyTwins(setting, rest, control));
    const { plan, worlds, summaries } = study;
    const drawn = [
      { name: "variance-factors", figure: twinFactorFigure(study) },
      ...(plan.horizons.length > 1 ? [{ name: "twin-correlation", figure: twinCorrelationFigure(study) }] : []),
    ];
    const record = {
      run: run.finalDir,
      scale: setting.scale,
      plan,
      worlds: worlds.map(({ seed, artifact, rows }) => ({ seed, id: artifact.id, rows })),
      summaries,
    };
    await keep(run, { twins: table(twinRows(summaries)) }, record);
    for (const { name, figure } of drawn) await run.write(`${name}.json`, figure);
    await keepPictures(run, run.dir, drawn, control.signal);
    const horizon = Math.max(...plan.horizons);
    const caption =
      `Twin worlds over ${horizon} days, ${worlds.length} worlds of ` +
      `${Math.round(summaries[0]?.users ?? 0)} users; 95 % intervals by world`;
    return { json: record, text: `${tableText(table(twinRows(summaries, horizon), { caption }))}\n${run.finalDir}` };
  });
}

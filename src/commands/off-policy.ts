/** Off-policy estimates judged against the world's truth: the verb, its table and its figure. */
import { Option } from "commander";
import { figures, table, tableText, withRun, type Figure } from "../lab/index.js";
import { offPolicyPlan, studyOffPolicy, type JudgedEstimator, type OffPolicyOptions } from "../studies/index.js";
import type { Setting } from "../pipeline/setting.js";
import type { RunControl } from "../types.js";
import { keep, keepPictures } from "./keep.js";
import { integer, orUsageError, resultsDir, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

interface OffPolicyTyped extends PlatformOptions {
  readonly seeds?: string;
  readonly logs?: string;
  readonly users?: string;
  readonly logger?: NonNullable<OffPolicyOptions["logger"]>;
}

export const offPolicy = platformVerb<OffPolicyTyped>({
  name: "off-policy",
  description:
    "off-policy estimators on logs whose truth is known: errors, coverage, wrong winners, refusals; off-policy.json and figures",
  out: "results",
  scale: "tiny",
  options: [
    new Option("--seeds <integer>", "worlds (default: 10)"),
    new Option("--logs <integer>", "logs of one day in each world (default: 5)"),
    new Option("--users <integer>", "users assigned at most (default: 300)"),
    new Option("--logger <policy>", "the policy that writes the log (default: both)").choices(["mixture", "funnel"]),
  ],
  run(setting, control, typed) {
    const sizes = Object.fromEntries(
      (["seeds", "logs", "users"] as const).flatMap((name) =>
        typed[name] === undefined ? [] : [[name, integer(`--${name}`, typed[name])]],
      ),
    );
    orUsageError(() => offPolicyPlan(sizes));
    return offPolicyVerb(setting, control, {
      results: resultsDir(typed),
      ...sizes,
      ...(typed.logger && { logger: typed.logger }),
    });
  },
});

/** One row for each estimator. */
export function estimatorRows(judged: readonly JudgedEstimator[]): readonly Readonly<Record<string, unknown>>[] {
  return judged.map((one) => ({
    log: one.logger,
    "what of": one.of,
    goal: one.goal === "clicks" ? "clicks" : "watch minutes",
    propensities: one.propensities,
    estimator: one.estimator,
    answered: one.answered,
    "median error": one.relativeError,
    "worst tenth from": one.worstTenth,
    coverage: one.coverage,
    "wrong winner": one.wrongWinner,
    regret: one.regret,
  }));
}

const percents = ["answered", "median error", "worst tenth from", "coverage", "wrong winner", "regret"];
const estimatorColumns = [
  ...["log", "what of", "goal", "propensities", "estimator"],
  ...percents.map((key) => ({ key, format: "percent" as const })),
];

/** How wrong the estimators of pages are, with right propensities; of one logging policy. */
export function offPolicyFigure(
  judged: readonly JudgedEstimator[],
  logger: JudgedEstimator["logger"],
  goal: JudgedEstimator["goal"] = "clicks",
): Figure {
  const shown = judged.filter(
    (one) => one.logger === logger && one.goal === goal && one.of === "page" && one.propensities === "exact",
  );
  const best = shown
    .filter(({ answered }) => answered > 0.5)
    .reduce<JudgedEstimator | undefined>((a, b) => (a && a.worstTenth <= b.worstTenth ? a : b), undefined);
  return figures.errorDistribution({
    title:
      best === undefined
        ? "Most of what was asked was refused"
        : `Nine in ten answers of ${best.estimator} are at most ${Math.round(100 * best.worstTenth)} % off`,
    subtitle:
      `${goal === "clicks" ? "clicks" : "watch minutes"} of a page, log of the ${logger}; ` +
      "where a line ends below 100 %, the rest was refused",
    series: shown.map(({ estimator, squaredErrors, asked }) => ({
      name: estimator,
      errors: squaredErrors.map(Math.sqrt),
      asked,
    })),
  });
}

/** `stagecraft off-policy`: plays or loads the worlds, writes `results/off-policy/<run>/`, answers with the table. */
async function offPolicyVerb(
  setting: Setting,
  control: RunControl,
  { results, ...options }: OffPolicyOptions & { readonly results: string },
): Promise<Answer> {
  return withRun(
    "off-policy",
    { scale: setting.scale, seed: setting.seed, world: setting.world, ...options },
    { root: results },
    async (run) => {
      const study = await run.step("worlds", () => studyOffPolicy(setting, options, control));
      const { plan, judged, rows } = study;
      const drawn = [...new Set(judged.map(({ logger }) => logger))].map((logger) => ({
        name: `errors-${logger}`,
        figure: offPolicyFigure(judged, logger),
      }));
      const all = table(estimatorRows(judged), { columns: estimatorColumns });
      const record = { run: run.finalDir, scale: setting.scale, plan, judged };
      await keep(run, { estimators: all, estimates: table(rows) }, record);
      for (const { name, figure } of drawn) await run.write(`${name}.json`, figure);
      await keepPictures(run, run.dir, drawn, control.signal);
      const exact = judged.filter(({ propensities, goal }) => propensities === "exact" && goal === "clicks");
      const caption = `Off-policy estimates of clicks with right propensities: ${plan.seeds} worlds × ${plan.logs} logs`;
      const text = tableText(table(estimatorRows(exact), { caption, columns: estimatorColumns }));
      return { json: record, text: `${text}\n${run.finalDir}` };
    },
  );
}

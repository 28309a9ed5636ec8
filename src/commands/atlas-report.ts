/** What the atlas shows: one interactive figure, tables, and findings in sentences made from the numbers. */
import { figures, table, type Figure, type Table } from "../lab/index.js";
import { liftsOf, type Atlas, type AtlasCell, type ChoiceChange, type MetricJudgement } from "../studies/index.js";

const goalNames = {
  watchMinutes: "watch minutes",
  day7Return: "day-7 return",
  revenue: "revenue",
  ctr: "CTR",
} as const;
/** Goals that metrics are judged by. */
export const judgedGoals = ["watchMinutes", "day7Return", "revenue"] as const;
type JudgedGoal = (typeof judgedGoals)[number];

/** The figure: offline metric against online lift, both to be chosen. */
export function atlasFigure({ cells, metrics }: Pick<Atlas, "cells" | "metrics">): Figure {
  const names = [...new Set(metrics.map(({ metric }) => metric))];
  const { policies, undecided } = liftsOf(cells, names);
  const shown = policies.filter(({ bound }) => !bound);
  const auc = metrics.find(({ metric, goal }) => metric === "AUC" && goal === "watchMinutes");
  return figures.atlas({
    points: shown.map(({ policy, family, metrics: own, goals }) => ({
      policy,
      family,
      metrics: own,
      goals: Object.fromEntries(judgedGoals.flatMap((goal) => (goals[goal] ? [[goalNames[goal], goals[goal]]] : []))),
    })),
    metrics: [...new Set(["AUC", ...names])].filter((name) => names.includes(name)),
    goals: judgedGoals.map((goal) => ({ name: goalNames[goal], undecided: undecided[goal] })),
    title: auc
      ? `AUC orders ${percent(auc.signErrors.estimate)} of the policies' decided pairs wrongly in watch minutes`
      : "What offline metrics say of policies, and what these do online",
    subtitle:
      "a dot is a policy, bars are 95 % intervals by user; thin lines join policies that the truth does not tell apart",
  });
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** One row for each metric that was judged by a goal, the fewest sign errors first. */
export function atlasTable({ metrics }: Pick<Atlas, "metrics">, goal: JudgedGoal, most = Infinity): Table {
  const rows = metrics
    .filter((one) => one.goal === goal)
    .sort((a, b) => a.signErrors.estimate - b.signErrors.estimate)
    .slice(0, most)
    .map((one) => ({
      metric: one.metric,
      kind: one.kind,
      policies: Math.round(one.policies),
      "decided pairs": one.pairs,
      "Kendall τ": one.kendall,
      "sign errors": one.signErrors,
      "regret@1": one.regret[1],
      "regret@3": one.regret[3],
      "below logging": one.belowLogging,
      "SharpeRatio@3": one.sharpe,
      "misleads most": misledText(one),
    }));
  const shares = ["regret@1", "regret@3", "below logging"];
  return table(rows, {
    name: `metrics-${goal}`,
    caption: `Metrics against ${goalNames[goal]}: intervals over policies and worlds; the fewest sign errors first`,
    columns: Object.keys(rows[0] ?? {}).map((key) =>
      shares.includes(key) ? { key, format: "percent" as const } : key,
    ),
  });
}

function misledText({ misleads: [worst] }: MetricJudgement): string {
  return worst ? `${worst.preferred} over ${worst.better} (${worst.world})` : "–";
}

/** Findings in sentences, from the numbers. */
export function atlasFindings({ metrics, decided, estimable, cells }: Atlas): readonly string[] {
  const of = (goal: JudgedGoal, kind?: MetricJudgement["kind"]): MetricJudgement[] =>
    metrics
      .filter((one) => one.goal === goal && (kind === undefined || one.kind === kind))
      .filter(({ signErrors }) => Number.isFinite(signErrors.estimate))
      .sort((a, b) => a.signErrors.estimate - b.signErrors.estimate);
  const count = (name: (cell: AtlasCell) => string): number =>
    new Set(cells.filter(({ bound }) => !bound).map(name)).size;
  const worlds = count(({ seed, choiceModel }) => `${seed} ${choiceModel}`);
  const pairs = judgedGoals.map((goal) => `${percent(decided[goal])} of pairs in ${goalNames[goal]}`);
  const ends = judgedGoals.flatMap((goal) => {
    const [first, last] = [of(goal)[0], of(goal).at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      `In ${goalNames[goal]} the fewest pairs are put in the wrong order by ${wrongText(first)}, the most by ${wrongText(last)}.`,
    ];
  });
  const costly = of("watchMinutes", "offline").sort((a, b) => b.regret[1] - a.regret[1])[0];
  const picks = [...new Set(costly?.worlds.map(({ pick }) => pick))].join(", ");
  const [offline, estimated] = [of("watchMinutes", "offline")[0], of("watchMinutes", "off-policy")[0]];
  const ctr = of("watchMinutes", "online")[0];
  return [
    `${count(({ policy }) => policy)} policies in ${worlds} ${worlds === 1 ? "world" : "worlds"}. The truth decides ${pairs.join(", ")}. ` +
      `${percent(estimable)} of the policies can be estimated from the log; the others are “not estimable”.`,
    ...ends,
    ...(costly
      ? [
          `Choosing by ${costly.metric} costs most: its pick (${picks}) has ${percent(costly.regret[1])} less watch time than the best.`,
        ]
      : []),
    ...(offline && estimated
      ? [
          `The best off-policy estimate, of policies that the log supports: ${wrongText(estimated)}; ` +
            `the best offline metric: ${wrongText(offline)}.`,
        ]
      : []),
    ...(ctr ? [`An A/B test read by its CTR, against watch minutes: ${wrongText(ctr)}.`] : []),
  ];
}

const wrongText = (one: MetricJudgement): string =>
  `${one.metric} (wrong in ${shareText(one)}; its pick loses ${percent(one.regret[1])})`;

function shareText({ signErrors: { estimate, low, high } }: MetricJudgement): string {
  return `${percent(estimate)}, 95 % interval ${percent(low)} to ${percent(high)}`;
}

/** Each policy: its lifts, and whether the log says something of it. */
export function policyTable({ cells }: Atlas): Table {
  const { policies } = liftsOf(cells, []);
  const why = (policy: string): string =>
    cells.find((cell) => cell.policy === policy && cell.refused !== undefined)?.refused ?? "";
  return table(
    policies.map(({ policy, family, goals, estimable }) => ({
      policy,
      family,
      ...Object.fromEntries(judgedGoals.map((goal) => [`${goalNames[goal]} %`, goals[goal]])),
      "CTR %": goals.ctr,
      "from the log": estimable ? "estimable" : `not estimable: ${why(policy)}`,
    })),
    {
      name: "policies",
      caption: "Lift over the policy that collected the log, per cent, 95 % intervals by user; means over worlds",
    },
  );
}

/** What other ways of choosing change, in watch minutes. */
export function choiceTable(choices: readonly ChoiceChange[]): Table {
  const rows = choices.map(({ metric, first, others }) => ({
    metric,
    [`sign errors, ${first.choiceModel}`]: first.signErrors,
    ...Object.fromEntries(others.map(({ choiceModel, more }) => [`more, ${choiceModel}`, more])),
    worlds: others[0]!.worlds,
  }));
  return table(rows, {
    name: "choice-models",
    caption: "Share of decided pairs in the wrong order, and how much more under other choice models, paired by seed",
  });
}

/** What other ways of choosing change, in a sentence; none for one choice model. */
export function choiceFindings(choices: readonly ChoiceChange[]): readonly string[] {
  if (choices.length === 0) return [];
  const decided = choices.flatMap(({ metric, others }) =>
    others
      .filter(({ more, worlds }) => worlds > 1 && (more.low > 0 || more.high < 0))
      .map(({ choiceModel, more }) => `${metric} ${more.estimate > 0 ? "more" : "fewer"} under ${choiceModel}`),
  );
  const names = choices[0]!.others.map(({ choiceModel }) => choiceModel).join(" and ");
  return [
    decided.length === 0
      ? `No metric makes decidedly more or fewer sign errors under ${names} than under ${choices[0]!.first.choiceModel}.`
      : `Sign errors against ${choices[0]!.first.choiceModel}: ${decided.join("; ")}.`,
  ];
}

/** Expectations and what came of them. */
export function hypothesisTable({ hypotheses }: Atlas): Table {
  return table(
    hypotheses.map(({ expected, decidedBy, outcome, because }) => ({
      expected,
      "decided by": decidedBy,
      outcome,
      because,
    })),
    { name: "hypotheses", caption: "Expectations that were written down before the first run, and what came out" },
  );
}

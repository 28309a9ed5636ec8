/** What changes when users choose in another way: each metric's sign errors under each choice model, paired by the world's seed. */
import { meanInterval, meanOrZero, type Interval } from "../../evaluation/index.js";
import type { AtlasCell, Goal } from "./cell.js";
import { judgeAtlas, type MetricJudgement } from "./judge.js";

/** One metric against one goal. Shares of decided pairs. */
export interface ChoiceChange {
  readonly metric: string;
  readonly goal: Goal;
  readonly first: { readonly choiceModel: string; readonly signErrors: number };
  /** Sign errors more than under the first choice model, mean over the seeds that both have. */
  readonly others: readonly { readonly choiceModel: string; readonly more: Interval; readonly worlds: number }[];
}

/** The metrics that are judged under every choice model; none for a single one. */
export function choiceChanges(cells: readonly AtlasCell[], goal: Goal): readonly ChoiceChange[] {
  const models = [...new Set(cells.map(({ choiceModel }) => choiceModel))];
  if (models.length < 2) return [];
  const judged = models.map((model) => {
    const { metrics } = judgeAtlas(cells.filter(({ choiceModel }) => choiceModel === model));
    return { model, metrics: metrics.filter((one) => one.goal === goal) };
  });
  const [first, ...others] = judged.map(({ model, metrics }) => ({
    model,
    of: (name: string): Map<string, number> => errorsBySeed(metrics.find(({ metric }) => metric === name)),
  }));
  return judged[0]!.metrics.flatMap(({ metric }) => {
    const base = first!.of(metric);
    const found = others.map(({ model, of }) => {
      const pairs = [...of(metric)].filter(([seed]) => base.has(seed)).map(([seed, wrong]) => wrong - base.get(seed)!);
      return { choiceModel: model, more: meanInterval(pairs, [...pairs.keys()]), worlds: pairs.length };
    });
    if (found.some(({ worlds }) => worlds === 0)) return [];
    const signErrors = meanOrZero([...base.values()]);
    return [{ metric, goal, first: { choiceModel: first!.model, signErrors }, others: found }];
  });
}

/** By the part of a world's name that is its seed. */
function errorsBySeed(judgement: MetricJudgement | undefined): Map<string, number> {
  const known = (judgement?.worlds ?? []).filter(({ signErrors }) => Number.isFinite(signErrors));
  return new Map(known.map(({ world, signErrors }) => [world.split(",")[0]!, signErrors]));
}

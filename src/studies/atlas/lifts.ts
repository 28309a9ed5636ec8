/** Each policy over all worlds: its metrics, and by how many per cent it is above the policy that collected the log. */
import { combine, intervalOf, type Interval, type Replicates } from "../../evaluation/index.js";
import { goals, type AtlasCell, type Goal } from "./cell.js";
import { valueOf } from "./judge.js";

/** One policy; means over the worlds. A goal without a lift (nothing was earned under the logging policy) is absent. */
export interface PolicyLift {
  readonly policy: string;
  readonly family: string;
  readonly metrics: Readonly<Record<string, number>>; // those that it has in every world
  readonly goals: Readonly<Partial<Record<Goal, Interval>>>; // per cent, intervals by user
  readonly estimable: boolean; // from the log, in every world
  readonly bound: boolean;
}

/** Policies in the order of the cells, and the pairs that the means leave undecided. */
export interface Lifts {
  readonly policies: readonly PolicyLift[];
  readonly undecided: Readonly<Record<Goal, readonly (readonly [string, string])[]>>;
}

/** @throws Error where the policy that collected the log is not among the cells */
export function liftsOf(cells: readonly AtlasCell[], metrics: readonly string[]): Lifts {
  const byPolicy = new Map<string, AtlasCell[]>();
  for (const cell of cells) byPolicy.set(cell.policy, [...(byPolicy.get(cell.policy) ?? []), cell]);
  const logging = byPolicy.get("logging");
  if (logging === undefined) throw new Error("no cell of the policy logging; lifts are over it");
  const users = Math.min(...cells.map((cell) => cell.users));
  const replicates = new Map<string, Partial<Record<Goal, Replicates>>>();
  for (const [policy, own] of byPolicy)
    replicates.set(policy, Object.fromEntries(goals.map((goal) => [goal, meanLift(own, logging, goal)])));
  const policies = [...byPolicy].map(([policy, own]): PolicyLift => {
    const mean = (metric: string): number =>
      own.reduce((sum, cell) => sum + (valueOf(cell, metric) ?? NaN), 0) / own.length;
    const known = metrics
      .map((metric) => [metric, mean(metric)] as const)
      .filter(([, value]) => Number.isFinite(value));
    return {
      policy,
      family: own[0]!.family,
      metrics: Object.fromEntries(known),
      goals: Object.fromEntries(
        goals
          .map((goal) => [goal, intervalOf(replicates.get(policy)![goal]!, users)] as const)
          .filter(([, { estimate }]) => Number.isFinite(estimate)),
      ),
      estimable: own.every(({ refused }) => refused === undefined),
      bound: own[0]!.bound,
    };
  });
  const names = policies.filter(({ bound }) => !bound).map(({ policy }) => policy);
  const open = (goal: Goal): (readonly [string, string])[] =>
    names.flatMap((a, i) =>
      names.slice(0, i).flatMap((b) => {
        const [from, to] = [replicates.get(b)![goal]!, replicates.get(a)![goal]!];
        const { low, high } = intervalOf(
          combine(from, to, (x, y) => y - x),
          users,
        );
        return low > 0 || high < 0 ? [] : [[a, b] as const];
      }),
    );
  return {
    policies,
    undecided: Object.fromEntries(goals.map((goal) => [goal, open(goal)])) as unknown as Lifts["undecided"],
  };
}

function meanLift(own: readonly AtlasCell[], logging: readonly AtlasCell[], goal: Goal): Replicates {
  const lifts = own.map((cell) => {
    const base = logging.find(({ seed, choiceModel }) => seed === cell.seed && choiceModel === cell.choiceModel)!;
    const lift = (value: number, of: number): number => (of === 0 ? NaN : (100 * (value - of)) / of);
    const [to, from] = [cell.truth[goal], base.truth[goal]];
    return {
      estimate: lift(to.estimate, from.estimate),
      values: to.values.map((value, r) => lift(value, from.values[r]!)),
    };
  });
  const mean = (of: (one: (typeof lifts)[number]) => number): number =>
    lifts.reduce((sum, one) => sum + of(one), 0) / lifts.length;
  return {
    estimate: mean(({ estimate }) => estimate),
    values: Float64Array.from(lifts[0]!.values, (_, r) => mean(({ values }) => values[r]!)),
  };
}

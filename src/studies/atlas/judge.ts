/**
 * What the cells say of each metric: does it put policies in the order of the truth, and what does it cost to choose by it? The truth of a
 * pair is decided where the interval of its difference, paired by user, excludes 0; the order of others is noise and counts in τ alone.
 *
 *     sign errors      share of decided pairs in the wrong order; equal metrics count half
 *     regret@k         (best of all − best of the metric's first k) / |best of all|; of equal metrics the worst choice
 *     below logging    share of the metric's first 3 that are worse than the policy which collected the log
 *     SharpeRatio@k    (best of the first k − logging) / standard deviation of the first k (Kiyohara et al., 2024), here k = 3; where
 *                      the policies of a portfolio differ little the ratio is large, with a sign that says on which side of logging it is
 *
 * Intervals resample policies (pairs weigh the product) and worlds: other policies, other worlds. A metric is judged on the policies that
 * have it, which may be fewer for one that asks for scores of rows, or for support in the log.
 */
import { combine, forEachResample, intervalOf, type Interval, type Replicates } from "../../evaluation/index.js";
import { goals, type AtlasCell, type Goal } from "./cell.js";

/** One metric against one goal. Means over worlds. */
export interface MetricJudgement {
  readonly metric: string;
  readonly kind: "offline" | "off-policy" | "online";
  readonly goal: Goal;
  readonly policies: number; // that have the metric, mean over worlds
  readonly pairs: number; // decided
  readonly kendall: Interval; // τ-b
  readonly signErrors: Interval; // share
  readonly regret: Readonly<Record<1 | 3, number>>;
  readonly belowLogging: number; // share
  readonly sharpe: number; // NaN where the log's policy is not there
  readonly worlds: readonly WorldJudgement[];
  /** The decided pairs that it gets wrong with the largest true difference. */
  readonly misleads: readonly MisledPair[];
}

/** The same in one world. `open`: the pick is not decided to be worse than the best. */
export interface WorldJudgement {
  readonly world: string;
  readonly kendall: number;
  readonly signErrors: number;
  readonly pick: string;
  readonly best: string;
  readonly open: boolean;
  readonly regret: number;
}

/** A pair that a metric puts the wrong way round. */
export interface MisledPair {
  readonly world: string;
  readonly preferred: string;
  readonly better: string;
  readonly loss: number; // of the goal
}

/** What the truth itself says. */
export interface Judgement {
  readonly metrics: readonly MetricJudgement[];
  /** Share of pairs that the truth decides, by goal, and of policies that the log can estimate. */
  readonly decided: Readonly<Record<Goal, number>>;
  readonly estimable: number;
}

/** A pair of one world: places in the world's list, its weight, and which is better; 0: not decided. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly sign: number;
  readonly gap: number; // a − b
  readonly decided: boolean;
}

/** Cells of one world with its pairs by goal. */
export interface AtlasWorld {
  readonly name: string;
  readonly cells: readonly AtlasCell[]; // without the bounds
  readonly pairs: Readonly<Record<Goal, readonly Pair[]>>;
}

const worldOf = ({ seed, choiceModel }: AtlasCell): string => `seed ${seed}, ${choiceModel}`;
/** A metric is judged on at least so many policies. */
export const fewestPolicies = 8;

/** The pairs of each world. */
export function atlasWorlds(cells: readonly AtlasCell[]): readonly AtlasWorld[] {
  return [...new Set(cells.map(worldOf))].map((name) => {
    const here = cells.filter((cell) => worldOf(cell) === name && !cell.bound);
    return { name, cells: here, pairs: byGoal((goal) => pairsOf(here, goal)) };
  });
}

/** Judges every metric that enough policies have. */
export function judgeAtlas(cells: readonly AtlasCell[]): Judgement {
  const worlds = atlasWorlds(cells);
  const share = (pairs: readonly Pair[]): number => pairs.filter(({ decided }) => decided).length / pairs.length;
  const all = worlds.flatMap((world) => world.cells);
  return {
    metrics: goals.flatMap((goal) => metricsOf(all).flatMap(([metric, kind]) => judged(worlds, metric, kind, goal))),
    decided: byGoal((goal) => share(worlds.flatMap(({ pairs }) => pairs[goal]))),
    estimable: all.filter(({ refused }) => refused === undefined).length / all.length,
  };
}

function byGoal<T>(of: (goal: Goal) => T): Record<Goal, T> {
  return Object.fromEntries(goals.map((goal) => [goal, of(goal)])) as Record<Goal, T>;
}

function metricsOf(cells: readonly AtlasCell[]): readonly (readonly [string, MetricJudgement["kind"]])[] {
  const names = (of: "offline" | "estimates"): string[] => [...new Set(cells.flatMap((cell) => Object.keys(cell[of])))];
  return [
    ...names("offline").map((name) => [name, "offline"] as const),
    ...names("estimates").map((name) => [name, "off-policy"] as const),
    ["CTR online", "online"] as const,
  ];
}

/** A cell's value of a metric, undefined where it has none. */
export function valueOf(cell: AtlasCell, metric: string): number | undefined {
  const value = metric === "CTR online" ? cell.truth.ctr.estimate : (cell.offline[metric] ?? cell.estimates[metric]);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function pairsOf(cells: readonly AtlasCell[], goal: Goal): Pair[] {
  const sums = cells.map(({ truth }): Replicates => {
    const { estimate, values } = truth[goal];
    return { estimate, values: Float64Array.from(values) };
  });
  return cells.flatMap((cell, a) =>
    cells.slice(0, a).map((_, b): Pair => {
      const { estimate, low, high } = intervalOf(
        combine(sums[b]!, sums[a]!, (x, y) => y - x),
        cell.users,
      );
      return { a, b, sign: Math.sign(estimate), gap: estimate, decided: low > 0 || high < 0 };
    }),
  );
}

function judged(
  worlds: readonly AtlasWorld[],
  metric: string,
  kind: MetricJudgement["kind"],
  goal: Goal,
): readonly MetricJudgement[] {
  if (metric === "CTR online" && goal === "ctr") return [];
  const views = worlds.map((world) => viewOf(world, metric, goal)).filter(({ have }) => have.length >= fewestPolicies);
  if (views.length === 0) return [];
  const mean = (of: (view: View) => number): number => {
    const values = views.map(of).filter(Number.isFinite);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const picks = views.map((view) => ({ ...view, first: firstOf(view) }));
  const worst = picks.flatMap(misledBy).sort((x, y) => y.loss - x.loss);
  return [
    {
      metric,
      kind,
      goal,
      policies: mean(({ have }) => have.length),
      pairs: views.reduce((sum, { pairs }) => sum + pairs.filter(({ decided }) => decided).length, 0),
      ...intervalsOf(views),
      regret: { 1: mean((view) => regretOf(view, 1)), 3: mean((view) => regretOf(view, 3)) },
      belowLogging: mean(belowOf),
      sharpe: mean(sharpeOf),
      worlds: picks.map((view) => worldJudgement(view, view.first)),
      misleads: worst.slice(0, 3),
    },
  ];
}

/** One world as a metric sees it. */
interface View {
  readonly name: string;
  readonly cells: readonly AtlasCell[];
  readonly goal: Goal;
  readonly have: readonly number[]; // places of the policies that have the metric, best first
  readonly value: readonly (number | undefined)[];
  readonly pairs: readonly Pair[];
}

function viewOf({ name, cells, pairs }: AtlasWorld, metric: string, goal: Goal): View {
  const value = cells.map((cell) => valueOf(cell, metric));
  const truth = (place: number): number => cells[place]!.truth[goal].estimate;
  const have = [...cells.keys()]
    .filter((place) => value[place] !== undefined && Number.isFinite(truth(place)))
    .sort((a, b) => value[b]! - value[a]! || truth(a) - truth(b)); // of equals the worst first
  const known = new Set(have);
  return { name, cells, goal, have, value, pairs: pairs[goal].filter(({ a, b }) => known.has(a) && known.has(b)) };
}

const truthOf = ({ cells, goal }: View, place: number): number => cells[place]!.truth[goal].estimate;
const firstOf = ({ have }: View): number => have[0]!;
const bestOf = (view: View, among: readonly number[]): number =>
  among.reduce((best, place) => (truthOf(view, place) > truthOf(view, best) ? place : best));

function regretOf(view: View, k: number): number {
  const best = truthOf(view, bestOf(view, view.have));
  return (best - truthOf(view, bestOf(view, view.have.slice(0, k)))) / Math.abs(best);
}

function loggingOf({ cells, goal }: View): number {
  return cells.find(({ policy }) => policy === "logging")?.truth[goal].estimate ?? NaN;
}

function belowOf(view: View): number {
  const first = view.have.slice(0, 3);
  const logging = loggingOf(view);
  return Number.isNaN(logging) ? NaN : first.filter((place) => truthOf(view, place) < logging).length / first.length;
}

function sharpeOf(view: View): number {
  const first = view.have.slice(0, 3).map((place) => truthOf(view, place));
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  const deviation = Math.sqrt(first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (first.length - 1));
  return (Math.max(...first) - loggingOf(view)) / deviation;
}

/** Whether the metric orders a pair wrongly: 1, equal: ½. */
function wrongness({ value }: View, { a, b, sign }: Pair): number {
  return (1 - sign * Math.sign(value[a]! - value[b]!)) / 2;
}

/** τ-b and the share of sign errors, each policy weighing as said. */
function agreementOf(view: View, weight: (policy: string) => number): { readonly tau: number; readonly wrong: number } {
  let [balance, differ, truthDiffer, decided, wrong] = [0, 0, 0, 0, 0];
  for (const pair of view.pairs) {
    const w = weight(view.cells[pair.a]!.policy) * weight(view.cells[pair.b]!.policy);
    const said = Math.sign(view.value[pair.a]! - view.value[pair.b]!);
    balance += w * said * pair.sign;
    differ += w * Math.abs(said);
    truthDiffer += w * Math.abs(pair.sign);
    if (!pair.decided) continue;
    decided += w;
    wrong += w * wrongness(view, pair);
  }
  return { tau: balance / Math.sqrt(differ * truthDiffer), wrong: wrong / decided };
}

/** Means over worlds, with intervals over resampled policies and worlds. */
function intervalsOf(views: readonly View[]): Pick<MetricJudgement, "kendall" | "signErrors"> {
  const names = [...new Set(views.flatMap(({ cells }) => cells.map(({ policy }) => policy)))].sort();
  const options = { replicates: 200 };
  const worldWeights: Float64Array[] = [];
  const ids = Float64Array.from(views.keys());
  if (views.length > 1)
    forEachResample(ids, { ...options, name: "worlds" }, (weights) => void worldWeights.push(weights.slice()));
  const taus = { estimate: NaN, values: new Float64Array(options.replicates) };
  const wrongs = { estimate: NaN, values: new Float64Array(options.replicates) };
  forEachResample(Float64Array.from(names.keys()), { ...options, name: "policies" }, (weights, replicate) => {
    const byName = new Map(names.map((name, i) => [name, weights[i]!]));
    const found = views.map((view) => agreementOf(view, (policy) => byName.get(policy)!));
    const over = worldWeights[replicate + 1] ?? ids.map(() => 1);
    const mean = (of: "tau" | "wrong"): number => {
      let [sum, all] = [0, 0];
      found.forEach((one, w) => {
        if (!Number.isFinite(one[of])) return;
        sum += over[w]! * one[of];
        all += over[w]!;
      });
      return sum / all;
    };
    if (replicate < 0) [taus.estimate, wrongs.estimate] = [mean("tau"), mean("wrong")];
    else [taus.values[replicate], wrongs.values[replicate]] = [mean("tau"), mean("wrong")];
  });
  return { kendall: intervalOf(taus, names.length), signErrors: intervalOf(wrongs, names.length) };
}

function worldJudgement(view: View, first: number): WorldJudgement {
  const { tau, wrong } = agreementOf(view, () => 1);
  const best = bestOf(view, view.have);
  const pair = view.pairs.find(({ a, b }) => (a === first && b === best) || (a === best && b === first));
  return {
    world: view.name,
    kendall: tau,
    signErrors: wrong,
    pick: view.cells[first]!.policy,
    best: view.cells[best]!.policy,
    open: pair === undefined || !pair.decided,
    regret: regretOf(view, 1),
  };
}

function misledBy(view: View): readonly MisledPair[] {
  return view.pairs
    .filter((pair) => pair.decided && wrongness(view, pair) === 1)
    .map(({ a, b, gap }) => {
      const [better, preferred] = gap > 0 ? [a, b] : [b, a];
      const named = { preferred: view.cells[preferred]!.policy, better: view.cells[better]!.policy };
      return { world: view.name, ...named, loss: Math.abs(gap) };
    });
}

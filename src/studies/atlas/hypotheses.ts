/**
 * The headlines, tried. Each was written down before the first run, as what is expected and how it is decided from the cells; beside it
 * stands what came out: held, did not hold, or undecided.
 */
import { combine, intervalOf, type Replicates } from "../../evaluation/index.js";
import type { AtlasCell } from "./cell.js";
import type { Judgement, MetricJudgement } from "./judge.js";
import { volumeModels, volumeName, volumes } from "./policies.js";

/** A headline with its answer. */
export interface TriedHypothesis {
  readonly expected: string;
  readonly decidedBy: string;
  readonly outcome: "held" | "did not hold" | "undecided";
  readonly because: string; // the numbers
}

type Outcome = Pick<TriedHypothesis, "outcome" | "because">;
interface Hypothesis extends Pick<TriedHypothesis, "expected" | "decidedBy"> {
  tried(judgement: Judgement, cells: readonly AtlasCell[]): Outcome;
}

const hypotheses: readonly Hypothesis[] = [
  {
    expected: "The order of models in watch minutes changes with the amount of training data (0.1, 0.3, 1).",
    decidedBy:
      "a pair of models decided one way on less data and the other way on all of it, in half of the worlds or more",
    tried: (_, cells) => overWorlds(cells, orderChanges, "the order changes", "it does not"),
  },
  {
    expected: "NDCG inverts pairs that DCG keeps in order.",
    decidedBy: "in how many worlds NDCG@10 watch orders more decided pairs of watch minutes wrongly than DCG@10 watch",
    tried: ({ metrics }) => normalising(metrics),
  },
  {
    expected: "AUC does not find the best policy in watch minutes.",
    decidedBy: "in how many worlds the pick of AUC is decided to be worse than the best policy that has an AUC",
    tried: ({ metrics }) => missing(metrics, "AUC"),
  },
  {
    expected: "CTR, measured online, does not find the best policy in watch minutes.",
    decidedBy: "in how many worlds the policy with the highest CTR is decided to be worse than the best",
    tried: ({ metrics }) => missing(metrics, "CTR online"),
  },
];

/** Tries every headline. */
export function tryHypotheses(judgement: Judgement, cells: readonly AtlasCell[]): readonly TriedHypothesis[] {
  return hypotheses.map(({ expected, decidedBy, tried }) => ({ expected, decidedBy, ...tried(judgement, cells) }));
}

const find = (metrics: readonly MetricJudgement[], name: string): MetricJudgement | undefined =>
  metrics.find(({ metric, goal }) => metric === name && goal === "watchMinutes");

/** Held where the pick loses in more than half of the worlds, undecided where picks are mostly not told from the best. */
function missing(metrics: readonly MetricJudgement[], name: string): Outcome {
  const found = find(metrics, name);
  if (found === undefined) return { outcome: "undecided", because: `too few policies have ${name}` };
  const { worlds } = found;
  const lost = worlds.filter(({ open, pick, best }) => pick !== best && !open).length;
  const right = worlds.filter(({ pick, best }) => pick === best).length;
  const picks = [...new Set(worlds.map(({ pick }) => pick))].join(", ");
  const because = `its pick (${picks}) is worse in ${lost} and best in ${right} of ${worlds.length} worlds`;
  return { outcome: majority(lost, right, worlds.length), because };
}

function majority(yes: number, no: number, all: number): Outcome["outcome"] {
  if (2 * yes > all) return "held";
  return 2 * no > all ? "did not hold" : "undecided";
}

function normalising(metrics: readonly MetricJudgement[]): Outcome {
  const [ndcg, dcg] = [find(metrics, "NDCG@10 watch"), find(metrics, "DCG@10 watch")];
  if (ndcg === undefined || dcg === undefined) return { outcome: "undecided", because: "too few policies have both" };
  const more = ndcg.worlds.filter(({ signErrors }, w) => signErrors > dcg.worlds[w]!.signErrors).length;
  const fewer = ndcg.worlds.filter(({ signErrors }, w) => signErrors < dcg.worlds[w]!.signErrors).length;
  const percent = ({ signErrors }: MetricJudgement): string => `${(100 * signErrors.estimate).toFixed(1)} %`;
  const because =
    `NDCG orders ${percent(ndcg)} of decided pairs wrongly, DCG ${percent(dcg)}; ` +
    `more in ${more}, fewer in ${fewer} of ${ndcg.worlds.length} worlds`;
  const same = more === 0 && fewer === 0;
  return { outcome: same ? "did not hold" : majority(more, fewer, ndcg.worlds.length), because };
}

function overWorlds(
  cells: readonly AtlasCell[],
  test: (world: readonly AtlasCell[]) => boolean | undefined,
  yes: string,
  no: string,
): Outcome {
  const names = [...new Set(cells.map(({ seed, choiceModel }) => `${seed} ${choiceModel}`))];
  const found = names.map((name) => test(cells.filter((cell) => `${cell.seed} ${cell.choiceModel}` === name)));
  const [held, not] = [found.filter((one) => one === true).length, found.filter((one) => one === false).length];
  const because = `${yes} in ${held}, ${no} in ${not}, undecided in ${names.length - held - not} of ${names.length} worlds`;
  return { outcome: 2 * held >= names.length && held > 0 ? "held" : majority(0, not, names.length), because };
}

/** Whether two models change places; undefined where no pair is decided on both amounts. */
function orderChanges(world: readonly AtlasCell[]): boolean | undefined {
  const sums = (model: string, volume: number): (Replicates & { readonly users: number }) | undefined => {
    const cell = world.find(({ policy }) => policy === volumeName(model, volume));
    if (cell === undefined) return undefined;
    const { estimate, values } = cell.truth.watchMinutes;
    return { estimate, values: Float64Array.from(values), users: cell.users };
  };
  const side = (a: string, b: string, volume: number): number => {
    const [x, y] = [sums(a, volume), sums(b, volume)];
    if (x === undefined || y === undefined) return 0;
    const { low, high } = intervalOf(
      combine(x, y, (from, to) => to - from),
      x.users,
    );
    return Number(low > 0) - Number(high < 0);
  };
  let known = false;
  for (const [i, a] of volumeModels.entries())
    for (const b of volumeModels.slice(i + 1)) {
      const all = side(a, b, 1);
      const less = volumes.map((volume) => side(a, b, volume)).filter((sign) => sign !== 0);
      if (all === 0 || less.length === 0) continue;
      known = true;
      if (less.some((sign) => sign !== all)) return true;
    }
  return known ? false : undefined;
}

/** How good each off-policy estimator was, over logs whose truth is known. */
import { quantile } from "../../evaluation/index.js";
import type { OffPolicyRow } from "./world.js";

/** One estimator under one kind of propensities. Shares are in [0, 1], NaN where nothing can be said. */
export interface JudgedEstimator extends Pick<OffPolicyRow, "logger" | "of" | "goal" | "estimator" | "propensities"> {
  readonly logs: number;
  readonly asked: number; // logs × targets
  readonly answered: number; // share
  /** |estimate − truth| / truth of those answered: median, and the tenth that is worst begins here. */
  readonly relativeError: number;
  readonly worstTenth: number;
  /** Share of 95 % intervals that hold the truth. */
  readonly coverage: number;
  /** Share of pairs of targets, both answered and decided by the truth, that are put the wrong way round. */
  readonly wrongWinner: number;
  readonly pairs: number;
  /** Mean share of the best target's value that is lost by taking the best answered one; 0 answered: NaN. */
  readonly regret: number;
  /** Squared relative errors, ascending, for their distribution. */
  readonly squaredErrors: readonly number[];
}

/** Two targets differ where their values do by this share. */
const leastDifference = 0.02;

/** Every estimator, in order of appearance. The truth of a target is its mean over the logs of a world, weighted by pages. */
export function judgeEstimators(rows: readonly OffPolicyRow[]): readonly JudgedEstimator[] {
  const truth = meanTruths(rows);
  return groupsOf(rows, ({ logger, of, goal, estimator, propensities }) => [
    logger,
    of,
    goal,
    propensities,
    estimator,
  ]).map((group): JudgedEstimator => {
    const { logger, of, goal, estimator, propensities } = group[0]!;
    const known = group.map((row) => ({ ...row, truth: truth.get(truthKey(row))! }));
    const answered = known.filter((row) => row.estimate !== undefined);
    const errors = answered.map((row) => Math.abs(row.estimate! - row.truth) / row.truth).sort((a, b) => a - b);
    const logs = groupsOf(known, ({ seed, log }) => [seed, log]);
    const pairs = logs.flatMap(pairsOf);
    const regrets = logs.flatMap(regretOf);
    const share = (of: number, n: number): number => (n === 0 ? NaN : of / n);
    return {
      logger,
      of,
      goal,
      estimator,
      propensities,
      logs: logs.length,
      asked: group.length,
      answered: share(answered.length, group.length),
      relativeError: quantile(Float64Array.from(errors), 0.5),
      worstTenth: quantile(Float64Array.from(errors), 0.9),
      coverage: share(
        answered.filter((row) => row.low! <= row.truth && row.truth <= row.high!).length,
        answered.length,
      ),
      wrongWinner: share(pairs.filter((wrong) => wrong).length, pairs.length),
      pairs: pairs.length,
      regret: share(
        regrets.reduce((sum, lost) => sum + lost, 0),
        regrets.length,
      ),
      squaredErrors: errors.map((error) => error ** 2),
    };
  });
}

/** For each decided pair of answered targets of one log: is the order wrong? */
function pairsOf(log: readonly OffPolicyRow[]): boolean[] {
  const answered = log.filter(({ estimate }) => estimate !== undefined);
  return answered.flatMap((a, i) =>
    answered.slice(i + 1).flatMap((b) => {
      if (Math.abs(a.truth - b.truth) < leastDifference * Math.max(a.truth, b.truth)) return [];
      return [a.estimate! > b.estimate! !== a.truth > b.truth];
    }),
  );
}

function regretOf(log: readonly OffPolicyRow[]): number[] {
  const answered = log.filter(({ estimate }) => estimate !== undefined);
  if (answered.length === 0) return [];
  const picked = answered.reduce((best, row) => (row.estimate! > best.estimate! ? row : best));
  const best = Math.max(...log.map(({ truth }) => truth));
  return [(best - picked.truth) / best];
}

const truthKey = ({ logger, seed, of, goal, target }: OffPolicyRow): string =>
  [logger, seed, of, goal, target].join("|");

function meanTruths(rows: readonly OffPolicyRow[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { sum: number; pages: number }>();
  for (const row of rows) {
    const known = sums.get(truthKey(row)) ?? { sum: 0, pages: 0 };
    sums.set(truthKey(row), { sum: known.sum + row.truth * row.pages, pages: known.pages + row.pages });
  }
  return new Map([...sums].map(([key, { sum, pages }]) => [key, sum / pages]));
}

function groupsOf<Row>(rows: readonly Row[], keyOf: (row: Row) => readonly unknown[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row).join("|");
    const known = groups.get(key);
    if (known) known.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

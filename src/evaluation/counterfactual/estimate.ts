/** Estimates of a target's value from a log, each with its alarm and its interval by user, or refused with a reason and the numbers. */
import { intervalOf, ratioReplicates, type BootstrapOptions, type Interval } from "../bootstrap.js";
import { groupBy, sumsBy } from "../order.js";
import { bernsteinInterval } from "./bernstein.js";
import { directMethod, doublyRobust, selfNormalisedDoublyRobust, switchDoublyRobust } from "./doubly-robust.js";
import { clippedIps, ips, selfNormalisedIps, type Contributions } from "./importance.js";
import type { LoggedActions, LoggedPages } from "./logged.js";
import { pseudoInverseWeights } from "./pseudo-inverse.js";
import { checkWeights, refusalOf, type SupportLimits, type WeightCheck } from "./support.js";
import {
  actionWeights,
  cascadeWeights,
  jointWeights,
  marginalWeights,
  type Unweighted,
  type Weighted,
} from "./weights.js";

/** A number with what it rests on. The direct method has no weights of its own: `check` is of the log's. */
export interface OffPolicyEstimate {
  readonly estimator: string;
  readonly interval: Interval; // of the value of a row; bootstrap by user
  readonly bernstein?: Interval; // where a range was given
  readonly check: WeightCheck;
}

/** No number, and why. */
export interface RefusedEstimate {
  readonly estimator: string;
  readonly refused: string;
  readonly check?: WeightCheck; // absent where there are no weights
}

/** Options of estimates. */
export interface EstimateOptions {
  readonly bootstrap?: BootstrapOptions;
  readonly limits?: SupportLimits;
  /** Largest weight of clipped IPS and switch-DR. Default √rows (Ionides, 2008). */
  readonly mostWeight?: number;
  /** Least and largest reward of a row: gives clipped IPS an empirical Bernstein interval. */
  readonly rewardRange?: readonly [number, number];
  /** Weight of each page for the pseudo-inverse estimator; default: positions drawn independently. */
  readonly pseudoInverse?: Float64Array; // [pages]
}

/** All estimators of rounds of one action; those with a reward model where there is one. @throws RangeError as `checkActions` */
export function estimateActions(
  log: LoggedActions,
  options: EstimateOptions = {},
): readonly (OffPolicyEstimate | RefusedEstimate)[] {
  const rows = actionWeights(log);
  const { model } = log;
  const most = options.mostWeight ?? Math.sqrt(log.user.length);
  const check = checkWeights(rows);
  const weighted: readonly (readonly [string, Contributions])[] = [
    ["IPS", ips(rows)],
    ["SNIPS", selfNormalisedIps(rows)],
    ["clipped IPS", clippedIps(rows, most)],
    ...(model === undefined
      ? []
      : ([
          ["DR", doublyRobust(rows, model)],
          ["SN-DR", selfNormalisedDoublyRobust(rows, model)],
          ["switch-DR", switchDoublyRobust(rows, model, most)],
        ] as const)),
  ];
  const refused = refusalOf(check, options.limits);
  return [
    ...(model === undefined
      ? []
      : [{ estimator: "direct method", interval: intervalByUser(directMethod(log), options.bootstrap), check }]),
    ...weighted.map(([estimator, contributions]) => {
      if (refused !== undefined) return { estimator, refused, check };
      const [low, high] = options.rewardRange ?? [NaN, NaN];
      const bounded = estimator === "clipped IPS" && options.rewardRange !== undefined;
      return {
        estimator,
        interval: intervalByUser(contributions, options.bootstrap),
        ...(bounded && {
          bernstein: bernsteinInterval(contributions, [Math.min(0, low * most), high * most], options.bootstrap?.level),
        }),
        check,
      };
    }),
  ];
}

/** All estimators of pages: the mean total reward of a page. @throws RangeError as `checkPages` */
export function estimatePages(
  pages: LoggedPages,
  options: EstimateOptions = {},
): readonly (OffPolicyEstimate | RefusedEstimate)[] {
  const { model } = pages;
  const weightings: readonly (readonly [string, Weighted | Unweighted, ((rows: Weighted) => Contributions)?])[] = [
    ["standard IPS", jointWeights(pages)],
    ["reward-interaction IPS", cascadeWeights(pages)],
    ["independent IPS", marginalWeights(pages)],
    ["pseudo-inverse", pseudoInverseWeights(pages, options.pseudoInverse)],
    ...(model === undefined
      ? []
      : ([["cascade-DR", cascadeWeights(pages), (rows: Weighted) => doublyRobust(rows, model)]] as const)),
  ];
  return weightings.map(([estimator, rows, form = ips]) => {
    if ("refused" in rows) return { estimator, refused: rows.refused };
    const check = checkWeights(rows);
    const refused = refusalOf(check, options.limits);
    if (refused !== undefined) return { estimator, refused, check };
    return { estimator, interval: intervalByUser(form(rows), options.bootstrap), check };
  });
}

/** Percentile interval of an estimate, resampling whole users: every term under the same weights. */
export function intervalByUser({ user, terms }: Contributions, options: BootstrapOptions = {}): Interval {
  const groups = groupBy(user);
  const rows = Float64Array.from({ length: groups.count }, (_, u) => groups.offsets[u + 1]! - groups.offsets[u]!);
  const sums = terms.map(({ numerator, denominator }) => ({
    numerator: sumsBy(groups, numerator),
    denominator: denominator === undefined ? rows : sumsBy(groups, denominator),
  }));
  const found = ratioReplicates(groups.ids, sums, options);
  const total = {
    estimate: found.reduce((sum, { estimate }) => sum + estimate, 0),
    values: found[0]!.values.map((_, r) => found.reduce((sum, { values }) => sum + values[r]!, 0)),
  };
  return intervalOf(total, groups.count, options);
}

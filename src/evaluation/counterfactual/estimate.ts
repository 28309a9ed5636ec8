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

/** A number, or why there is none. */
export type Estimated = OffPolicyEstimate | RefusedEstimate;

/** All estimators of rounds of one action; those with a reward model where there is one. @throws RangeError as `checkActions` */
export function estimateActions(log: LoggedActions, options: EstimateOptions = {}): readonly Estimated[] {
  const rows = actionWeights(log);
  const { model } = log;
  const most = options.mostWeight ?? Math.sqrt(log.user.length);
  const found: Record<string, Contributions> = {
    ...(model && { "direct method": directMethod(log) }),
    IPS: ips(rows),
    SNIPS: selfNormalisedIps(rows),
    "clipped IPS": clippedIps(rows, most),
    ...(model && {
      DR: doublyRobust(rows, model),
      "SN-DR": selfNormalisedDoublyRobust(rows, model),
      "switch-DR": switchDoublyRobust(rows, model, most),
    }),
  };
  const check = checkWeights(rows);
  const refused = refusalOf(check, options.limits);
  const intervals = intervalsByUser(Object.values(found), options.bootstrap);
  return Object.entries(found).map(([estimator, contributions], i) => {
    if (refused !== undefined && estimator !== "direct method") return { estimator, refused, check };
    const estimate = { estimator, interval: intervals[i]!, check };
    if (estimator !== "clipped IPS" || options.rewardRange === undefined) return estimate;
    const [low, high] = options.rewardRange;
    const range = [Math.min(0, low * most), Math.max(0, high * most)] as const;
    return { ...estimate, bernstein: bernsteinInterval(contributions, range, options.bootstrap?.level) };
  });
}

/** All estimators of pages: the mean total reward of a page. @throws RangeError as `checkPages` */
export function estimatePages(pages: LoggedPages, options: EstimateOptions = {}): readonly Estimated[] {
  const { model } = pages;
  const cascade = cascadeWeights(pages);
  const weightings: readonly (readonly [string, Weighted | Unweighted, ((rows: Weighted) => Contributions)?])[] = [
    ["standard IPS", jointWeights(pages)],
    ["reward-interaction IPS", cascade],
    ["independent IPS", marginalWeights(pages)],
    ["pseudo-inverse", pseudoInverseWeights(pages, options.pseudoInverse)],
    ...(model ? [["cascade-DR", cascade, (rows: Weighted) => doublyRobust(rows, model)] as const] : []),
  ];
  return weightings.map(([estimator, rows, form = ips]) => {
    if ("refused" in rows) return { estimator, refused: rows.refused };
    const check = checkWeights(rows);
    const refused = refusalOf(check, options.limits);
    if (refused !== undefined) return { estimator, refused, check };
    return { estimator, interval: intervalsByUser([form(rows)], options.bootstrap)[0]!, check };
  });
}

/** Percentile intervals of estimates of the same rows, resampling whole users: all terms under the same weights, so they are paired. */
export function intervalsByUser(of: readonly Contributions[], options: BootstrapOptions = {}): readonly Interval[] {
  const groups = groupBy(of[0]!.user);
  const rows = Float64Array.from({ length: groups.count }, (_, u) => groups.offsets[u + 1]! - groups.offsets[u]!);
  const sums = of.flatMap(({ terms }) =>
    terms.map(({ numerator, denominator }) => ({
      numerator: sumsBy(groups, numerator),
      denominator: denominator === undefined ? rows : sumsBy(groups, denominator),
    })),
  );
  const replicates = ratioReplicates(groups.ids, sums, options);
  let next = 0;
  return of.map(({ terms }) => {
    const parts = replicates.slice(next, (next += terms.length));
    const total = {
      estimate: parts.reduce((sum, { estimate }) => sum + estimate, 0),
      values: parts[0]!.values.map((_, r) => parts.reduce((sum, { values }) => sum + values[r]!, 0)),
    };
    return intervalOf(total, groups.count, options);
  });
}

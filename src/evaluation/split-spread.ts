/**
 * The check of the formulas: the same experiment, run again and again on other users. The users of a twin play are assigned at random to
 * groups; in each group the difference is estimated three ways, as twins (all of the group in both arms), as an A/B test (half of the
 * group in each arm), and as an A/B test with CUPED. How far each estimate spreads over the groups is its variance, without any formula.
 */
import { keyOf, permutation } from "../random.js";
import { influence } from "./experiment/ab-test.js";
import type { RatioSums } from "./bootstrap.js";
import { wholeNumber } from "./checks.js";
import { ratioOf, twinStatistics } from "./twins.js";

/** How often users are assigned to groups, and the size of a group. */
export interface SplitOptions {
  readonly groupSize: number; // users an experiment; at least 4, at most half of the users
  readonly deals: number; // number of random assignments of all users
  readonly seed: number | string;
}

/**
 * Variance of each estimator over the groups, and what the formulas say for groups of this size. NaN where a ratio is undefined in most
 * groups.
 */
export interface SplitSpread {
  readonly groups: number; // a deal
  readonly twins: number;
  readonly ab: number;
  readonly cuped: number; // NaN without a covariate
  readonly expectedTwins: number;
  readonly expectedAb: number;
  readonly expectedCuped: number;
  readonly factor: number; // ab / twins
}

/** Assigns the users and measures. Same options, same numbers. @throws RangeError for sizes that do not fit */
export function splitSpread(
  control: RatioSums,
  treatment: RatioSums,
  before: Float64Array | undefined,
  options: SplitOptions,
): SplitSpread {
  const users = control.numerator.length;
  const { groupSize, deals } = options;
  wholeNumber("deals", deals, 1);
  wholeNumber("groupSize", groupSize, 4);
  if (groupSize * 2 > users)
    throw new RangeError(`groupSize is ${groupSize}; it must be at most half of the ${users} users`);
  const groups = Math.floor(users / groupSize);
  const known = twinStatistics(control, treatment, before);
  const theta = known.cuped?.theta ?? 0;
  const half = Math.floor(groupSize / 2);
  const sums = { twins: 0, ab: 0, cuped: 0 };
  for (let deal = 0; deal < deals; deal++) {
    const order = permutation(users, keyOf(options.seed, `deal ${deal}`));
    const found = { twins: new Float64Array(groups), ab: new Float64Array(groups), cuped: new Float64Array(groups) };
    for (let g = 0; g < groups; g++) {
      const all = order.subarray(g * groupSize, (g + 1) * groupSize);
      const [first, second] = [all.subarray(0, half), all.subarray(half, 2 * half)];
      found.twins[g] = ratioOf(pick(treatment, all)) - ratioOf(pick(control, all));
      const ab = ratioOf(pick(treatment, second)) - ratioOf(pick(control, first));
      found.ab[g] = ab;
      found.cuped[g] = before ? ab - theta * (meanAt(before, second) - meanAt(before, first)) : NaN;
    }
    for (const name of ["twins", "ab", "cuped"] as const) sums[name] += varianceOfDefined(found[name]) / deals;
  }
  const [variances, halves] = [known.varianceControl + known.varianceTreatment, half];
  return {
    groups,
    ...sums,
    expectedTwins: (known.standardError ** 2 * users) / groupSize,
    expectedAb: variances / halves,
    expectedCuped: before && known.cuped ? (variances * known.cuped.kept) / halves : NaN,
    factor: sums.ab / sums.twins,
  };
}

/** Variance of independent against dependent users, from several replications of the same users. */
export interface ReplicationSpread {
  readonly replications: number;
  /** Variance of the whole arm's difference over replications. */
  readonly observed: number;
  /** Its value if users were independent: Σ over users of the variance of their difference, over users². */
  readonly independent: number;
}

/**
 * Are users dependent? The variance of the twins' difference over replications, against its value for independent users.
 * `control[k]` and `treatment[k]` are the arms in replication k, same users in the same order. @throws RangeError for fewer than two
 * replications
 */
export function replicationSpread(control: readonly RatioSums[], treatment: readonly RatioSums[]): ReplicationSpread {
  const replications = control.length;
  if (replications < 2 || treatment.length !== replications)
    throw new RangeError(
      `replications are ${control.length} and ${treatment.length}; at least 2 are needed, the same number in both arms`,
    );
  const whole = Float64Array.from(control, (sums, k) => ratioOf(treatment[k]!) - ratioOf(sums));
  const apart = control.map((sums, k) => {
    const before = influence(sums);
    return influence(treatment[k]!).map((value, u) => value - before[u]!);
  });
  const users = apart[0]?.length ?? 0;
  let independent = 0;
  const one = new Float64Array(replications);
  for (let u = 0; u < users; u++) {
    // influences have mean 0 in each replication: the user's own difference moves by them, the whole by `whole`
    for (let k = 0; k < replications; k++) one[k] = (apart[k] as Float64Array)[u]!;
    independent += varianceOfDefined(one) / users ** 2;
  }
  return { replications, observed: varianceOfDefined(whole), independent };
}

function pick({ numerator, denominator }: RatioSums, rows: Int32Array): RatioSums {
  return {
    numerator: Float64Array.from(rows, (u) => numerator[u]!),
    denominator: Float64Array.from(rows, (u) => denominator[u]!),
  };
}

function meanAt(column: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (const u of rows) sum += column[u]!;
  return sum / rows.length;
}

function varianceOfDefined(values: Float64Array): number {
  const kept = values.filter(Number.isFinite);
  if (kept.length < 2 || kept.length * 2 <= values.length) return NaN;
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  return kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (kept.length - 1);
}

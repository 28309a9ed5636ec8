/**
 * The value of any policy, which only a simulator knows: the mean behaviour of its users over replications. Over several days the
 * policy is played on copies of the end-of-day snapshot in several replications; for one page the oracle gives the exact expectation
 * without simulation.
 */
import {
  armMetrics,
  meanInterval,
  onlineMetrics,
  ratioOf,
  armSums,
  tInterval,
  type Interval,
  type OnlineMetricName,
} from "../../evaluation/index.js";
import { firstRequests } from "../../serving/requests.js";
import type { RunControl } from "../../types.js";
import { openOracle } from "../../world/index.js";
import type { LocalArm } from "../../pipeline/arms/arm.js";
import type { Past } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { openArm } from "../../pipeline/arms/registry.js";
import { assignPeople } from "../../platform/index.js";

/** Options of a policy's value. */
export interface PolicyValueOptions {
  readonly users: number; // assigned at most: the value is theirs
  readonly days: number;
  readonly worlds: number; // copies with one replication each, at least 2
  readonly firstReplication?: number; // default 0; equal replications make two policies twins
}

/** Online metrics of a policy in expectation over replications. */
export interface PolicyValue {
  readonly users: number;
  readonly days: number;
  readonly worlds: number;
  /** Mean over replications with its t-interval by replication: it is for these users, not for others. */
  readonly metrics: Readonly<Record<OnlineMetricName, Interval>>;
  /** Each replication's own value, in order. [worlds] */
  readonly byReplication: Readonly<Record<OnlineMetricName, readonly number[]>>;
  /** Standard error by user in one replication: the uncertainty of a single play. */
  readonly userStandardError: Readonly<Record<OnlineMetricName, number>>;
}

/**
 * Plays a policy in several replications. A metric that a replication does not define (day-7 return of 5 days) is NaN. @throws
 * RangeError for fewer than 2 worlds
 */
export async function policyValue(
  past: Past,
  arm: LocalArm,
  options: PolicyValueOptions,
  control: RunControl = {},
): Promise<PolicyValue> {
  const { users, days, worlds, firstReplication = 0 } = options;
  if (!Number.isInteger(worlds) || worlds < 2)
    throw new RangeError(`invalid worlds: ${worlds}; allowed: a whole number of at least 2`);
  const byReplication = recordOf((): number[] => []);
  let assigned = 0;
  let userStandardError = recordOf(() => NaN);
  for (let k = 0; k < worlds; k++) {
    const trial = { users, days, replication: firstReplication + k };
    const { userDays } = await play(past, arm, trial, control.signal ? { signal: control.signal } : {});
    const sums = armSums(userDays);
    assigned = sums.users.length;
    for (const { name } of onlineMetrics) byReplication[name].push(ratioOf(sums.metrics[name]));
    if (k === 0) {
      const { metrics } = armMetrics(userDays, { replicates: 200 });
      userStandardError = recordOf((name) => metrics[name].standardError);
    }
    control.onProgress?.("replications", k + 1, worlds);
  }
  const undefinedInterval = { estimate: NaN, low: NaN, high: NaN, standardError: NaN, level: 0.95, units: worlds };
  return {
    users: assigned,
    days,
    worlds,
    byReplication,
    userStandardError,
    metrics: recordOf((name) =>
      byReplication[name].every(Number.isFinite) ? tInterval(byReplication[name]) : undefinedInterval,
    ),
  };
}

/** What is expected of the page that a policy shows, mean over users; intervals by user, without random draws of the play. */
export interface PageValue {
  readonly users: number;
  readonly clicks: Interval; // expected clicks per page
  readonly watchMinutes: Interval; // expected per page
  readonly satisfaction: Interval; // expected enjoyment per page, before hides
}

/**
 * The exact value of one step: every assigned user who exists asks for one page at noon of the first day, on the usual device; the oracle
 * says what is expected of it. Random policies are averaged over `draws` pages per user. @throws RangeError for draws outside 1 … 64
 */
export async function pageValue(
  past: Past,
  arm: LocalArm,
  options: { readonly users: number; readonly draws?: number },
): Promise<PageValue> {
  const { users, draws = 1 } = options;
  if (!Number.isInteger(draws) || draws < 1 || draws > 64)
    throw new RangeError(`invalid draws: ${draws}; allowed: a whole number from 1 to 64`);
  const world = await past.world([]);
  const { firstDay: day, seed } = past;
  const assigned = assignPeople(world, seed, users, day);
  const { policy, close } = await openArm(arm, { world, seed, past });
  try {
    world.openDay(day);
    await policy.openDay(day, undefined);
    const oracle = openOracle(world);
    const { joinDay, device } = world.catalogue.users;
    const asking = Int32Array.from(
      Array.from(assigned.keys()).filter((user) => assigned[user] === 1 && joinDay[user]! <= day),
    );
    const devices = Uint8Array.from(asking, (user) => device[user]!);
    const sums = {
      clicks: new Float64Array(asking.length),
      watchMinutes: new Float64Array(asking.length),
      satisfaction: new Float64Array(asking.length),
    };
    for (let draw = 0; draw < draws; draw++) {
      const requests = firstRequests(day, asking, devices, 12 * 3_600_000, draw);
      const { video, slots, campaign } = await policy.recommend(requests);
      for (let row = 0; row < asking.length; row++) {
        const [from, to] = [row * slots, (row + 1) * slots];
        const context = { timeMs: requests.timeMs[row]!, device: requests.device[row]! };
        const expected = oracle.expectedAt(
          asking[row]!,
          video.subarray(from, to),
          context,
          campaign?.subarray(from, to),
        );
        add(sums.clicks, row, expected.clickProbability, draws);
        add(sums.watchMinutes, row, expected.watchMs, draws * 60_000);
        add(sums.satisfaction, row, expected.satisfaction, draws);
      }
    }
    const over = (values: Float64Array): Interval => meanInterval(values, asking);
    return {
      users: asking.length,
      clicks: over(sums.clicks),
      watchMinutes: over(sums.watchMinutes),
      satisfaction: over(sums.satisfaction),
    };
  } finally {
    await policy.close?.();
    await close?.();
  }
}

function add(sums: Float64Array, row: number, slots: Float64Array, divisor: number): void {
  for (const value of slots) sums[row] = sums[row]! + value / divisor;
}

function recordOf<T>(make: (name: OnlineMetricName) => T): Record<OnlineMetricName, T> {
  return Object.fromEntries(onlineMetrics.map(({ name }) => [name, make(name)])) as Record<OnlineMetricName, T>;
}
